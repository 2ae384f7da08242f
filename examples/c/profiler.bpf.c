// Where time goes: what runs on the CPUs, by process and stack, sampled.
//
//   sudo skep run examples/c/profiler.bpf.c --frequency 99
//   sudo skep run examples/c/profiler.bpf.c --frequency 99 --set target=1234

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#define DEPTH 127

/* Only this process; 0: all but the idle thread. */
const volatile __u32 target = 0;

struct hit {
	__u32 pid;
	/* Numbers of `stacks`; negative where there is none. */
	__s32 user;
	__s32 kernel;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, DEPTH * sizeof(__u64));
} stacks SEC(".maps");

/* How often each was seen. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct hit);
	__type(value, __u64);
} samples SEC(".maps");

SEC("perf_event")
int profile(struct bpf_perf_event_data *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	if (pid == 0 || (target != 0 && pid != target))
		return 0;

	struct hit hit = { .pid = pid };
	bpf_get_current_comm(hit.comm, sizeof(hit.comm));
	hit.kernel = bpf_get_stackid(ctx, &stacks, 0);
	hit.user = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);

	__u64 *count = bpf_map_lookup_elem(&samples, &hit);
	if (count) {
		__sync_fetch_and_add(count, 1);
	} else {
		__u64 one = 1;
		bpf_map_update_elem(&samples, &hit, &one, BPF_NOEXIST);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
