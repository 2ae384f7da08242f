// Tail calls: chains, the limit, entries that are not there, and calls from functions below the main one.
#include "results.h"

int chain(struct xdp_md *ctx);
int second(struct xdp_md *ctx);
int third(struct xdp_md *ctx);
int again(struct xdp_md *ctx);
int small(struct xdp_md *ctx);
int deeper(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 8);
	__uint(key_size, sizeof(u32));
	__array(values, int (struct xdp_md *));
} programs SEC(".maps") = {
	.values = {
		[1] = &second,
		[2] = &third,
		[3] = &again,
		[4] = &small,
		[5] = &deeper,
	},
};

enum { NONE = 0, SECOND = 1, THIRD = 2, AGAIN = 3, SMALL = 4, DEEPER = 5, BEYOND = 8 };

SEC("xdp")
int chain(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	if (!out)
		return XDP_ABORTED;
	out[0] = 1;
	bpf_tail_call(ctx, &programs, NONE);
	out[1] = 2;
	bpf_tail_call(ctx, &programs, BEYOND);
	out[2] = 3;
	bpf_tail_call(ctx, &programs, SECOND);
	return XDP_DROP;
}

SEC("xdp")
int second(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	if (!out)
		return XDP_ABORTED;
	out[3] = 4;
	// An index that is not known in advance.
	bpf_tail_call(ctx, &programs, (u32)out[3] - 2);
	return XDP_DROP;
}

SEC("xdp")
int third(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	if (!out)
		return XDP_ABORTED;
	out[4] = 5;
	return XDP_PASS;
}

SEC("xdp")
int again(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	if (!out)
		return XDP_ABORTED;
	out[5]++;
	bpf_tail_call(ctx, &programs, AGAIN);
	return XDP_PASS;
}

SEC("xdp")
int small(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	if (!out)
		return XDP_ABORTED;
	out[6]++;
	return 7;
}

static __noinline int from_below(struct xdp_md *ctx)
{
	volatile u64 kept = 3;
	bpf_tail_call(ctx, &programs, SMALL);
	return kept;
}

/** Each round makes a tail call from a function, until there were 33. */
SEC("xdp")
int rounds(struct xdp_md *ctx)
{
	volatile u64 mine = 100;
	u64 sum = 0;
	for (int i = 0; i < 40; i++)
		sum += from_below(ctx);
	u64 *out = results(ctx);
	if (!out)
		return XDP_ABORTED;
	out[0] = sum;
	out[1] = mine;
	return XDP_PASS;
}

static __noinline int down(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &programs, DEEPER);
	return 1;
}

/** Goes down a function, and on with itself from there, 33 times; each comes back through the function above it. */
SEC("xdp")
int deeper(struct xdp_md *ctx)
{
	int below = down(ctx);
	u64 *out = results(ctx);
	if (!out)
		return XDP_ABORTED;
	out[7]++;
	out[8] += below;
	return XDP_PASS;
}

static __noinline int second_from_below(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &programs, SECOND);
	return 1;
}

/** What a chain that begins in a function comes to is the function's result. */
SEC("xdp")
int chain_below(struct xdp_md *ctx)
{
	int verdict = second_from_below(ctx);
	u64 *out = results(ctx);
	if (!out)
		return XDP_ABORTED;
	out[9] = verdict;
	return XDP_PASS;
}
