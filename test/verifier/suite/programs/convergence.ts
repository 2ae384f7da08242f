/** Loops that are walked until nothing new comes: iterators, may_goto, callbacks; and what functions do to packets and locks. */

import type { BtfBuilder } from "../../../../src/btf/builder.ts";
import { Rules } from "../case.ts";
import { OUT, times, value } from "./text.ts";

const RETURN = "r0 = 0; exit";
const NEW = (from = "0", to = "10", at = -8) => `r1 = r10; r1 += ${at}; r2 = ${from}; r3 = ${to}; call kfunc bpf_iter_num_new; `;
const NEXT = (at = -8) => `r1 = r10; r1 += ${at}; call kfunc bpf_iter_num_next; `;
const DESTROY = (at = -8) => `r1 = r10; r1 += ${at}; call kfunc bpf_iter_num_destroy; `;

export const convergingIterators = new Rules("iterators", { type: "sched_cls" });
convergingIterators.rule(
  "convergence",
  {
    "a counter that is capped": `r6 = 0; ${NEW("0", "1000")}a: ${NEXT()}if r0 == 0 goto b; if r6 > 62 goto a; r6 += 1; r2 = value array64; r2 += r6; *(u8 *)(r2 +0) = 1; goto a; b: ${DESTROY()}${RETURN}`,
    "a counter that is masked": `r6 = 0; ${NEW("0", "1000")}a: ${NEXT()}if r0 == 0 goto b; r6 += 1; r6 &= 63; r2 = value array64; r2 += r6; *(u8 *)(r2 +0) = 1; goto a; b: ${DESTROY()}${RETURN}`,
    "a counter on the stack that is capped": `*(u64 *)(r10 -16) = 0; ${NEW("0", "1000")}a: ${NEXT()}if r0 == 0 goto b; r6 = *(u64 *)(r10 -16); if r6 > 62 goto a; r6 += 1; *(u64 *)(r10 -16) = r6; goto a; b: ${DESTROY()}${RETURN}`,
    "a pointer that changes between two": `r6 = value array64; r7 = value array48; ${NEW("0", "1000")}a: ${NEXT()}if r0 == 0 goto b; r8 = r6; r6 = r7; r7 = r8; *(u8 *)(r6 +0) = 1; goto a; b: ${DESTROY()}${RETURN}`,
    "two nested, one counter": `r6 = 0; ${NEW("0", "10")}a: ${NEXT()}if r0 == 0 goto d; ${NEW("0", "10", -16)}b: ${NEXT(-16)}if r0 == 0 goto c; r6 += 1; goto b; c: ${DESTROY(-16)}goto a; d: ${DESTROY()}${RETURN}`,
    "a bounded loop inside": `${NEW("0", "10")}a: ${NEXT()}if r0 == 0 goto b; r6 = 0; c: r6 += 1; if r6 < 5 goto c; goto a; b: ${DESTROY()}${RETURN}`,
    "a value read after it ended": `r6 = 5; ${NEW("0", "10")}a: ${NEXT()}if r0 == 0 goto b; r6 = *(u32 *)(r0 +0); goto a; b: ${DESTROY()}r6 &= 63; r2 = value array64; r2 += r6; *(u8 *)(r2 +0) = 1; ${RETURN}`,
    "a call in each round": `r6 = r1; ${NEW("0", "10")}a: ${NEXT()}if r0 == 0 goto b; r1 = *(u32 *)(r0 +0); call sub; goto a; b: ${DESTROY()}${RETURN}; sub: r0 = r1; exit`,
    "twice the same step": `${NEW()}${NEXT()}if r0 == 0 goto b; ${NEXT()}if r0 == 0 goto b; ${NEXT()}b: ${DESTROY()}${RETURN}`,
    "with may_goto inside": `${NEW()}a: ${NEXT()}if r0 == 0 goto b; c: may_goto a; goto c; b: ${DESTROY()}${RETURN}`,
  },
  {
    "a counter that is capped too late": `r6 = 0; ${NEW("0", "1000")}a: ${NEXT()}if r0 == 0 goto b; r2 = value array64; r2 += r6; *(u8 *)(r2 +0) = 1; r6 += 1; if r6 > 64 goto b; goto a; b: ${DESTROY()}${RETURN}`,
    "a counter used after the loop": `r6 = 0; ${NEW("0", "10")}a: ${NEXT()}if r0 == 0 goto b; r6 += 1; goto a; b: ${DESTROY()}r2 = value array64; r2 += r6; *(u8 *)(r2 +0) = 1; ${RETURN}`,
    "a pointer moves on each round": `r6 = value array64; ${NEW("0", "1000")}a: ${NEXT()}if r0 == 0 goto b; *(u8 *)(r6 +0) = 1; r6 += 1; goto a; b: ${DESTROY()}${RETURN}`,
    "a pointer that is null in the second round": `r6 = value array64; ${NEW("0", "1000")}a: ${NEXT()}if r0 == 0 goto b; *(u8 *)(r6 +0) = 1; r6 = 0; goto a; b: ${DESTROY()}${RETURN}`,
    "a slot that is overwritten in the second round": `r7 = value array64; *(u64 *)(r10 -16) = r7; ${NEW("0", "1000")}a: ${NEXT()}if r0 == 0 goto b; r6 = *(u64 *)(r10 -16); *(u8 *)(r6 +0) = 1; *(u64 *)(r10 -16) = 0; goto a; b: ${DESTROY()}${RETURN}`,
    "bad in the tenth round": `r6 = 0; ${NEW("0", "1000")}a: ${NEXT()}if r0 == 0 goto b; r6 += 1; if r6 == 10 goto c; goto a; c: r0 = *(u64 *)(r9 +0); b: ${DESTROY()}${RETURN}`,
    "a lock that stays": `r6 = value lock; ${NEW("0", "1000")}a: ${NEXT()}if r0 == 0 goto b; r1 = r6; r1 += 4; call bpf_spin_lock; goto a; b: ${DESTROY()}${RETURN}`,
  },
);

