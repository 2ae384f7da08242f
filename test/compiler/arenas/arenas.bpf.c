// The programs of arenas.bpf.ts in C, for comparison: clang-19 -mcpu=v4 has address spaces, and casts where pointers are followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define arena __attribute__((address_space(1)))

typedef unsigned int u32;
typedef unsigned long long u64;
typedef short i16;

struct Node {
	u64 value;
	struct Node arena *next;
};

struct Page {
	struct Node nodes[256];
};

struct Entry {
	u32 key;
	u32 hits;
	i16 balance;
	struct Entry arena *next;
};

struct Table {
	u32 used;
	struct Entry pool[128];
	struct Entry arena *buckets[16];
};

struct Ask {
	u32 count;
	u64 sum;
	u32 length;
	u64 last;
};

struct {
	__uint(type, 33);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 16);
} heap SEC(".maps");

extern void arena *bpf_arena_alloc_pages(void *map, void arena *addr, u32 count, int node, u64 flags) __ksym;
extern void bpf_arena_free_pages(void *map, void arena *at, u32 count) __ksym;

struct bpf_iter_num {
	u64 opaque[1];
};

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;

struct Node arena *head;
struct Table arena table;
u64 arena seed = 7;

SEC("syscall")
int build(struct Ask *ask)
{
	struct Page arena *page = bpf_arena_alloc_pages(&heap, 0, 1, -1, 0);
	if (!page)
		return 1;
	for (u32 i = 0; i < 256; i++) {
		if (i >= ask->count)
			break;
		struct Node arena *node = &page->nodes[i];
		node->value = i + seed;
		node->next = head;
		head = node;
	}
	return 0;
}

SEC("syscall")
int walk(struct Ask *ask)
{
	struct Node arena *node = head;
	struct bpf_iter_num it;
	u64 sum = 0;
	u32 length = 0;
	bpf_iter_num_new(&it, 0, 100000);
	while (bpf_iter_num_next(&it)) {
		if (!node)
			break;
		sum += node->value;
		length++;
		node = node->next;
	}
	bpf_iter_num_destroy(&it);
	ask->sum = sum;
	ask->length = length;
	// Kernels want to know which arena: otherwise the program names none.
	asm volatile("" ::"r"(&heap));
	return 0;
}

static __always_inline struct Entry arena *find(u32 key)
{
	struct Entry arena *entry = table.buckets[key & 15];
	for (int i = 0; i < 128; i++) {
		if (!entry || entry->key == key)
			break;
		entry = entry->next;
	}
	return entry;
}

static __always_inline struct Entry arena *insert(u32 key)
{
	u32 index = __sync_fetch_and_add(&table.used, 1);
	if (index >= 128)
		return 0;
	struct Entry arena *entry = &table.pool[index & 127];
	entry->key = key;
	entry->balance = -3;
	entry->next = table.buckets[key & 15];
	table.buckets[key & 15] = entry;
	return entry;
}

SEC("xdp")
int count(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	if (data + 14 + 20 > end)
		return XDP_PASS;
	u32 key = bpf_ntohs(*(unsigned short *)(data + 16));
	struct Entry arena *entry = find(key);
	if (!entry)
		entry = insert(key);
	if (!entry)
		return XDP_PASS;
	__sync_fetch_and_add(&entry->hits, 1);
	entry->balance += 1;
	return entry->balance > 0 ? XDP_DROP : XDP_PASS;
}

// May be taken whenever it is asked, and is when the program has looped for too long.
#define can_loop                                                       \
	({                                                             \
		__label__ exhausted, more;                             \
		int yes = 1;                                           \
		asm volatile goto("may_goto %l[exhausted]" ::::exhausted); \
		goto more;                                             \
	exhausted:                                                     \
		yes = 0;                                               \
	more:                                                          \
		yes;                                                   \
	})

SEC("xdp")
int total(struct xdp_md *ctx)
{
	u64 sum = 0;
	for (struct Node arena *node = head; node && can_loop; node = node->next)
		sum += node->value;
	// As in walk.
	asm volatile("" ::"r"(&heap));
	return sum > 1000 ? XDP_DROP : XDP_PASS;
}

SEC("syscall")
int release(struct Ask *ask)
{
	struct Node arena *first = head;
	if (!first)
		return 1;
	struct Page arena *page = (void arena *)((u64)first & ~0xfffULL);
	ask->last = page->nodes[0].value;
	bpf_arena_free_pages(&heap, page, 1);
	head = 0;
	return 0;
}

char _license[] SEC("license") = "GPL";
