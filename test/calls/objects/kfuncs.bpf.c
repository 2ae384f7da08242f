// Kfuncs with a meaning that needs no kernel: iterators, sections, strings.
#include "results.h"

struct bpf_iter_num {
	u64 opaque[1];
} __attribute__((aligned(8)));
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
struct bpf_iter_bits {
	u64 opaque[2];
} __attribute__((aligned(8)));
extern int bpf_iter_bits_new(struct bpf_iter_bits *it, const u64 *unsafe_ptr__ign, u32 nr_words) __ksym;
extern int *bpf_iter_bits_next(struct bpf_iter_bits *it) __ksym;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits *it) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;
extern void bpf_local_irq_save(unsigned long *flags) __ksym;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym;
extern int bpf_no_such_function(int) __ksym __weak;

SEC("xdp")
int numbers(struct xdp_md *ctx)
{
	u64 *out = results(ctx), sum = 0, inner = 0, rounds = 0;
	struct bpf_iter_num it;
	int *value;
	if (!out)
		return XDP_ABORTED;
	bpf_iter_num_new(&it, 3, 40);
	while ((value = bpf_iter_num_next(&it))) {
		struct bpf_iter_num below;
		int *other;
		sum += *value;
		bpf_iter_num_new(&below, 0, 5);
		while ((other = bpf_iter_num_next(&below)))
			inner += *other;
		bpf_iter_num_destroy(&below);
	}
	bpf_iter_num_destroy(&it);
	bpf_iter_num_new(&it, 0, 7);
	while (bpf_iter_num_next(&it))
		rounds++;
	bpf_iter_num_destroy(&it);
	out[0] = sum;
	out[1] = inner;
	out[2] = rounds;
	out[3] = bpf_iter_num_new(&it, 5, 3);
	out[4] = bpf_iter_num_next(&it) == 0;
	bpf_iter_num_destroy(&it);
	out[5] = bpf_iter_num_new(&it, 0, 8 * 1024 * 1024 + 1);
	out[6] = bpf_iter_num_next(&it) == 0;
	bpf_iter_num_destroy(&it);
	out[7] = bpf_iter_num_new(&it, -2, 2);
	value = bpf_iter_num_next(&it);
	out[8] = value ? *value : 77;
	bpf_iter_num_destroy(&it);
	out[9] = bpf_iter_num_new(&it, 2147483646, 2147483647);
	value = bpf_iter_num_next(&it);
	out[10] = value ? *value : 77;
	value = bpf_iter_num_next(&it);
	out[11] = value == 0;
	bpf_iter_num_destroy(&it);
	return XDP_PASS;
}

static u64 mask[4] = { 0x8000000000000001ULL, 0, 0x10ULL, 0xffULL };

SEC("xdp")
int bits(struct xdp_md *ctx)
{
	u64 *out = results(ctx), one = 0x8000000100000002ULL, sum = 0, count = 0;
	struct bpf_iter_bits it;
	int *bit;
	if (!out)
		return XDP_ABORTED;
	out[0] = bpf_iter_bits_new(&it, &one, 1);
	while ((bit = bpf_iter_bits_next(&it))) {
		sum = sum * 100 + *bit;
		count++;
	}
	bpf_iter_bits_destroy(&it);
	out[1] = sum;
	out[2] = count;
	sum = count = 0;
	out[3] = bpf_iter_bits_new(&it, mask, 4);
	while ((bit = bpf_iter_bits_next(&it))) {
		sum += *bit;
		count++;
	}
	bpf_iter_bits_destroy(&it);
	out[4] = sum;
	out[5] = count;
	out[6] = bpf_iter_bits_new(&it, mask, 0);
	out[7] = bpf_iter_bits_next(&it) == 0;
	bpf_iter_bits_destroy(&it);
	out[8] = bpf_iter_bits_new(&it, mask, 512);
	bpf_iter_bits_destroy(&it);
	return XDP_PASS;
}

SEC("xdp")
int sections(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	unsigned long flags;
	if (!out)
		return XDP_ABORTED;
	bpf_rcu_read_lock();
	out[0] = 1;
	bpf_rcu_read_unlock();
	bpf_preempt_disable();
	bpf_preempt_disable();
	out[1] = 2;
	bpf_preempt_enable();
	bpf_preempt_enable();
	bpf_local_irq_save(&flags);
	out[2] = 3;
	bpf_local_irq_restore(&flags);
	out[3] = bpf_no_such_function ? bpf_no_such_function(1) : 4;
	return XDP_PASS;
}
