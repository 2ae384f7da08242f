/* What looks into payloads: names of TLS and DNS, words in HTTP, with loops as written, in callbacks, and in functions. */
#include "common.h"

struct name { char bytes[64]; u32 length; };
struct { number(type, LRU_HASH); number(max_entries, 4096); type_of(key, struct name); type_of(value, u64); } names SEC(".maps");
struct { number(type, ARRAY); number(max_entries, 256); type_of(key, u32); type_of(value, u64); } counts SEC(".maps");
struct { number(type, RINGBUF); number(max_entries, 65536); } ring SEC(".maps");

SEC("tc") int tls_name(struct __sk_buff *skb) {
  u8 head[48];
  u32 offset = 14 + 20 + 20;
  if (skb_load(skb, offset, head, 48)) return 0;
  if (head[0] != 22 || head[5] != 1) return 0;
  offset += 43;
  u32 session = head[43];
  if (session > 32) return 0;
  offset += session + 1;
  u16 length = 0;
  if (skb_load(skb, offset, &length, 2)) return 0;
  offset += swap16(length) + 2;
  u8 methods = 0;
  if (skb_load(skb, offset, &methods, 1)) return 0;
  offset += methods + 3;
#pragma clang loop unroll(disable)
  for (int at = 0; at < 3; at++) {
    u16 pair[2];
    if (skb_load(skb, offset, pair, 4)) return 0;
    u32 size = swap16(pair[1]);
    offset += 4;
    if (pair[0] != 0) { offset += size; continue; }
    u8 list[5];
    if (skb_load(skb, offset, list, 5)) return 0;
    u32 wanted = list[3] << 8 | list[4];
    if (wanted == 0 || wanted > 16) return 0;
    struct name name = {};
    if (skb_load(skb, offset + 5, name.bytes, wanted)) return 0;
    u32 dots = 0;
#pragma clang loop unroll(disable)
    for (u32 i = 0; i < 16; i++) {
      if (i >= wanted) break;
      if (name.bytes[i] >= 'A' && name.bytes[i] <= 'Z') name.bytes[i] += 32;
      if (name.bytes[i] == '.') dots++;
    }
    name.length = wanted;
    u64 *seen = map_lookup(&names, &name);
    if (seen) { __sync_fetch_and_add(seen, 1); return dots > 4 ? 2 : 0; }
    u64 one = 1;
    map_update(&names, &name, &one, 0);
    return 0;
  }
  return 0;
}

/* Labels of a DNS question, in the packet. */
SEC("xdp") int dns_name(struct xdp_md *ctx) {
  u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
  u8 *at = data + 14 + 20 + 8;
  if (at + 12 > end) return 2;
  if (at[4] != 0 || at[5] != 1) return 2;
  at += 12;
  struct name name = {};
  u32 left = 0, labels = 0;
#pragma clang loop unroll(disable)
  for (u32 i = 0; i < 63; i++) {
    if (at + 1 > end) return 1;
    u8 byte = *at++;
    if (left == 0) {
      if (byte == 0) break;
      if (byte > 63) return 1;
      left = byte;
      labels++;
      name.bytes[i] = '.';
    } else {
      left--;
      name.bytes[i] = byte >= 'A' && byte <= 'Z' ? byte | 32 : byte;
    }
    name.length = i;
  }
  u64 *seen = map_lookup(&names, &name);
  if (seen && *seen > 100) return 1;
  u32 key = labels;
  seen = map_lookup(&counts, &key);
  if (seen) *seen += 1;
  return 2;
}

/* Several words at once, by states. */
static noinline int next_state(int state, u8 byte) {
  if (state < 0 || state > 15) return 0;
  if (byte == 'H') return 1;
  if (state == 1 && byte == 'o') return 2;
  if (state == 2 && byte == 's') return 3;
  if (state == 3 && byte == 't') return 4;
  if (state == 4 && byte == ':') return 5;
  if (byte == 'C') return 6;
  if (state == 6 && byte == 'o') return 7;
  if (state == 7 && byte == 'o') return 8;
  if (state == 8 && byte == 'k') return 9;
  if (state == 9 && byte == 'i') return 10;
  if (state == 10 && byte == 'e') return 11;
  return 0;
}

SEC("tc") int http_words(struct __sk_buff *skb) {
  u8 buffer[128];
  int state = 0;
  u32 hosts = 0, cookies = 0;
#pragma clang loop unroll(disable)
  for (u32 block = 0; block < 2; block++) {
    if (skb_load(skb, 54 + block * 128, buffer, 128)) break;
#pragma clang loop unroll(disable)
    for (u32 i = 0; i < 16; i++) {
      state = next_state(state, buffer[i]);
      if (state == 5) hosts++;
      if (state == 11) cookies++;
    }
  }
  u32 key = (hosts * 16 + cookies) & 255;
  u64 *value = map_lookup(&counts, &key);
  if (value) *value += 1;
  return 0;
}

