// Programs that call, for bench/calls.ts. Compiled as test/calls/objects.ts compiles its own.
#include "../../test/calls/objects/results.h"

struct bpf_iter_num {
	u64 opaque[1];
} __attribute__((aligned(8)));
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1000);
	__type(key, u32);
	__type(value, u64);
} array SEC(".maps");

struct guarded {
	struct bpf_spin_lock lock;
	u32 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct guarded);
} counter SEC(".maps");

int tails(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(u32));
	__array(values, int (struct xdp_md *));
} programs SEC(".maps") = { .values = { [0] = &tails } };

SEC("xdp")
int empty(struct xdp_md *ctx)
{
	return XDP_PASS;
}

static long add(u32 index, u64 *sum)
{
	*sum += index ^ (*sum >> 3);
	return 0;
}

SEC("xdp")
int loop(struct xdp_md *ctx)
{
	u64 sum = 0;
	bpf_loop(1000, add, &sum, 0);
	return sum & 1;
}

SEC("xdp")
int iterator(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	u64 sum = 0;
	int *value;
	bpf_iter_num_new(&it, 0, 1000);
	while ((value = bpf_iter_num_next(&it)))
		sum += *value ^ (sum >> 3);
	bpf_iter_num_destroy(&it);
	return sum & 1;
}

static long sum_up(void *map, u32 *key, u64 *value, u64 *sum)
{
	*sum += *value + *key;
	return 0;
}

SEC("xdp")
int each(struct xdp_md *ctx)
{
	u64 sum = 0;
	bpf_for_each_map_elem(&array, sum_up, &sum, 0);
	return sum & 1;
}

SEC("xdp")
int tails(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &programs, 0);
	return XDP_PASS;
}

SEC("xdp")
int locks(struct xdp_md *ctx)
{
	u32 zero = 0;
	struct guarded *value = bpf_map_lookup_elem(&counter, &zero);
	if (!value)
		return XDP_DROP;
	for (int i = 0; i < 100; i++) {
		bpf_spin_lock(&value->lock);
		value->count++;
		bpf_spin_unlock(&value->lock);
	}
	return XDP_PASS;
}
