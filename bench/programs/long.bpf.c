/*
 * Programs that are long to verify, for bench/verifier.ts: loops with bounds whose rounds differ, so that the walk goes through most of
 * them. `node bench/verifier.ts --compile` compiles them; no headers are needed.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define noinline __attribute__((noinline))
#define number(name, value) int(*name)[value]
#define type_of(name, value) typeof(value) *name
static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static u32 (*prandom)(void) = (void *)7;

struct xdp_md { u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex; };

struct { number(type, 2); number(max_entries, 256); type_of(key, u32); type_of(value, u64); } counts SEC(".maps");
struct { number(type, 1); number(max_entries, 1024); type_of(key, u32); type_of(value, u64); } flows SEC(".maps");

/* Options of a header, one after the other: kind, length, and what is in them. */
SEC("xdp") int options(struct xdp_md *ctx) {
  u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
  u32 found = 0, offset = 34;
#pragma clang loop unroll(disable)
  for (u32 i = 0; i < 14; i++) {
    u8 *option = data + (offset & 0x1ff);
    if (option + 2 > end) break;
    u8 kind = option[0];
    if (kind == 0) break;
    if (kind == 1) { offset += 1; continue; }
    u8 length = option[1];
    if (length < 2) return 1;
    switch (kind) {
    case 2:
      if (option + 4 > end) return 1;
      found |= 1u << (option[3] & 7);
      break;
    case 3:
      if (option + 3 > end) return 1;
      found += option[2] & 15;
      break;
    case 8:
      if (option + 10 > end) return 1;
      found ^= *(u32 *)(option + 2);
      break;
    default:
      found++;
    }
    offset += length;
  }
  u32 key = found & 255;
  u64 *count = map_lookup(&counts, &key);
  if (count) *count += offset;
  return 2;
}

/* A loop of many rounds whose sum nobody asks for: rounds are alike but for the counter. */
SEC("xdp") int rounds(struct xdp_md *ctx) {
  u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
  if (data + 64 > end) return 1;
  u64 sum = 0;
  u32 high = 0;
#pragma clang loop unroll(disable)
  for (u32 i = 0; i < 6000; i++) {
    u8 byte = data[i & 63];
    if (byte & 1) sum += byte;
    if (byte > 200) sum ^= i;
    else if (byte > 100) high++;
  }
  u32 key = (sum + high) & 255;
  u64 *count = map_lookup(&counts, &key);
  if (count) *count += 1;
  return 2;
}

static noinline u32 step(u32 state, u32 symbol, u64 *seen) {
  switch (state) {
  case 0: return symbol == 'G' ? 1 : symbol == 'P' ? 4 : 0;
  case 1: return symbol == 'E' ? 2 : 0;
  case 2: return symbol == 'T' ? 3 : 0;
  case 3: *seen |= 1; return 7;
  case 4: return symbol == 'O' ? 5 : symbol == 'U' ? 2 : 0;
  case 5: return symbol == 'S' ? 6 : 0;
  case 6: return symbol == 'T' ? 3 : 0;
  default: *seen += symbol; return symbol == '\n' ? 0 : 7;
  }
}

/* A state machine, a function called in each round. */
SEC("xdp") int machine(struct xdp_md *ctx) {
  u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
  u32 state = 0;
  u64 seen = 0;
#pragma clang loop unroll(disable)
  for (u32 i = 0; i < 220; i++) {
    u8 *at = data + 14 + i;
    if (at + 1 > end) break;
    state = step(state, *at, &seen);
  }
  return seen & 1 ? 1 : 2;
}

struct flow { u32 source, target; u16 ports[2]; };

/* Lookups in a loop, with keys on the stack and values that may not be there. */
SEC("xdp") int lookups(struct xdp_md *ctx) {
  u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
  u64 sum = 0;
  u32 hits = 0, misses = 0;
#pragma clang loop unroll(disable)
  for (u32 i = 0; i < 20; i++) {
    u8 *at = data + i * 4;
    if (at + 8 > end) break;
    u32 key = *(u32 *)at;
    u64 *value = map_lookup(&flows, &key);
    if (value) {
      sum += *value;
      hits++;
      if (*value > 1000) *value = 0;
    } else {
      misses++;
      key = misses & 255;
      u64 *count = map_lookup(&counts, &key);
      if (count) *count += hits;
    }
  }
  u32 last = (hits + misses) & 255;
  u64 *count = map_lookup(&counts, &last);
  if (count) *count = sum;
  return 2;
}

/* Sorts sixteen numbers on the stack. */
SEC("xdp") int sort(struct xdp_md *ctx) {
  u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
  if (data + 64 > end) return 1;
  u32 list[16];
  for (u32 i = 0; i < 16; i++) list[i] = *(u32 *)(data + i * 4);
#pragma clang loop unroll(disable)
  for (u32 i = 0; i < 16; i++) {
#pragma clang loop unroll(disable)
    for (u32 j = 0; j + 1 < 16; j++) {
      u32 one = list[j & 15], two = list[(j + 1) & 15];
      if (one > two) {
        list[j & 15] = two;
        list[(j + 1) & 15] = one;
      }
    }
  }
  u32 key = list[7] & 255;
  u64 *count = map_lookup(&counts, &key);
  if (count) *count += list[0];
  return 2;
}

/* Far apart branches, on numbers that differ each time: a long way without loops. */
#define MIX(n)                                                                                                                     \
  do {                                                                                                                             \
    u32 r = prandom();                                                                                                             \
    if (r & 1) a += r & 0xff;                                                                                                      \
    else b ^= r;                                                                                                                   \
    if (a > (n) * 37u) { u32 k = (a + (n)) & 255; u64 *c = map_lookup(&counts, &k); if (c) { *c += b; b = *c; } }                  \
    if (b < 5 + (n)) a = b & 63;                                                                                                   \
  } while (0)
#define MIX8(n) MIX(n); MIX(n + 1); MIX(n + 2); MIX(n + 3); MIX(n + 4); MIX(n + 5); MIX(n + 6); MIX(n + 7)
SEC("xdp") int mixed(struct xdp_md *ctx) {
  u32 a = ctx->rx_queue_index, b = 7;
  MIX8(0); MIX8(8); MIX8(16); MIX8(24); MIX8(32); MIX8(40); MIX8(48); MIX8(56);
  MIX8(64); MIX8(72); MIX8(80); MIX8(88); MIX8(96); MIX8(104); MIX8(112); MIX8(120);
  return (a ^ b) & 1 ? 1 : 2;
}

char LICENSE[] SEC("license") = "GPL";
