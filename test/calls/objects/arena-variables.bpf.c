// Variables that lie in an arena.
#include "results.h"

enum { ARENA = 33 };

#define arena __attribute__((address_space(1)))

struct {
	__uint(type, ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 4);
} memory SEC(".maps");

extern void arena *bpf_arena_alloc_pages(void *map, void arena *addr, u32 count, int node, u64 flags) __ksym;

u64 arena shared = 11;
u32 arena numbers[3] = {1, 2, 3};
u32 arena *arena place;

SEC("syscall")
int variables(void *ctx)
{
	shared += numbers[1];
	u32 arena *page = bpf_arena_alloc_pages(&memory, 0, 1, -1, 0);
	if (!page)
		return -1;
	page[5] = 77;
	place = page;
	return numbers[2];
}
