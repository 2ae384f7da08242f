/** Pointers to the kernel's own structs. */

import { Rules } from "../case.ts";
import { OUT } from "./text.ts";

export const btf = new Rules("btf", { type: "kprobe" });

const RETURN = "; r0 = 0; exit";
const TASK = "call bpf_get_current_task_btf; ";

btf
  .rule(
    "the current task",
    {
      "a field": `${TASK}r1 = *(u32 *)(r0 +0); r0 = 0; exit`,
      compared: `${TASK}if r0 == 0 goto +0${RETURN}`,
      copied: `${TASK}r6 = r0; r1 = *(u64 *)(r6 +8)${RETURN}`,
      "a pointer in it, followed": `${TASK}r1 = *(u64 *)(r0 +32); r0 = 0; exit`,
      "task storage": `${TASK}r1 = map task_storage; r2 = r0; r3 = 0; r4 = 1; call bpf_task_storage_get; if r0 == 0 goto out; r1 = *(u64 *)(r0 +0)${OUT}`,
      "read at a constant further on": `${TASK}r0 += 8; r1 = *(u64 *)(r0 +0)${RETURN}`,
      "to a kprobe helper": `${TASK}r3 = r0; r1 = r10; r1 += -16; r2 = 16; call bpf_probe_read_kernel${RETURN}`,
      "storage of no task": `r1 = map task_storage; r2 = 0; r3 = 0; r4 = 1; call bpf_task_storage_get${RETURN}`,
    },
    {
      written: `${TASK}*(u64 *)(r0 +0) = 0${RETURN}`,
      "beyond its end": `${TASK}r1 = *(u64 *)(r0 +32760)${RETURN}`,
      "before its start": `${TASK}r1 = *(u64 *)(r0 -8)${RETURN}`,
      "a variable offset": `r6 = *(u64 *)(r1 +0); r6 &= 8; ${TASK}r0 += r6; r1 = *(u64 *)(r0 +0)${RETURN}`,
      "a number in it, followed": `${TASK}r1 = *(u64 *)(r0 +0); r1 = *(u64 *)(r1 +0)${RETURN}`,
      "storage not checked": `${TASK}r1 = map task_storage; r2 = r0; r3 = 0; r4 = 1; call bpf_task_storage_get; r1 = *(u64 *)(r0 +0)${RETURN}`,

      "storage of the stack": `r1 = map task_storage; r2 = r10; r3 = 0; r4 = 1; call bpf_task_storage_get${RETURN}`,
      "storage of a number": `call bpf_get_current_task; r1 = map task_storage; r2 = r0; r3 = 0; r4 = 1; call bpf_task_storage_get${RETURN}`,
      "the number of a task followed": `call bpf_get_current_task; r1 = *(u64 *)(r0 +0)${RETURN}`,
      "storage of a moved task": `${TASK}r1 = map task_storage; r2 = r0; r2 += 8; r3 = 0; r4 = 1; call bpf_task_storage_get${RETURN}`,
      atomic: `${TASK}r1 = 1; lock *(u64 *)(r0 +0) += r1${RETURN}`,
      "inode storage of a task": `${TASK}r1 = map inode_storage; r2 = r0; r3 = 0; r4 = 1; call bpf_inode_storage_get${RETURN}`,
      "stored in a map": `${TASK}r6 = value array48; *(u64 *)(r6 +0) = r0; r1 = *(u64 *)(r6 +0); r1 = *(u64 *)(r1 +0)${RETURN}`,
      multiplied: `${TASK}r0 *= 2${RETURN}`,
      "an odd width across fields": `${TASK}r1 = *(u64 *)(r0 +32764)${RETURN}`,
    },
  )
  .rule(
    "variables",
    {},
    {
      "per CPU, not checked": "r1 = ksym runqueues; r2 = 0; call bpf_per_cpu_ptr; r1 = *(u32 *)(r0 +0); r0 = 0; exit",
      "per CPU, read directly": "r1 = ksym runqueues; r1 = *(u32 *)(r1 +0); r0 = 0; exit",
      "per CPU, written": "r1 = ksym runqueues; call bpf_this_cpu_ptr; *(u32 *)(r0 +0) = 1; r0 = 0; exit",
      "an int per CPU, beyond": "r1 = ksym bpf_prog_active; call bpf_this_cpu_ptr; r1 = *(u64 *)(r0 +0); r0 = 0; exit",
      "an int per CPU, written": "r1 = ksym bpf_prog_active; call bpf_this_cpu_ptr; *(u32 *)(r0 +0) = 1; r0 = 0; exit",
      "a task for a per-CPU variable": `${TASK}r1 = r0; call bpf_this_cpu_ptr; r0 = 0; exit`,
      "a value for a per-CPU variable": "r1 = value array48; call bpf_this_cpu_ptr; r0 = 0; exit",
      "per CPU, this CPU's": "r1 = ksym runqueues; call bpf_this_cpu_ptr; r1 = *(u32 *)(r0 +0); r0 = 0; exit",
      "per CPU, another's":
        "r1 = ksym runqueues; r2 = 0; call bpf_per_cpu_ptr; if r0 == 0 goto out; r1 = *(u32 *)(r0 +0); out: r0 = 0; exit",
      "an int per CPU": "r1 = ksym bpf_prog_active; call bpf_this_cpu_ptr; r1 = *(u32 *)(r0 +0); r0 = 0; exit",
    },
  )
  .rule("sockets as structs", {}, { "a number": "r1 = 0; call bpf_skc_to_tcp_sock; r0 = 0; exit" });

