// How long threads that could run wait for a CPU: a histogram for each process.
//
//   sudo skep run examples/c/runqueue-latency.bpf.c
//   sudo skep run examples/c/runqueue-latency.bpf.c --set target=1234

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define TASK_RUNNING 0
#define SLOTS 26

/* Only threads of this process; 0: all. */
const volatile __u32 target = 0;

struct histogram {
	char comm[16];
	/* Waits of 2^i microseconds to 2^(i+1). */
	__u32 slots[SLOTS];
};

/* Since when a thread waits. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, __u64);
} waiting SEC(".maps");

/* By process. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct histogram);
} histograms SEC(".maps");

static const struct histogram empty;

/* Before 5.14 the field had another name. */
struct task_struct___old {
	long state;
} __attribute__((preserve_access_index));

static __always_inline __u32 stateOf(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return task->__state;
	return ((struct task_struct___old *)task)->state;
}

static __always_inline __u32 log2(__u64 value)
{
	__u32 slot = 0;
	if (value >= 1ULL << 32) { value >>= 32; slot += 32; }
	if (value >= 1 << 16) { value >>= 16; slot += 16; }
	if (value >= 1 << 8) { value >>= 8; slot += 8; }
	if (value >= 1 << 4) { value >>= 4; slot += 4; }
	if (value >= 1 << 2) { value >>= 2; slot += 2; }
	if (value >= 1 << 1) slot += 1;
	return slot;
}

static __always_inline void waits(struct task_struct *task)
{
	__u32 pid = task->pid;
	/* The idle thread never waits. */
	if (pid == 0 || (target != 0 && task->tgid != target))
		return;
	__u64 now = bpf_ktime_get_ns();
	bpf_map_update_elem(&waiting, &pid, &now, BPF_ANY);
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(woken, struct task_struct *task)
{
	waits(task);
	return 0;
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(wokenNew, struct task_struct *task)
{
	waits(task);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switched, bool preempt, struct task_struct *previous, struct task_struct *next)
{
	/* Who was put off the CPU, and did not ask for it, waits again. */
	if (stateOf(previous) == TASK_RUNNING)
		waits(previous);

	__u32 pid = next->pid;
	__u64 *since = bpf_map_lookup_elem(&waiting, &pid);
	if (!since)
		return 0;
	__u64 microseconds = (bpf_ktime_get_ns() - *since) / 1000;
	bpf_map_delete_elem(&waiting, &pid);

	__u32 process = next->tgid;
	struct histogram *histogram = bpf_map_lookup_elem(&histograms, &process);
	if (!histogram) {
		bpf_map_update_elem(&histograms, &process, &empty, BPF_NOEXIST);
		histogram = bpf_map_lookup_elem(&histograms, &process);
		if (!histogram)
			return 0;
		__builtin_memcpy(histogram->comm, next->comm, sizeof(histogram->comm));
	}
	__u32 slot = log2(microseconds);
	if (slot >= SLOTS)
		slot = SLOTS - 1;
	__sync_fetch_and_add(&histogram->slots[slot], 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