export const convergingLoops = new Rules("loops", { type: "sched_cls" });
convergingLoops.rule(
  "may_goto convergence",
  {
    "a counter that is masked": `r6 = 0; a: may_goto b; r6 += 1; r6 &= 63; r2 = value array64; r2 += r6; *(u8 *)(r2 +0) = 1; goto a; b: ${RETURN}`,
    "a counter with a limit": `r6 = 0; a: may_goto b; if r6 > 63 goto b; r2 = value array64; r2 += r6; *(u8 *)(r2 +0) = 1; r6 += 1; goto a; b: ${RETURN}`,
    "a condition on a random number": `a: may_goto b; call bpf_get_prandom_u32; if r0 == 5 goto b; goto a; b: ${RETURN}`,
    "around a bounded loop": `a: may_goto b; r6 = 0; c: r6 += 1; if r6 < 10 goto c; goto a; b: ${RETURN}`,
  },
  {
    "a counter without a limit": `r6 = 0; a: may_goto b; r2 = value array64; r2 += r6; *(u8 *)(r2 +0) = 1; r6 += 1; goto a; b: ${RETURN}`,
    "a pointer moves": `r6 = value array64; a: may_goto b; *(u8 *)(r6 +0) = 1; r6 += 1; goto a; b: ${RETURN}`,
    "a record is taken in each round": `a: may_goto b; r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; goto a; b: ${RETURN}`,
  },
);

