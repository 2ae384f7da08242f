/** Refusals that one meets once in a life: limits, wrong kinds of arguments, policies. */

import { Rules } from "../case.ts";
import { lookup, OUT, times, value } from "./text.ts";

const RETURN = "; r0 = 0; exit";

export const edges = new Rules("core");
edges
  .rule(
    "pending branches",
    {},
    {
      "more than 8192": `r6 = 0; a: r6 += 1; call bpf_get_prandom_u32; if r0 == 0 goto b; if r6 < 20000 goto a; b: r0 = 0; exit`,
    },
  )
  .rule(
    "variable places on the stack",
    {
      "atomic in a value": `r6 = *(u32 *)(r1 +0); ${value("array64")}r6 &= 56; r0 += r6; r1 = 1; lock *(u64 *)(r0 +0) += r1${OUT}`,
    },
    {
      atomic: `*(u64 *)(r10 -16) = 0; *(u64 *)(r10 -8) = 0; r3 = *(u32 *)(r1 +0); r3 &= 8; r3 -= 16; r3 += r10; r1 = 1; lock *(u64 *)(r3 +0) += r1${RETURN}`,
      "a spilled pointer to a helper": `*(u64 *)(r10 -16) = r1; *(u64 *)(r10 -8) = 0; r3 = *(u32 *)(r1 +0); r3 &= 8; r3 -= 16; r2 = r10; r2 += r3; r1 = map hash8; call bpf_map_lookup_elem; r2 = *(u64 *)(r10 -16); r0 = *(u32 *)(r2 +0); r2 = r10; r2 += 8; *(u64 *)(r2 +0) = 1${RETURN}`,
    },
  )
  .rule(
    "fields of maps",
    {
      "of an array": `r1 = map array8; r0 = *(u32 *)(r1 +24)${RETURN}`,
      "of a queue, far beyond": `r1 = map queue; r0 = *(u64 *)(r1 +32000)${RETURN}`,
      "a byte into a pointer": `r1 = map array8; r0 = *(u32 *)(r1 +4)${RETURN}`,
    },
    {
      "of a ring buffer, far beyond": `r1 = map ringbuf; r0 = *(u64 *)(r1 +32000)${RETURN}`,
    },
  )
  .rule(
    "casts between address spaces",
    {},
    {
      "without an arena": `r1 = addr_space_cast(r1, 0, 1)${RETURN}`,
      "of other spaces": `raw bf 11 0100 02000000${RETURN}`,
      "with no space": `raw bf 11 0100 00000000${RETURN}`,
      "in 32 bits": `raw bc 11 0100 01000000${RETURN}`,
    },
  );
