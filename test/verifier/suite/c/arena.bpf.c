// Arenas: memory shared with user space, by pointers of an address space of their own.
#include "suite.h"

struct { int(*type)[ARENA]; int(*map_flags)[1 << 10]; int(*max_entries)[4]; enum { extra = 1ull << 44 } map_extra; } arena SEC(".maps");
extern void __arena *bpf_arena_alloc_pages(void *map, void __arena *at, u32 count, int node, u64 flags) __ksym;
extern void bpf_arena_free_pages(void *map, void __arena *at, u32 count) __ksym;
MAP(values, ARRAY, int, u64, 1);

struct __sk_buff { u32 len; };
SEC("syscall") int ok_allocate(void *ctx) { u64 __arena *p = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); return p != NULL; }
SEC("syscall") int ok_write(void *ctx) { u64 __arena *p = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); if (!p) return 1; *p = 5; return *p; }
SEC("syscall") int ok_write_unchecked(void *ctx) { volatile u64 __arena *p = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); *p = 5; return *p; }
SEC("syscall") int ok_far_beyond(void *ctx) { volatile u8 __arena *p = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); p[1 << 20] = 5; return 0; }
SEC("syscall") int ok_variable(void *ctx) { volatile u8 __arena *p = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); p[bpf_get_prandom_u32()] = 5; return 0; }
SEC("syscall") int ok_free(void *ctx) { void __arena *p = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); bpf_arena_free_pages(&arena, p, 1); return 0; }
SEC("syscall") int ok_pointer_in_arena(void *ctx) { void __arena *__arena *p = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); *p = p; return **(int __arena * __arena *)p; }
SEC("syscall") int ok_atomic(void *ctx) { u64 __arena *p = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); __sync_fetch_and_add(p, 1); return 0; }
SEC("syscall") int ok_free_number_of_map(void *ctx) { void __arena *p = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); bpf_arena_free_pages(&values, p, 1); return 0; }
SEC("syscall") int ok_allocate_in_array(void *ctx) { u64 __arena *p = bpf_arena_alloc_pages(&values, NULL, 1, -1, 0); return p != NULL; }
SEC("syscall") int ok_signed_load(void *ctx) { volatile signed char __arena *p = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); return *p; }
SEC("tc") int no_allocate_where_it_may_not_sleep(struct __sk_buff *ctx) { u64 __arena *p = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); return p != NULL; }
SEC("syscall") int no_as_key(void *ctx) { u64 __arena *p = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); bpf_map_lookup_elem(&values, (void *)p); return 0; }
SEC("syscall") int ok_number_as_pointer(void *ctx) { volatile u64 __arena *p = (void __arena *)bpf_ktime_get_ns(); bpf_arena_free_pages(&arena, NULL, 0); *p = 5; return 0; }
SEC("syscall") int ok_map_value_as_arena(void *ctx) { int key = 0; u64 *v = bpf_map_lookup_elem(&values, &key); if (!v) return 0; bpf_arena_free_pages(&arena, (void __arena *)v, 1); return 0; }
SEC("syscall") int ok_returned(void *ctx) { return (u64)bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); }
__noinline int use(u64 __arena *p __arg("arena")) { return *p; }
SEC("syscall") int ok_global_argument(void *ctx) { return use(bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0)); }
SEC("syscall") int no_stored_in_map(void *ctx) { int key = 0; u64 __arena *p = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0); u64 *v = bpf_map_lookup_elem(&values, &key); if (!v) return 0; bpf_map_update_elem(&values, &key, (void *)p, 0); return 0; }
