/** Programs that read the kernel's structs, in TypeScript and the same in C. */

export interface Pair {
  readonly name: string;
  readonly typescript: string;
  /** The function is called PROGRAM. */
  readonly c: string;
}

const EVENT = "interface Event { pid: i32; parent: i32; comm: FixedArray<u8, 16> }\n";
/** What stands before the programs in C. */
export const C_HEAD = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
char LICENSE[] SEC("license") = "GPL";
struct event { int pid; int parent; char comm[16]; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 64); __type(key, u64); __type(value, struct event); } seen SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 64); __type(key, u64); __type(value, u64); } numbers SEC(".maps");
`;
const HEAD = `import { cast, fentry, fexit, hash, i32, iterator, lsm, rawTracepoint, tpBtf, tracepoint, u64, field, exists, sizeOf, enumExists, enumValue, type FixedArray, type bool, type u32, type u8 } from "skep/bpf";
import { BPF_MAP_TYPE_ARENA, type file, type filename, type sk_buff, type sock, type task_struct, type tcp_sock, type trace_event_raw_sched_switch, type trace_event_raw_sys_enter } from "skep/vmlinux";
${EVENT}export const seen = hash<u64, Event>({ maxEntries: 64 });
export const numbers = hash<u64, u64>({ maxEntries: 64 });
`;

export const PAIRS: readonly Pair[] = [
  {
    name: "tp_btf: fields of fields, the key of a map is a pointer",
    typescript: `${HEAD}export const program = tpBtf("sched_switch", (preempt: bool, prev: task_struct, next: task_struct) => {
  if (preempt) return;
  numbers.set(u64(next), next.se.vruntime + u64(prev.real_parent.tgid));
});`,
    c: `SEC("tp_btf/sched_switch") int BPF_PROG(PROGRAM, bool preempt, struct task_struct *prev, struct task_struct *next) {
  if (preempt) return 0;
  u64 key = (u64)next, value = next->se.vruntime + (u64)(s64)prev->real_parent->tgid;
  bpf_map_update_elem(&numbers, &key, &value, 0);
  return 0;
}`,
  },
  {
    name: "raw tracepoint: an argument as an address, read by the helper",
    typescript: `${HEAD}export const program = rawTracepoint("sched_switch", (ctx) => {
  const next = cast<task_struct>(ctx.args[2]);
  seen.set(1, { pid: next.pid, parent: next.real_parent.pid, comm: next.comm });
});`,
    c: `SEC("raw_tracepoint/sched_switch") int PROGRAM(u64 *ctx) {
  struct task_struct *next = (void *)ctx[2];
  u64 key = 1; struct event e = { .pid = BPF_CORE_READ(next, pid), .parent = BPF_CORE_READ(next, real_parent, pid) };
  BPF_CORE_READ_INTO(&e.comm, next, comm);
  bpf_map_update_elem(&seen, &key, &e, 0);
  return 0;
}`,
  },
  {
    name: "bit-fields, by loads and by the helper",
    typescript: `${HEAD}export const program = tpBtf("sched_switch", (preempt: bool, prev: task_struct, next: task_struct) => {
  const other = cast<task_struct>(u64(prev));
  numbers.set(u64(next.sched_reset_on_fork), u64(other.in_execve));
});`,
    c: `SEC("tp_btf/sched_switch") int BPF_PROG(PROGRAM, bool preempt, struct task_struct *prev, struct task_struct *next) {
  u64 key = BPF_CORE_READ_BITFIELD(next, sched_reset_on_fork), value = BPF_CORE_READ_BITFIELD_PROBED(prev, in_execve);
  bpf_map_update_elem(&numbers, &key, &value, 0);
  return 0;
}`,
  },
  {
    name: "anonymous members, and numbers in the order of the wire",
    typescript: `${HEAD}export const program = tpBtf("tcp_probe", (socket: sock, skb: sk_buff) => {
  numbers.set(u64(socket.__sk_common.skc_dport), u64(socket.__sk_common.skc_num) + u64(skb.len) + u64(skb.dev.ifindex));
});`,
    c: `SEC("tp_btf/tcp_probe") int BPF_PROG(PROGRAM, struct sock *sk, struct sk_buff *skb) {
  u64 key = __builtin_bswap16(sk->__sk_common.skc_dport), value = (u64)sk->__sk_common.skc_num + skb->len + (s64)skb->dev->ifindex;
  bpf_map_update_elem(&numbers, &key, &value, 0);
  return 0;
}`,
  },
  {
    name: "fentry",
    typescript: `${HEAD}export const program = fentry("tcp_v4_connect", (sk: sock) => {
  numbers.set(u64(sk.sk_protocol), u64(sk.__sk_common.skc_family));
});`,
    c: `SEC("fentry/tcp_v4_connect") int BPF_PROG(PROGRAM, struct sock *sk) {
  u64 key = sk->sk_protocol, value = sk->__sk_common.skc_family;
  bpf_map_update_elem(&numbers, &key, &value, 0);
  return 0;
}`,
  },
  {
    name: "fexit: what was returned",
    typescript: `${HEAD}export const program = fexit("do_unlinkat", (dfd: i32, name: filename, result: i32) => {
  numbers.set(u64(dfd), u64(name.refcnt.counter) + u64(result));
});`,
    c: `SEC("fexit/do_unlinkat") int BPF_PROG(PROGRAM, int dfd, struct filename *name, int ret) {
  u64 key = (s64)dfd, value = (s64)name->refcnt.counter + (s64)ret;
  bpf_map_update_elem(&numbers, &key, &value, 0);
  return 0;
}`,
  },
  {
    name: "LSM",
    typescript: `${HEAD}export const program = lsm("file_open", (file: file) => (file.f_inode.i_ino === 5 ? -1 : 0));`,
    c: `SEC("lsm/file_open") int BPF_PROG(PROGRAM, struct file *file) { return file->f_inode->i_ino == 5 ? -1 : 0; }`,
  },
  {
    name: "an iterator",
    typescript: `${HEAD}export const program = iterator("task", (ctx) => {
  if (ctx.task !== null) numbers.set(u64(ctx.task.pid), ctx.meta.seq_num);
});`,
    c: `SEC("iter/task") int PROGRAM(struct bpf_iter__task *ctx) {
  struct task_struct *task = ctx->task;
  if (!task) return 0;
  u64 key = (s64)task->pid, value = ctx->meta->seq_num;
  bpf_map_update_elem(&numbers, &key, &value, 0);
  return 0;
}`,
  },
  {
    name: "the record of a tracepoint",
    typescript: `${HEAD}export const program = tracepoint<trace_event_raw_sched_switch>("sched/sched_switch", (ctx) => {
  numbers.set(u64(ctx.prev_pid), u64(ctx.next_pid));
});`,
    c: `SEC("tracepoint/sched/sched_switch") int PROGRAM(struct trace_event_raw_sched_switch *ctx) {
  u64 key = (s64)ctx->prev_pid, value = (s64)ctx->next_pid;
  bpf_map_update_elem(&numbers, &key, &value, 0);
  return 0;
}`,
  },
  {
    name: "what only some kernels have",
    typescript: `${HEAD}/** @kernel */ interface task_struct___old { state: u64 }
