/** What holds in sections of code, where they meet calls: exceptions, global functions, interrupts, resilient locks, contexts by tag. */

import type { BtfBuilder } from "../../../../src/btf/builder.ts";
import { Rules } from "../case.ts";
import { OUT, times, value } from "./text.ts";

const RET = "; r0 = 0; exit";
const RANDOM = "call bpf_get_prandom_u32; ";
const LOOP = (count: string, context = "r3 = 0", cb = "each") =>
  `r1 = ${count}; r2 = func ${cb}; ${context}; r4 = 0; call bpf_loop; `;
const RESERVE = "r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto out; ";
const THROW = "r1 = 0; call kfunc bpf_throw; ";
const SAVE = (at = -8) => `r1 = r10; r1 += ${at}; call kfunc bpf_local_irq_save; `;
const RESTORE = (at = -8) => `r1 = r10; r1 += ${at}; call kfunc bpf_local_irq_restore; `;
const RES_VALUE = `${value("res_lock")}r6 = r0; `;
const RES_LOCK = (reg = "r6") => `r1 = ${reg}; r1 += 8; call kfunc bpf_res_spin_lock; `;
const RES_UNLOCK = (reg = "r6") => `r1 = ${reg}; r1 += 8; call kfunc bpf_res_spin_unlock; `;
const VALUE = `${value("lock")}r6 = r0; `;
const LOCK = "r1 = r6; r1 += 4; call bpf_spin_lock; ";
const UNLOCK = "r1 = r6; r1 += 4; call bpf_spin_unlock; ";
const withGlobals =
  (subs: Record<string, number>, statics: string[] = []) =>
  (t: BtfBuilder) => {
    const int = t.int("int", 4, { signed: true });
    const out: Record<string, number> = {
      main: t.function("main", t.prototype(int, [{ name: "ctx", type: t.pointer(t.struct("__sk_buff", 0, [])) }]), "global"),
    };
    for (const [name, n] of Object.entries(subs))
      out[name] = t.function(
        name,
        t.prototype(
          int,
          Array.from({ length: n }, (_, i) => ({ name: `a${i}`, type: int })),
        ),
        "global",
      );
    for (const name of statics) out[name] = t.function(name, t.prototype(int, []), "static");
    return out;
  };
