// bpf_user_ringbuf_drain: a callback for each sample of user space.
#include "results.h"

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct sums {
	u64 count;
	u64 sum;
	u64 stop;
};

static long take(struct bpf_dynptr *sample, struct sums *sums)
{
	u64 number = 0;
	bpf_dynptr_read(&number, sizeof(number), sample, 0, 0);
	sums->sum += number;
	sums->count++;
	return number == sums->stop;
}

SEC("xdp")
int drain(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	struct sums sums = { .stop = 3 };
	if (!out)
		return XDP_ABORTED;
	out[0] = bpf_user_ringbuf_drain(&ring, take, &sums, 0);
	out[1] = sums.count;
	out[2] = sums.sum;
	out[3] = bpf_user_ringbuf_drain(&ring, take, &sums, 4);
	return XDP_PASS;
}
