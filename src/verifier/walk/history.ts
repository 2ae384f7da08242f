/** The steps of a path, written down so that it can be walked backwards. */

import type { LinkedRegister, Step } from "../state/state.ts";
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
  const { history } = walk.state;
  const step = walk.step;
  if (step !== null) {
    const merged: Step = { slot: step.slot, previous: step.previous, flags: step.flags | flags, linked: linked ?? step.linked };
    history[history.length - 1] = merged;
    walk.step = merged;
    return;
  }
  const begun: Step = { slot: walk.slot, previous: walk.previous, flags, linked };
  history.push(begun);
  walk.step = begun;
}
