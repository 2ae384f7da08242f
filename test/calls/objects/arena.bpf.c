// Pages that programs allocate, and what lies in them. Needs cpu v4's address space casts.
#include "results.h"

enum { ARENA = 33 };

#define arena __attribute__((address_space(1)))
#define PAGE 4096
#define PAGES 10

struct {
	__uint(type, ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PAGES);
	enum { map_extra_value = 0x1ull << 44 } map_extra;
} memory SEC(".maps");

extern void arena *bpf_arena_alloc_pages(void *map, void arena *addr, u32 count, int node, u64 flags) __ksym;
extern void bpf_arena_free_pages(void *map, void arena *at, u32 count) __ksym;
extern int bpf_arena_reserve_pages(void *map, void arena *at, u32 count) __ksym;

#define allocate(at, count) bpf_arena_alloc_pages(&memory, (at), (count), -1, 0)
#define release(at, count) bpf_arena_free_pages(&memory, (at), (count))
#define reserve(at, count) bpf_arena_reserve_pages(&memory, (at), (count))

struct answers {
	u64 out[RESULTS];
};

typedef char arena *pages;

/** How far into the arena a page lies; -1 for none. */
static __always_inline u64 place(pages first, pages page)
{
	return page ? ((u32)(u64)page - (u32)(u64)first) / PAGE : (u64)-1;
}

SEC("syscall")
int pages_of(struct answers *answers)
{
	u64 *out = answers->out;
	pages first = allocate(0, 1);
	if (!first)
		return 1;
	pages second = allocate(0, 3);
	pages third = allocate(0, 2);
	out[0] = place(first, first);
	out[1] = place(first, second);
	out[2] = place(first, third);
	// The smallest gap that has room: the one in the middle, not the end.
	release(second, 3);
	pages fourth = allocate(0, 2);
	out[3] = place(first, fourth);
	out[4] = place(first, allocate(0, 5));
	out[5] = place(first, allocate(first + PAGE, 1));
	out[6] = place(first, allocate(first + 3 * PAGE, 1));
	out[7] = place(first, allocate(first + 3 * PAGE + 8, 1));
	out[8] = place(first, allocate(0, PAGES + 1));
	out[9] = place(first, bpf_arena_alloc_pages(&memory, 0, 1, -1, 1));
	out[10] = place(first, allocate(0, 0));
	release(first + 9 * PAGE, 5);
	release(0, 1);
	out[11] = place(first, allocate(first + 9 * PAGE, 1));
	return 0;
}

SEC("syscall")
int reserved(struct answers *answers)
{
	u64 *out = answers->out;
	pages first = allocate(0, 1);
	if (!first)
		return 1;
	out[0] = reserve(first + 4 * PAGE, 2);
	out[1] = reserve(first + 5 * PAGE, 1);
	out[2] = reserve(first, 1);
	out[3] = reserve(first + 9 * PAGE, 2);
	out[4] = reserve(first + 9 * PAGE, 0);
	out[5] = place(first, allocate(0, 5));
	out[6] = place(first, allocate(first + 4 * PAGE, 1));
	release(first + 4 * PAGE, 2);
	out[7] = place(first, allocate(0, 5));
	return 0;
}

struct node {
	u64 number;
	struct node arena *next;
};

/** A list whose pointers user space could follow, too. */
SEC("syscall")
int list(struct answers *answers)
{
	u64 *out = answers->out;
	struct node arena *nodes = allocate(0, 2);
	if (!nodes)
		return 1;
	struct node arena *head = 0;
	for (u64 i = 0; i < 300; i++) {
		struct node arena *node = nodes + i;
		node->number = i * i;
		node->next = head;
		head = node;
	}
	u64 sum = 0, length = 0;
	for (struct node arena *node = head; node && length < 1000; node = node->next) {
		sum += node->number;
		length++;
	}
	out[0] = sum;
	out[1] = length;
	out[2] = head == nodes + 299;
	out[3] = nodes->next == 0;
	__sync_fetch_and_add(&nodes[7].number, 5);
	out[4] = nodes[7].number;
	// A null pointer stays null from one address space to the other.
	struct node arena *none = nodes[0].next;
	out[5] = (u64)none;
	return 0;
}

/** What was freed is zeroes: to read, and when it is allocated again. */
SEC("syscall")
int freed(struct answers *answers)
{
	u64 *out = answers->out;
	u64 arena *numbers = allocate(0, 1);
	if (!numbers)
		return 1;
	numbers[0] = 11;
	numbers[511] = 12;
	out[0] = numbers[0] + numbers[511];
	release((void arena *)numbers, 1);
	out[1] = numbers[0];
	out[2] = numbers[511];
	u64 arena *again = allocate((void arena *)numbers, 1);
	if (!again)
		return 2;
	out[3] = again == numbers;
	out[4] = again[0];
	again[1] = 13;
	out[5] = numbers[1];
	out[6] = numbers[600];
	return 0;
}
