/** Kernel functions: who may call them, with what, and what they give. */

import { Rules } from "../case.ts";
import { lookup, OUT, value } from "./text.ts";

export const kfuncs = new Rules("kfuncs", { type: "syscall", flags: 16 });

const RETURN = "r0 = 0; exit";
const TASK = "call bpf_get_current_task_btf; r6 = r0; ";
const MASK = "call kfunc bpf_cpumask_create; if r0 == 0 goto out; r6 = r0; ";
const DROP = "r1 = r6; call kfunc bpf_cpumask_release";
const CGROUP = "r1 = 1; call kfunc bpf_cgroup_from_id; if r0 == 0 goto out; r6 = r0; ";

kfuncs
  .rule(
    "numbers",
    {},
    {
      "no such function": `raw 85 20 0000 ffffff7f; ${RETURN}`,
      void: `raw 85 20 0000 00000000; ${RETURN}`,
      "a type": `raw 85 20 0000 01000000; ${RETURN}`,
      "negative offset": `raw 85 20 ffff 01000000; ${RETURN}`,
      "a module without a list of modules": `raw 85 20 0100 01000000; ${RETURN}`,
      "a function that is no kfunc": `call kfunc schedule; ${RETURN}`,
    },
  )
  .rule(
    "tasks",
    {
      "acquired, released": `${TASK}r1 = r6; call kfunc bpf_task_acquire; if r0 == 0 goto out; r1 = r0; call kfunc bpf_task_release${OUT}`,
      "by pid":
        "r1 = 1; call kfunc bpf_task_from_pid; if r0 == 0 goto out; r1 = r0; call kfunc bpf_task_release; out: r0 = 0; exit",
      "a field between":
        "r1 = 1; call kfunc bpf_task_from_pid; if r0 == 0 goto out; r2 = *(u32 *)(r0 +16); r1 = r0; call kfunc bpf_task_release; out: r0 = 0; exit",
      "released on both paths":
        "r6 = *(u32 *)(r1 +0); r1 = 1; call kfunc bpf_task_from_pid; if r0 == 0 goto out; r1 = r0; if r6 == 0 goto a; call kfunc bpf_task_release; goto out; a: call kfunc bpf_task_release; out: r0 = 0; exit",
    },
    {
      "not released": "r1 = 1; call kfunc bpf_task_from_pid; r0 = 0; exit",
      "not checked": "r1 = 1; call kfunc bpf_task_from_pid; r1 = r0; call kfunc bpf_task_release; r0 = 0; exit",
      "released twice":
        "r1 = 1; call kfunc bpf_task_from_pid; if r0 == 0 goto out; r6 = r0; r1 = r6; call kfunc bpf_task_release; r1 = r6; call kfunc bpf_task_release; out: r0 = 0; exit",
      "read after release":
        "r1 = 1; call kfunc bpf_task_from_pid; if r0 == 0 goto out; r6 = r0; r1 = r6; call kfunc bpf_task_release; r1 = *(u32 *)(r6 +16); out: r0 = 0; exit",
      "the current one released": `${TASK}r1 = r6; call kfunc bpf_task_release; ${RETURN}`,
      "null acquired": `r1 = 0; call kfunc bpf_task_acquire; ${RETURN}`,
      "a number acquired": `r1 = 7; call kfunc bpf_task_acquire; ${RETURN}`,
      "the stack acquired": `r1 = r10; call kfunc bpf_task_acquire; ${RETURN}`,
      moved:
        "r1 = 1; call kfunc bpf_task_from_pid; if r0 == 0 goto out; r1 = r0; r1 += 8; call kfunc bpf_task_release; out: r0 = 0; exit",
      "a cgroup released as a task": `${CGROUP}r1 = r6; call kfunc bpf_task_release${OUT}`,
      "context for a task": `call kfunc bpf_task_acquire; ${RETURN}`,
      "argument not set": `call kfunc bpf_task_from_pid; call kfunc bpf_task_from_pid; ${RETURN}`,
      "a pointer for a number": `r1 = r10; call kfunc bpf_task_from_pid; ${RETURN}`,
      written:
        "r1 = 1; call kfunc bpf_task_from_pid; if r0 == 0 goto out; *(u32 *)(r0 +16) = 1; r1 = r0; call kfunc bpf_task_release; out: r0 = 0; exit",
    },
  )
  .rule(
    "cgroups",
    {
      found: `${CGROUP}r1 = r6; call kfunc bpf_cgroup_release${OUT}`,
      "acquired again": `${CGROUP}r1 = r6; call kfunc bpf_cgroup_acquire; if r0 == 0 goto a; r1 = r0; call kfunc bpf_cgroup_release; a: r1 = r6; call kfunc bpf_cgroup_release${OUT}`,
      "its ancestor": `${CGROUP}r1 = r6; r2 = 0; call kfunc bpf_cgroup_ancestor; if r0 == 0 goto a; r1 = r0; call kfunc bpf_cgroup_release; a: r1 = r6; call kfunc bpf_cgroup_release${OUT}`,
      "is a task in it": `${CGROUP}call bpf_get_current_task_btf; r1 = r0; r2 = r6; call kfunc bpf_task_under_cgroup; r1 = r6; call kfunc bpf_cgroup_release${OUT}`,
    },
    {
      "not released": `${CGROUP}r0 = 0${OUT}`,
      "ancestor not released": `${CGROUP}r1 = r6; r2 = 0; call kfunc bpf_cgroup_ancestor; r1 = r6; call kfunc bpf_cgroup_release${OUT}`,
      "a task for a cgroup": `${CGROUP}call bpf_get_current_task_btf; r1 = r6; r2 = r0; call kfunc bpf_task_under_cgroup; r1 = r6; call kfunc bpf_cgroup_release${OUT}`,
      "used after release": `${CGROUP}r1 = r6; call kfunc bpf_cgroup_release; r1 = r6; r2 = 0; call kfunc bpf_cgroup_ancestor${OUT}`,
    },
  )
  .rule(
    "CPU masks",
    {
      "made, dropped": `${MASK}${DROP}${OUT}`,
      "a bit set": `${MASK}r1 = 0; r2 = r6; call kfunc bpf_cpumask_set_cpu; ${DROP}${OUT}`,
      read: `${MASK}r7 = *(u64 *)(r6 +0); ${DROP}${OUT}`,
      two: `${MASK}call kfunc bpf_cpumask_create; if r0 == 0 goto a; r7 = r0; r1 = r6; r2 = r6; r3 = r7; call kfunc bpf_cpumask_and; r1 = r7; call kfunc bpf_cpumask_release; a: ${DROP}${OUT}`,
      "first of one": `${MASK}r1 = r6; call kfunc bpf_cpumask_first; ${DROP}${OUT}`,
      "acquired again": `${MASK}r1 = r6; call kfunc bpf_cpumask_acquire; r1 = r0; call kfunc bpf_cpumask_release; ${DROP}${OUT}`,
    },
    {
      "not dropped": `${MASK}r0 = 0${OUT}`,
      "not checked": `call kfunc bpf_cpumask_create; r1 = r0; call kfunc bpf_cpumask_release; ${RETURN}`,
      written: `${MASK}*(u64 *)(r6 +0) = 1; ${DROP}${OUT}`,
      "dropped twice": `${MASK}${DROP}; ${DROP}${OUT}`,
      "set after it was dropped": `${MASK}${DROP}; r1 = 0; r2 = r6; call kfunc bpf_cpumask_set_cpu${OUT}`,
      "a null second": `${MASK}r1 = r6; r2 = r6; r3 = 0; call kfunc bpf_cpumask_and; ${DROP}${OUT}`,
      "maybe null second": `${MASK}call kfunc bpf_cpumask_create; r7 = r0; r1 = r6; r2 = r6; r3 = r7; call kfunc bpf_cpumask_and; if r7 == 0 goto a; r1 = r7; call kfunc bpf_cpumask_release; a: ${DROP}${OUT}`,
      "a kernel's mask released": `${TASK}r1 = r6; call kfunc bpf_cpumask_release; ${RETURN}`,
      "a number for a mask": `r1 = 0; r2 = 5; call kfunc bpf_cpumask_set_cpu; ${RETURN}`,
    },
  )
  .rule(
    "memory of arguments",
    {
      "copied from user space as text": `r1 = r10; r1 += -16; r2 = 16; r3 = 0; r4 = 0; call kfunc bpf_copy_from_user_str; ${RETURN}`,
      "into a value": `${value("array48")}r1 = r0; r2 = 48; r3 = 0; r4 = 0; call kfunc bpf_copy_from_user_str${OUT}`,
    },
    {
      "too long": `r1 = r10; r1 += -16; r2 = 17; r3 = 0; r4 = 0; call kfunc bpf_copy_from_user_str; ${RETURN}`,
      unbounded: `r2 = *(u32 *)(r1 +0); r1 = r10; r1 += -16; r3 = 0; r4 = 0; call kfunc bpf_copy_from_user_str; ${RETURN}`,
      null: `r1 = 0; r2 = 16; r3 = 0; r4 = 0; call kfunc bpf_copy_from_user_str; ${RETURN}`,
      "beyond a value": `${value("array48")}r1 = r0; r2 = 49; r3 = 0; r4 = 0; call kfunc bpf_copy_from_user_str${OUT}`,
      "a value that may be null": `${lookup("array48")}r1 = r0; r2 = 48; r3 = 0; r4 = 0; call kfunc bpf_copy_from_user_str; ${RETURN}`,
      "of constants": `r1 = value constants; r2 = 16; r3 = 0; r4 = 0; call kfunc bpf_copy_from_user_str; ${RETURN}`,
    },
  )
  .rule(
    "texts",
    {
      "length of a constant": `r1 = value constants; call kfunc bpf_strlen; ${RETURN}`,
      compared: `r1 = value constants; r2 = value constants; call kfunc bpf_strcmp; ${RETURN}`,
      "length of a number": `r1 = 0; call kfunc bpf_strlen; ${RETURN}`,
      "length of the context": `call kfunc bpf_strlen; ${RETURN}`,
    },
    {},
  );

