/** Where a helper may be called: which programs have it, and in which sections of code. */

import { HELPER, helperName } from "../../uapi/helpers.ts";
import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";
import type { HelperPrototype } from "../target.ts";
import type { Walk } from "../walk/walk.ts";

type Answer = ReturnType<Program["target"]["helper"]>;

/** Prototypes that were asked for, by program: each call of the same helper asks again. */
const known = new WeakMap<Program, Map<number, Answer>>();

/** The prototype of helper `id`; refuses those that this program may not call at all. */
export function prototypeOf(program: Program, id: number): HelperPrototype {
  let ofProgram = known.get(program);
  if (ofProgram === undefined) {
    ofProgram = new Map();
    known.set(program, ofProgram);
  }
  let answer = ofProgram.get(id);
  if (answer === undefined) {
    answer = program.target.helper(id, program.type, program.attachType, program);
    ofProgram.set(id, answer);
  }
  if (typeof answer === "object") return answer;
  if (answer === "not-here") refuse("helper call is not allowed in probe", "EINVAL");
  if (answer === "unknown" && id !== 0) refuse(`invalid func unknown#${id}`, "EINVAL");
  const name = `${id === 0 ? "bpf_unspec" : (helperName(id) ?? "unknown")}#${id}`;
  refuse(program.era < 610 ? `unknown func ${name}` : `program of this type cannot use helper ${name}`, "EINVAL");
}

/** Whether what runs now may sleep. */
export function maySleep(walk: Walk): boolean {
  if (walk.state.inSleepable) return true;
  // Until callbacks of sleepable programs were told apart, all their code counted.
  return walk.era < 618 && walk.program.sleepable;
}

/** Nothing but the unlock is called while a lock is held. Asked before anything else of a call. */
export function checkLocksAllow(walk: Walk, id: number): void {
  if (walk.state.activeLocks > 0 && id !== HELPER.bpf_spin_unlock) {
    refuse("function calls are not allowed while holding a lock", "EINVAL");
  }
}

/** `helper` may be called here and now. */
export function checkCallAllowed(walk: Walk, helper: HelperPrototype): void {
  const { program, state, era } = walk;
  const { id, name } = helper;
  if (helper.gplOnly && !program.gpl) {
    refuse("cannot call GPL-restricted function from non-GPL compatible program", "EINVAL");
  }
  if (!helper.mightSleep) return;
  if (!maySleep(walk)) refuse("helper call might sleep in a non-sleepable prog", "EINVAL");
  if (era < 602) return;
  if (state.activeRcuLocks > 0) refuse(`sleepable helper ${name}#${id} in rcu_read_lock region`, "EINVAL");
  if (state.activePreemptLocks > 0) refuse(`sleepable helper ${name}#${id} in non-preemptible region`, "EINVAL");
  if (state.activeIrqId !== 0) refuse(`sleepable helper ${name}#${id} in IRQ-disabled region`, "EINVAL");
}
