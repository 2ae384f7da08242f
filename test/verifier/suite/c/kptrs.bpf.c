// Pointers to kernel objects in map values, and objects of the program's own.
#include "suite.h"

struct task_struct { int pid; } __core;
struct cgroup { int level; } __core;
extern struct task_struct *bpf_task_acquire(struct task_struct *task) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;
extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
static struct task_struct *(*const bpf_get_current_task_btf)(void) = (void *)158;

struct box { struct task_struct __kptr *task; struct task_struct __kptr_untrusted *loose; u64 rest; };
MAP(boxes, ARRAY, int, struct box, 1);
MAP(box_hash, HASH, int, struct box, 1);

struct item { u64 key; u64 value; };
struct shelf { struct item __kptr *item; };
MAP(shelves, ARRAY, int, struct shelf, 1);

static struct box *box(void) { int key = bpf_get_prandom_u32(); return bpf_map_lookup_elem(&boxes, &key); }
static struct shelf *shelf(void) { int key = bpf_get_prandom_u32(); return bpf_map_lookup_elem(&shelves, &key); }

SEC("syscall") int ok_exchange(void *ctx) { struct box *b = box(); if (!b) return 0; struct task_struct *t = bpf_task_from_pid(1); if (!t) return 0; t = bpf_kptr_xchg(&b->task, t); if (t) bpf_task_release(t); return 0; }
SEC("syscall") int no_exchange_not_released(void *ctx) { struct box *b = box(); if (!b) return 0; struct task_struct *t = bpf_task_from_pid(1); if (!t) return 0; bpf_kptr_xchg(&b->task, t); return 0; }
SEC("syscall") int no_exchange_not_checked(void *ctx) { struct box *b = box(); if (!b) return 0; struct task_struct *t = bpf_task_from_pid(1); if (!t) return 0; t = bpf_kptr_xchg(&b->task, t); bpf_task_release(t); return 0; }
SEC("syscall") int no_exchange_unreferenced(void *ctx) { struct box *b = box(); if (!b) return 0; struct task_struct *t = bpf_get_current_task_btf(); t = bpf_kptr_xchg(&b->task, t); if (t) bpf_task_release(t); return 0; }
SEC("syscall") int ok_take(void *ctx) { struct box *b = box(); if (!b) return 0; struct task_struct *t = bpf_kptr_xchg(&b->task, NULL); if (t) bpf_task_release(t); return 0; }
SEC("syscall") int no_take_leak(void *ctx) { struct box *b = box(); if (!b) return 0; bpf_kptr_xchg(&b->task, NULL); return 0; }
SEC("syscall") int no_exchange_untrusted_field(void *ctx) { struct box *b = box(); if (!b) return 0; struct task_struct *t = bpf_kptr_xchg(&b->loose, NULL); if (t) bpf_task_release(t); return 0; }
SEC("syscall") int no_exchange_plain_field(void *ctx) { struct box *b = box(); if (!b) return 0; struct task_struct *t = bpf_kptr_xchg(&b->rest, NULL); if (t) bpf_task_release(t); return 0; }
SEC("syscall") int no_exchange_wrong_type(void *ctx) { struct box *b = box(); if (!b) return 0; struct item *i = new(struct item); if (!i) return 0; i = bpf_kptr_xchg(&b->task, i); if (i) drop(i); return 0; }
SEC("syscall") int no_exchange_maybe_null(void *ctx) { int key = bpf_get_prandom_u32(); struct box *b = bpf_map_lookup_elem(&boxes, &key); struct task_struct *t = bpf_kptr_xchg(&b->task, NULL); if (t) bpf_task_release(t); return 0; }
SEC("syscall") int no_store_referenced(void *ctx) { struct box *b = box(); if (!b) return 0; b->task = bpf_get_current_task_btf(); return 0; }
SEC("syscall") int ok_store_untrusted(void *ctx) { struct box *b = box(); if (!b) return 0; b->loose = bpf_get_current_task_btf(); return 0; }
SEC("syscall") int no_store_untrusted_number(void *ctx) { struct box *b = box(); if (!b) return 0; b->loose = (void *)bpf_ktime_get_ns(); return 0; }
SEC("syscall") int ok_store_untrusted_null(void *ctx) { struct box *b = box(); if (!b) return 0; b->loose = NULL; return 0; }
SEC("syscall") int ok_read_untrusted(void *ctx) { struct box *b = box(); if (!b) return 0; struct task_struct *t = b->loose; if (!t) return 0; return t->pid; }
SEC("syscall") int no_read_untrusted_unchecked(void *ctx) { struct box *b = box(); if (!b) return 0; return b->loose->pid; }
SEC("syscall") int no_acquire_untrusted(void *ctx) { struct box *b = box(); if (!b) return 0; struct task_struct *t = b->loose; if (!t) return 0; t = bpf_task_acquire(t); if (t) bpf_task_release(t); return 0; }
SEC("syscall") int ok_acquire_under_rcu(void *ctx) { struct box *b = box(); if (!b) return 0; bpf_rcu_read_lock(); struct task_struct *t = b->task; if (t) { t = bpf_task_acquire(t); if (t) bpf_task_release(t); } bpf_rcu_read_unlock(); return 0; }
SEC("syscall") int no_acquire_without_rcu(void *ctx) { struct box *b = box(); if (!b) return 0; struct task_struct *t = b->task; if (t) { t = bpf_task_acquire(t); if (t) bpf_task_release(t); } return 0; }
SEC("syscall") int no_acquire_after_rcu(void *ctx) { struct box *b = box(); if (!b) return 0; bpf_rcu_read_lock(); struct task_struct *t = b->task; bpf_rcu_read_unlock(); if (t) { t = bpf_task_acquire(t); if (t) bpf_task_release(t); } return 0; }
SEC("syscall") int ok_read_under_rcu(void *ctx) { struct box *b = box(); if (!b) return 0; int pid = 0; bpf_rcu_read_lock(); struct task_struct *t = b->task; if (t) pid = t->pid; bpf_rcu_read_unlock(); return pid; }
SEC("syscall") int no_read_under_rcu_unchecked(void *ctx) { struct box *b = box(); if (!b) return 0; int pid; bpf_rcu_read_lock(); pid = b->task->pid; bpf_rcu_read_unlock(); return pid; }
SEC("tc") int ok_acquire_in_tc(struct __sk_buff *ctx) { struct box *b = box(); if (!b) return 0; struct task_struct *t = b->task; if (t) { t = bpf_task_acquire(t); if (t) bpf_task_release(t); } return 0; }
SEC("syscall") int no_half_of_a_field(void *ctx) { struct box *b = box(); if (!b) return 0; return *(u32 *)&b->task; }
SEC("syscall") int no_across_fields(void *ctx) { struct box *b = box(); if (!b) return 0; return *(volatile u64 *)((void *)b + 4); }
SEC("syscall") int no_as_value_of_a_helper(void *ctx) { struct box *b = box(); if (!b) return 0; int key = 0; bpf_map_update_elem(&box_hash, &key, b, 0); return 0; }
SEC("syscall") int no_atomic(void *ctx) { struct box *b = box(); if (!b) return 0; __sync_fetch_and_add((u64 *)&b->task, 1); return 0; }
SEC("syscall") int no_variable_field(void *ctx) { struct box *b = box(); if (!b) return 0; u32 i = bpf_get_prandom_u32() & 8; struct task_struct *t = bpf_kptr_xchg((void *)b + i, NULL); if (t) bpf_task_release(t); return 0; }
SEC("syscall") int ok_of_a_hash(void *ctx) { int key = 0; struct box *b = bpf_map_lookup_elem(&box_hash, &key); if (!b) return 0; struct task_struct *t = bpf_kptr_xchg(&b->task, NULL); if (t) bpf_task_release(t); return 0; }

