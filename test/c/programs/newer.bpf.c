// What newer kernels have: iterators in loops, kfuncs, arenas of types, local storage, timers, locks.
#include "vmlinux.h"
#include <skep/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct elem {
	struct bpf_timer timer;
	struct bpf_spin_lock lock;
	u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct elem);
} elems SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} since SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, u32);
	__type(value, struct { struct task_struct __kptr *task; });
} tasks SEC(".maps");

extern int CONFIG_HZ __kconfig;
extern bool CONFIG_BPF_LSM __kconfig __weak;
extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym __weak;
extern void bpf_task_release(struct task_struct *p) __ksym __weak;

u64 sum;

static int tick(void *map, u32 *key, struct elem *elem)
{
	bpf_spin_lock(&elem->lock);
	elem->count++;
	bpf_spin_unlock(&elem->lock);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *task)
{
	u32 zero = 0;
	int i;
	struct elem *elem = bpf_map_lookup_elem(&elems, &zero);
	u64 *at = bpf_task_storage_get(&since, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (at)
		*at = bpf_ktime_get_ns();
	if (elem && bpf_timer_init(&elem->timer, &elems, 1) == 0) {
		bpf_timer_set_callback(&elem->timer, tick);
		bpf_timer_start(&elem->timer, 1000000000 / (u32)CONFIG_HZ, 0);
	}
	bpf_for(i, 0, 100) sum += i;
	bpf_repeat(5) sum++;
	if (bpf_ksym_exists(bpf_task_acquire)) {
		struct task_struct *own = bpf_task_acquire(task);

		if (own) {
			sum += own->pid;
			bpf_task_release(own);
		}
	}
	return 0;
}

SEC("iter/task")
int dump(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%d %d %s\n", task->pid, task->tgid, task->comm);
	return 0;
}

SEC("lsm/file_open")
int BPF_PROG(on_open, struct file *file, int ret)
{
	char text[32];

	BPF_SNPRINTF(text, sizeof(text), "%d %d", bpf_core_type_size(struct file),
		     bpf_core_enum_value(enum bpf_map_type, BPF_MAP_TYPE_ARENA));
	return ret;
}
