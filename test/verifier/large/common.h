/* What the long programs need of the kernel's and libbpf's headers. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;
#define SEC(name) __attribute__((section(name), used))
#define noinline __attribute__((noinline))
#define inlined inline __attribute__((always_inline))
#define number(name, value) int(*name)[value]
#define type_of(name, value) typeof(value) *name
#define swap16(x) __builtin_bswap16(x)
#define swap32(x) __builtin_bswap32(x)

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static long (*probe_read)(void *to, u32 size, const void *from) = (void *)113;
static long (*probe_read_user)(void *to, u32 size, const void *from) = (void *)112;
static long (*probe_read_user_str)(void *to, u32 size, const void *from) = (void *)114;
static u64 (*ktime)(void) = (void *)5;
static u32 (*prandom)(void) = (void *)7;
static u64 (*pid_tgid)(void) = (void *)14;
static u64 (*current_task)(void) = (void *)35;
static long (*redirect)(u32 ifindex, u64 flags) = (void *)23;
static long (*perf_output)(void *ctx, void *map, u64 flags, void *data, u64 size) = (void *)25;
static long (*skb_load)(const void *skb, u32 offset, void *to, u32 length) = (void *)26;
static long (*skb_store)(void *skb, u32 offset, const void *from, u32 length, u64 flags) = (void *)9;
static s64 (*csum_diff)(u32 *from, u32 from_size, u32 *to, u32 to_size, u32 seed) = (void *)28;
static long (*adjust_head)(void *xdp, int delta) = (void *)44;
static long (*loop)(u32 rounds, void *body, void *context, u64 flags) = (void *)181;
static void *(*ringbuf_reserve)(void *map, u64 size, u64 flags) = (void *)131;
static void (*ringbuf_submit)(void *data, u64 flags) = (void *)132;
static void (*ringbuf_discard)(void *data, u64 flags) = (void *)133;

struct xdp_md { u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex; };
struct __sk_buff {
  u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto, priority, ingress_ifindex, ifindex, tc_index;
  u32 cb[5];
  u32 hash, tc_classid, data, data_end, napi_id;
};
struct ethernet { u8 target[6], source[6]; u16 type; };
struct ipv4 { u8 version_length, tos; u16 length, id, fragment; u8 ttl, protocol; u16 check; u32 source, target; };
struct ipv6 { u8 version_class, label[3]; u16 length; u8 next, hops; u32 source[4], target[4]; };
struct tcp { u16 source, target; u32 sequence, acknowledged; u8 offset, flags; u16 window, check, urgent; };
struct udp { u16 source, target, length, check; };
enum { HASH = 1, ARRAY = 2, PERF_EVENT_ARRAY = 4, PERCPU_HASH = 5, PERCPU_ARRAY = 6, LRU_HASH = 9, LPM_TRIE = 11, ARRAY_OF_MAPS = 12, RINGBUF = 27 };
