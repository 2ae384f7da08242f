// Objects in lists and trees with all that may be asked of them, tasks under RCU, work that is done later, casts. (Category kptrs.)
#include "suite.h"
struct task_struct { int pid; struct task_struct *real_parent; struct cgroup *cg; } __core;
struct css_set; struct cgroup { int level; } __core;
extern struct task_struct *bpf_task_acquire(struct task_struct *task) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;
extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
static struct task_struct *(*const bpf_get_current_task_btf)(void) = (void *)158;
static long (*const bpf_copy_from_user)(void *, u32, const void *) = (void *)148;
static long (*const bpf_for_each_map_elem)(void *, void *, void *, u64) = (void *)164;
static void *(*const bpf_ringbuf_reserve)(void *map, u64 size, u64 flags) = (void *)131;
static void (*const bpf_ringbuf_discard)(void *record, u64 flags) = (void *)133;
extern struct bpf_rb_node *bpf_rbtree_root(struct bpf_rb_root *root) __ksym;
extern struct bpf_rb_node *bpf_rbtree_left(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym;
extern struct bpf_rb_node *bpf_rbtree_right(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym;
extern struct bpf_list_node *bpf_list_front(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_back(struct bpf_list_head *head) __ksym;
extern void *bpf_rdonly_cast(const void *obj, u32 id) __ksym;
struct bpf_task_work { u64 opaque; } __attribute__((aligned(8)));
struct bpf_wq { u64 opaque[2]; } __attribute__((aligned(8)));
struct tw { u64 n; struct bpf_task_work tw; };
struct wv { u64 n; struct bpf_wq wq; };
MAP(tws, ARRAY, int, struct tw, 1);
MAP(tws2, ARRAY, int, struct tw, 1);
MAP(wqs, ARRAY, int, struct wv, 1);
MAP(plain, ARRAY, int, u64, 1);
extern int bpf_task_work_schedule_signal_impl(struct task_struct *task, struct bpf_task_work *tw, void *map, int (*cb)(void *, void *, void *), void *aux) __ksym;
extern int bpf_task_work_schedule_resume_impl(struct task_struct *task, struct bpf_task_work *tw, void *map, int (*cb)(void *, void *, void *), void *aux) __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (*cb)(void *, int *, void *), unsigned int flags, void *aux) __ksym;
static int tw_cb(void *map, void *key, void *value) { return 0; }
static int tw_any(void *map, void *key, void *value) { return bpf_get_prandom_u32(); }
static int tw_sleeps(void *map, void *key, void *value) { u64 x; bpf_copy_from_user(&x, 8, NULL); return 0; }
static int tw_value(void *map, void *key, void *value) { struct tw *t = value; t->n++; return 0; }
static int tw_field(void *map, void *key, void *value) { struct tw *t = value; *(volatile u64*)&t->tw = 1; return 0; }
static int tw_key(void *map, void *key, void *value) { *(int*)key = 1; return 0; }
static int wq_sleeps(void *map, int *key, void *value) { u64 x; bpf_copy_from_user(&x, 8, NULL); return 0; }
static int wq_sleeps_rcu(void *map, int *key, void *value) { u64 x; bpf_rcu_read_lock(); bpf_copy_from_user(&x, 8, NULL); bpf_rcu_read_unlock(); return 0; }
static int wq_rcu_open(void *map, int *key, void *value) { bpf_rcu_read_lock(); return 0; }
static struct tw *tw(void) { int key = bpf_get_prandom_u32(); return bpf_map_lookup_elem(&tws, &key); }
static struct wv *wv(void) { int key = bpf_get_prandom_u32(); return bpf_map_lookup_elem(&wqs, &key); }
#define TW(name, type, fn, cb, m) SEC(type) int name(void *ctx) { struct task_struct *t = bpf_get_current_task_btf(); struct tw *w = tw(); if (!w) return 0; fn(t, &w->tw, &m, cb, NULL); return 0; }
TW(ok_task_work, "perf_event", bpf_task_work_schedule_signal_impl, tw_cb, tws)
TW(ok_task_work_resume, "perf_event", bpf_task_work_schedule_resume_impl, tw_cb, tws)
TW(no_task_work_any, "perf_event", bpf_task_work_schedule_signal_impl, tw_any, tws)
TW(ok_task_work_sleeps, "perf_event", bpf_task_work_schedule_signal_impl, tw_sleeps, tws)
TW(ok_task_work_sleeps_syscall, "syscall", bpf_task_work_schedule_signal_impl, tw_sleeps, tws)
TW(ok_task_work_value, "perf_event", bpf_task_work_schedule_signal_impl, tw_value, tws)
TW(no_task_work_field, "perf_event", bpf_task_work_schedule_signal_impl, tw_field, tws)
TW(no_task_work_key, "perf_event", bpf_task_work_schedule_signal_impl, tw_key, tws)
TW(no_task_work_map, "perf_event", bpf_task_work_schedule_signal_impl, tw_cb, tws2)
SEC("perf_event") int no_task_work_wrong_place(void *ctx) { struct task_struct *t = bpf_get_current_task_btf(); struct tw *w = tw(); if (!w) return 0; bpf_task_work_schedule_signal_impl(t, (void*)&w->n, &tws, tw_cb, NULL); return 0; }
SEC("perf_event") int no_task_work_no_task(void *ctx) { struct tw *w = tw(); if (!w) return 0; bpf_task_work_schedule_signal_impl(NULL, &w->tw, &tws, tw_cb, NULL); return 0; }
SEC("perf_event") int ok_task_work_acquired(void *ctx) { struct task_struct *t = bpf_task_from_pid(1); struct tw *w = tw(); if (!t) return 0; if (w) bpf_task_work_schedule_signal_impl(t, &w->tw, &tws, tw_cb, NULL); bpf_task_release(t); return 0; }
SEC("tc") int ok_wq_sleeps(struct __sk_buff *ctx) { struct wv *w = wv(); if (!w) return 0; bpf_wq_set_callback_impl(&w->wq, wq_sleeps, 0, NULL); return 0; }
SEC("tc") int no_wq_sleeps_rcu(struct __sk_buff *ctx) { struct wv *w = wv(); if (!w) return 0; bpf_wq_set_callback_impl(&w->wq, wq_sleeps_rcu, 0, NULL); return 0; }
SEC("tc") int no_wq_rcu_open(struct __sk_buff *ctx) { struct wv *w = wv(); if (!w) return 0; bpf_wq_set_callback_impl(&w->wq, wq_rcu_open, 0, NULL); return 0; }
SEC("tc") int ok_mix_cast(struct __sk_buff *ctx) { void *p; void *t = bpf_get_current_task_btf(); if (bpf_get_prandom_u32()) p = bpf_rdonly_cast(t, __builtin_btf_type_id(*(struct task_struct *)0, 1)); else p = t; return *(volatile int *)p; }
SEC("tc") int ok_mix_void(struct __sk_buff *ctx) { void *p; void *t = bpf_get_current_task_btf(); if (bpf_get_prandom_u32()) p = bpf_rdonly_cast(t, 0); else p = t; return *(volatile int *)p; }
SEC("tc") int ok_mix_void2(struct __sk_buff *ctx) { void *p; u64 x = 0; void *t = &x; if (bpf_get_prandom_u32()) p = bpf_rdonly_cast(bpf_get_current_task_btf(), 0); else p = t; return *(volatile int *)p; }
SEC("tc") int ok_mix_void3(struct __sk_buff *ctx) { void *p; int k = bpf_get_prandom_u32(); void *t = bpf_map_lookup_elem(&plain, &k); if (!t) return 0; if (bpf_get_prandom_u32()) p = bpf_rdonly_cast(bpf_get_current_task_btf(), 0); else p = t; return *(volatile int *)p; }
SEC("tc") int no_mix_void_write(struct __sk_buff *ctx) { void *p = bpf_rdonly_cast(ctx, 0); *(volatile int *)p = 0; return 0; }
SEC("tc") int ok_void_far(struct __sk_buff *ctx) { void *p = bpf_rdonly_cast(ctx, 0); return *(volatile int *)(p + (1ull<<35)); }
SEC("tc") int ok_void_var(struct __sk_buff *ctx) { void *p = bpf_rdonly_cast(ctx, 0); return *(volatile int *)(p + bpf_get_prandom_u32()); }
SEC("tc") int no_void_helper(struct __sk_buff *ctx) { void *p = bpf_rdonly_cast(ctx, 0); return bpf_map_lookup_elem(&plain, p) != 0; }

struct xnode { struct bpf_list_node link; u64 key; };
struct leaf { u64 key; struct bpf_rb_node link; };
struct xboth { struct bpf_list_node link; struct bpf_rb_node tree; struct bpf_refcount count; u64 key; };
struct holder { struct bpf_spin_lock lock; struct bpf_list_head list __contains(xnode, link); u64 n; };
struct xinner { u64 x; };
struct stashing { u64 k; struct xinner __kptr *in; };
struct shelf { struct xboth __kptr *both; struct stashing __kptr *st; struct xnode __kptr *node; };
MAP(shelves, ARRAY, int, struct shelf, 1);
MAP(holders, ARRAY, int, struct holder, 1);
private(A) struct bpf_spin_lock lock;
private(A) struct bpf_list_head list __contains(xnode, link);
private(A) struct bpf_rb_root tree __contains(leaf, link);
private(C) struct bpf_spin_lock lock3;
private(C) struct bpf_list_head both_list __contains(xboth, link);
private(C) struct bpf_rb_root both_tree __contains(xboth, tree);
#define push(head, n) bpf_list_push_front_impl(head, n, NULL, 0)
#define add(root, n, less) bpf_rbtree_add_impl(root, n, less, NULL, 0)
static u8 less(struct bpf_rb_node *a, const struct bpf_rb_node *b) { return container_of(a, struct leaf, link)->key < container_of(b, struct leaf, link)->key; }
static u8 both_less(struct bpf_rb_node *a, const struct bpf_rb_node *b) { return container_of(a, struct xboth, tree)->key < container_of(b, struct xboth, tree)->key; }
static u8 less_writes(struct bpf_rb_node *a, const struct bpf_rb_node *b) { container_of(a, struct leaf, link)->key = 1; return 0; }
static u8 less_two(struct bpf_rb_node *a, const struct bpf_rb_node *b) { return 2; }
static u8 less_any(struct bpf_rb_node *a, const struct bpf_rb_node *b) { return container_of(a, struct leaf, link)->key; }
static u8 less_rcu(struct bpf_rb_node *a, const struct bpf_rb_node *b) { bpf_rcu_read_lock(); bpf_rcu_read_unlock(); return 0; }
static u8 less_left(struct bpf_rb_node *a, const struct bpf_rb_node *b) { bpf_rbtree_left(&tree, a); return 0; }
static u8 less_acquires(struct bpf_rb_node *a, const struct bpf_rb_node *b) { struct xboth *m = bpf_refcount_acquire_impl(container_of(a, struct xboth, tree), NULL); if (m) drop(m); return 0; }
static struct shelf *shelf(void) { int key = bpf_get_prandom_u32(); return bpf_map_lookup_elem(&shelves, &key); }
static struct holder *holder(void) { int key = bpf_get_prandom_u32(); return bpf_map_lookup_elem(&holders, &key); }
#define ADD(name, cb) SEC("tc") int name(struct __sk_buff *ctx) { struct leaf *n = new(struct leaf); if (!n) return 0; bpf_spin_lock(&lock); add(&tree, &n->link, cb); bpf_spin_unlock(&lock); return 0; }
ADD(ok_less_writes, less_writes)
ADD(no_less_two, less_two)
ADD(no_less_any, less_any)
ADD(no_less_rcu, less_rcu)
ADD(no_less_left, less_left)
SEC("tc") int no_less_acquires(struct __sk_buff *ctx) { struct xboth *n = new(struct xboth); if (!n) return 0; bpf_spin_lock(&lock3); add(&both_tree, &n->tree, less_acquires); bpf_spin_unlock(&lock3); return 0; }
SEC("tc") int ok_walk(struct __sk_buff *ctx) { struct bpf_rb_node *r; int k = 0; bpf_spin_lock(&lock); r = bpf_rbtree_root(&tree); if (r) { r = bpf_rbtree_left(&tree, r); if (r) k = container_of(r, struct leaf, link)->key; } bpf_spin_unlock(&lock); return k; }
SEC("tc") int no_walk_unchecked(struct __sk_buff *ctx) { struct bpf_rb_node *r; int k = 0; bpf_spin_lock(&lock); r = bpf_rbtree_root(&tree); r = bpf_rbtree_left(&tree, r); bpf_spin_unlock(&lock); return k; }
SEC("tc") int ok_left_owned(struct __sk_buff *ctx) { struct leaf *n = new(struct leaf); struct bpf_rb_node *r; if (!n) return 0; bpf_spin_lock(&lock); r = bpf_rbtree_left(&tree, &n->link); bpf_spin_unlock(&lock); drop(n); return 0; }
SEC("tc") int ok_left_counted(struct __sk_buff *ctx) { struct xboth *n = new(struct xboth); struct bpf_rb_node *r; if (!n) return 0; bpf_spin_lock(&lock3); r = bpf_rbtree_left(&both_tree, &n->tree); bpf_spin_unlock(&lock3); drop(n); return 0; }
SEC("tc") int ok_remove_counted(struct __sk_buff *ctx) { struct xboth *n = new(struct xboth); struct bpf_rb_node *r; if (!n) return 0; bpf_spin_lock(&lock3); r = bpf_rbtree_remove(&both_tree, &n->tree); bpf_spin_unlock(&lock3); if (r) drop(container_of(r, struct xboth, tree)); drop(n); return 0; }
SEC("tc") int ok_front(struct __sk_buff *ctx) { struct bpf_list_node *r; int k = 0; bpf_spin_lock(&lock); r = bpf_list_front(&list); if (r) k = container_of(r, struct xnode, link)->key; bpf_spin_unlock(&lock); return k; }
SEC("tc") int no_front_push(struct __sk_buff *ctx) { struct bpf_list_node *r; bpf_spin_lock(&lock); r = bpf_list_front(&list); if (r) push(&list, r); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_front_after(struct __sk_buff *ctx) { struct bpf_list_node *r; int k = 0; bpf_spin_lock(&lock); r = bpf_list_back(&list); bpf_spin_unlock(&lock); if (r) k = container_of(r, struct xnode, link)->key; return k; }
SEC("tc") int ok_holder(struct __sk_buff *ctx) { struct holder *h = holder(); if (!h) return 0; struct xnode *n = new(struct xnode); if (!n) return 0; bpf_spin_lock(&h->lock); push(&h->list, &n->link); bpf_spin_unlock(&h->lock); return 0; }
SEC("tc") int no_holder_other(struct __sk_buff *ctx) { struct holder *h = holder(), *g = holder(); if (!h || !g) return 0; struct xnode *n = new(struct xnode); if (!n) return 0; bpf_spin_lock(&g->lock); push(&h->list, &n->link); bpf_spin_unlock(&g->lock); return 0; }
SEC("tc") int ok_local_holder(struct __sk_buff *ctx) { struct holder *h = new(struct holder); if (!h) return 0; struct xnode *n = new(struct xnode); if (!n) { drop(h); return 0; } bpf_spin_lock(&h->lock); push(&h->list, &n->link); bpf_spin_unlock(&h->lock); drop(h); return 0; }
SEC("tc") int no_local_holder_nolock(struct __sk_buff *ctx) { struct holder *h = new(struct holder); if (!h) return 0; struct xnode *n = new(struct xnode); if (!n) { drop(h); return 0; } push(&h->list, &n->link); drop(h); return 0; }
SEC("tc") int no_local_holder_dropped_locked(struct __sk_buff *ctx) { struct holder *h = new(struct holder); if (!h) return 0; bpf_spin_lock(&h->lock); drop(h); return 0; }
SEC("tc") int no_holder_in_other_object(struct __sk_buff *ctx) { struct holder *h = new(struct holder); if (!h) return 0; struct xnode *n = new(struct xnode); if (!n) { drop(h); return 0; } bpf_spin_lock(&lock); push(&h->list, &n->link); bpf_spin_unlock(&lock); drop(h); return 0; }
SEC("tc") int ok_stash_both(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct xboth *n = new(struct xboth); if (!n) return 0; n = bpf_kptr_xchg(&s->both, n); if (n) drop(n); return 0; }
SEC("tc") int ok_unstash_push(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct xnode *n = bpf_kptr_xchg(&s->node, NULL); if (!n) return 0; bpf_spin_lock(&lock); push(&list, &n->link); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_stash_nonowning(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct xnode *n = new(struct xnode); if (!n) return 0; bpf_spin_lock(&lock); push(&list, &n->link); bpf_spin_unlock(&lock); n = bpf_kptr_xchg(&s->node, n); if (n) drop(n); return 0; }
SEC("tc") int ok_local_stash(struct __sk_buff *ctx) { struct stashing *s = new(struct stashing); if (!s) return 0; struct xinner *i = new(struct xinner); if (!i) { drop(s); return 0; } i = bpf_kptr_xchg(&s->in, i); if (i) drop(i); drop(s); return 0; }
SEC("tc") int no_local_stash_leak(struct __sk_buff *ctx) { struct stashing *s = new(struct stashing); if (!s) return 0; struct xinner *i = new(struct xinner); if (!i) { drop(s); return 0; } i = bpf_kptr_xchg(&s->in, i); drop(s); return 0; }
SEC("tc") int ok_shelf_rcu_read(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct xboth *b = s->both; if (!b) return 0; return b->key; }
SEC("tc") int ok_shelf_rcu_acquire(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct xboth *b = s->both; if (!b) return 0; b = bpf_refcount_acquire_impl(b, NULL); if (b) drop(b); return 0; }
SEC("tc") int no_shelf_rcu_drop(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct xboth *b = s->both; if (!b) return 0; drop(b); return 0; }
SEC("syscall") int ok_shelf_read_unlocked(void *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct xboth *b = s->both; if (!b) return 0; return b->key; }
SEC("syscall") int no_shelf_acquire_unlocked(void *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct xboth *b = s->both; if (!b) return 0; b = bpf_refcount_acquire_impl(b, NULL); if (b) drop(b); return 0; }
SEC("syscall") int ok_shelf_acquire_rcu(void *ctx) { struct shelf *s = shelf(); if (!s) return 0; bpf_rcu_read_lock(); struct xboth *b = s->both; if (b) { b = bpf_refcount_acquire_impl(b, NULL); } bpf_rcu_read_unlock(); if (b) drop(b); return 0; }
SEC("tc") int ok_shelf_write(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct xboth *b = s->both; if (!b) return 0; b->key = 1; return 0; }
SEC("tc") int ok_shelf_node_read(struct __sk_buff *ctx) { struct shelf *s = shelf(); if (!s) return 0; struct xnode *b = s->node; if (!b) return 0; b->key = 1; return 0; }
SEC("tc") int ok_borrow_over_pop(struct __sk_buff *ctx) { struct xnode *n = new(struct xnode); struct bpf_list_node *l; int k; if (!n) return 0; bpf_spin_lock(&lock); push(&list, &n->link); l = bpf_list_pop_front(&list); k = n->key; bpf_spin_unlock(&lock); if (l) drop(container_of(l, struct xnode, link)); return k; }
SEC("tc") int no_counted_borrow_over_unlock(struct __sk_buff *ctx) { struct xboth *n = new(struct xboth); if (!n) return 0; bpf_spin_lock(&lock3); push(&both_list, &n->link); bpf_spin_unlock(&lock3); return n->key; }
SEC("syscall") int ok_rcu_parent(void *ctx) { struct task_struct *t = bpf_get_current_task_btf(); bpf_rcu_read_lock(); struct task_struct *p = t->real_parent; int pid = p ? p->pid : 0; bpf_rcu_read_unlock(); return pid; }
SEC("syscall") int no_rcu_parent_acquire_outside(void *ctx) { struct task_struct *t = bpf_get_current_task_btf(); bpf_rcu_read_lock(); struct task_struct *p = t->real_parent; bpf_rcu_read_unlock(); p = bpf_task_acquire(p); if (p) bpf_task_release(p); return 0; }
SEC("syscall") int ok_rcu_parent_acquire(void *ctx) { struct task_struct *t = bpf_get_current_task_btf(); bpf_rcu_read_lock(); struct task_struct *p = t->real_parent; if (p) p = bpf_task_acquire(p); bpf_rcu_read_unlock(); if (p) bpf_task_release(p); return 0; }
static __noinline int unlocks(void) { bpf_rcu_read_unlock(); return 0; }
static __noinline int reads(struct task_struct *p) { return p ? p->pid : 0; }
SEC("syscall") int no_rcu_unlock_in_fn(void *ctx) { struct task_struct *t = bpf_get_current_task_btf(); bpf_rcu_read_lock(); struct task_struct *p = t->real_parent; unlocks(); if (p) { p = bpf_task_acquire(p); if (p) bpf_task_release(p); } return 0; }
SEC("syscall") int ok_rcu_read_in_fn(void *ctx) { struct task_struct *t = bpf_get_current_task_btf(); bpf_rcu_read_lock(); struct task_struct *p = t->real_parent; int r = reads(p); bpf_rcu_read_unlock(); return r; }
__noinline int global_trusted(struct task_struct *t __arg("trusted")) { return t ? t->pid : 0; }
__noinline int global_nullable(struct task_struct *t __arg("trusted") __arg("nullable")) { return t ? t->pid : 0; }
__noinline int global_untrusted(struct task_struct *t __arg("untrusted")) { return t->pid; }
SEC("syscall") int ok_global_trusted(void *ctx) { return global_trusted(bpf_get_current_task_btf()); }
SEC("syscall") int ok_global_trusted_rcu(void *ctx) { struct task_struct *t = bpf_get_current_task_btf(); bpf_rcu_read_lock(); struct task_struct *p = t->real_parent; int r = global_trusted(p); bpf_rcu_read_unlock(); return r; }
SEC("syscall") int ok_global_untrusted_rcu(void *ctx) { struct task_struct *t = bpf_get_current_task_btf(); bpf_rcu_read_lock(); struct task_struct *p = t->real_parent; bpf_rcu_read_unlock(); return global_untrusted(p); }
SEC("syscall") int ok_global_nullable(void *ctx) { return global_nullable(NULL); }
SEC("syscall") int no_global_trusted_null(void *ctx) { return global_trusted(NULL); }
SEC("syscall") int ok_global_nullable_maybe(void *ctx) { struct task_struct *t = bpf_task_from_pid(1); int r = global_nullable(t); if (t) bpf_task_release(t); return r; }
SEC("syscall") int ok_global_trusted_acquired(void *ctx) { struct task_struct *t = bpf_task_from_pid(1); if (!t) return 0; int r = global_trusted(t); bpf_task_release(t); return r; }
