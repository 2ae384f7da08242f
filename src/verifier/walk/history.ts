/** The steps of a path, written down so that it can be walked backwards. */

import type { LinkedRegister } from "../state/state.ts";
import type { Walk } from "./walk.ts";

// `Step.flags`. Source: `INSN_F_*` of linux/bpf_verifier.h.
/** A spill or a fill: of frame `(flags & 7)` and stack slot `(flags >> 3) & 63`. */
export const STEP_STACK = 1 << 9;
/** A jump whose right or left operand points to the stack: nothing to trace. */
export const STEP_SRC_STACK = 1 << 10;
export const STEP_DST_STACK = 1 << 11;

export function stepFrame(flags: number): number {
  return flags & 7;
}

export function stepStackSlot(flags: number): number {
  return (flags >> 3) & 63;
}

/** Adds to the step of the instruction that is being walked, or begins it. */
export function pushStep(walk: Walk, flags: number, linked: readonly LinkedRegister[] | null): void {
  const { state, step } = walk;
  if (step === null) {
    state.steps++;
    walk.step = { slot: walk.slot, previous: walk.previous, flags, linked, before: state.history };
  } else {
    const { slot, previous, before } = step;
    walk.step = { slot, previous, flags: step.flags | flags, linked: linked ?? step.linked, before };
  }
  state.history = walk.step;
}
