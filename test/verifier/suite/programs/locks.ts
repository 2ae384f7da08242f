/** Spin locks, and what is forbidden while one is held. */

import { Rules } from "../case.ts";
import { lookup, OUT, value } from "./text.ts";

export const locks = new Rules("locks", { type: "sched_cls" });

const LOCK = "r1 = r6; r1 += 4; call bpf_spin_lock; ";
const UNLOCK = "r1 = r6; r1 += 4; call bpf_spin_unlock; ";
/** r6 is a value with a lock at byte 4. */
const VALUE = `${value("lock")}r6 = r0; `;

locks
  .rule(
    "lock and unlock",
    {
      "nothing between": `${VALUE}${LOCK}${UNLOCK}${OUT}`,
      "a counter between": `${VALUE}${LOCK}r1 = *(u32 *)(r6 +0); r1 += 1; *(u32 *)(r6 +0) = r1; ${UNLOCK}${OUT}`,
      "twice, one after the other": `${VALUE}${LOCK}${UNLOCK}${LOCK}${UNLOCK}${OUT}`,
      "unlocked on both paths": `${VALUE}${LOCK}r1 = *(u32 *)(r6 +0); if r1 == 0 goto a; ${UNLOCK}goto out; a: ${UNLOCK}${OUT}`,
      "by the address of a value": `r6 = value lock; ${LOCK}${UNLOCK}r0 = 0; exit`,
      "of a hash": `${value("lock_hash")}r6 = r0; ${LOCK}${UNLOCK}${OUT}`,
      "unlocked through a copy": `${VALUE}r7 = r6; ${LOCK}r1 = r7; r1 += 4; call bpf_spin_unlock${OUT}`,
      "unlocked in a function": `${VALUE}${LOCK}r1 = r6; call sub${OUT}; sub: r1 += 4; call bpf_spin_unlock; r0 = 0; exit`,
      "jump inside": `${VALUE}${LOCK}r1 = *(u32 *)(r6 +0); if r1 == 0 goto a; r1 += 1; a: ${UNLOCK}${OUT}`,
      "a loop inside": `${VALUE}${LOCK}r7 = 0; a: r7 += 1; if r7 < 5 goto a; ${UNLOCK}${OUT}`,
    },
    {
      "not unlocked": `${VALUE}${LOCK}${OUT}`,
      "not unlocked on a path": `${VALUE}${LOCK}r1 = *(u32 *)(r6 +0); if r1 == 0 goto out; ${UNLOCK}${OUT}`,
      "not locked": `${VALUE}${UNLOCK}${OUT}`,
      "unlocked twice": `${VALUE}${LOCK}${UNLOCK}${UNLOCK}${OUT}`,
      "locked twice": `${VALUE}${LOCK}${LOCK}${UNLOCK}${OUT}`,
      "two locks": `${VALUE}${value("lock2")}r7 = r0; ${LOCK}r1 = r7; r1 += 4; call bpf_spin_lock; r1 = r7; r1 += 4; call bpf_spin_unlock; ${UNLOCK}${OUT}`,
      "another lock unlocked": `${VALUE}${value("lock2")}r7 = r0; ${LOCK}r1 = r7; r1 += 4; call bpf_spin_unlock${OUT}`,
      "the same map's, of another lookup, unlocked": `${VALUE}${value("lock")}r7 = r0; ${LOCK}r1 = r7; r1 += 4; call bpf_spin_unlock${OUT}`,
      "the wrong place": `${VALUE}r1 = r6; call bpf_spin_lock; r1 = r6; call bpf_spin_unlock${OUT}`,
      "a variable place": `${VALUE}r7 = *(u32 *)(r6 +0); r7 &= 4; r1 = r6; r1 += r7; call bpf_spin_lock; ${UNLOCK}${OUT}`,
      "a value without a lock": `${value("array48")}r6 = r0; ${LOCK}${UNLOCK}${OUT}`,
      "the stack": `*(u64 *)(r10 -8) = 0; r6 = r10; r6 += -8; ${LOCK}${UNLOCK}r0 = 0; exit`,
      "a value that may be null": `${lookup("lock")}r1 = r0; call bpf_spin_lock; r0 = 0; exit`,
      "a number": `r1 = 0; call bpf_spin_lock; r0 = 0; exit`,
      "not unlocked by a function": `${VALUE}${LOCK}r1 = r6; call sub${OUT}; sub: r0 = 0; exit`,
    },
  )
  .rule(
    "while it is held",
    {},
    {
      "a helper": `${VALUE}${LOCK}call bpf_ktime_get_ns; ${UNLOCK}${OUT}`,
      "a lookup": `${VALUE}${LOCK}*(u32 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map array8; call bpf_map_lookup_elem; ${UNLOCK}${OUT}`,
      "a global function": `${VALUE}${LOCK}${UNLOCK}${LOCK}${OUT}`,
      "a tail call": `r7 = r1; ${VALUE}${LOCK}r1 = r7; r2 = map programs; r3 = 0; call bpf_tail_call; ${UNLOCK}${OUT}`,
      exit: `${VALUE}${LOCK}r0 = 0; exit; out: r0 = 0; exit`,
      "a ring buffer record": `${VALUE}${LOCK}r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; ${UNLOCK}${OUT}`,
    },
  )
  .rule(
    "calls while it is held",
    { "a static function": `${VALUE}${LOCK}r1 = 1; call sub; ${UNLOCK}${OUT}; sub: r0 = 0; exit` },
    {
      "a helper in a static function": `${VALUE}${LOCK}r1 = 1; call sub; ${UNLOCK}${OUT}; sub: call bpf_ktime_get_ns; r0 = 0; exit`,
    },
  )
  .rule(
    "the lock itself",
    { "beside it": `${VALUE}r1 = *(u32 *)(r6 +0); r1 = *(u32 *)(r6 +8)${OUT}` },
    {
      read: `${VALUE}r1 = *(u32 *)(r6 +4)${OUT}`,
      written: `${VALUE}*(u32 *)(r6 +4) = 0${OUT}`,
      "read with others": `${VALUE}r1 = *(u64 *)(r6 +0)${OUT}`,
      "a byte of it": `${VALUE}r1 = *(u8 *)(r6 +7)${OUT}`,
      atomic: `${VALUE}r1 = 1; lock *(u32 *)(r6 +4) += r1${OUT}`,
      "at a variable place": `r7 = r1; ${VALUE}r1 = *(u32 *)(r7 +0); r1 &= 7; r6 += r1; r1 = *(u8 *)(r6 +0)${OUT}`,
      "as a key": `${VALUE}r2 = r6; r1 = map array8; call bpf_map_lookup_elem; r2 = r6; r2 += 4; r1 = map array8; call bpf_map_lookup_elem${OUT}`,
      "overwritten by a helper": `r7 = r1; ${VALUE}r1 = r7; r2 = 0; r3 = r6; r4 = 8; call bpf_skb_load_bytes${OUT}`,
      "as a value of another map": `${VALUE}*(u32 *)(r10 -8) = 0; r2 = r10; r2 += -8; r3 = r6; r4 = 0; r1 = map array8; call bpf_map_update_elem${OUT}`,
    },
  )
  .rule(
    "packet loads",
    {},
    { "while it is held": `r7 = r1; ${VALUE}r8 = r6; ${LOCK}r9 = r6; r6 = r7; r0 = *(u8 *)skb[0]; r6 = r9; ${UNLOCK}${OUT}` },
  );

