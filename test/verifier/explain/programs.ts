/**
 * Programs that a kernel refuses and that no compiler writes by itself, one mistake each. Maps by number: `map[fd:N]` is the
 * N-th of MAPS. What the kernel said of each is in fixtures/logs.json; record.ts asks it again.
 */

import type { MapSpec } from "../../../src/object/spec.ts";
import type { AttachType } from "../../../src/uapi/attach-types.ts";
import type { ProgramType } from "../../../src/uapi/program-types.ts";

const map = (name: string, type: MapSpec["type"], keySize: number, valueSize: number, maxEntries: number): MapSpec => ({
  name,
  type,
  keySize,
  valueSize,
  maxEntries,
  flags: 0,
  keyType: 0,
  valueType: 0,
});

export const MAPS: readonly MapSpec[] = [
  map("counts", "hash", 4, 16, 64),
  map("flows", "hash", 8, 8, 64),
  map("events", "ringbuf", 0, 0, 4096),
  map("calls", "prog_array", 4, 4, 4),
];

export interface Refused {
  readonly name: string;
  readonly type: ProgramType;
  readonly attachType?: AttachType;
  /** In the kernel's notation; `kfunc NAME` calls a function of the kernel. */
  readonly code: string;
  /** `BPF_F_STRICT_ALIGNMENT` is 1. */
  readonly flags?: number;
}

const LOOKUP = `
  *(u32 *)(r10 -4) = 0
  r2 = r10
  r2 += -4
  r1 = map[fd:0]
  call bpf_map_lookup_elem#1`;

