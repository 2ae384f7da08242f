/** Sections of code: RCU, no preemption, no interrupts. */

import { refuse } from "../refusal.ts";
import { MEM_RCU, PTR_MAYBE_NULL, PTR_UNTRUSTED } from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import type { KfuncCall } from "./call.ts";
import { inTreeCallback } from "./graph.ts";
import { endProtectedIterators } from "./iterators.ts";

/** What RCU protects is there: in its section, under a lock, and in all programs that do not sleep. */
export function inRcuSection(walk: Walk): boolean {
  const { state } = walk;
  return state.activeRcuLocks > 0 || state.activeLocks > 0 || !state.inSleepable;
}

/** Begins and ends sections, and refuses what may sleep in them. */
export function checkSections(walk: Walk, call: KfuncCall): void {
  checkRcu(walk, call);
  checkPreemption(walk, call);
  if (walk.state.activeIrqId !== 0 && call.flags.sleepable)
    refuse(`kernel func ${call.name} is sleepable within IRQ-disabled region`);
}

function checkRcu(walk: Walk, call: KfuncCall): void {
  const { state, era } = walk;
  const locks = call.name === "bpf_rcu_read_lock";
  const unlocks = call.name === "bpf_rcu_read_unlock";
  if (state.activeRcuLocks > 0 && (locks || unlocks) && inTreeCallback(walk))
    refuse("Calling bpf_rcu_read_{lock,unlock} in unnecessary rbtree callback");
  if (locks) {
    if (state.activeRcuLocks > 0 && era < 619) refuse(`nested rcu read lock (kernel function ${call.name})`, "EINVAL");
    state.activeRcuLocks++;
  } else if (unlocks) {
    if (state.activeRcuLocks === 0) refuse(`unmatched rcu read unlock (kernel function ${call.name})`, "EINVAL");
    state.activeRcuLocks--;
    if (state.activeRcuLocks === 0) forgetProtected(walk);
  } else if (state.activeRcuLocks > 0 && call.flags.sleepable)
    refuse(`kernel func ${call.name} is sleepable within rcu_read_lock region`);
}

/** Outside of the section they may be gone. */
function forgetProtected(walk: Walk): void {
  walk.mapRegisters((reg) => {
    if ((reg.type & MEM_RCU) === 0) return reg;
    const to = reg.copy();
    to.type = (to.type & ~(MEM_RCU | PTR_MAYBE_NULL)) | PTR_UNTRUSTED;
    return to;
  });
  endProtectedIterators(walk.state);
}

function checkPreemption(walk: Walk, call: KfuncCall): void {
  const { state } = walk;
  if (call.name === "bpf_preempt_disable") state.activePreemptLocks++;
  else if (call.name === "bpf_preempt_enable") {
    if (state.activePreemptLocks === 0) refuse(`unmatched attempt to enable preemption (kernel function ${call.name})`, "EINVAL");
    state.activePreemptLocks--;
  } else if (state.activePreemptLocks > 0 && call.flags.sleepable)
    refuse(`kernel func ${call.name} is sleepable within non-preemptible region`);
}