locks
  .rule("in XDP", { locked: `${VALUE}${LOCK}${UNLOCK}${OUT}` }, {}, { type: "xdp" })
  .rule(
    "in cgroup programs",
    { locked: `${VALUE}${LOCK}${UNLOCK}out: r0 = 1; exit` },
    {},
    { type: "cgroup_skb", attachType: "cgroup_inet_ingress" },
  )
  .rule(
    "in filters",
    {},
    { locked: `${VALUE}${LOCK}${UNLOCK}${OUT}`, "a map with a lock": `${lookup("lock")}r0 = 0; exit` },
    { type: "socket_filter" },
  )
  .rule(
    "in kprobes",
    {},
    { locked: `${VALUE}${LOCK}${UNLOCK}${OUT}`, "a map with a lock": `${lookup("lock")}r0 = 0; exit` },
    { type: "kprobe" },
  )
  .rule("in tracepoints", {}, { locked: `${VALUE}${LOCK}${UNLOCK}${OUT}` }, { type: "tracepoint" });

const RES_LOCK = (reg = "r6") => `r1 = ${reg}; r1 += 8; call kfunc bpf_res_spin_lock; `;
const RES_UNLOCK = (reg = "r6") => `r1 = ${reg}; r1 += 8; call kfunc bpf_res_spin_unlock; `;
const RES_VALUE = `${value("res_lock")}r6 = r0; `;