export const thrown = new Rules("exceptions", { type: "sched_cls" });
thrown.rule(
  "thrown in sections",
  {
    main: `${THROW}exit`,
    sub: `call sub${RET}; sub: ${THROW}exit`,
    conditional: `${RANDOM}if r0 == 0 goto a; ${THROW}a: r0 = 0; exit`,
    "after giving back": `${RESERVE}r1 = r0; r2 = 0; call bpf_ringbuf_submit; ${THROW}${OUT}`,
    "loop of throws": `r6 = 10; a: r6 += -1; if r6 == 0 goto b; ${RANDOM}if r0 == 0 goto a; ${THROW}b: r0 = 0; exit`,
  },
  {
    "a pointer thrown": `call kfunc bpf_throw; r0 = 0; exit`,
    "with a record": `${RESERVE}r6 = r0; ${RANDOM}if r0 == 0 goto a; ${THROW}a: r1 = r6; r2 = 0; call bpf_ringbuf_submit${OUT}`,
    "three deep": `${RESERVE}r6 = r0; call s1; r1 = r6; r2 = 0; call bpf_ringbuf_submit${OUT}; s1: call s2; r0 = 0; exit; s2: ${RANDOM}if r0 == 0 goto +2; ${THROW}exit`,
    "record in the middle": `call s1; r0 = 0; exit; s1: ${RESERVE.replace("out", "o")}r6 = r0; call s2; r1 = r6; r2 = 0; call bpf_ringbuf_submit; o: r0 = 0; exit; s2: ${RANDOM}if r0 == 0 goto +2; ${THROW}exit`,
    "interrupts off": `${SAVE()}${THROW}${RESTORE()}${RET}`,
    "preemption off": `call kfunc bpf_preempt_disable; ${THROW}call kfunc bpf_preempt_enable${RET}`,
    "in a loop's callback": `${LOOP("5")}${RET}; each: ${THROW}r0 = 0; exit`,
    "resilient lock": `${RES_VALUE}${RES_LOCK()}if r0 != 0 goto out; ${THROW}${RES_UNLOCK()}${OUT}`,
    iterator: `r1 = r10; r1 += -8; r2 = 0; r3 = 10; call kfunc bpf_iter_num_new; ${THROW}r1 = r10; r1 += -8; call kfunc bpf_iter_num_destroy${RET}`,
    "in a timer's function": `${value("timer")}r1 = r0; r1 += 8; r2 = func fired; call bpf_timer_set_callback${OUT}; fired: ${THROW}r0 = 0; exit`,
    "in a work queue's function": `${value("work")}r1 = r0; r1 += 8; r2 = func done; r3 = 0; r4 = 0; call kfunc bpf_wq_set_callback_impl${OUT}; done: ${THROW}r0 = 0; exit`,
    "function called in callback throws": `${LOOP("5")}${RET}; each: call sub; r0 = 0; exit; sub: ${RANDOM}if r0 == 0 goto +2; ${THROW}exit`,
  },
);
thrown.rule(
  "thrown by global functions",
  {
    "in an RCU section": `call kfunc bpf_rcu_read_lock; call sub; call kfunc bpf_rcu_read_unlock${RET}; sub: ${THROW}exit`,
    "interrupts off": `${SAVE()}call sub; ${RESTORE()}${RET}; sub: ${THROW}exit`,
    "with a record": `${RESERVE}r6 = r0; call sub; r1 = r6; r2 = 0; call bpf_ringbuf_submit${OUT}; sub: ${THROW}exit`,
    plain: `call sub${RET}; sub: ${THROW}exit`,
  },
  {
    "from a callback": `${LOOP("5")}${RET}; each: call sub; r0 = 0; exit; sub: ${THROW}exit`,
    "global's own record": `call sub${RET}; sub: ${RESERVE}r6 = r0; ${RANDOM}if r0 == 0 goto a; ${THROW}a: r1 = r6; r2 = 0; call bpf_ringbuf_submit${OUT}`,
  },
  { functions: withGlobals({ sub: 0 }, ["each"]) },
);
thrown.rule(
  "what is thrown is returned",
  { zero: `r1 = 1; call kfunc bpf_throw; r0 = 1; exit` },
  {
    two: `r1 = 4; call kfunc bpf_throw; r0 = 1; exit`,
    sub: `call sub; r0 = 1; exit; sub: r1 = 4; call kfunc bpf_throw; r0 = 0; exit`,
    "two of unknown": `${RANDOM}r1 = r0; call kfunc bpf_throw; r0 = 1; exit`,
    pointer: `call kfunc bpf_throw; r0 = 1; exit`,
  },
  { type: "cgroup_skb", attachType: "cgroup_inet_ingress" },
);
export const globalFunctions = new Rules("calls", { type: "sched_cls" });
globalFunctions.rule(
  "global functions in callbacks",
  {
    called: `${LOOP("5")}${RET}; each: call sub; r0 = 0; exit; sub: r0 = 5; exit`,
    "result masked": `${LOOP("5")}${RET}; each: call sub; r0 &= 1; exit; sub: r0 = 5; exit`,
    "two levels": `call sub${RET}; sub: call sub2; r0 = 0; exit; sub2: r0 = 0; exit`,
    "with a lock not held": `${VALUE}${LOCK}${UNLOCK}call sub${OUT}; sub: r0 = 0; exit`,
    "record held": `${RESERVE}r6 = r0; call sub; r1 = r6; r2 = 0; call bpf_ringbuf_submit${OUT}; sub: r0 = 0; exit`,
  },
  {
    "result returned": `${LOOP("5")}${RET}; each: call sub; exit; sub: r0 = 0; exit`,
    "lock held": `${VALUE}${LOCK}call sub; ${UNLOCK}${OUT}; sub: r0 = 0; exit`,
    "res lock held": `${RES_VALUE}${RES_LOCK()}if r0 != 0 goto out; call sub; ${RES_UNLOCK()}${OUT}; sub: r0 = 0; exit`,
    "record leaked by it": `call sub${RET}; sub: ${RESERVE}r0 = 0; exit${OUT}`,
    "lock left": `call sub${RET}; sub: ${VALUE}${LOCK}${OUT}`,
    "preempt left": `call sub${RET}; sub: call kfunc bpf_preempt_disable; r0 = 0; exit`,
    "irq left": `call sub${RET}; sub: ${SAVE()}r0 = 0; exit`,
    "rcu left": `call sub${RET}; sub: call kfunc bpf_rcu_read_lock; r0 = 0; exit`,
    "returns stack": `call sub${RET}; sub: r0 = r10; exit`,
    "returns nothing": `call sub${RET}; sub: exit`,
    itself: `call sub${RET}; sub: call sub; r0 = 0; exit`,
    "main's r6": `r6 = 0; call sub${RET}; sub: r0 = r6; exit`,
    "itself by a callback": `call sub${RET}; sub: ${LOOP("5")}r0 = 0; exit; each: call sub; r0 = 0; exit`,
  },
  { functions: withGlobals({ sub: 0, sub2: 0 }, ["each"]) },
);
globalFunctions.rule(
  "packet pointers over all kinds of functions",
  {
    "static that changes nothing": `r6 = *(u32 *)(r1 +76); r7 = *(u32 *)(r1 +80); r8 = r6; r8 += 8; if r8 > r7 goto out; call sub; r0 = *(u8 *)(r6 +0)${OUT}; sub: r0 = 0; exit`,
  },
  {
    "global changes": `r9 = r1; r6 = *(u32 *)(r1 +76); r7 = *(u32 *)(r1 +80); r8 = r6; r8 += 8; if r8 > r7 goto out; r1 = r9; call sub; r0 = *(u8 *)(r6 +0)${OUT}; sub: r2 = 100; call bpf_skb_pull_data; r0 = 0; exit`,
    "static changes": `r9 = r1; r6 = *(u32 *)(r1 +76); r7 = *(u32 *)(r1 +80); r8 = r6; r8 += 8; if r8 > r7 goto out; r1 = r9; call sub2; r0 = *(u8 *)(r6 +0)${OUT}; sub2: r2 = 100; call bpf_skb_pull_data; r0 = 0; exit`,
    "callback changes": `r9 = r1; r6 = *(u32 *)(r1 +76); r7 = *(u32 *)(r1 +80); r8 = r6; r8 += 8; if r8 > r7 goto out; *(u64 *)(r10 -8) = r9; ${LOOP("2", "r3 = r10; r3 += -8")}r0 = *(u8 *)(r6 +0)${OUT}; each: r1 = *(u64 *)(r2 +0); r2 = 100; call bpf_skb_pull_data; r0 = 0; exit`,
    "global of a static changes": `r9 = r1; r6 = *(u32 *)(r1 +76); r7 = *(u32 *)(r1 +80); r8 = r6; r8 += 8; if r8 > r7 goto out; r1 = r9; call sub2; r0 = *(u8 *)(r6 +0)${OUT}; sub2: call sub; r0 = 0; exit; sub: r2 = 100; call bpf_skb_pull_data; r0 = 0; exit`,
  },
  {
    functions: (t) => {
      const int = t.int("int", 4, { signed: true });
      const ctx = t.pointer(t.struct("__sk_buff", 0, []));
      const f = (n: string, l: "global" | "static", ps: { name: string; type: number }[] = []) =>
        t.function(n, t.prototype(int, ps), l);
      return {
        main: f("main", "global", [{ name: "ctx", type: ctx }]),
        sub: f("sub", "global", [{ name: "ctx", type: ctx }]),
        sub2: f("sub2", "static"),
        each: f("each", "static"),
      };
    },
  },
);
globalFunctions.rule(
  "functions that are left by tail calls",
  {},
  {
    "result any": `call sub; if r0 == 5 goto +1; r0 = 1; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
    "in a static": `call sub; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
    "packet pointers afterwards": `r9 = r1; r6 = *(u32 *)(r1 +76); r7 = *(u32 *)(r1 +80); r8 = r6; r8 += 8; if r8 > r7 goto out; r1 = r9; call sub; r0 = *(u8 *)(r6 +0)${OUT}; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
    "result as index": `call sub; r1 = value array64; r1 += r0; r0 = *(u8 *)(r1 +0); exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
    "record held by the caller": `r9 = r1; ${RESERVE}r6 = r0; r1 = r9; call sub; r1 = r6; r2 = 0; call bpf_ringbuf_submit${OUT}; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
    "packet load result as index": `r6 = r1; call sub; r1 = value array64; r1 += r0; r0 = *(u8 *)(r1 +0); exit; sub: r6 = r1; r0 = *(u8 *)skb[0]; r0 = 100; exit`,
    "packet load then index": `r6 = r1; call sub; r1 = value array64; r1 += r0; r0 = *(u8 *)(r1 +64); exit; sub: r6 = r1; r0 = *(u8 *)skb[0]; r0 = 0; exit`,
    "precision through packet load": `r7 = r1; ${RANDOM}r8 = 1; if r0 == 0 goto a; r8 = 100; a: r1 = r7; call sub; ${times(6, () => "call bpf_get_prandom_u32; if r0 == 0 goto +0")}; r1 = value array64; r1 += r8; r0 = *(u8 *)(r1 +0); exit; sub: r6 = r1; r0 = *(u8 *)skb[0]; r0 = 0; exit`,
  },
);
export const irqAcrossCalls = new Rules("irq", { type: "sched_cls" });
irqAcrossCalls.rule(
  "across calls",
  {
    "saved in the caller's frame by a function": `r1 = r10; r1 += -8; call sub; ${RESTORE()}${RET}; sub: call kfunc bpf_local_irq_save; r0 = 0; exit`,
    "in a callback": `${LOOP("5")}${RET}; each: ${SAVE()}${RESTORE()}r0 = 0; exit`,
    "in a loop": `r6 = 5; a: ${SAVE()}${RESTORE()}r6 += -1; if r6 != 0 goto a${RET}`,
  },
  {
    "saved by a callback": `*(u64 *)(r10 -8) = 0; ${LOOP("5", "r3 = r10; r3 += -8")}${RESTORE()}${RET}; each: r1 = r2; call kfunc bpf_local_irq_save; r0 = 0; exit`,
    "restored by a callback": `${SAVE()}${LOOP("5", "r3 = r10; r3 += -8")}${RET}; each: r1 = r2; call kfunc bpf_local_irq_restore; r0 = 0; exit`,
    "tail call": `r6 = r1; ${SAVE()}r1 = r6; r2 = map programs; r3 = 0; call bpf_tail_call; ${RESTORE()}${RET}`,
    "frame that is left": `call sub${RET}; sub: ${SAVE()}r0 = 0; exit`,
    "frame that is left, then restored": `call sub; ${RESTORE()}${RET}; sub: ${SAVE()}r0 = 0; exit`,
    "in a loop, once": `r6 = 5; ${SAVE()}a: ${RESTORE()}r6 += -1; if r6 != 0 goto a${RET}`,
  },
);
irqAcrossCalls.rule(
  "resilient locks and callbacks",
  {
    "iterator under it": `${RES_VALUE}${RES_LOCK()}if r0 != 0 goto out; r1 = r10; r1 += -16; r2 = 0; r3 = 10; call kfunc bpf_iter_num_new; r1 = r10; r1 += -16; call kfunc bpf_iter_num_destroy; ${RES_UNLOCK()}${OUT}`,
    "taken and given back": `${LOOP("5")}${RET}; each: ${RES_VALUE}${RES_LOCK()}if r0 != 0 goto out; ${RES_UNLOCK()}${OUT}`,
  },
  {
    "not given back": `${LOOP("5")}${RET}; each: ${RES_VALUE}${RES_LOCK()}if r0 != 0 goto out; ${OUT}`,
    "loop under it": `${RES_VALUE}${RES_LOCK()}if r0 != 0 goto out; ${LOOP("5")}${RES_UNLOCK()}${OUT}; each: r0 = 0; exit`,
    "across a loop's callback": `${RES_VALUE}${RES_LOCK()}if r0 != 0 goto out; *(u64 *)(r10 -16) = r6; ${LOOP("5", "r3 = r10; r3 += -16")}${OUT}; each: r1 = *(u64 *)(r2 +0); r1 += 8; call kfunc bpf_res_spin_unlock; r0 = 0; exit`,
    "result negative is not success": `${RES_VALUE}${RES_LOCK()}if r0 s< 0 goto a; goto out; a: ${RES_UNLOCK()}${OUT}`,
    "nested irq locks out of order": `${RES_VALUE}${value("res_lock2")}r7 = r0; r1 = r6; r1 += 8; r2 = r10; r2 += -16; call kfunc bpf_res_spin_lock_irqsave; if r0 != 0 goto out; r1 = r7; r1 += 8; r2 = r10; r2 += -24; call kfunc bpf_res_spin_lock_irqsave; if r0 != 0 goto a; r1 = r6; r1 += 8; r2 = r10; r2 += -24; call kfunc bpf_res_spin_unlock_irqrestore; r1 = r7; r1 += 8; r2 = r10; r2 += -16; call kfunc bpf_res_spin_unlock_irqrestore; goto out; a: r1 = r6; r1 += 8; r2 = r10; r2 += -16; call kfunc bpf_res_spin_unlock_irqrestore${OUT}`,
  },
);

const SLEEP = "r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; r0 = 0; exit";
export const sleepingFunctions = new Rules("calls", { type: "syscall", flags: 16 });
sleepingFunctions.rule(
  "global functions that sleep",
  {
    "outside of sections": `call sub${RET}; sub: ${SLEEP}`,
    "one that does not, in an RCU section": `call kfunc bpf_rcu_read_lock; call sub; call kfunc bpf_rcu_read_unlock${RET}; sub: r0 = 0; exit`,
    "one that does not, preemption off": `call kfunc bpf_preempt_disable; call sub; call kfunc bpf_preempt_enable${RET}; sub: r0 = 0; exit`,
    "one that does not, interrupts off": `${SAVE()}call sub; ${RESTORE()}${RET}; sub: r0 = 0; exit`,
  },
  {
    "in an RCU section": `call kfunc bpf_rcu_read_lock; call sub; call kfunc bpf_rcu_read_unlock${RET}; sub: ${SLEEP}`,
    "preemption off": `call kfunc bpf_preempt_disable; call sub; call kfunc bpf_preempt_enable${RET}; sub: ${SLEEP}`,
    "interrupts off": `${SAVE()}call sub; ${RESTORE()}${RET}; sub: ${SLEEP}`,
    "by a kernel function": `call kfunc bpf_rcu_read_lock; call sub; call kfunc bpf_rcu_read_unlock${RET}; sub: r1 = r10; r1 += -8; r2 = 8; r3 = 0; r4 = 0; call kfunc bpf_copy_from_user_str; r0 = 0; exit`,
  },
  { functions: withGlobals({ sub: 0 }) },
);

/** `int sub(type *a __arg_ctx)`. */
const tagged = (type: (t: BtfBuilder) => number) => (t: BtfBuilder) => {
  const int = t.int("int", 4, { signed: true });
  const main = t.function("main", t.prototype(int, [{ name: "ctx", type: t.pointer(0) }]), "global");
  const sub = t.function("sub", t.prototype(int, [{ name: "a", type: type(t) }]), "global");
  t.declTag("arg:ctx", sub, 0);
  return { main, sub };
};
const GIVEN = { given: `call sub${RET}; sub: r0 = 0; exit` };
const struct = (name: string) => (t: BtfBuilder) => t.pointer(t.struct(name, 0, []));
const integer = (size: number) => (t: BtfBuilder) => t.pointer(t.int(size === 8 ? "u64" : "int", size));
const registers = (name: string) => (t: BtfBuilder) => t.pointer(t.typedef("bpf_user_pt_regs_t", t.struct(name, 0, [])));
export const taggedContexts = new Rules("calls");
for (const [type, accepted, refused] of [
  [
    "xdp",
    { void: (t: BtfBuilder) => t.pointer(0), xdp_md: struct("xdp_md") },
    { "another struct": struct("foo"), "a number": integer(8), "no name": struct("") },
  ],
  ["sched_cls", { __sk_buff: struct("__sk_buff") }, { sk_buff: struct("sk_buff") }],
  ["raw_tracepoint", { "64 bits": integer(8), arguments: struct("bpf_raw_tracepoint_args") }, { "32 bits": integer(4) }],
  ["tracepoint", { "any struct": struct("foo") }, {}],
  [
    "kprobe",
    { pt_regs: struct("pt_regs"), "registers by name": registers("foo") },
    { user_pt_regs: struct("user_pt_regs"), "another struct": struct("foo") },
  ],
  [
    "perf_event",
    { pt_regs: struct("pt_regs"), data: struct("bpf_perf_event_data"), "registers by name": registers("foo") },
    { "another struct": struct("foo") },
  ],
] as const) {
  for (const [what, makes] of Object.entries(accepted))
    taggedContexts.rule(`tagged contexts of ${type}: ${what}`, GIVEN, {}, { type, functions: tagged(makes) });
  for (const [what, makes] of Object.entries(refused))
    taggedContexts.rule(`tagged contexts of ${type}: ${what}`, {}, GIVEN, { type, functions: tagged(makes) });
}

const PACKET = "r6 = r1; r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); r2 = r7; r2 += 8; if r2 > r8 goto out; ";
export const pulledPackets = new Rules("kfuncs", { type: "xdp" });
pulledPackets.rule(
  "packets that are pulled",
  {
    reloaded: `${PACKET}r1 = r6; r2 = 20; call kfunc bpf_xdp_pull_data; r7 = *(u32 *)(r6 +0); r8 = *(u32 *)(r6 +4); r2 = r7; r2 += 8; if r2 > r8 goto out; r0 = *(u8 *)(r7 +0); out: r0 = 1; exit`,
  },
  {
    kept: `${PACKET}r1 = r6; r2 = 20; call kfunc bpf_xdp_pull_data; r0 = *(u8 *)(r7 +0); out: r0 = 1; exit`,
    "kept over a function": `${PACKET}r1 = r6; call sub; r0 = *(u8 *)(r7 +0); out: r0 = 1; exit; sub: r2 = 20; call kfunc bpf_xdp_pull_data; r0 = 0; exit`,
  },
);
