// Pointers of the kernel's structs: which are trusted, walked under RCU, handed to global functions.
#include "suite.h"

struct cred;
struct css_set;
struct mm_struct { unsigned long start_code; } __core;
struct cgroup { int level; } __core;
struct css_set { struct cgroup *dfl_cgrp; } __core;
struct cpumask { unsigned long bits[1]; } __core;
typedef struct cpumask cpumask_t;
struct task_struct { int pid; struct task_struct *parent; struct task_struct *real_parent; struct task_struct *group_leader; struct css_set *cgroups; struct mm_struct *mm; const cpumask_t *cpus_ptr; cpumask_t cpus_mask; char comm[16]; struct task_struct *last_wakee; } __core;
struct sock_common { unsigned short skc_family; unsigned char volatile skc_state; } __core;
struct sock { struct sock_common __sk_common; int sk_rcvbuf; } __core;
struct sk_buff { struct sock *sk; u32 len; } __core;
struct bpf_cpumask { u64 bits[1]; };

extern struct task_struct *bpf_task_acquire(struct task_struct *task) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;
extern struct cgroup *bpf_cgroup_acquire(struct cgroup *cgroup) __ksym;
extern void bpf_cgroup_release(struct cgroup *cgroup) __ksym;
extern u32 bpf_cpumask_first(const struct cpumask *mask) __ksym;
extern void *bpf_rdonly_cast(const void *object, u32 type) __ksym;
static struct task_struct *(*const bpf_get_current_task_btf)(void) = (void *)158;
static long (*const bpf_probe_read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static void *(*const bpf_task_storage_get)(void *map, struct task_struct *task, void *value, u64 flags) = (void *)156;
struct { int(*type)[29]; int(*map_flags)[1]; int *key; u64 *value; } storage SEC(".maps");
MAP(values, ARRAY, int, u64, 1);

#define ARGS u64 *ctx
#define TASK ((struct task_struct *)ctx[0])
#define take_and_give(t) do { struct task_struct *got = bpf_task_acquire(t); if (got) bpf_task_release(got); } while (0)

SEC("tp_btf/task_newtask") int ok_argument(ARGS) { take_and_give(TASK); return 0; }
SEC("tp_btf/task_newtask") int ok_field(ARGS) { return TASK->pid; }
SEC("tp_btf/task_newtask") int ok_field_of_a_walked(ARGS) { return TASK->parent->pid; }
SEC("tp_btf/task_newtask") int no_take_walked(ARGS) { take_and_give(TASK->last_wakee); return 0; }
SEC("tp_btf/task_newtask") int ok_take_leader_under_rcu(ARGS) { struct task_struct *t = TASK->group_leader; if (t) take_and_give(t); return 0; }
SEC("tp_btf/task_newtask") int ok_take_parent_under_rcu(ARGS) { struct task_struct *t = TASK->real_parent; if (t) take_and_give(t); return 0; }
SEC("tp_btf/task_newtask") int ok_take_parent_unchecked(ARGS) { take_and_give(TASK->real_parent); return 0; }
SEC("tp_btf/task_newtask") int ok_mask_of_task(ARGS) { return bpf_cpumask_first(TASK->cpus_ptr); }
SEC("tp_btf/task_newtask") int ok_mask_in_task(ARGS) { return bpf_cpumask_first((const struct cpumask *)&TASK->cpus_mask); }
SEC("tp_btf/task_newtask") int no_mask_of_a_walked(ARGS) { return bpf_cpumask_first(TASK->last_wakee->cpus_ptr); }
SEC("tp_btf/task_newtask") int no_mask_of_number(ARGS) { return bpf_cpumask_first((const struct cpumask *)ctx[1]); }
SEC("tp_btf/task_newtask") int ok_text_of_task(ARGS) { return TASK->comm[3]; }
SEC("tp_btf/task_newtask") int no_beyond_text(ARGS) { return *((volatile char *)TASK + 1000000); }
SEC("tp_btf/task_newtask") int ok_storage(ARGS) { u64 *v = bpf_task_storage_get(&storage, TASK, NULL, 1); if (v) (*v)++; return 0; }
SEC("tp_btf/task_newtask") int ok_storage_of_walked(ARGS) { u64 *v = bpf_task_storage_get(&storage, TASK->last_wakee, NULL, 1); if (v) (*v)++; return 0; }
SEC("tp_btf/task_newtask") int ok_storage_of_current(ARGS) { u64 *v = bpf_task_storage_get(&storage, bpf_get_current_task_btf(), NULL, 1); if (v) (*v)++; return 0; }
SEC("tp_btf/task_newtask") int ok_cgroup_of_task(ARGS) { bpf_rcu_read_lock(); struct cgroup *c = TASK->cgroups->dfl_cgrp; int level = c ? c->level : 0; bpf_rcu_read_unlock(); return level; }
SEC("tp_btf/task_newtask") int ok_take_cgroup_of_task(ARGS) { bpf_rcu_read_lock(); struct cgroup *c = TASK->cgroups->dfl_cgrp; if (c) { c = bpf_cgroup_acquire(c); if (c) bpf_cgroup_release(c); } bpf_rcu_read_unlock(); return 0; }
SEC("tp_btf/task_newtask") int ok_take_cgroup_unchecked(ARGS) { bpf_rcu_read_lock(); struct cgroup *c = bpf_cgroup_acquire(TASK->cgroups->dfl_cgrp); if (c) bpf_cgroup_release(c); bpf_rcu_read_unlock(); return 0; }
SEC("tp_btf/task_newtask") int no_write_field(ARGS) { TASK->pid = 1; return 0; }
SEC("tp_btf/task_newtask") int no_release_argument(ARGS) { bpf_task_release(TASK); return 0; }
SEC("tp_btf/task_newtask") int no_leak(ARGS) { bpf_task_acquire(TASK); return 0; }
SEC("tp_btf/task_newtask") int no_mm_of_a_cast(ARGS) { struct task_struct *t = bpf_rdonly_cast((void *)ctx[1], __builtin_btf_type_id(*(struct task_struct *)0, 1)); take_and_give(t); return 0; }
SEC("tp_btf/task_newtask") int ok_read_of_a_cast(ARGS) { struct task_struct *t = bpf_rdonly_cast((void *)ctx[1], __builtin_btf_type_id(*(struct task_struct *)0, 1)); return t->pid; }
SEC("tp_btf/task_newtask") int no_write_of_a_cast(ARGS) { struct task_struct *t = bpf_rdonly_cast((void *)ctx[1], __builtin_btf_type_id(*(struct task_struct *)0, 1)); t->pid = 1; return 0; }
SEC("tp_btf/task_newtask") int no_cast_to_unknown(ARGS) { struct task_struct *t = bpf_rdonly_cast((void *)ctx[1], bpf_get_prandom_u32()); return t->pid; }
SEC("tp_btf/task_newtask") int ok_probe_read(ARGS) { int pid = 0; bpf_probe_read_kernel(&pid, 4, &TASK->last_wakee->pid); return pid; }
SEC("tp_btf/task_newtask") int ok_stored_then_used(ARGS) { int key = 0; u64 *v = bpf_map_lookup_elem(&values, &key); if (!v) return 0; *v = (u64)TASK; struct task_struct *t = (void *)*v; return t->pid; }
SEC("tp_btf/task_newtask") int ok_null_check_of_walked(ARGS) { struct mm_struct *mm = TASK->mm; return mm ? 1 : 0; }
SEC("tp_btf/task_newtask") int ok_field_of_mm(ARGS) { struct mm_struct *mm = TASK->mm; return mm ? mm->start_code : 0; }
SEC("tp_btf/tcp_probe") int ok_socket_argument(ARGS) { struct sock *sk = (void *)ctx[0]; return sk->sk_rcvbuf; }
SEC("tp_btf/tcp_probe") int ok_socket_common(ARGS) { struct sock *sk = (void *)ctx[0]; return sk->__sk_common.skc_state; }
SEC("tp_btf/tcp_probe") int no_socket_written(ARGS) { struct sock *sk = (void *)ctx[0]; sk->sk_rcvbuf = 1; return 0; }
SEC("tp_btf/tcp_bad_csum") int ok_packet_of_tracepoint(ARGS) { struct sk_buff *skb = (void *)ctx[0]; return skb->len; }
SEC("tp_btf/tcp_bad_csum") int ok_socket_of_packet(ARGS) { struct sk_buff *skb = (void *)ctx[0]; struct sock *sk = skb->sk; return sk ? sk->sk_rcvbuf : 0; }

__noinline int use_trusted(struct task_struct *task __arg("trusted")) { take_and_give(task); return 0; }
__noinline int use_maybe(struct task_struct *task __arg("trusted") __arg("nullable")) { if (task) take_and_give(task); return 0; }
__noinline int use_maybe_unchecked(struct task_struct *task __arg("trusted") __arg("nullable")) { take_and_give(task); return 0; }
__noinline int use_untrusted(struct task_struct *task __arg("untrusted")) { return task->pid; }
__noinline int use_untrusted_as_trusted(struct task_struct *task __arg("untrusted")) { take_and_give(task); return 0; }
SEC("tp_btf/task_newtask") int ok_global_trusted(ARGS) { return use_trusted(TASK); }
SEC("tp_btf/task_newtask") int ok_global_trusted_walked(ARGS) { return use_trusted(TASK->last_wakee); }
SEC("tp_btf/task_newtask") int no_global_trusted_null(ARGS) { return use_trusted(NULL); }
SEC("tp_btf/task_newtask") int ok_global_maybe(ARGS) { return use_maybe(TASK); }
SEC("tp_btf/task_newtask") int ok_global_maybe_null(ARGS) { return use_maybe(NULL); }
SEC("tp_btf/task_newtask") int no_global_maybe_unchecked(ARGS) { return use_maybe_unchecked(TASK); }
SEC("tp_btf/task_newtask") int ok_global_untrusted(ARGS) { return use_untrusted(TASK->last_wakee); }
SEC("tp_btf/task_newtask") int no_global_untrusted_as_trusted(ARGS) { return use_untrusted_as_trusted(TASK); }
SEC("tp_btf/task_newtask") int ok_global_untrusted_number(ARGS) { return use_untrusted((void *)ctx[1]); }

SEC("syscall") int ok_rcu_walk(void *ctx) { bpf_rcu_read_lock(); struct task_struct *t = bpf_get_current_task_btf(); struct task_struct *p = t->real_parent; int pid = p ? p->pid : 0; bpf_rcu_read_unlock(); return pid; }
SEC("syscall") int ok_rcu_take_parent(void *ctx) { bpf_rcu_read_lock(); struct task_struct *t = bpf_get_current_task_btf(); struct task_struct *p = t->real_parent; if (p) take_and_give(p); bpf_rcu_read_unlock(); return 0; }
SEC("syscall") int no_take_parent_without_rcu(void *ctx) { struct task_struct *t = bpf_get_current_task_btf(); struct task_struct *p = t->real_parent; if (p) take_and_give(p); return 0; }
SEC("syscall") int no_take_parent_after_rcu(void *ctx) { bpf_rcu_read_lock(); struct task_struct *t = bpf_get_current_task_btf(); struct task_struct *p = t->real_parent; bpf_rcu_read_unlock(); if (p) take_and_give(p); return 0; }
SEC("syscall") int no_rcu_exit_inside(void *ctx) { bpf_rcu_read_lock(); struct task_struct *t = bpf_get_current_task_btf(); if (t->pid == 1) return 0; bpf_rcu_read_unlock(); return 0; }