locks
  .rule(
    "resilient locks",
    {
      "taken and given back": `${RES_VALUE}${RES_LOCK()}if r0 != 0 goto out; ${RES_UNLOCK()}${OUT}`,
      two: `${RES_VALUE}${value("res_lock2")}r7 = r0; ${RES_LOCK()}if r0 != 0 goto out; ${RES_LOCK("r7")}if r0 != 0 goto a; ${RES_UNLOCK("r7")}a: ${RES_UNLOCK()}${OUT}`,
      "taken conditionally on the sign": `${RES_VALUE}${RES_LOCK()}if r0 s< 0 goto out; ${RES_UNLOCK()}${OUT}`,
    },
    {
      "not checked": `${RES_VALUE}${RES_LOCK()}${RES_UNLOCK()}${OUT}`,
      "not given back": `${RES_VALUE}${RES_LOCK()}r0 = 0; exit; out: r0 = 0; exit`,
      "given back when it failed": `${RES_VALUE}${RES_LOCK()}if r0 == 0 goto a; a: ${RES_UNLOCK()}${OUT}`,
      "the wrong order": `${RES_VALUE}${value("res_lock2")}r7 = r0; ${RES_LOCK()}if r0 != 0 goto out; ${RES_LOCK("r7")}if r0 != 0 goto a; ${RES_UNLOCK()}${RES_UNLOCK("r7")}goto out; a: ${RES_UNLOCK()}${OUT}`,
      "the same twice": `${RES_VALUE}${RES_LOCK()}if r0 != 0 goto out; ${RES_LOCK()}if r0 != 0 goto a; ${RES_UNLOCK()}a: ${RES_UNLOCK()}${OUT}`,
      "another lock given back": `${RES_VALUE}${value("res_lock2")}r7 = r0; ${RES_LOCK()}if r0 != 0 goto out; ${RES_UNLOCK("r7")}${OUT}`,
      "a helper between": `${RES_VALUE}${RES_LOCK()}if r0 != 0 goto out; call bpf_ktime_get_ns; ${RES_UNLOCK()}${OUT}`,
      "not taken": `${RES_VALUE}${RES_UNLOCK()}${OUT}`,
      "a spin lock for it": `${VALUE}r1 = r6; r1 += 4; call kfunc bpf_res_spin_lock; if r0 != 0 goto out; r1 = r6; r1 += 4; call kfunc bpf_res_spin_unlock${OUT}`,
      "given to bpf_spin_lock": `${RES_VALUE}r1 = r6; r1 += 8; call bpf_spin_lock; r1 = r6; r1 += 8; call bpf_spin_unlock${OUT}`,
      "the wrong place": `${RES_VALUE}r1 = r6; call kfunc bpf_res_spin_lock; if r0 != 0 goto out; r1 = r6; call kfunc bpf_res_spin_unlock${OUT}`,
      read: `${RES_VALUE}r1 = *(u32 *)(r6 +8)${OUT}`,
    },
  )
  .rule(
    "resilient locks with interrupts off",
    {
      "taken and given back": `${RES_VALUE}r1 = r6; r1 += 8; r2 = r10; r2 += -16; call kfunc bpf_res_spin_lock_irqsave; if r0 != 0 goto out; r1 = r6; r1 += 8; r2 = r10; r2 += -16; call kfunc bpf_res_spin_unlock_irqrestore${OUT}`,
    },
    {
      "given back without the flags": `${RES_VALUE}r1 = r6; r1 += 8; r2 = r10; r2 += -16; call kfunc bpf_res_spin_lock_irqsave; if r0 != 0 goto out; ${RES_UNLOCK()}${OUT}`,
      "flags of interrupts restored": `${RES_VALUE}r1 = r6; r1 += 8; r2 = r10; r2 += -16; call kfunc bpf_res_spin_lock_irqsave; if r0 != 0 goto out; r1 = r10; r1 += -16; call kfunc bpf_local_irq_restore${OUT}`,
      "flags of other interrupts": `${RES_VALUE}r1 = r10; r1 += -16; call kfunc bpf_local_irq_save; r1 = r6; r1 += 8; r2 = r10; r2 += -16; call kfunc bpf_res_spin_unlock_irqrestore${OUT}`,
      "not given back": `${RES_VALUE}r1 = r6; r1 += 8; r2 = r10; r2 += -16; call kfunc bpf_res_spin_lock_irqsave${OUT}`,
    },
  );

