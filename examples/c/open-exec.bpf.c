// Which files are opened and which programs are started, as it happens.
//
//   sudo skep run examples/c/open-exec.bpf.c
//   sudo skep run examples/c/open-exec.bpf.c --set target=1234

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#define PATH_LENGTH 256

/* Only this process; 0: all. */
const volatile __u32 target = 0;

enum kind { OPEN, EXEC };

struct event {
	__u64 time;
	__u32 kind;
	__u32 pid;
	__u32 uid;
	/* Of an open: O_RDONLY, O_CREAT … of fcntl.h. */
	__u32 flags;
	char comm[16];
	char path[PATH_LENGTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

/* Events that found no room: read slower than they came. */
__u64 lost = 0;

static __always_inline struct event *begin(enum kind kind)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	if (target != 0 && pid != target)
		return NULL;
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&lost, 1);
		return NULL;
	}
	event->time = bpf_ktime_get_ns();
	event->kind = kind;
	event->pid = pid;
	event->uid = (__u32)bpf_get_current_uid_gid();
	event->flags = 0;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	return event;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int opened(struct trace_event_raw_sys_enter *ctx)
{
	struct event *event = begin(OPEN);
	if (!event)
		return 0;
	event->flags = (__u32)ctx->args[2];
	bpf_probe_read_user_str(event->path, sizeof(event->path), (const void *)ctx->args[1]);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("tracepoint/sched/sched_process_exec")
int executed(struct trace_event_raw_sched_process_exec *ctx)
{
	struct event *event = begin(EXEC);
	if (!event)
		return 0;
	/* Where the text lies in the event: its offset in the low half. */
	bpf_probe_read_kernel_str(event->path, sizeof(event->path), (void *)ctx + (ctx->__data_loc_filename & 0xffff));
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