export const convergingCallbacks = new Rules("callbacks", { type: "sched_cls" });
const LOOP = (count: string, context = "r3 = 0") => `r1 = ${count}; r2 = func each; ${context}; r4 = 0; call bpf_loop; `;
const AT = "r3 = r10; r3 += -8";
convergingCallbacks
  .rule(
    "convergence",
    {
      "a counter that is capped": `*(u64 *)(r10 -8) = 0; ${LOOP("1000", AT)}r6 = *(u64 *)(r10 -8); r6 &= 63; r2 = value array64; r2 += r6; *(u8 *)(r2 +0) = 1; ${RETURN}; each: r1 = *(u64 *)(r2 +0); r1 += 1; *(u64 *)(r2 +0) = r1; r0 = 0; exit`,
      "a counter checked in each round": `*(u64 *)(r10 -8) = 0; ${LOOP("1000", AT)}${RETURN}; each: r1 = *(u64 *)(r2 +0); if r1 > 63 goto e; r3 = value array64; r3 += r1; *(u8 *)(r3 +0) = 1; r1 += 1; *(u64 *)(r2 +0) = r1; e: r0 = 0; exit`,
      "the context changes nothing": `*(u64 *)(r10 -8) = 7; ${LOOP("1000", AT)}r1 = *(u64 *)(r10 -8); r2 = value array64; r2 += r1; *(u8 *)(r2 +0) = 1; ${RETURN}; each: r0 = 0; exit`,
      "a loop in a loop": `${LOOP("10")}${RETURN}; each: r1 = 10; r2 = func inner; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; inner: r0 = 0; exit`,
      "a call in each round": `${LOOP("10")}${RETURN}; each: call sub; r0 = 0; exit; sub: r0 = 1; exit`,
      "a record taken and given back in each round": `${LOOP("10")}${RETURN}; each: r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r1 = r0; r2 = 0; call bpf_ringbuf_discard; e: r0 = 0; exit`,
      "a lock taken and given back in each round": `${LOOP("10")}${RETURN}; each: r6 = value lock; r1 = r6; r1 += 4; call bpf_spin_lock; r1 = r6; r1 += 4; call bpf_spin_unlock; r0 = 0; exit`,
      "a record held around it": `r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto out; r6 = r0; ${LOOP("10")}r1 = r6; r2 = 0; call bpf_ringbuf_discard; out: ${RETURN}; each: r0 = 0; exit`,
    },
    {
      "zero after one round": `*(u64 *)(r10 -8) = 1; ${LOOP("1000", AT)}r6 = *(u64 *)(r10 -8); if r6 == 1 goto a; r0 = *(u64 *)(r9 +0); a: ${RETURN}; each: *(u64 *)(r2 +0) = 0; r0 = 0; exit`,
      "a counter that grows": `*(u64 *)(r10 -8) = 0; ${LOOP("100", AT)}${RETURN}; each: r1 = *(u64 *)(r2 +0); r3 = value array64; r3 += r1; *(u8 *)(r3 +0) = 1; r1 += 1; *(u64 *)(r2 +0) = r1; r0 = 0; exit`,
      "bad in the tenth round": `*(u64 *)(r10 -8) = 0; ${LOOP("100", AT)}${RETURN}; each: r1 = *(u64 *)(r2 +0); r1 += 1; *(u64 *)(r2 +0) = r1; if r1 == 10 goto e; r0 = 0; exit; e: r0 = r9; exit`,
      "a lock that stays": `${LOOP("10")}${RETURN}; each: r6 = value lock; r1 = r6; r1 += 4; call bpf_spin_lock; r0 = 0; exit`,
      "while a lock is held": `r6 = value lock; r1 = r6; r1 += 4; call bpf_spin_lock; ${LOOP("10")}r1 = r6; r1 += 4; call bpf_spin_unlock; ${RETURN}; each: r0 = 0; exit`,
      "a frame too many": `call f1; exit; ${times(6, (i) => `f${i + 1}: call f${i + 2}; exit`)}; f7: ${LOOP("10")}${RETURN}; each: call f8; r0 = 0; exit; f8: r0 = 0; exit`,
      "an iterator left open in each round": `${LOOP("10")}${RETURN}; each: ${NEW()}r0 = 0; exit`,
    },
  )
  .rule(
    "eight frames with a callback",
    {
      "just fit": `call f1; exit; ${times(5, (i) => `f${i + 1}: call f${i + 2}; exit`)}; f6: ${LOOP("10")}${RETURN}; each: r0 = 0; exit`,
    },
    {},
  )
  .rule(
    "sleeping later",
    {},
    {
      "in a timer": `${value("timer")}r1 = r0; r1 += 8; r2 = func fired; call bpf_timer_set_callback${OUT}; fired: r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; r0 = 0; exit`,
    },
    { type: "syscall", flags: 16 },
  )
  .rule(
    "work that sleeps",
    {
      "in a work queue": `${value("work")}r1 = r0; r1 += 8; r2 = func done; r3 = 0; r4 = 0; call kfunc bpf_wq_set_callback_impl${OUT}; done: r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; r0 = 0; exit`,
    },
    {},
    { type: "syscall", flags: 16 },
  );