// ── interrupts, preemption, RCU: the same shape ───────────────────────────────────────────────────────────────────────

export const irq = new Rules("irq", { type: "sched_cls" });
const SAVE = (at = -8) => `r1 = r10; r1 += ${at}; call kfunc bpf_local_irq_save; `;
const RESTORE = (at = -8) => `r1 = r10; r1 += ${at}; call kfunc bpf_local_irq_restore; `;
const RETURN = "r0 = 0; exit";

irq
  .rule(
    "interrupts",
    {
      "saved and restored": `${SAVE()}${RESTORE()}${RETURN}`,
      nested: `${SAVE()}${SAVE(-16)}${RESTORE(-16)}${RESTORE()}${RETURN}`,
      again: `${SAVE()}${RESTORE()}${SAVE()}${RESTORE()}${RETURN}`,
      "restored in a function": `${SAVE()}r1 = r10; r1 += -8; call sub; ${RETURN}; sub: call kfunc bpf_local_irq_restore; r0 = 0; exit`,
      "a helper between": `${SAVE()}call bpf_ktime_get_ns; ${RESTORE()}${RETURN}`,
      "on both paths": `r6 = *(u32 *)(r1 +0); ${SAVE()}if r6 == 0 goto a; ${RESTORE()}goto b; a: ${RESTORE()}b: ${RETURN}`,
    },
    {
      "not restored": `${SAVE()}${RETURN}`,
      "not saved": `${RESTORE()}${RETURN}`,
      "restored twice": `${SAVE()}${RESTORE()}${RESTORE()}${RETURN}`,
      "in the wrong order": `${SAVE()}${SAVE(-16)}${RESTORE()}${RESTORE(-16)}${RETURN}`,
      "only the inner restored": `${SAVE()}${SAVE(-16)}${RESTORE(-16)}${RETURN}`,
      "saved twice in the same place": `${SAVE()}${SAVE()}${RESTORE()}${RETURN}`,
      "the flags overwritten": `${SAVE()}*(u64 *)(r10 -8) = 0; ${RESTORE()}${RETURN}`,
      "the flags partly overwritten": `${SAVE()}*(u8 *)(r10 -4) = 0; ${RESTORE()}${RETURN}`,
      "the flags read": `${SAVE()}r2 = *(u64 *)(r10 -8); ${RESTORE()}${RETURN}`,
      "the flags copied": `${SAVE()}r2 = *(u64 *)(r10 -8); *(u64 *)(r10 -16) = r2; ${RESTORE(-16)}${RETURN}`,
      misplaced: `${SAVE(-12)}${RESTORE(-12)}${RETURN}`,
      "in a value": `r1 = value array48; call kfunc bpf_local_irq_save; ${RETURN}`,
      "on one path only": `r6 = *(u32 *)(r1 +0); ${SAVE()}if r6 == 0 goto b; ${RESTORE()}b: ${RETURN}`,
      "a number": `r1 = 0; call kfunc bpf_local_irq_save; ${RETURN}`,
      "left open in a function": `call sub; ${RETURN}; sub: ${SAVE()}r0 = 0; exit`,
      "a variable place": `r6 = *(u32 *)(r1 +0); r6 &= 8; r1 = r10; r1 += -16; r1 += r6; call kfunc bpf_local_irq_save; ${RETURN}`,
    },
  )
  .rule(
    "preemption",
    {
      "off and on": `call kfunc bpf_preempt_disable; call kfunc bpf_preempt_enable; ${RETURN}`,
      nested: `call kfunc bpf_preempt_disable; call kfunc bpf_preempt_disable; call kfunc bpf_preempt_enable; call kfunc bpf_preempt_enable; ${RETURN}`,
      "a helper between": `call kfunc bpf_preempt_disable; call bpf_ktime_get_ns; call kfunc bpf_preempt_enable; ${RETURN}`,
      "in a static function": `call sub; call kfunc bpf_preempt_enable; ${RETURN}; sub: call kfunc bpf_preempt_disable; r0 = 0; exit`,
    },
    {
      "not on": `call kfunc bpf_preempt_disable; ${RETURN}`,
      "not off": `call kfunc bpf_preempt_enable; ${RETURN}`,
      "one too few": `call kfunc bpf_preempt_disable; call kfunc bpf_preempt_disable; call kfunc bpf_preempt_enable; ${RETURN}`,
      "on one path": `r6 = *(u32 *)(r1 +0); call kfunc bpf_preempt_disable; if r6 == 0 goto a; call kfunc bpf_preempt_enable; a: ${RETURN}`,
      "a tail call": `r6 = r1; call kfunc bpf_preempt_disable; r1 = r6; r2 = map programs; r3 = 0; call bpf_tail_call; call kfunc bpf_preempt_enable; ${RETURN}`,
      "a packet load": `r6 = r1; call kfunc bpf_preempt_disable; r0 = *(u8 *)skb[0]; call kfunc bpf_preempt_enable; ${RETURN}`,
      "left off by a function": `call sub; ${RETURN}; sub: call kfunc bpf_preempt_disable; r0 = 0; exit`,
    },
  )
  .rule(
    "preemption of sleepers",
    { "off and on": `call kfunc bpf_preempt_disable; call kfunc bpf_preempt_enable; ${RETURN}` },
    {
      "a helper that sleeps": `call kfunc bpf_preempt_disable; r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; call kfunc bpf_preempt_enable; ${RETURN}`,
      "interrupts off and a helper that sleeps": `${SAVE()}r1 = r10; r1 += -16; r2 = 8; r3 = 0; call bpf_copy_from_user; ${RESTORE()}${RETURN}`,
    },
    { type: "syscall", flags: 16 },
  );