edges
  .rule(
    "packets to helpers",
    {
      "csum_diff may": `r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); r2 = r7; r2 += 16; if r2 > r8 goto out; r1 = 0; r2 = 0; r3 = r7; r4 = 16; r5 = 0; call bpf_csum_diff${OUT}`,
    },
    {
      "perf_event_output may not": `r6 = r1; r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); r2 = r7; r2 += 16; if r2 > r8 goto out; r1 = r6; r2 = map events; r3 = 0; r4 = r7; r5 = 16; call bpf_perf_event_output${OUT}`,
    },
    { type: "xdp" },
  )
  .rule(
    "packets, strictly aligned",
    {
      "a byte": `r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); r2 = r7; r2 += 16; if r2 > r8 goto out; r3 = *(u8 *)(r7 +1)${OUT}`,
      "a word at 2 (network alignment)": `r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); r2 = r7; r2 += 16; if r2 > r8 goto out; r3 = *(u32 *)(r7 +2)${OUT}`,
    },
    {
      "a word at 0": `r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); r2 = r7; r2 += 16; if r2 > r8 goto out; r3 = *(u32 *)(r7 +0)${OUT}`,
      "a word at 3": `r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); r2 = r7; r2 += 16; if r2 > r8 goto out; r3 = *(u32 *)(r7 +3)${OUT}`,
    },
    { type: "xdp", flags: 1 },
  )
  .rule(
    "maps of sleepers",
    {
      "an array": `${lookup("array8")}r0 = 0; exit`,
      "a hash of maps": `*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map outer_hash; call bpf_map_lookup_elem${RETURN}`,
      "a queue": `r2 = r10; r2 += -8; r1 = map queue; call bpf_map_pop_elem${RETURN}`,
    },
    {
      "a trie": `*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map lpm; call bpf_map_lookup_elem${RETURN}`,
      "a bloom filter": `*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map bloom; call bpf_map_peek_elem${RETURN}`,
      "a device map": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map devices; call bpf_map_delete_elem${RETURN}`,
    },
    { type: "syscall", flags: 16 },
  )
  .rule(
    "helpers of entered functions",
    {},
    {
      "the result in a kprobe": `r2 = r10; r2 += -8; call bpf_get_func_ret${RETURN}`,
      "an argument in a kprobe": `r2 = 0; r3 = r10; r3 += -8; call bpf_get_func_arg${RETURN}`,
      "work queues in a kprobe": `${lookup("work")}r0 = 0; exit`,
    },
    { type: "kprobe" },
  );

export const deepEdges = new Rules("calls");
deepEdges.rule(
  "frames that are never entered",
  {
    eight: `r0 = 0; if r0 == 0 goto e; call f1; e: exit; ${times(7, (i) => (i === 6 ? "f7: r0 = 0; exit" : `f${i + 1}: call f${i + 2}; exit`))}`,
  },
  {
    nine: `r0 = 0; if r0 == 0 goto e; call f1; e: exit; ${times(8, (i) => (i === 7 ? "f8: r0 = 0; exit" : `f${i + 1}: call f${i + 2}; exit`))}`,
  },
);

export const kfuncEdges = new Rules("kfuncs", { type: "syscall", flags: 16 });
kfuncEdges
  .rule(
    "kinds of arguments",
    { "a cast to nothing": "r2 = 0; call kfunc bpf_rdonly_cast; r0 = 0; exit" },
    {
      "a number for a map": "r1 = 0; r2 = 0; r3 = 1; r4 = -1; r5 = 0; call kfunc bpf_arena_alloc_pages; r0 = 0; exit",
      "objects without types": "r1 = 1; r2 = 0; call kfunc bpf_obj_new_impl; r0 = 0; exit",
      "an object's type of 64 bits": "r1 = 0x100000001 ll; r2 = 0; call kfunc bpf_obj_new_impl; r0 = 0; exit",

      "a number for a function": `${value("work")}r1 = r0; r1 += 8; r2 = 0; r3 = 0; r4 = 0; call kfunc bpf_wq_set_callback_impl${OUT}`,
      "the stack for a work queue":
        "*(u64 *)(r10 -16) = 0; *(u64 *)(r10 -8) = 0; r1 = r10; r1 += -16; r2 = map work; r3 = 0; call kfunc bpf_wq_init; r0 = 0; exit",
      "a value for a dynptr": "r1 = value array48; call kfunc bpf_dynptr_size; r0 = 0; exit",
      "a thrown exception with preemption off": "call kfunc bpf_preempt_disable; r1 = 0; call kfunc bpf_throw; r0 = 0; exit",
      "a thrown exception with interrupts off":
        "r1 = r10; r1 += -8; call kfunc bpf_local_irq_save; r1 = 0; call kfunc bpf_throw; r0 = 0; exit",
      "a timer in a map of locks": `${value("lock")}r1 = r0; r1 += 8; r2 = map lock; r3 = 1; call bpf_timer_init${OUT}`,
    },
  )
  .rule(
    "kernel structs under other licences",
    {},
    { "a field": "r1 = *(u64 *)(r1 +0); r0 = *(u32 *)(r1 +16); r0 = 0; exit" },
    { type: "tracing", attachType: "trace_raw_tp", target: "task_newtask", license: "Proprietary", flags: 0 },
  )
  .rule(
    "tasks that may be null",
    {
      checked:
        "r2 = *(u64 *)(r1 +8); if r2 == 0 goto out; r1 = map task_storage; r3 = 0; r4 = 1; call bpf_task_storage_get; out: r0 = 0; exit",
      unchecked: "r2 = *(u64 *)(r1 +8); r1 = map task_storage; r3 = 0; r4 = 1; call bpf_task_storage_get; r0 = 0; exit",
    },
    {},
    { type: "tracing", attachType: "trace_iter", target: "task", flags: 0 },
  );