kfuncs
  .rule(
    "in programs that do not sleep",
    {},
    {
      "a kfunc that sleeps": `r1 = r10; r1 += -16; r2 = 16; r3 = 0; r4 = 0; call kfunc bpf_copy_from_user_str; ${RETURN}`,
    },
    { type: "sched_cls", flags: 0 },
  )
  .rule(
    "for programs of other licences",
    {},
    { "any kfunc": `r1 = 1; call kfunc bpf_task_from_pid; ${RETURN}` },
    { license: "Proprietary" },
  )
  .rule(
    "for filters",
    {},
    {
      tasks: `r1 = 1; call kfunc bpf_task_from_pid; ${RETURN}`,
      "of XDP": `r2 = r10; r2 += -8; call kfunc bpf_xdp_metadata_rx_timestamp; ${RETURN}`,
    },
    { type: "socket_filter", flags: 0 },
  )
  .rule(
    "of XDP",
    {},
    {
      "another context": "r1 = r10; r2 = r10; r2 += -8; call kfunc bpf_xdp_metadata_rx_timestamp; r0 = 2; exit",
      "null for the result": "r2 = 0; call kfunc bpf_xdp_metadata_rx_timestamp; r0 = 2; exit",
      tasks: `r1 = 1; call kfunc bpf_task_from_pid; r0 = 2; exit`,
      "time of arrival": "r2 = r10; r2 += -8; call kfunc bpf_xdp_metadata_rx_timestamp; r0 = 2; exit",
    },
    { type: "xdp", flags: 0 },
  )
  .rule(
    "contexts",
    { "cast to the kernel's": "call kfunc bpf_cast_to_kern_ctx; r1 = *(u32 *)(r0 +112); r0 = 0; exit" },
    {
      "the stack": `r1 = r10; call kfunc bpf_cast_to_kern_ctx; ${RETURN}`,
      changed: `r1 += 4; call kfunc bpf_cast_to_kern_ctx; ${RETURN}`,
      written: "call kfunc bpf_cast_to_kern_ctx; *(u32 *)(r0 +112) = 1; r0 = 0; exit",
    },
    { type: "sched_cls", flags: 0 },
  );

