/* A layer-4 load balancer: tunnels in, tunnels out, a ring of servers, a table of connections for each CPU. */
#include "common.h"

struct flow { union { u32 source; u32 source6[4]; }; union { u32 target; u32 target6[4]; }; u16 ports[2]; u8 protocol; u8 pad[3]; };
struct vip { union { u32 address; u32 address6[4]; }; u16 port; u8 protocol; u8 pad; };
struct vip_info { u32 flags, number; };
struct server { union { u32 address; u32 address6[4]; }; u8 flags; u8 pad[3]; };
struct connection { u32 server; u32 pad; u64 time; };
struct prefix { u32 length, address; };
struct stats { u64 packets, bytes; };

struct { number(type, HASH); number(max_entries, 512); type_of(key, struct vip); type_of(value, struct vip_info); } vips SEC(".maps");
struct { number(type, ARRAY); number(max_entries, 65536); type_of(key, u32); type_of(value, u32); } ring SEC(".maps");
struct { number(type, ARRAY); number(max_entries, 4096); type_of(key, u32); type_of(value, struct server); } servers SEC(".maps");
struct { number(type, LRU_HASH); number(max_entries, 10000); type_of(key, struct flow); type_of(value, struct connection); } fallback SEC(".maps");
struct { number(type, PERCPU_ARRAY); number(max_entries, 1024); type_of(key, u32); type_of(value, struct stats); } counters SEC(".maps");
struct { number(type, LPM_TRIE); number(max_entries, 1024); number(map_flags, 1); type_of(key, struct prefix); type_of(value, u32); } sources SEC(".maps");
struct { number(type, ARRAY); number(max_entries, 16); type_of(key, u32); type_of(value, u64); } control SEC(".maps");

static inlined u32 rotate(u32 word, u32 by) { return (word << by) | (word >> (32 - by)); }
static inlined u32 jhash(const u32 *words, u32 count, u32 seed) {
  u32 a = 0xdeadbeef + (count << 2) + seed, b = a, c = a;
#pragma unroll
  for (u32 at = 0; at + 3 <= count; at += 3) {
    a += words[at]; b += words[at + 1]; c += words[at + 2];
    a -= c; a ^= rotate(c, 4); c += b; b -= a; b ^= rotate(a, 6); a += c; c -= b; c ^= rotate(b, 8); b += a;
    a -= c; a ^= rotate(c, 16); c += b; b -= a; b ^= rotate(a, 19); a += c; c -= b; c ^= rotate(b, 4); b += a;
  }
  c ^= b; c -= rotate(b, 14); a ^= c; a -= rotate(c, 11); b ^= a; b -= rotate(a, 25);
  c ^= b; c -= rotate(b, 16); a ^= c; a -= rotate(c, 4); b ^= a; b -= rotate(a, 14); c ^= b; c -= rotate(b, 24);
  return c;
}

static inlined void count(u32 at, u64 bytes) {
  struct stats *stats = map_lookup(&counters, &at);
  if (!stats) return;
  stats->packets++;
  stats->bytes += bytes;
}

static inlined int parse_ports(void *data, void *end, u64 offset, struct flow *flow, u8 *flags) {
  if (flow->protocol == 6) {
    struct tcp *tcp = data + offset;
    if ((void *)(tcp + 1) > end) return -1;
    flow->ports[0] = tcp->source;
    flow->ports[1] = tcp->target;
    *flags = tcp->flags;
    return 0;
  }
  struct udp *udp = data + offset;
  if ((void *)(udp + 1) > end) return -1;
  flow->ports[0] = udp->source;
  flow->ports[1] = udp->target;
  return 0;
}