SEC("tc") int ok_new_and_drop(struct __sk_buff *ctx) { struct item *i = new(struct item); if (!i) return 0; i->key = 1; drop(i); return 0; }
SEC("tc") int no_new_leak(struct __sk_buff *ctx) { struct item *i = new(struct item); if (!i) return 0; i->key = 1; return 0; }
SEC("tc") int no_new_unchecked(struct __sk_buff *ctx) { struct item *i = new(struct item); i->key = 1; drop(i); return 0; }
SEC("tc") int no_new_beyond(struct __sk_buff *ctx) { struct item *i = new(struct item); if (!i) return 0; ((volatile u64 *)i)[2] = 1; drop(i); return 0; }
SEC("tc") int no_new_before(struct __sk_buff *ctx) { struct item *i = new(struct item); if (!i) return 0; ((volatile u64 *)i)[-1] = 1; drop(i); return 0; }
SEC("tc") int no_drop_twice(struct __sk_buff *ctx) { struct item *i = new(struct item); if (!i) return 0; drop(i); drop(i); return 0; }
SEC("tc") int no_read_after_drop(struct __sk_buff *ctx) { struct item *i = new(struct item); if (!i) return 0; drop(i); return ((volatile struct item *)i)->key; }
SEC("tc") int no_drop_moved(struct __sk_buff *ctx) { struct item *i = new(struct item); if (!i) return 0; drop((void *)i + 8); return 0; }
SEC("tc") int no_drop_null(struct __sk_buff *ctx) { drop(NULL); return 0; }
SEC("tc") int no_drop_value(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; drop(s); return 0; }
SEC("tc") int no_new_of_unknown_type(struct __sk_buff *ctx) { struct item *i = bpf_obj_new_impl(bpf_get_prandom_u32(), NULL); if (!i) return 0; drop(i); return 0; }
SEC("tc") int no_new_of_type_that_is_no_struct(struct __sk_buff *ctx) { struct item *i = bpf_obj_new_impl(__builtin_btf_type_id(*(int *)0, 0), NULL); if (!i) return 0; drop(i); return 0; }
SEC("tc") int no_new_of_type_that_is_not(struct __sk_buff *ctx) { struct item *i = bpf_obj_new_impl(1 << 20, NULL); if (!i) return 0; drop(i); return 0; }
SEC("tc") int ok_stash(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct item *i = new(struct item); if (!i) return 0; i = bpf_kptr_xchg(&s->item, i); if (i) drop(i); return 0; }
SEC("tc") int no_stash_leak(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct item *i = new(struct item); if (!i) return 0; bpf_kptr_xchg(&s->item, i); return 0; }
SEC("tc") int no_stash_then_write(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct item *i = new(struct item); if (!i) return 0; struct item *old = bpf_kptr_xchg(&s->item, i); i->key = 1; if (old) drop(old); return 0; }
SEC("tc") int ok_unstash_read(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct item *i = bpf_kptr_xchg(&s->item, NULL); if (!i) return 0; int k = i->key; drop(i); return k; }
SEC("tc") int no_store_in_map(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct item *i = new(struct item); if (!i) return 0; s->item = i; return 0; }