struct search { struct __sk_buff *skb; u32 offset, state, found, words[8]; };
static int search_byte(u32 index, struct search *search) {
  u8 byte = 0;
  if (skb_load(search->skb, search->offset + index, &byte, 1)) return 1;
  u32 state = search->state & 7;
  switch (state) {
  case 0: search->state = byte == 'G' ? 1 : byte == 'P' ? 3 : 0; break;
  case 1: search->state = byte == 'E' ? 2 : 0; break;
  case 2: if (byte == 'T') { search->found |= 1; search->state = 7; } else search->state = 0; break;
  case 3: search->state = byte == 'O' ? 4 : byte == 'U' ? 2 : 0; break;
  case 4: search->state = byte == 'S' ? 5 : 0; break;
  case 5: if (byte == 'T') { search->found |= 2; search->state = 7; } else search->state = 0; break;
  default: if (byte == '\n') search->state = 0;
  }
  search->words[state]++;
  return search->found == 3;
}
SEC("tc") int search_loop(struct __sk_buff *skb) {
  struct search search = {.skb = skb, .offset = 54};
  loop(1400, search_byte, &search, 0);
  u32 key = (search.found + search.words[3]) & 255;
  u64 *value = map_lookup(&counts, &key);
  if (value) *value += 1;
  return search.found == 3 ? 2 : 0;
}

/* Functions that call functions, with pointers into each other's stacks, and a record that is given back on each way. */
struct record { u64 time; u32 words[12]; u32 count; };
static noinline int fill(struct record *record, u32 *words, u32 count) {
  if (!record || !words) return 0;
  for (u32 i = 0; i < 12; i++) {
    if (i >= (u32)count) break;
    record->words[i] = words[i];
  }
  return count;
}
static noinline u32 mix(u32 *words, u32 round) {
  if (!words) return 0;
  u32 sum = round;
#pragma clang loop unroll(disable)
  for (u32 i = 0; i < 12; i++) {
    sum = (sum << 5) + sum + words[i];
    if (sum & 1) words[i] ^= sum;
    else words[(i + round) & 7] += i;
  }
  return sum;
}
static noinline u32 level3(u32 *words, u64 *sum) { u32 got = mix(words, *sum & 7); *sum += got; return got & 15; }
static noinline u32 level2(u32 *words, u64 *sum) {
  u32 local[4] = {words[0], words[1], words[2], words[3]};
  u32 got = level3(words, sum);
  for (u32 i = 0; i < 4; i++) if (local[i] > got) got += local[i] & 3;
  return got;
}
static noinline u32 level1(u32 *words) { u64 sum = words[4]; u32 got = level2(words, &sum); return sum > 100 ? got : level2(words, &sum); }
SEC("tc") int deep(struct __sk_buff *skb) {
  u32 words[12];
  if (skb_load(skb, 14, words, sizeof words)) return 0;
  u32 got = 0;
#pragma clang loop unroll(disable)
  for (u32 i = 0; i < 6; i++) {
    got += level1(words);
    if (got > 1000) break;
  }
  struct record *record = ringbuf_reserve(&ring, sizeof *record, 0);
  if (!record) return 0;
  record->time = ktime();
  record->count = fill(record, words, got & 15);
  if (record->count == 0) { ringbuf_discard(record, 0); return 0; }
  ringbuf_submit(record, 0);
  return got & 1 ? 2 : 0;
}

/* A tree of decisions, none of which forgets: shapes traffic by class, size, marks and rates. */
struct rate { u64 time, tokens, burst; u32 class, pad; };
struct { number(type, HASH); number(max_entries, 1024); type_of(key, u32); type_of(value, struct rate); } rates SEC(".maps");
SEC("tc") int shape(struct __sk_buff *skb) {
  void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
  struct ipv4 *ip = data + 14;
  u32 class = 0, weight = 1;
  if ((void *)(ip + 1) > end) return 0;
  u8 tos = ip->tos;
  if (tos & 4) weight += 1;
  if (tos & 8) weight += 2;
  if (tos & 16) weight += 4;
  if (tos & 32) weight += 8;
  if (skb->mark & 1) weight ^= 3;
  if (skb->mark & 2) weight ^= 5;
  if (skb->mark & 4) weight ^= 9;
  if (skb->priority > 6) class |= 1;
  if (ip->protocol == 6) class |= 2;
  else if (ip->protocol == 17) class |= 4;
  if (skb->len > 1000) class |= 8;
  else if (skb->len > 200) class |= 16;
  if ((ip->target & 0xff) == 10) class |= 32;
  if (ip->ttl < 5) class |= 64;
  u32 keys[4] = {class, weight, class ^ weight, 0};
  u64 now = ktime(), delay = 0;
#pragma clang loop unroll(disable)
  for (u32 i = 0; i < 3; i++) {
    struct rate *rate = map_lookup(&rates, &keys[i]);
    if (!rate) continue;
    u64 passed = now - rate->time;
    if (passed > 1000000000) passed = 1000000000;
    u64 tokens = rate->tokens + passed * weight;
    if (tokens > rate->burst) tokens = rate->burst;
    if (tokens < skb->len) { delay += skb->len - tokens; if (delay > 5000) return 2; }
    else rate->tokens = tokens - skb->len;
    rate->time = now;
  }
  skb->priority = class & 7;
  skb->tc_classid = weight;
  return delay ? 3 : 0;
}
char LICENSE[] SEC("license") = "GPL";