export const PROGRAMS: readonly Refused[] = [
  { name: "uninitialised", type: "xdp", code: "exit" },
  { name: "clobbered", type: "xdp", code: "r6 = r1\ncall bpf_ktime_get_ns#5\nr0 = *(u32 *)(r1 +12)\nexit" },
  {
    name: "one_path",
    type: "socket_filter",
    code: "r2 = *(u32 *)(r1 +0)\nif r2 > 64 goto pc+1\nr0 = 0\nexit",
  },
  { name: "context_field", type: "xdp", code: "r0 = *(u64 *)(r1 +64)\nexit" },
  { name: "context_width", type: "xdp", code: "r0 = *(u64 *)(r1 +0)\nexit" },
  { name: "context_write", type: "xdp", code: "*(u32 *)(r1 +12) = 1\nr0 = 2\nexit" },
  { name: "context_moved", type: "sched_cls", code: "r1 += 8\nr0 = *(u32 *)(r1 +0)\nexit" },
  { name: "context_negative", type: "sched_cls", code: "r1 += -8\ncall bpf_get_hash_recalc#34\nexit" },
  { name: "no_such_helper", type: "xdp", code: "call unknown#9999\nexit" },
  { name: "stack_too_deep", type: "xdp", code: "*(u64 *)(r10 -520) = 0\nr0 = 2\nexit" },
  { name: "stack_read", type: "xdp", code: "r0 = *(u64 *)(r10 -8)\nexit" },
  { name: "stack_partly", type: "xdp", code: "*(u32 *)(r10 -8) = 1\nr0 = *(u64 *)(r10 -8)\nexit" },
  {
    name: "key_partly",
    type: "xdp",
    code: "*(u32 *)(r10 -8) = 1\nr2 = r10\nr2 += -8\nr1 = map[fd:1]\ncall bpf_map_lookup_elem#1\nr0 = 2\nexit",
  },
  { name: "stack_misaligned", type: "xdp", code: "r1 = r10\nr1 += -15\n*(u64 *)(r1 +0) = 0\nr0 = 2\nexit" },
  { name: "context_in_value", type: "xdp", code: `r6 = r1${LOOKUP}\nif r0 == 0x0 goto pc+1\n*(u64 *)(r0 +0) = r6\nr0 = 2\nexit` },
  { name: "spill_size", type: "xdp", code: "*(u32 *)(r10 -8) = r1\nr0 = 2\nexit" },
  { name: "fill_size", type: "xdp", code: "*(u64 *)(r10 -8) = r1\nr0 = *(u32 *)(r10 -4)\nexit" },
  { name: "frame_pointer", type: "xdp", code: "r10 = 1\nr0 = 2\nexit" },
  { name: "unreachable", type: "xdp", code: "r0 = 2\nexit\nr0 = 1\nexit" },
  { name: "falls_off", type: "xdp", code: "r0 = 2" },
  { name: "jump_out", type: "xdp", code: "r0 = 2\ngoto pc+5\nexit" },
  { name: "loop", type: "xdp", code: "r0 = 2\ngoto pc-1\nexit" },
  { name: "no_progress", type: "xdp", code: "r0 = *(u32 *)(r1 +12)\nif r0 == 0x0 goto pc-1\nr0 = 2\nexit" },
  {
    name: "add_before_check",
    type: "xdp",
    code: `${LOOKUP}\nr0 += 8\nif r0 == 0x0 goto pc+1\nr0 = *(u64 *)(r0 +0)\nr0 = 2\nexit`,
  },
  {
    name: "pointer_or_pointer",
    type: "xdp",
    code: `r6 = r1${LOOKUP}
  if r0 == 0x0 goto pc+4
  r1 = *(u64 *)(r0 +0)
  r2 = r6
  if r1 > 10 goto pc+1
  r2 = r0
  r0 = *(u32 *)(r2 +12)
  r0 = 2
  exit`,
  },
  { name: "multiply_pointer", type: "xdp", code: "r1 *= 2\nr0 = 2\nexit" },
  { name: "mask_pointer", type: "xdp", code: "r1 &= 7\nr0 = 2\nexit" },
  { name: "half_pointer", type: "xdp", code: "w1 += 4\nr0 = 2\nexit" },
  { name: "add_pointers", type: "xdp", code: "r1 += r10\nr0 = 2\nexit" },
  {
    name: "zero_read",
    type: "kprobe",
    code: `${LOOKUP}
  if r0 == 0x0 goto pc+6
  r7 = *(u64 *)(r0 +0)
  r1 = r0
  r2 = 0
  r3 = r7
  call bpf_probe_read_kernel#113
  goto pc+0
  r0 = 0
  exit`,
  },
  { name: "map_value_exact", type: "xdp", code: `${LOOKUP}\nif r0 == 0x0 goto pc+1\nr0 = *(u64 *)(r0 +12)\nr0 = 2\nexit` },
  { name: "map_value_before", type: "xdp", code: `${LOOKUP}\nif r0 == 0x0 goto pc+1\nr0 = *(u64 *)(r0 -8)\nr0 = 2\nexit` },
  { name: "wrong_map", type: "xdp", code: "r2 = map[fd:0]\nr3 = 0\ncall bpf_tail_call#12\nr0 = 2\nexit" },
  {
    name: "no_map",
    type: "xdp",
    code: "r1 = 7\nr2 = r10\nr2 += -4\n*(u32 *)(r10 -4) = 0\ncall bpf_map_lookup_elem#1\nr0 = 2\nexit",
  },
  { name: "returns_pointer", type: "xdp", code: "r0 = r1\nexit" },
  { name: "packet_write", type: "socket_filter", code: "r0 = *(u32 *)(r1 +76)\nexit" },
  { name: "packet_unchecked", type: "sched_cls", code: "r2 = *(u32 *)(r1 +76)\nr0 = *(u32 *)(r2 +0)\nexit" },
  {
    name: "packet_variable",
    type: "sched_cls",
    code: `r2 = *(u32 *)(r1 +76)
  r3 = *(u32 *)(r1 +80)
  r4 = r2
  r4 += 14
  if r4 > r3 goto pc+4
  r5 = *(u16 *)(r2 +12)
  r2 += r5
  r0 = *(u8 *)(r2 +0)
  exit
  r0 = 0
  exit`,
  },
  { name: "divide_zero", type: "xdp", code: "r0 = 1\nr0 /= 0\nexit" },
  { name: "shift_far", type: "xdp", code: "r0 = 1\nr0 <<= 64\nexit" },
  { name: "recursion", type: "xdp", code: "call pc+1\nexit\ncall pc-1\nexit" },
  {
    name: "reserve_twice",
    type: "xdp",
    code: `r1 = map[fd:2]
  r2 = 8
  r3 = 0
  call bpf_ringbuf_reserve#131
  if r0 == 0x0 goto pc+5
  r6 = r0
  r1 = r0
  r2 = 0
  call bpf_ringbuf_submit#132
  *(u64 *)(r6 +0) = 1
  r0 = 2
  exit`,
  },
  { name: "submit_unknown", type: "xdp", code: "r1 = 5\nr2 = 0\ncall bpf_ringbuf_submit#132\nr0 = 2\nexit" },
  {
    name: "maybe_null_argument",
    type: "xdp",
    code: "r1 = map[fd:2]\nr2 = 8\nr3 = 0\ncall bpf_ringbuf_reserve#131\nr1 = r0\nr2 = 0\ncall bpf_ringbuf_submit#132\nr0 = 2\nexit",
  },
  {
    name: "tail_call_leak",
    type: "xdp",
    code: `r6 = r1
  r1 = map[fd:2]
  r2 = 8
  r3 = 0
  call bpf_ringbuf_reserve#131
  if r0 == 0x0 goto pc+4
  r1 = r6
  r2 = map[fd:3]
  r3 = 0
  call bpf_tail_call#12
  r0 = 2
  exit`,
  },
  { name: "trusted_scalar", type: "sched_cls", code: "r1 = 0\nkfunc bpf_task_release\nr0 = 0\nexit" },
  {
    name: "trusted_null",
    type: "syscall",
    flags: 16,
    code: "r1 = 1\nkfunc bpf_task_from_pid\nr1 = r0\nkfunc bpf_task_release\nr0 = 0\nexit",
  },
  {
    name: "trusted_walked",
    type: "syscall",
    flags: 16,
    code: `r1 = 1
  kfunc bpf_task_from_pid
  if r0 == 0x0 goto pc+5
  r6 = r0
  r1 = *(u64 *)(r0 +64)
  kfunc bpf_task_acquire
  r1 = r6
  kfunc bpf_task_release
  r0 = 0
  exit`,
  },
  { name: "rcu_unbalanced", type: "syscall", flags: 16, code: "kfunc bpf_rcu_read_lock\nr0 = 0\nexit" },
  { name: "preempt_unbalanced", type: "syscall", flags: 16, code: "kfunc bpf_preempt_disable\nr0 = 0\nexit" },
  {
    name: "sleep_in_rcu",
    type: "syscall",
    flags: 16,
    code: "kfunc bpf_rcu_read_lock\nr1 = r10\nr1 += -8\nr2 = 8\nr3 = 0\ncall bpf_copy_from_user#148\nkfunc bpf_rcu_read_unlock\nr0 = 0\nexit",
  },
  { name: "legacy_packet", type: "socket_filter", code: "r0 = *(u8 *)skb[0]\nexit" },
  { name: "return_range", type: "cgroup_sock_addr", attachType: "cgroup_inet4_connect", code: "r0 = 5\nexit" },
  {
    name: "lock_uninitialised",
    type: "sched_cls",
    code: `${LOOKUP}\nif r0 == 0x0 goto pc+2\nr1 = r0\ncall bpf_spin_lock#93\nr0 = 0\nexit`,
  },
];

/** More branches at one time than the verifier keeps: each of them may go either way. */
export const MANY_BRANCHES: Refused = {
  name: "many_branches",
  type: "xdp",
  code: `r6 = *(u32 *)(r1 +12)\nr0 = 2\n${Array.from({ length: 8200 }, (_, i) => `if r6 == ${1000 + 2 * i} goto end`).join("\n")}\nr0 = 1\nend: exit`,
};