struct cell { u64 count; };
struct cells { struct cell __percpu_kptr *cell; };
MAP(cell_map, ARRAY, int, struct cells, 1);
#define percpu_new(type) ((type *)bpf_percpu_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), NULL))
static struct cells *cells(void) { int key = bpf_get_prandom_u32(); return bpf_map_lookup_elem(&cell_map, &key); }
SEC("tc") int ok_percpu(struct __sk_buff *ctx) { struct cell *c = percpu_new(struct cell); if (!c) return 0; bpf_percpu_obj_drop_impl(c, NULL); return 0; }
SEC("tc") int no_percpu_leak(struct __sk_buff *ctx) { struct cell *c = percpu_new(struct cell); return 0; }
SEC("tc") int no_percpu_read_directly(struct __sk_buff *ctx) { struct cell *c = percpu_new(struct cell); if (!c) return 0; int n = c->count; bpf_percpu_obj_drop_impl(c, NULL); return n; }
SEC("tc") int no_percpu_drop_as_plain(struct __sk_buff *ctx) { struct cell *c = percpu_new(struct cell); if (!c) return 0; drop(c); return 0; }
SEC("tc") int no_plain_drop_as_percpu(struct __sk_buff *ctx) { struct item *i = new(struct item); if (!i) return 0; bpf_percpu_obj_drop_impl(i, NULL); return 0; }
SEC("tc") int ok_percpu_stash(struct __sk_buff *ctx) { struct cells *s = cells(); if (!s) return 0; struct cell *c = percpu_new(struct cell); if (!c) return 0; c = bpf_kptr_xchg(&s->cell, c); if (c) bpf_percpu_obj_drop_impl(c, NULL); return 0; }
SEC("tc") int ok_percpu_this(struct __sk_buff *ctx) { struct cells *s = cells(); if (!s) return 0; struct cell *c = s->cell; if (!c) return 0; c = bpf_this_cpu_ptr(c); c->count++; return 0; }
SEC("tc") int ok_percpu_other(struct __sk_buff *ctx) { struct cells *s = cells(); if (!s) return 0; struct cell *c = s->cell; if (!c) return 0; c = bpf_per_cpu_ptr(c, 0); if (!c) return 0; return c->count; }
SEC("tc") int no_percpu_this_unchecked(struct __sk_buff *ctx) { struct cells *s = cells(); if (!s) return 0; struct cell *c = bpf_this_cpu_ptr(s->cell); c->count++; return 0; }
SEC("tc") int ok_percpu_other_unchecked(struct __sk_buff *ctx) { struct cells *s = cells(); if (!s) return 0; struct cell *c = s->cell; if (!c) return 0; c = bpf_per_cpu_ptr(c, 0); return c->count; }
struct big { u64 words[128]; };
SEC("tc") int no_percpu_too_large(struct __sk_buff *ctx) { struct big *c = percpu_new(struct big); if (!c) return 0; bpf_percpu_obj_drop_impl(c, NULL); return 0; }
struct pointing { void *p; };
SEC("tc") int no_percpu_with_pointers(struct __sk_buff *ctx) { struct pointing *c = percpu_new(struct pointing); if (!c) return 0; bpf_percpu_obj_drop_impl(c, NULL); return 0; }