btf
  .rule(
    "arguments of tracepoints",
    {
      "the first is a task": "r1 = *(u64 *)(r1 +8); r0 = *(u32 *)(r1 +16); r0 = 0; exit",
      "a number": "r0 = *(u64 *)(r1 +0); r0 = 0; exit",
      "the last": "r0 = *(u64 *)(r1 +24); r0 = 0; exit",
      storage: "r2 = *(u64 *)(r1 +8); r1 = map task_storage; r3 = 0; r4 = 1; call bpf_task_storage_get; r0 = 0; exit",
      "acquired and released":
        "r1 = *(u64 *)(r1 +8); call kfunc bpf_task_acquire; if r0 == 0 goto out; r1 = r0; call kfunc bpf_task_release; out: r0 = 0; exit",
      "returns 1": "r0 = 1; exit",
    },
    {
      "one too many": "r0 = *(u64 *)(r1 +32); r0 = 0; exit",
      "half of one": "r0 = *(u32 *)(r1 +8); r0 = 0; exit",
      misaligned: "r0 = *(u64 *)(r1 +4); r0 = 0; exit",
      written: "*(u64 *)(r1 +0) = 1; r0 = 0; exit",
      "a number followed": "r1 = *(u64 *)(r1 +0); r0 = *(u32 *)(r1 +0); r0 = 0; exit",
      "acquired, not released": "r1 = *(u64 *)(r1 +8); call kfunc bpf_task_acquire; r0 = 0; exit",
      "acquired, not checked":
        "r1 = *(u64 *)(r1 +8); call kfunc bpf_task_acquire; r1 = r0; call kfunc bpf_task_release; r0 = 0; exit",
      "released without being acquired": "r1 = *(u64 *)(r1 +8); call kfunc bpf_task_release; r0 = 0; exit",
      "a walked pointer acquired": "r1 = *(u64 *)(r1 +8); r1 = *(u64 *)(r1 +2000); call kfunc bpf_task_acquire; r0 = 0; exit",
      "a struct written": "r1 = *(u64 *)(r1 +8); *(u32 *)(r1 +16) = 1; r0 = 0; exit",
    },
    { type: "tracing", attachType: "trace_raw_tp", target: "sched_switch" },
  )
  .rule(
    "targets",
    {},
    { "no such tracepoint": "r0 = 0; exit" },
    { type: "tracing", attachType: "trace_raw_tp", target: "sched_no_such" },
  )
  .rule(
    "iterators of tasks",
    {
      "the task may be null": "r2 = *(u64 *)(r1 +8); if r2 == 0 goto out; r0 = *(u32 *)(r2 +16); out: r0 = 0; exit",
      "written to the file":
        "r6 = *(u64 *)(r1 +0); r1 = *(u64 *)(r6 +0); *(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r3 = 8; call bpf_seq_write; r0 = 0; exit",
      "returns 1": "r0 = 1; exit",
    },
    {
      "the task not checked": "r2 = *(u64 *)(r1 +8); r0 = *(u32 *)(r2 +16); r0 = 0; exit",
      "returns 2": "r0 = 2; exit",
      "beyond its context": "r0 = *(u64 *)(r1 +16); r0 = 0; exit",
      "meta written": "r6 = *(u64 *)(r1 +0); *(u64 *)(r6 +0) = 0; r0 = 0; exit",
      "context written": "*(u64 *)(r1 +0) = 0; r0 = 0; exit",
    },
    { type: "tracing", attachType: "trace_iter", target: "task" },
  )
  .rule(
    "iterators of map entries",
    {},
    {
      "key not checked": "r2 = *(u64 *)(r1 +16); r0 = *(u8 *)(r2 +0); r0 = 0; exit",
      "key written": "r2 = *(u64 *)(r1 +16); if r2 == 0 goto out; *(u8 *)(r2 +0) = 1; out: r0 = 0; exit",
      "value at a negative offset": "r2 = *(u64 *)(r1 +24); if r2 == 0 goto out; r0 = *(u8 *)(r2 -1); out: r0 = 0; exit",
      "key and value may be null": "r2 = *(u64 *)(r1 +16); if r2 == 0 goto out; r0 = *(u8 *)(r2 +0); out: r0 = 0; exit",
      "value written": "r2 = *(u64 *)(r1 +24); if r2 == 0 goto out; *(u8 *)(r2 +0) = 1; out: r0 = 0; exit",
    },
    { type: "tracing", attachType: "trace_iter", target: "bpf_map_elem" },
  )
  .rule(
    "LSM hooks",
    {},
    {
      "returns 1": "r0 = 1; exit",
      "returns anything": "call bpf_get_prandom_u32; exit",
      "returns -5000": "r0 = -5000; exit",
      "argument written": "r1 = *(u64 *)(r1 +0); *(u32 *)(r1 +0) = 0; r0 = 0; exit",
      allowed: "r0 = 0; exit",
      refused: "r0 = -1; exit",
      "an argument": "r1 = *(u64 *)(r1 +0); r0 = *(u32 *)(r1 +0); r0 = 0; exit",
      "what came before": "r0 = *(u64 *)(r1 +8); exit",
    },
    { type: "lsm", attachType: "lsm_mac", target: "file_open" },
  )
  .rule(
    "LSM hooks without a result",
    {},
    { "returns 0": "r0 = 0; exit", "returns anything": "r0 = 7; exit" },
    { type: "lsm", attachType: "lsm_mac", target: "task_free" },
  )
  .rule(
    "functions entered",
    {},
    {
      "returns 1": "r0 = 1; exit",
      "one argument too many": "r1 = *(u64 *)(r1 +16); r0 = 0; exit",
      "an argument": "r1 = *(u64 *)(r1 +0); r0 = 0; exit",
    },
    { type: "tracing", attachType: "trace_fentry", target: "do_unlinkat" },
  )
  .rule(
    "functions left",
    {},
    { "beyond the result": "r0 = *(u64 *)(r1 +24); r0 = 0; exit", "the result": "r0 = *(u64 *)(r1 +16); r0 = 0; exit" },
    { type: "tracing", attachType: "trace_fexit", target: "do_unlinkat" },
  );
