// bpf_throw, and what must be given back before it.
#include "suite.h"

extern void *bpf_task_from_pid(s32 pid) __ksym;
extern void bpf_task_release(void *task) __ksym;
static void *(*const bpf_ringbuf_reserve)(void *map, u64 size, u64 flags) = (void *)131;
static void (*const bpf_ringbuf_discard)(void *record, u64 flags) = (void *)133;
struct { int(*type)[27]; int(*max_entries)[4096]; } ringbuf SEC(".maps");
struct locked { struct bpf_spin_lock lock; u32 n; };
MAP(locks, ARRAY, int, struct locked, 1);

struct __sk_buff { u32 len; u32 pkt_type; u32 mark; };
static __noinline int throwing(u64 x) { if (x > 5) bpf_throw(x); return 1; }
static __noinline int throwing_deep(u64 x) { return throwing(x + 1) + 1; }
__noinline int global_throwing(u64 x) { if (x > 5) bpf_throw(x); return 1; }
static int cb_throws(u32 i, void *context) { bpf_throw(i); return 0; }
int __attribute__((used)) handler(u64 cookie) { return 7; }
int __attribute__((used)) bad_handler(u64 cookie) { return bpf_ktime_get_ns(); }
#define __handler(name) __attribute__((btf_decl_tag("exception_callback:" #name)))

SEC("tc") int ok_throw(struct __sk_buff *ctx) { bpf_throw(0); return 0; }
SEC("tc") int ok_throw_sometimes(struct __sk_buff *ctx) { if (ctx->len > 5) bpf_throw(1); return 0; }
SEC("tc") int ok_throw_in_function(struct __sk_buff *ctx) { return throwing(ctx->len); }
SEC("tc") int ok_throw_deep(struct __sk_buff *ctx) { return throwing_deep(ctx->len); }
SEC("tc") int ok_throw_in_global(struct __sk_buff *ctx) { return global_throwing(ctx->len); }
SEC("tc") int no_throw_with_record(struct __sk_buff *ctx) { void *r = bpf_ringbuf_reserve(&ringbuf, 8, 0); if (!r) return 0; if (ctx->len > 5) bpf_throw(0); bpf_ringbuf_discard(r, 0); return 0; }
SEC("tc") int ok_throw_after_discard(struct __sk_buff *ctx) { void *r = bpf_ringbuf_reserve(&ringbuf, 8, 0); if (!r) return 0; bpf_ringbuf_discard(r, 0); bpf_throw(0); return 0; }
SEC("tc") int no_throw_in_function_with_record(struct __sk_buff *ctx) { void *r = bpf_ringbuf_reserve(&ringbuf, 8, 0); if (!r) return 0; throwing(ctx->len); bpf_ringbuf_discard(r, 0); return 0; }
SEC("tc") int ok_throw_in_global_with_record(struct __sk_buff *ctx) { void *r = bpf_ringbuf_reserve(&ringbuf, 8, 0); if (!r) return 0; global_throwing(ctx->len); bpf_ringbuf_discard(r, 0); return 0; }
SEC("tc") int no_throw_with_lock(struct __sk_buff *ctx) { int key = bpf_get_prandom_u32(); struct locked *l = bpf_map_lookup_elem(&locks, &key); if (!l) return 0; bpf_spin_lock(&l->lock); if (l->n) bpf_throw(0); bpf_spin_unlock(&l->lock); return 0; }
SEC("tc") int no_throw_in_rcu(struct __sk_buff *ctx) { bpf_rcu_read_lock(); if (ctx->len > 5) bpf_throw(0); bpf_rcu_read_unlock(); return 0; }
SEC("tc") int no_throw_in_callback_with_record(struct __sk_buff *ctx) { void *r = bpf_ringbuf_reserve(&ringbuf, 8, 0); if (!r) return 0; bpf_loop(5, cb_throws, NULL, 0); bpf_ringbuf_discard(r, 0); return 0; }
SEC("tc") int no_throw_in_callback(struct __sk_buff *ctx) { bpf_loop(5, cb_throws, NULL, 0); return 0; }
SEC("tc") __handler(handler) int ok_with_handler(struct __sk_buff *ctx) { if (ctx->len > 5) bpf_throw(1); return 0; }
SEC("tc") __handler(bad_handler) int ok_with_handler_of_any_value(struct __sk_buff *ctx) { if (ctx->len > 5) bpf_throw(1); return 0; }
SEC("tc") __handler(no_such) int no_with_handler_that_is_not(struct __sk_buff *ctx) { if (ctx->len > 5) bpf_throw(1); return 0; }
SEC("tc") __handler(throwing) int no_with_static_handler(struct __sk_buff *ctx) { return throwing(ctx->len); }
SEC("tc") __handler(handler) __handler(bad_handler) int no_with_two_handlers(struct __sk_buff *ctx) { if (ctx->len > 5) bpf_throw(1); return 0; }
SEC("cgroup_skb/ingress") int no_throw_any_value(struct __sk_buff *ctx) { if (ctx->len > 5) bpf_throw(ctx->mark); return 1; }
SEC("cgroup_skb/ingress") int ok_throw_good_value(struct __sk_buff *ctx) { if (ctx->len > 5) bpf_throw(1); return 1; }
SEC("cgroup_skb/ingress") int no_throw_bad_value(struct __sk_buff *ctx) { if (ctx->len > 5) bpf_throw(64); return 1; }
SEC("cgroup_skb/ingress") __handler(handler) int no_handler_bad_value(struct __sk_buff *ctx) { if (ctx->len > 5) bpf_throw(1); return 1; }
SEC("tc") int ok_throw_in_function_twice(struct __sk_buff *ctx) { throwing(ctx->len); return handler(1); }