/** A global `sub` of the context. */
function globalOfContext(types: BtfBuilder) {
  const int = types.int("int", 4, { signed: true });
  const context = types.pointer(types.struct("__sk_buff", 4, [{ name: "len", type: int, bitOffset: 0 }]));
  const prototype = types.prototype(int, [{ name: "ctx", type: context }]);
  return { main: types.function("main", prototype, "global"), sub: types.function("sub", prototype, "global") };
}

export const changes = new Rules("calls", { type: "sched_cls", functions: globalOfContext });
const PACKET = "r7 = *(u32 *)(r1 +76); r8 = *(u32 *)(r1 +80); r2 = r7; r2 += 14; if r2 > r8 goto out; ";
changes.rule(
  "packets and global functions",
  {
    "one that does not change it": `r6 = r1; ${PACKET}r1 = r6; call sub; r1 = *(u8 *)(r7 +0)${OUT}; sub: r0 = *(u32 *)(r1 +0); exit`,
    reloaded: `r6 = r1; call sub; r1 = r6; ${PACKET}r1 = *(u8 *)(r7 +0)${OUT}; sub: r2 = 0; call bpf_skb_pull_data; r0 = 0; exit`,
    "with preemption off": `r6 = r1; call kfunc bpf_preempt_disable; r1 = r6; call sub; call kfunc bpf_preempt_enable${OUT}; sub: r0 = 0; exit`,
    "in a section": `r6 = r1; call kfunc bpf_rcu_read_lock; r1 = r6; call sub; call kfunc bpf_rcu_read_unlock${OUT}; sub: r0 = 0; exit`,
    "with interrupts off": `r6 = r1; r1 = r10; r1 += -8; call kfunc bpf_local_irq_save; r1 = r6; call sub; r1 = r10; r1 += -8; call kfunc bpf_local_irq_restore${OUT}; sub: r0 = 0; exit`,
    "with a record": `r6 = r1; r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto out; r7 = r0; r1 = r6; call sub; r1 = r7; r2 = 0; call bpf_ringbuf_discard${OUT}; sub: r0 = 0; exit`,
  },
  {
    "one that pulls": `r6 = r1; ${PACKET}r1 = r6; call sub; r1 = *(u8 *)(r7 +0)${OUT}; sub: r2 = 0; call bpf_skb_pull_data; r0 = 0; exit`,
    "one that pulls on a path": `r6 = r1; ${PACKET}r1 = r6; call sub; r1 = *(u8 *)(r7 +0)${OUT}; sub: r2 = *(u32 *)(r1 +0); r0 = 0; if r2 == 0 goto e; r2 = 0; call bpf_skb_pull_data; e: r0 = 0; exit`,
    "one that calls tails (6.14)": `r6 = r1; ${PACKET}r1 = r6; call sub; r1 = *(u8 *)(r7 +0)${OUT}; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
    "while a lock is held": `r6 = r1; r7 = value lock; r1 = r7; r1 += 4; call bpf_spin_lock; r1 = r6; call sub; r1 = r7; r1 += 4; call bpf_spin_unlock${OUT}; sub: r0 = 0; exit`,
  },
);
