// Locks that say when they cannot be had.
#include "results.h"

struct bpf_res_spin_lock {
	u32 val;
};

struct entry {
	u64 count;
	struct bpf_res_spin_lock lock;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct entry);
} entries SEC(".maps");

extern int bpf_res_spin_lock(struct bpf_res_spin_lock *lock) __ksym;
extern void bpf_res_spin_unlock(struct bpf_res_spin_lock *lock) __ksym;
extern int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock *lock, unsigned long *flags) __ksym;
extern void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock *lock, unsigned long *flags) __ksym;

static __always_inline struct entry *entry_at(u32 key)
{
	return bpf_map_lookup_elem(&entries, &key);
}

SEC("xdp")
int resilient(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	// Found twice, so that the kernel's verifier does not know them for the same.
	struct entry *first = entry_at(0), *second = entry_at(1), *again = entry_at(0);
	unsigned long flags;
	int result;
	if (!out || !first || !second || !again)
		return XDP_ABORTED;
	if ((result = bpf_res_spin_lock(&first->lock)))
		return XDP_DROP;
	first->count += 1;
	if ((result = bpf_res_spin_lock(&second->lock))) {
		bpf_res_spin_unlock(&first->lock);
		return XDP_DROP;
	}
	second->count += 2;
	if (!(result = bpf_res_spin_lock(&again->lock)))
		bpf_res_spin_unlock(&again->lock);
	bpf_res_spin_unlock(&second->lock);
	bpf_res_spin_unlock(&first->lock);
	out[0] = result;
	if ((result = bpf_res_spin_lock_irqsave(&first->lock, &flags)))
		return XDP_DROP;
	first->count += 4;
	bpf_res_spin_unlock_irqrestore(&first->lock, &flags);
	out[1] = first->count;
	out[2] = second->count;
	return XDP_PASS;
}
