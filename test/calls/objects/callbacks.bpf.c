// bpf_loop and bpf_for_each_map_elem: what callbacks are given, when they stop, and what they may change.
#include "results.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 10);
	__type(key, u32);
	__type(value, u64);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, u64);
} lru SEC(".maps");

struct sums {
	u64 sum;
	u64 rounds;
	u64 stop;
};

static long add(u32 index, struct sums *sums)
{
	sums->sum += (u64)index * index;
	sums->rounds++;
	return index == sums->stop;
}

static long nothing(u32 index, void *context)
{
	return 0;
}

static long inner(u32 index, u64 *total)
{
	*total += index + 1;
	return 0;
}

static long outer(u32 index, u64 *total)
{
	bpf_loop(index, inner, total, 0);
	return 0;
}

SEC("xdp")
int loops(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	struct sums sums = { .stop = ~0ULL }, stopped = { .stop = 6 };
	u64 total = 0;
	if (!out)
		return XDP_ABORTED;
	out[0] = bpf_loop(100, add, &sums, 0);
	out[1] = sums.sum;
	out[2] = sums.rounds;
	out[3] = bpf_loop(100, add, &stopped, 0);
	out[4] = stopped.sum;
	out[5] = bpf_loop(0, add, &stopped, 0);
	out[6] = bpf_loop(10, nothing, 0, 1);
	// Where the kernel writes the loop out, the upper half is 0 (inline_bpf_loop); where it calls the helper, the number is negative.
	out[7] = (u32)bpf_loop(8 * 1024 * 1024 + 1, nothing, 0, 0);
	out[8] = bpf_loop(20, outer, &total, 0);
	out[9] = total;
	out[10] = bpf_loop(1000, nothing, 0, 0);
	return XDP_PASS;
}

struct seen {
	u64 keys;
	u64 values;
	u64 stop;
};

static long each(void *map, u32 *key, u64 *value, struct seen *seen)
{
	seen->keys += *key;
	seen->values += *value;
	*value += 1000;
	return *value == seen->stop;
}

static long drop_odd(void *map, u32 *key, u64 *value, void *context)
{
	u32 copy = *key;
	if (copy & 1)
		bpf_map_delete_elem(&hash, &copy);
	return 0;
}

static long each_wide(void *map, u64 *key, u64 *value, struct seen *seen)
{
	seen->keys ^= *key;
	seen->values += *value;
	return 0;
}

static long fill(u32 index, void *context)
{
	u64 value = index * 7, wide = 0x100000000ULL * index + index;
	bpf_map_update_elem(&array, &index, &value, BPF_ANY);
	bpf_map_update_elem(&hash, &index, &value, BPF_ANY);
	bpf_map_update_elem(&lru, &wide, &value, BPF_ANY);
	bpf_map_update_elem(&percpu, &index, &value, BPF_ANY);
	return 0;
}

SEC("xdp")
int array_elements(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	struct seen seen = {}, first = { .stop = 2021 };
	if (!out)
		return XDP_ABORTED;
	bpf_loop(10, fill, 0, 0);
	out[0] = bpf_for_each_map_elem(&array, each, &seen, 0);
	out[1] = seen.keys;
	out[2] = seen.values;
	out[3] = bpf_for_each_map_elem(&array, each, &first, 0);
	out[4] = first.values;
	out[5] = bpf_for_each_map_elem(&array, each, &seen, 1);
	return XDP_PASS;
}

SEC("xdp")
int hash_elements(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	struct seen seen = {}, left = {};
	if (!out)
		return XDP_ABORTED;
	bpf_loop(10, fill, 0, 0);
	out[0] = bpf_for_each_map_elem(&hash, each, &seen, 0);
	out[1] = seen.keys;
	out[2] = seen.values;
	out[3] = bpf_for_each_map_elem(&hash, drop_odd, 0, 0);
	out[4] = bpf_for_each_map_elem(&hash, each, &left, 0);
	out[5] = left.keys;
	out[6] = left.values;
	return XDP_PASS;
}

SEC("xdp")
int other_elements(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	struct seen cpu = {}, wide = {};
	if (!out)
		return XDP_ABORTED;
	bpf_loop(10, fill, 0, 0);
	out[0] = bpf_for_each_map_elem(&percpu, each, &cpu, 0);
	out[1] = cpu.keys;
	out[2] = cpu.values;
	out[3] = bpf_for_each_map_elem(&lru, each_wide, &wide, 0);
	out[4] = wide.keys;
	out[5] = wide.values;
	return XDP_PASS;
}
