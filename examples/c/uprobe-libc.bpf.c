// What a process asks of its heap: sizes given to malloc, calloc and realloc, as a histogram for each.
//
//   sudo skep run examples/c/uprobe-libc.bpf.c --set target=1234

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define SLOTS 32

/* Only this process; 0: all. */
const volatile __u32 target = 0;

enum { MALLOC, CALLOC, REALLOC, FUNCTIONS };

struct requests {
	__u64 calls;
	__u64 bytes;
	/* Requests of 2^i bytes to 2^(i+1). */
	__u64 slots[SLOTS];
};

/* By function: malloc, calloc, realloc. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FUNCTIONS);
	__type(key, __u32);
	__type(value, struct requests);
} requested SEC(".maps");

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

static __always_inline void request(__u32 function, __u64 size)
{
	if (target != 0 && bpf_get_current_pid_tgid() >> 32 != target)
		return;
	struct requests *requests = bpf_map_lookup_elem(&requested, &function);
	if (!requests)
		return;
	requests->calls += 1;
	requests->bytes += size;
	__u32 slot = log2(size);
	if (slot >= SLOTS)
		slot = SLOTS - 1;
	requests->slots[slot] += 1;
}

SEC("uprobe/libc.so.6:malloc")
int BPF_KPROBE(allocate, __u64 size)
{
	request(MALLOC, size);
	return 0;
}

SEC("uprobe/libc.so.6:calloc")
int BPF_KPROBE(allocateZeroed, __u64 count, __u64 size)
{
	request(CALLOC, count * size);
	return 0;
}

SEC("uprobe/libc.so.6:realloc")
int BPF_KPROBE(reallocate, void *old, __u64 size)
{
	request(REALLOC, size);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
