/** Tasks, what hooks of functions and of LSM may call, and variables per CPU. */

import { Rules } from "../case.ts";

export const tasks = new Rules("btf");

tasks
  .rule(
    "tasks",
    {
      storage: `call bpf_get_current_task_btf; r2 = r0; r1 = map task_storage; r3 = 0; r4 = 1; call bpf_task_storage_get; if r0 == 0 goto e; *(u32 *)(r0 +0) = 0; e: r0 = 0; exit`,
      "storage of null": `r2 = 0; r1 = map task_storage; r3 = 0; r4 = 1; call bpf_task_storage_get; r0 = 0; exit`,
      read: `call bpf_get_current_task_btf; r0 = *(u32 *)(r0 +0); r0 = 0; exit`,
      "its stack": `call bpf_get_current_task_btf; r1 = r0; r2 = r10; r2 += -64; r3 = 64; r4 = 0; call bpf_get_task_stack; r0 = 0; exit`,
      "its registers": `call bpf_get_current_task_btf; r1 = r0; call bpf_task_pt_regs; r0 = *(u64 *)(r0 +0); r0 = 0; exit`,
    },
    {
      "storage of a number": `call bpf_get_current_task; r2 = r0; r1 = map task_storage; r3 = 0; r4 = 1; call bpf_task_storage_get; r0 = 0; exit`,
      written: `call bpf_get_current_task_btf; *(u32 *)(r0 +0) = 0; r0 = 0; exit`,
      "its stack, moved": `call bpf_get_current_task_btf; r1 = r0; r1 += 8; r2 = r10; r2 += -64; r3 = 64; r4 = 0; call bpf_get_task_stack; r0 = 0; exit`,
      "its stack, moved by a variable": `r6 = *(u64 *)(r1 +0); call bpf_get_current_task_btf; r1 = r0; r6 &= 8; r1 += r6; r2 = r10; r2 += -64; r3 = 64; r4 = 0; call bpf_get_task_stack; r0 = 0; exit`,
    },
    { type: "raw_tracepoint" },
  )
  .rule(
    "hooks",
    {
      "an argument of the function": `r2 = 0; r3 = r10; r3 += -8; call bpf_get_func_arg; r0 = *(u64 *)(r10 -8); r0 = 0; exit`,
      "the result at entry": `r2 = r10; r2 += -8; call bpf_get_func_ret; r0 = 0; exit`,
      "the function's address": `call bpf_get_func_ip; r0 = 0; exit`,
      "the cookie": `call bpf_get_attach_cookie; r0 = 0; exit`,
      "the current task": `call bpf_get_current_task_btf; r0 = *(u32 *)(r0 +0); r0 = 0; exit`,
      "the stack's number": `r2 = map stacks; r3 = 0; call bpf_get_stackid; r0 = 0; exit`,
    },
    {
      "a helper that sleeps": `r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; r0 = 0; exit`,
      "a path where there is none": `r1 = r10; r1 += -8; r2 = r10; r2 += -16; r3 = 8; call bpf_d_path; r0 = 0; exit`,
    },
    { type: "tracing", attachType: "trace_fentry", target: "bpf_fentry_test1" },
  )
  .rule(
    "hooks",
    {
      "a helper that sleeps, in a function that does not": `r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; r0 = 0; exit`,
    },
    {},
    { type: "tracing", attachType: "trace_fentry", target: "bpf_fentry_test1", flags: 16 },
  )
  .rule(
    "hooks",
    {
      "the result at exit": `r2 = r10; r2 += -8; call bpf_get_func_ret; r0 = 0; exit`,
    },
    {},
    { type: "tracing", attachType: "trace_fexit", target: "bpf_fentry_test1" },
  )
  .rule(
    "hooks",
    {},
    {
      "the context as a file": `*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r3 = 8; call bpf_seq_write; r0 = 0; exit`,
    },
    { type: "tracing", attachType: "trace_iter", target: "task" },
  )
  .rule(
    "hooks",
    {
      "the hash of a file": `r1 = *(u64 *)(r1 +0); r2 = r10; r2 += -8; r3 = 8; call bpf_ima_file_hash; r0 = 0; exit`,
    },
    {},
    { type: "lsm", attachType: "lsm_mac", target: "file_open", flags: 16 },
  )
  .rule(
    "hooks",
    {
      "task storage of LSM": `call bpf_get_current_task_btf; r2 = r0; r1 = map task_storage; r3 = 0; r4 = 1; call bpf_task_storage_get; if r0 == 0 goto e; r0 = *(u32 *)(r0 +0); e: r0 = 0; exit`,
    },
    {
      "the hash of a file, not sleeping": `r1 = *(u64 *)(r1 +0); r2 = r10; r2 += -8; r3 = 8; call bpf_ima_file_hash; r0 = 0; exit`,
      "storage of an inode": `r1 = *(u64 *)(r1 +0); r2 = *(u64 *)(r1 +32); r1 = map inode_storage; r3 = 0; r4 = 1; call bpf_inode_storage_get; r0 = 0; exit`,
    },
    { type: "lsm", attachType: "lsm_mac", target: "file_open" },
  )
  .rule(
    "per-CPU variables",
    {
      "another CPU's struct": `r1 = ksym runqueues; r2 = 0; call bpf_per_cpu_ptr; if r0 == 0 goto e; r0 = *(u32 *)(r0 +0); e: r0 = 0; exit`,
      "this CPU's struct": `r1 = ksym runqueues; call bpf_this_cpu_ptr; r0 = *(u32 *)(r0 +0); r0 = 0; exit`,
      "this CPU's int": `r1 = ksym bpf_prog_active; call bpf_this_cpu_ptr; r0 = *(u32 *)(r0 +0); r0 = 0; exit`,
    },
    {
      "read directly": `r1 = ksym runqueues; r0 = *(u32 *)(r1 +0); r0 = 0; exit`,
      "another CPU's, not checked": `r1 = ksym runqueues; r2 = 0; call bpf_per_cpu_ptr; r0 = *(u32 *)(r0 +0); e: r0 = 0; exit`,
      "a struct written": `r1 = ksym runqueues; call bpf_this_cpu_ptr; *(u32 *)(r0 +0) = 0; r0 = 0; exit`,
      "beyond an int": `r1 = ksym bpf_prog_active; call bpf_this_cpu_ptr; r0 = *(u64 *)(r0 +0); r0 = 0; exit`,
      "an int written": `r1 = ksym bpf_prog_active; call bpf_this_cpu_ptr; *(u32 *)(r0 +0) = 0; r0 = 0; exit`,
      "the stack": `r1 = r10; r2 = 0; call bpf_per_cpu_ptr; r0 = 0; exit`,
    },
    { type: "raw_tracepoint" },
  );