/** @kernel */ interface task_struct___new { __state: u32 }
export const program = tpBtf("sched_switch", (preempt: bool, prev: task_struct) => {
  const before = cast<task_struct___old>(prev);
  const after = cast<task_struct___new>(prev);
  const state = field(before, "state") ? before.state : u64(after.__state);
  const arena = enumExists(BPF_MAP_TYPE_ARENA) ? u64(enumValue(BPF_MAP_TYPE_ARENA)) : 0;
  numbers.set(state + arena, exists<tcp_sock>() ? u64(sizeOf<task_struct>()) : 0);
});`,
    c: `struct task_struct___old { u64 state; } __attribute__((preserve_access_index));
struct task_struct___new { u32 __state; } __attribute__((preserve_access_index));
SEC("tp_btf/sched_switch") int BPF_PROG(PROGRAM, bool preempt, struct task_struct *prev) {
  struct task_struct___old *before = (void *)prev; struct task_struct___new *after = (void *)prev;
  u64 state = bpf_core_field_exists(before->state) ? before->state : after->__state;
  u64 arena = bpf_core_enum_value_exists(enum bpf_map_type, BPF_MAP_TYPE_ARENA) ? bpf_core_enum_value(enum bpf_map_type, BPF_MAP_TYPE_ARENA) : 0;
  u64 key = state + arena, value = bpf_core_type_exists(struct tcp_sock) ? bpf_core_type_size(struct task_struct) : 0;
  bpf_map_update_elem(&numbers, &key, &value, 0);
  return 0;
}`,
  },
  {
    name: "elements of arrays",
    typescript: `${HEAD}export const program = tpBtf("sched_switch", (preempt: bool, prev: task_struct, next: task_struct) => {
  const index = u64(prev.pid) & 7n;
  numbers.set(u64(prev.comm[2]), u64(next.comm[index]) + u64(next.thread.sp));
});`,
    c: `SEC("tp_btf/sched_switch") int BPF_PROG(PROGRAM, bool preempt, struct task_struct *prev, struct task_struct *next) {
  u64 index = (u64)(s64)prev->pid & 7; u8 c = 0;
  bpf_probe_read_kernel(&c, 1, (char *)&next->comm + index);
  u64 key = (u8)prev->comm[2], value = c + next->thread.sp;
  bpf_map_update_elem(&numbers, &key, &value, 0);
  return 0;
}`,
  },
];
