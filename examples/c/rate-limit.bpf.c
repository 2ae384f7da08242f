// A rate limiter: each IPv4 source has a bucket of tokens that fills with time. A packet takes one; without one it is dropped.
//
//   skep run examples/c/rate-limit.bpf.c --interface eth0

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Packets a second that each source may send, in the long run. */
#define RATE 1000
/* Packets that it may send at once after it was quiet. */
#define BURST 200
/* A token takes this long to arrive, in nanoseconds. */
#define INTERVAL (1000000000 / RATE)

struct bucket {
	/* Up to when tokens were added, in nanoseconds since boot. */
	__u64 filled;
	__u32 tokens;
};

/* The sources seen last. Two CPUs that serve one source at once may count a token twice: cheaper than a lock. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __be32);
	__type(value, struct bucket);
} buckets SEC(".maps");

/* Packets passed, at 0, and dropped, at 1. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

static __always_inline int verdict(__u32 index, int result)
{
	__u64 *count = bpf_map_lookup_elem(&verdicts, &index);
	if (count)
		*count += 1;
	return result;
}

SEC("xdp")
int rateLimit(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	struct ethhdr *eth = data;
	if ((void *)(eth + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	struct iphdr *ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > data_end)
		return XDP_PASS;

	__be32 source = ip->saddr;
	__u64 now = bpf_ktime_get_ns();
	struct bucket *bucket = bpf_map_lookup_elem(&buckets, &source);
	if (!bucket) {
		struct bucket fresh = { .filled = now, .tokens = BURST - 1 };
		bpf_map_update_elem(&buckets, &source, &fresh, BPF_ANY);
		return verdict(0, XDP_PASS);
	}

	/* Another CPU may have been here with a later clock: then nothing has arrived. */
	__u64 arrived = now > bucket->filled ? (now - bucket->filled) / INTERVAL : 0;
	if (arrived >= BURST) {
		bucket->tokens = BURST;
		bucket->filled = now;
	} else if (arrived > 0) {
		__u32 tokens = bucket->tokens + (__u32)arrived;
		bucket->tokens = tokens < BURST ? tokens : BURST;
		bucket->filled += arrived * INTERVAL;
	}

	if (bucket->tokens == 0)
		return verdict(1, XDP_DROP);
	bucket->tokens -= 1;
	return verdict(0, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