static inlined int checksum(void *header) {
  u32 sum = 0;
  u16 *words = header;
#pragma unroll
  for (u32 at = 0; at < 10; at++) sum += words[at];
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

static inlined int encapsulate(struct xdp_md *ctx, struct flow *flow, struct server *server, u32 bytes, int six) {
  int room = six ? 40 : 20;
  if (adjust_head(ctx, -room)) return 1;
  void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
  struct ethernet *new = data, *old = data + room;
  if ((void *)(new + 1) > end || (void *)(old + 1) > end) return 1;
  u64 *mac = ({ u32 zero = 0; u64 *value = map_lookup(&control, &zero); value; });
  if (!mac) return 1;
  __builtin_memcpy(new->target, mac, 6);
  __builtin_memcpy(new->source, old->target, 6);
  if (six) {
    new->type = swap16(0x86dd);
    struct ipv6 *ip = data + sizeof *new;
    if ((void *)(ip + 1) > end) return 1;
    __builtin_memset(ip, 0, sizeof *ip);
    ip->version_class = 0x60;
    ip->next = 41;
    ip->length = swap16(bytes);
    ip->hops = 64;
    ip->source[0] = swap32(0x01000000);
    ip->source[3] = flow->source6[3] ^ flow->ports[0];
    __builtin_memcpy(ip->target, server->address6, 16);
  } else {
    new->type = swap16(0x0800);
    struct ipv4 *ip = data + sizeof *new;
    if ((void *)(ip + 1) > end) return 1;
    ip->version_length = 0x45;
    ip->tos = 0;
    ip->length = swap16(bytes + 20);
    ip->id = 0;
    ip->fragment = 0;
    ip->ttl = 64;
    ip->protocol = 4;
    ip->check = 0;
    ip->source = (flow->ports[0] ^ flow->source) | 0x10ac;
    ip->target = server->address;
    ip->check = checksum(ip);
  }
  return 3;
}

static inlined int forward(struct xdp_md *ctx, u64 offset, int six) {
  void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
  struct flow flow = {};
  struct vip vip = {};
  u8 flags = 0;
  u32 bytes, again = 0;
  if (six) {
    struct ipv6 *ip = data + offset;
    if ((void *)(ip + 1) > end) return 1;
    bytes = swap16(ip->length) + 40;
    flow.protocol = ip->next;
    offset += 40;
    if (flow.protocol == 44) return 1;
    if (flow.protocol == 58) {
      u8 *icmp = data + offset;
      if (icmp + 8 > (u8 *)end) return 1;
      if (icmp[0] != 1 && icmp[0] != 2) return 2;
      offset += 8;
      ip = data + offset;
      if ((void *)(ip + 1) > end) return 1;
      flow.protocol = ip->next;
      __builtin_memcpy(flow.source6, ip->target, 16);
      __builtin_memcpy(flow.target6, ip->source, 16);
      offset += 40;
      again = 1;
    } else {
      __builtin_memcpy(flow.source6, ip->source, 16);
      __builtin_memcpy(flow.target6, ip->target, 16);
    }
  } else {
    struct ipv4 *ip = data + offset;
    if ((void *)(ip + 1) > end) return 1;
    if ((ip->version_length & 15) != 5) return 1;
    bytes = swap16(ip->length);
    flow.protocol = ip->protocol;
    offset += 20;
    if (ip->fragment & 0xff3f) return 1;
    if (flow.protocol == 1) {
      u8 *icmp = data + offset;
      if (icmp + 8 > (u8 *)end) return 1;
      if (icmp[0] == 8) { u8 kind = 0; icmp[0] = kind; return 3; }
      if (icmp[0] != 3) return 2;
      offset += 8;
      ip = data + offset;
      if ((void *)(ip + 1) > end) return 1;
      if (ip->version_length != 0x45) return 1;
      flow.protocol = ip->protocol;
      flow.source = ip->target;
      flow.target = ip->source;
      offset += 20;
      again = 1;
    } else {
      flow.source = ip->source;
      flow.target = ip->target;
    }
  }
  if (flow.protocol == 4 || flow.protocol == 41) {
    int drop = flow.protocol == 4 ? 20 : 40;
    if (adjust_head(ctx, drop)) return 1;
    count(900, bytes);
    return 2;
  }
  if (flow.protocol != 6 && flow.protocol != 17) return 2;
  if (parse_ports(data, end, offset, &flow, &flags) < 0) return 1;
  if (again) { u16 port = flow.ports[0]; flow.ports[0] = flow.ports[1]; flow.ports[1] = port; }
  if (six) __builtin_memcpy(vip.address6, flow.target6, 16);
  else vip.address = flow.target;
  vip.port = flow.ports[1];
  vip.protocol = flow.protocol;
  struct vip_info *info = map_lookup(&vips, &vip);
  if (!info) {
    vip.port = 0;
    info = map_lookup(&vips, &vip);
    if (!info) return 2;
    if (!(info->flags & 8) && !again) flow.ports[1] = 0;
  }
  if (bytes > 1480) { count(901, bytes); return 1; }
  u32 limit = info->number;
  struct server *server = 0;
  u32 index = 0;
  if (!(info->flags & 1) && !(flags & 2)) {
    struct connection *connection = map_lookup(&fallback, &flow);
    if (connection) {
      u64 now = ktime();
      if (flow.protocol == 17 && now - connection->time > 30000000000ull) goto pick;
      connection->time = now;
      index = connection->server;
      server = map_lookup(&servers, &index);
    }
  }
  if (!server) {
  pick:;
    u32 hash = six ? jhash(flow.source6, 4, *(u32 *)flow.ports) : jhash(&flow.source, 1, *(u32 *)flow.ports);
    if (info->flags & 2) {
      struct prefix key = {32, flow.source};
      u32 *place = map_lookup(&sources, &key);
      if (place) index = *place;
    }
    u32 slot = (limit & 511) * 128 + hash % 127;
    u32 *picked = map_lookup(&ring, &slot);
    if (!picked) return 1;
    index = *picked;
    server = map_lookup(&servers, &index);
    if (!server) return 1;
    if (!(info->flags & 1)) {
      struct connection connection = {.server = index, .time = flow.protocol == 17 ? ktime() : 0};
      map_update(&fallback, &flow, &connection, 0);
    }
  }
  count(limit & 511, bytes);
  return encapsulate(ctx, &flow, server, bytes, server->flags & 1);
}

SEC("xdp") int balance(struct xdp_md *ctx) {
  void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
  struct ethernet *ethernet = data;
  u64 offset = sizeof *ethernet;
  if ((void *)(ethernet + 1) > end) return 1;
  u16 type = ethernet->type;
#pragma unroll
  for (int tag = 0; tag < 2; tag++) {
    if (type != swap16(0x8100) && type != swap16(0x88a8)) break;
    u16 *vlan = data + offset;
    if ((void *)(vlan + 2) > end) return 1;
    type = vlan[1];
    offset += 4;
  }
  if (type == swap16(0x0800)) return forward(ctx, offset, 0);
  if (type == swap16(0x86dd)) return forward(ctx, offset, 1);
  return 2;
}

/* Extension headers of IPv6, one after the other, and TCP's options behind them. */
SEC("xdp") int extensions(struct xdp_md *ctx) {
  u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
  struct ipv6 *ip = (void *)(data + 14);
  if ((u8 *)(ip + 1) > end) return 1;
  u8 next = ip->next;
  u32 offset = 54, found = 0;
#pragma clang loop unroll(disable)
  for (int round = 0; round < 4; round++) {
    if (offset > 300) return 1;
    u8 *header = data + offset;
    if (header + 8 > end) return 1;
    switch (next) {
    case 0: case 43: case 60: next = header[0]; offset += (header[1] + 1) * 8; found |= 1; break;
    case 44: next = header[0]; offset += 8; found |= 2; break;
    case 51: next = header[0]; offset += (header[1] + 2) * 4; found |= 4; break;
    case 6: goto tcp;
    default: return 2;
    }
  }
  return 1;
tcp:;
  struct tcp *tcp = (void *)(data + (offset & 0x1ff));
  if ((u8 *)(tcp + 1) > end) return 1;
  u32 length = (tcp->offset >> 4) * 4, at = 20;
  if (length < 20) return 1;
  u32 mss = 0, scale = 0;
#pragma clang loop unroll(disable)
  for (int round = 0; round < 7; round++) {
    if (at >= length) break;
    u8 *option = (u8 *)tcp + (at & 63);
    if (option + 1 > end) return 1;
    if (option[0] == 0) break;
    if (option[0] == 1) { at++; continue; }
    if (option + 2 > end) return 1;
    if (option[0] == 2) { if (option + 4 > end) return 1; mss = option[2] << 8 | option[3]; }
    if (option[0] == 3) { if (option + 3 > end) return 1; scale = option[2]; }
    if (option[1] < 2) return 1;
    at += option[1];
  }
  u32 key = (found ^ scale) & 15;
  u64 *value = map_lookup(&control, &key);
  if (value) *value += mss;
  return 2;
}
char LICENSE[] SEC("license") = "GPL";
