// A lock that several CPUs want at once, and timers whose function is stopped.
#include "results.h"

struct entry {
	struct bpf_spin_lock lock;
	u32 rounds;
	u64 count, twice;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct entry);
} entries SEC(".maps");

struct later {
	struct bpf_timer timer;
	u64 fired;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct later);
} timers SEC(".maps");

/** Adds under the lock, not atomically. A packet that begins with 255 is one that is stopped there. */
SEC("xdp")
int add(struct xdp_md *ctx)
{
	u32 zero = 0;
	u8 *data = (void *)(long)ctx->data;
	struct entry *entry = bpf_map_lookup_elem(&entries, &zero);
	if (!entry || data + 1 > (u8 *)(long)ctx->data_end)
		return XDP_ABORTED;
	volatile u64 *nowhere = *data == 255 ? 0 : &entry->count;
	bpf_spin_lock(&entry->lock);
	*nowhere += 1;
	entry->twice += 2;
	bpf_spin_unlock(&entry->lock);
	return XDP_PASS;
}

static int fire(void *map, u32 *key, struct later *later)
{
	volatile u64 *nowhere = *key == 0 ? 0 : &later->fired;
	*nowhere += 1;
	return 0;
}

/** Two timers for one time: the first is stopped. */
SEC("xdp")
int begin(struct xdp_md *ctx)
{
	for (u32 key = 0; key < 2; key++) {
		u32 at = key;
		struct later *later = bpf_map_lookup_elem(&timers, &at);
		if (!later)
			return XDP_ABORTED;
		bpf_timer_init(&later->timer, &timers, 0);
		bpf_timer_set_callback(&later->timer, fire);
		bpf_timer_start(&later->timer, 1000, 0);
	}
	return XDP_PASS;
}
