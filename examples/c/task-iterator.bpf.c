// What runs on this machine: every thread with its process, state, parent and name.
//
//   sudo skep run examples/c/task-iterator.bpf.c

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Only threads of this process; 0: all. */
const volatile __u32 target = 0;

#define TASK_DEAD 0x80

/* As ps and /proc/PID/stat have it: the lowest bit that is set. */
static __always_inline char letter(__u32 state)
{
	if (state == 0)
		return 'R';
	if (state & 0x01)
		return 'S';
	if (state & 0x02)
		return 'D';
	if (state & 0x04)
		return 'T';
	if (state & 0x08)
		return 't';
	if (state & 0x10)
		return 'X';
	if (state & 0x20)
		return 'Z';
	return 'I';
}

SEC("iter/task")
int tasks(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	/* The end. */
	if (!task)
		return 0;
	if (target != 0 && task->tgid != target)
		return 0;
	if (ctx->meta->seq_num == 0)
		BPF_SEQ_PRINTF(seq, "PROCESS  THREAD   PARENT   S NAME\n");
	BPF_SEQ_PRINTF(seq, "%-8d %-8d %-8d %c %s\n", task->tgid, task->pid, task->real_parent->tgid,
		       letter(task->__state | task->exit_state), task->comm);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