export const rcu = new Rules("rcu", { type: "syscall", flags: 16 });
rcu
  .rule(
    "sections",
    {
      "opened and closed": `call kfunc bpf_rcu_read_lock; call kfunc bpf_rcu_read_unlock; ${RETURN}`,
      two: `call kfunc bpf_rcu_read_lock; call kfunc bpf_rcu_read_unlock; call kfunc bpf_rcu_read_lock; call kfunc bpf_rcu_read_unlock; ${RETURN}`,
      "a helper between": `call kfunc bpf_rcu_read_lock; call bpf_ktime_get_ns; call kfunc bpf_rcu_read_unlock; ${RETURN}`,
      "opened in a function": `call sub; call kfunc bpf_rcu_read_unlock; ${RETURN}; sub: call kfunc bpf_rcu_read_lock; r0 = 0; exit`,
    },
    {
      "not closed": `call kfunc bpf_rcu_read_lock; ${RETURN}`,
      "not opened": `call kfunc bpf_rcu_read_unlock; ${RETURN}`,
      "nested (until 6.18)": `call kfunc bpf_rcu_read_lock; call kfunc bpf_rcu_read_lock; call kfunc bpf_rcu_read_unlock; call kfunc bpf_rcu_read_unlock; ${RETURN}`,
      "closed on one path": `r6 = *(u32 *)(r1 +0); call kfunc bpf_rcu_read_lock; if r6 == 0 goto a; call kfunc bpf_rcu_read_unlock; a: ${RETURN}`,
      "a helper that sleeps": `call kfunc bpf_rcu_read_lock; r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; call kfunc bpf_rcu_read_unlock; ${RETURN}`,
      "closed twice": `call kfunc bpf_rcu_read_lock; call kfunc bpf_rcu_read_unlock; call kfunc bpf_rcu_read_unlock; ${RETURN}`,
    },
  )
  .rule("sleeping", { outside: `r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; ${RETURN}` }, {});
rcu.rule(
  "sections of programs that do not sleep",
  { "opened and closed": `call kfunc bpf_rcu_read_lock; call kfunc bpf_rcu_read_unlock; ${RETURN}` },
  {
    "a tail call": `r6 = r1; call kfunc bpf_rcu_read_lock; r1 = r6; r2 = map programs; r3 = 0; call bpf_tail_call; call kfunc bpf_rcu_read_unlock; ${RETURN}`,
    "a packet load": `r6 = r1; call kfunc bpf_rcu_read_lock; r0 = *(u8 *)skb[0]; call kfunc bpf_rcu_read_unlock; ${RETURN}`,
    "a helper that sleeps": `r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; ${RETURN}`,
  },
  { type: "sched_cls", flags: 0 },
);
