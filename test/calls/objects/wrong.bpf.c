// Programs that no verifier accepts: what they acquire they do not release, or they call what may not be called.
#include "results.h"

struct bpf_iter_num {
	u64 opaque[1];
} __attribute__((aligned(8)));
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct guarded {
	struct bpf_spin_lock lock;
	u32 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct guarded);
} list SEC(".maps");

static __always_inline struct guarded *entry(u32 key)
{
	return bpf_map_lookup_elem(&list, &key);
}

SEC("?xdp")
int record_kept(struct xdp_md *ctx)
{
	bpf_ringbuf_reserve(&ring, 16, 0);
	return XDP_PASS;
}

SEC("?xdp")
int record_twice(struct xdp_md *ctx)
{
	void *record = bpf_ringbuf_reserve(&ring, 16, 0);
	if (!record)
		return XDP_DROP;
	bpf_ringbuf_submit(record, 0);
	bpf_ringbuf_submit(record, 0);
	return XDP_PASS;
}

SEC("?xdp")
int lock_kept(struct xdp_md *ctx)
{
	struct guarded *value = entry(0);
	if (value)
		bpf_spin_lock(&value->lock);
	return XDP_PASS;
}

SEC("?xdp")
int lock_twice(struct xdp_md *ctx)
{
	struct guarded *value = entry(0), *other = entry(1);
	if (!value || !other)
		return XDP_DROP;
	bpf_spin_lock(&value->lock);
	bpf_spin_lock(&other->lock);
	bpf_spin_unlock(&other->lock);
	bpf_spin_unlock(&value->lock);
	return XDP_PASS;
}

SEC("?xdp")
int lock_elsewhere(struct xdp_md *ctx)
{
	struct guarded *value = entry(0);
	if (value)
		bpf_spin_lock((void *)&value->count);
	return XDP_PASS;
}

SEC("?xdp")
int under_lock(struct xdp_md *ctx)
{
	struct guarded *value = entry(0);
	if (!value)
		return XDP_DROP;
	bpf_spin_lock(&value->lock);
	value->count = bpf_get_prandom_u32();
	bpf_spin_unlock(&value->lock);
	return XDP_PASS;
}

SEC("?xdp")
int iterator_kept(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	bpf_iter_num_new(&it, 0, 3);
	return XDP_PASS;
}

SEC("?xdp")
int iterator_gone(struct xdp_md *ctx)
{
	struct bpf_iter_num it = {};
	int *next = bpf_iter_num_next(&it);
	return next ? *next : XDP_PASS;
}

SEC("?xdp")
int section_kept(struct xdp_md *ctx)
{
	bpf_rcu_read_lock();
	return XDP_PASS;
}

SEC("?xdp")
int section_left(struct xdp_md *ctx)
{
	bpf_rcu_read_unlock();
	return XDP_PASS;
}

struct thing {
	u64 number;
};
extern void *bpf_obj_new_impl(u64 local_type_id, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym;

SEC("?xdp")
int object_kept(struct xdp_md *ctx)
{
	struct thing *thing = bpf_obj_new_impl(__builtin_btf_type_id(*(struct thing *)0, 0), 0);
	return thing ? XDP_PASS : XDP_DROP;
}

SEC("?xdp")
int object_twice(struct xdp_md *ctx)
{
	struct thing *thing = bpf_obj_new_impl(__builtin_btf_type_id(*(struct thing *)0, 0), 0);
	if (!thing)
		return XDP_DROP;
	bpf_obj_drop_impl(thing, 0);
	bpf_obj_drop_impl(thing, 0);
	return XDP_PASS;
}

static long keep(u32 index, void *context)
{
	bpf_ringbuf_reserve(&ring, 16, 0);
	return 0;
}

SEC("?xdp")
int kept_in_callback(struct xdp_md *ctx)
{
	bpf_loop(2, keep, 0, 0);
	return XDP_PASS;
}

static long endless(u32 index, void *context)
{
	for (volatile u64 i = 0; ; i++)
		;
	return 0;
}

SEC("?xdp")
int endless_callback(struct xdp_md *ctx)
{
	bpf_loop(2, endless, 0, 0);
	return XDP_PASS;
}

static long deep(u32 index, void *context)
{
	return bpf_loop(1, deep, 0, 0);
}

SEC("?xdp")
int deep_callback(struct xdp_md *ctx)
{
	bpf_loop(1, deep, 0, 0);
	return XDP_PASS;
}