// ── open-coded iterators ──────────────────────────────────────────────────────────────────────────────────────────────

export const iterators = new Rules("iterators", { type: "sched_cls" });
const NEW = (from = "0", to = "10", at = -8) => `r1 = r10; r1 += ${at}; r2 = ${from}; r3 = ${to}; call kfunc bpf_iter_num_new; `;
const NEXT = (at = -8) => `r1 = r10; r1 += ${at}; call kfunc bpf_iter_num_next; `;
const DESTROY = (at = -8) => `r1 = r10; r1 += ${at}; call kfunc bpf_iter_num_destroy; `;

iterators.rule(
  "numbers",
  {
    "made and destroyed": `${NEW()}${DESTROY()}${RETURN}`,
    "a loop": `${NEW()}a: ${NEXT()}if r0 == 0 goto b; goto a; b: ${DESTROY()}${RETURN}`,
    "a loop that reads": `${NEW()}a: ${NEXT()}if r0 == 0 goto b; r1 = *(u32 *)(r0 +0); goto a; b: ${DESTROY()}${RETURN}`,
    "left early": `${NEW()}a: ${NEXT()}if r0 == 0 goto b; r1 = *(u32 *)(r0 +0); if r1 == 5 goto b; goto a; b: ${DESTROY()}${RETURN}`,
    "one step": `${NEW()}${NEXT()}if r0 == 0 goto b; r1 = *(u32 *)(r0 +0); b: ${DESTROY()}${RETURN}`,
    nested: `${NEW()}a: ${NEXT()}if r0 == 0 goto d; ${NEW("0", "5", -16)}b: ${NEXT(-16)}if r0 == 0 goto c; goto b; c: ${DESTROY(-16)}goto a; d: ${DESTROY()}${RETURN}`,
    "one after the other": `${NEW()}a: ${NEXT()}if r0 == 0 goto b; goto a; b: ${DESTROY()}${NEW()}c: ${NEXT()}if r0 == 0 goto d; goto c; d: ${DESTROY()}${RETURN}`,
    "a sum": `r6 = 0; ${NEW()}a: ${NEXT()}if r0 == 0 goto b; r1 = *(u32 *)(r0 +0); r6 += r1; goto a; b: ${DESTROY()}${RETURN}`,
    "an index that is checked": `${NEW("0", "1000")}a: ${NEXT()}if r0 == 0 goto b; r1 = *(u32 *)(r0 +0); if r1 > 63 goto a; r2 = value array64; r2 += r1; *(u8 *)(r2 +0) = 1; goto a; b: ${DESTROY()}${RETURN}`,
    "unknown ends": `r6 = r1; r3 = *(u32 *)(r6 +0); r2 = 0; r1 = r10; r1 += -8; call kfunc bpf_iter_num_new; a: ${NEXT()}if r0 == 0 goto b; goto a; b: ${DESTROY()}${RETURN}`,
    "in a function": `${NEW()}r1 = r10; r1 += -8; call sub; ${DESTROY()}${RETURN}; sub: r6 = r1; a: r1 = r6; call kfunc bpf_iter_num_next; if r0 == 0 goto b; goto a; b: r0 = 0; exit`,
    "a pointer kept over the loop": `r6 = r1; ${NEW()}a: ${NEXT()}if r0 == 0 goto b; r7 = *(u32 *)(r6 +0); goto a; b: ${DESTROY()}${RETURN}`,
    "a stack slot written inside": `*(u64 *)(r10 -16) = 0; ${NEW()}a: ${NEXT()}if r0 == 0 goto b; *(u64 *)(r10 -16) = 1; goto a; b: ${DESTROY()}r0 = *(u64 *)(r10 -16); exit`,
    "number after the next step": `${NEW()}${NEXT()}r6 = r0; ${NEXT()}if r6 == 0 goto b; r1 = *(u32 *)(r6 +0); b: ${DESTROY()}${RETURN}`,
  },
  {
    "not destroyed": `${NEW()}${RETURN}`,
    "not destroyed when left early": `${NEW()}a: ${NEXT()}if r0 == 0 goto b; r1 = *(u32 *)(r0 +0); if r1 == 5 goto c; goto a; b: ${DESTROY()}c: ${RETURN}`,
    "not made": `${NEXT()}${RETURN}`,
    "destroyed without being made": `${DESTROY()}${RETURN}`,
    "destroyed twice": `${NEW()}${DESTROY()}${DESTROY()}${RETURN}`,
    "a step after it was destroyed": `${NEW()}${DESTROY()}${NEXT()}${RETURN}`,
    "made twice": `${NEW()}${NEW()}${DESTROY()}${RETURN}`,
    "number not checked": `${NEW()}${NEXT()}r1 = *(u32 *)(r0 +0); ${DESTROY()}${RETURN}`,

    "number after it was destroyed": `${NEW()}${NEXT()}r6 = r0; if r0 == 0 goto b; ${DESTROY()}r1 = *(u32 *)(r6 +0); ${RETURN}; b: ${DESTROY()}${RETURN}`,
    "number written": `${NEW()}${NEXT()}if r0 == 0 goto b; *(u32 *)(r0 +0) = 1; b: ${DESTROY()}${RETURN}`,
    "beyond the number": `${NEW()}${NEXT()}if r0 == 0 goto b; r1 = *(u64 *)(r0 +0); b: ${DESTROY()}${RETURN}`,
    overwritten: `${NEW()}*(u64 *)(r10 -8) = 0; ${RETURN}`,
    "overwritten, then destroyed": `${NEW()}*(u64 *)(r10 -8) = 0; ${DESTROY()}${RETURN}`,
    read: `${NEW()}r6 = *(u64 *)(r10 -8); ${DESTROY()}${RETURN}`,
    misplaced: `${NEW("0", "10", -12)}${DESTROY(-12)}${RETURN}`,
    "in a value": `r1 = value array48; r2 = 0; r3 = 10; call kfunc bpf_iter_num_new; ${RETURN}`,
    null: `r1 = 0; r2 = 0; r3 = 10; call kfunc bpf_iter_num_new; ${RETURN}`,
    "an index that is not checked": `${NEW("0", "64")}a: ${NEXT()}if r0 == 0 goto b; r1 = *(u32 *)(r0 +0); r2 = value array64; r2 += r1; *(u8 *)(r2 +0) = 1; goto a; b: ${DESTROY()}${RETURN}`,
    "a counter that grows": `r6 = 0; ${NEW()}a: ${NEXT()}if r0 == 0 goto b; r2 = value array64; r2 += r6; *(u8 *)(r2 +0) = 1; r6 += 1; goto a; b: ${DESTROY()}${RETURN}`,
    "a register set inside only": `${NEW()}a: ${NEXT()}if r0 == 0 goto b; r6 = 1; goto a; b: ${DESTROY()}r0 = r6; exit`,
    "endless inside": `${NEW()}${NEXT()}if r0 == 0 goto b; a: goto a; b: ${DESTROY()}${RETURN}`,
    "a reference taken inside": `${NEW()}a: ${NEXT()}if r0 == 0 goto b; r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; goto a; b: ${DESTROY()}${RETURN}`,
    "the wrong destroyed": `${NEW()}${NEW("0", "5", -16)}${DESTROY()}${DESTROY()}${RETURN}`,
    copied: `${NEW()}r6 = *(u64 *)(r10 -8); *(u64 *)(r10 -16) = r6; ${DESTROY(-16)}${RETURN}`,
    "a pointer lost in a round": `r6 = r1; ${NEW()}a: ${NEXT()}if r0 == 0 goto b; r7 = *(u32 *)(r6 +0); r6 = 0; goto a; b: ${DESTROY()}${RETURN}`,
  },
);

