// Spin locks in map values; updates under them; timers and work queues that are set up and taken back.
#include "results.h"

struct bpf_wq {
	u64 opaque[2];
} __attribute__((aligned(8)));
extern int bpf_wq_init(struct bpf_wq *wq, void *p__map, unsigned int flags) __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (*callback_fn)(void *map, int *key, void *value), unsigned int flags, void *aux__ign) __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym;

struct guarded {
	u64 before;
	struct bpf_spin_lock lock;
	u32 between;
	u64 behind;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, struct guarded);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct guarded);
} list SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} bare SEC(".maps");

SEC("xdp")
int locked(struct xdp_md *ctx)
{
	u64 *out = results(ctx), number = 9;
	u32 key = 1;
	struct guarded value = { .before = 1, .between = 2, .behind = 3 };
	if (!out)
		return XDP_ABORTED;
	out[0] = bpf_map_update_elem(&table, &key, &value, BPF_F_LOCK);
	struct guarded *found = bpf_map_lookup_elem(&table, &key);
	if (!found)
		return XDP_ABORTED;
	bpf_spin_lock(&found->lock);
	found->before += 10;
	found->between += 10;
	bpf_spin_unlock(&found->lock);
	out[1] = found->before;
	out[2] = found->between;
	value.before = 50;
	out[3] = bpf_map_update_elem(&table, &key, &value, BPF_F_LOCK | BPF_EXIST);
	// Written where it is.
	out[4] = found->before;
	out[5] = (s64)bpf_map_update_elem(&table, &key, &value, BPF_F_LOCK | BPF_NOEXIST);
	key = 0;
	out[6] = (s64)bpf_map_update_elem(&table, &key, &value, BPF_F_LOCK | BPF_EXIST);
	out[7] = bpf_map_update_elem(&list, &key, &value, BPF_F_LOCK);
	found = bpf_map_lookup_elem(&list, &key);
	if (!found)
		return XDP_ABORTED;
	bpf_spin_lock(&found->lock);
	found->behind++;
	bpf_spin_unlock(&found->lock);
	out[8] = found->before;
	out[9] = found->behind;
	out[10] = (s64)bpf_map_update_elem(&bare, &key, &number, BPF_F_LOCK);
	return XDP_PASS;
}

struct timed {
	u64 count;
	struct bpf_timer timer;
	struct bpf_wq queue;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct timed);
} timers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct timed);
} later SEC(".maps");

static int tick(void *map, u32 *key, struct timed *value)
{
	value->count += 1 + *key;
	if (value->count < 3)
		bpf_timer_start(&value->timer, 1000, 0);
	return 0;
}

#define HOUR (3600ULL * 1000 * 1000 * 1000)

SEC("xdp")
int timer(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	u32 key = 1;
	struct timed *value = bpf_map_lookup_elem(&timers, &key);
	if (!out || !value)
		return XDP_ABORTED;
	out[0] = bpf_timer_start(&value->timer, HOUR, 0);
	out[1] = bpf_timer_cancel(&value->timer);
	out[2] = bpf_timer_set_callback(&value->timer, tick);
	out[3] = bpf_timer_init(&value->timer, &timers, 5);
	out[4] = bpf_timer_init(&value->timer, &timers, 1);
	out[5] = bpf_timer_init(&value->timer, &timers, 1);
	out[6] = bpf_timer_start(&value->timer, HOUR, 0);
	out[7] = bpf_timer_set_callback(&value->timer, tick);
	out[8] = bpf_timer_start(&value->timer, HOUR, 8);
	out[9] = bpf_timer_start(&value->timer, HOUR, 0);
	out[10] = bpf_timer_cancel(&value->timer);
	out[11] = bpf_timer_cancel(&value->timer);
	out[12] = bpf_timer_start(&value->timer, HOUR, 0);
	return XDP_PASS;
}

SEC("xdp")
int entries(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	u32 key = 3;
	struct timed empty = {};
	if (!out)
		return XDP_ABORTED;
	out[0] = bpf_map_update_elem(&later, &key, &empty, BPF_ANY);
	struct timed *value = bpf_map_lookup_elem(&later, &key);
	if (!value)
		return XDP_ABORTED;
	out[1] = bpf_timer_init(&value->timer, &later, 7);
	bpf_timer_set_callback(&value->timer, tick);
	out[2] = bpf_timer_start(&value->timer, HOUR, 0);
	// Another value takes its place: its timer was never initialised.
	out[3] = bpf_map_update_elem(&later, &key, &empty, BPF_ANY);
	value = bpf_map_lookup_elem(&later, &key);
	if (!value)
		return XDP_ABORTED;
	out[4] = bpf_timer_cancel(&value->timer);
	out[5] = bpf_timer_init(&value->timer, &later, 0);
	out[6] = bpf_map_delete_elem(&later, &key);
	out[7] = bpf_map_update_elem(&later, &key, &empty, BPF_ANY);
	value = bpf_map_lookup_elem(&later, &key);
	if (!value)
		return XDP_ABORTED;
	out[8] = bpf_timer_cancel(&value->timer);
	return XDP_PASS;
}

static int work(void *map, int *key, void *value)
{
	struct timed *timed = value;
	timed->count += 100;
	return 0;
}

SEC("xdp")
int queue(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	u32 key = 1;
	struct timed *value = bpf_map_lookup_elem(&timers, &key);
	if (!out || !value)
		return XDP_ABORTED;
	out[0] = bpf_wq_start(&value->queue, 0);
	out[1] = bpf_wq_init(&value->queue, &timers, 0);
	out[2] = bpf_wq_init(&value->queue, &timers, 0);
	out[3] = bpf_wq_set_callback_impl(&value->queue, work, 0, 0);
	out[4] = bpf_wq_start(&value->queue, 1);
	out[5] = bpf_wq_start(&value->queue, 0);
	return XDP_PASS;
}

/** Starts a timer that fires three times; what comes of it, no test run of the kernel shows. */
SEC("xdp")
int begin(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	struct timed empty = {};
	u32 key = 0;
	struct timed *value = bpf_map_lookup_elem(&timers, &key);
	if (!out || !value)
		return XDP_ABORTED;
	bpf_timer_init(&value->timer, &timers, 1);
	bpf_timer_set_callback(&value->timer, tick);
	out[0] = bpf_timer_start(&value->timer, 5000, 0);
	key = 4;
	out[1] = bpf_map_update_elem(&later, &key, &empty, BPF_ANY);
	value = bpf_map_lookup_elem(&later, &key);
	if (!value)
		return XDP_ABORTED;
	bpf_timer_init(&value->timer, &later, 1);
	bpf_timer_set_callback(&value->timer, tick);
	out[2] = bpf_timer_start(&value->timer, 7000, 0);
	return XDP_PASS;
}