iterators
  .rule(
    "bits",
    {
      "of a word":
        "*(u64 *)(r10 -8) = 5; r1 = r10; r1 += -24; r2 = r10; r2 += -8; r3 = 1; call kfunc bpf_iter_bits_new; a: r1 = r10; r1 += -24; call kfunc bpf_iter_bits_next; if r0 == 0 goto b; goto a; b: r1 = r10; r1 += -24; call kfunc bpf_iter_bits_destroy; r0 = 0; exit",
    },
    {
      "stepped as numbers":
        "*(u64 *)(r10 -8) = 5; r1 = r10; r1 += -24; r2 = r10; r2 += -8; r3 = 1; call kfunc bpf_iter_bits_new; r1 = r10; r1 += -24; call kfunc bpf_iter_num_next; r1 = r10; r1 += -24; call kfunc bpf_iter_bits_destroy; r0 = 0; exit",
      "destroyed as numbers":
        "*(u64 *)(r10 -8) = 5; r1 = r10; r1 += -24; r2 = r10; r2 += -8; r3 = 1; call kfunc bpf_iter_bits_new; r1 = r10; r1 += -24; call kfunc bpf_iter_num_destroy; r0 = 0; exit",
      "half overwritten":
        "*(u64 *)(r10 -8) = 5; r1 = r10; r1 += -24; r2 = r10; r2 += -8; r3 = 1; call kfunc bpf_iter_bits_new; *(u64 *)(r10 -16) = 0; r1 = r10; r1 += -24; call kfunc bpf_iter_bits_destroy; r0 = 0; exit",
      "of nothing": "r1 = r10; r1 += -24; r2 = 0; r3 = 1; call kfunc bpf_iter_bits_new; r0 = 0; exit",
    },
  )
  .rule(
    "tasks",
    {
      "in a section":
        "call kfunc bpf_rcu_read_lock; r1 = r10; r1 += -24; r2 = 0; r3 = 0; call kfunc bpf_iter_task_new; a: r1 = r10; r1 += -24; call kfunc bpf_iter_task_next; if r0 == 0 goto b; r1 = *(u32 *)(r0 +16); goto a; b: r1 = r10; r1 += -24; call kfunc bpf_iter_task_destroy; call kfunc bpf_rcu_read_unlock; r0 = 0; exit",
    },
    {
      "without a section":
        "r1 = r10; r1 += -24; r2 = 0; r3 = 0; call kfunc bpf_iter_task_new; r1 = r10; r1 += -24; call kfunc bpf_iter_task_destroy; r0 = 0; exit",
      "stepped after the section":
        "call kfunc bpf_rcu_read_lock; r1 = r10; r1 += -24; r2 = 0; r3 = 0; call kfunc bpf_iter_task_new; call kfunc bpf_rcu_read_unlock; r1 = r10; r1 += -24; call kfunc bpf_iter_task_next; r1 = r10; r1 += -24; call kfunc bpf_iter_task_destroy; r0 = 0; exit",
      "a second section":
        "call kfunc bpf_rcu_read_lock; r1 = r10; r1 += -24; r2 = 0; r3 = 0; call kfunc bpf_iter_task_new; call kfunc bpf_rcu_read_unlock; call kfunc bpf_rcu_read_lock; r1 = r10; r1 += -24; call kfunc bpf_iter_task_next; r1 = r10; r1 += -24; call kfunc bpf_iter_task_destroy; call kfunc bpf_rcu_read_unlock; r0 = 0; exit",
    },
    { type: "syscall", flags: 16 },
  );
