/** What is not live any more is taken out of finished states, so that more are the same as they. */

import { UNINITIALISED } from "../state/register.ts";
import { EMPTY_SLOT } from "../state/slot.ts";
import type { State } from "../state/state.ts";
import type { Walk } from "../walk/walk.ts";
import { isIncomplete } from "./components.ts";
import type { Stored } from "./explored.ts";
import { sameCalls } from "./loops.ts";

/** @param stored of the instruction that is walked; those that have the calls of `cur` may be compared next. */
export function cleanFinished(walk: Walk, stored: readonly Stored[], cur: State): void {
  for (const entry of stored) {
    const { state } = entry;
    if (entry.cleaned || state.branches > 0 || !sameCalls(state, cur) || isIncomplete(state)) continue;
    clean(walk, state);
    entry.cleaned = true;
  }
}

function clean(walk: Walk, state: State): void {
  const { frames } = state;
  const { liveness } = walk;
  liveness.ask(state, state.slot);
  for (let number = 0; number < frames.length; number++) {
    const at = number + 1 < frames.length ? frames[number + 1]!.callsite : state.slot;
    const live = walk.flow.liveRegisters[at]!;
    const { regs, stack } = frames[number]!;
    for (let index = 0; index < 10; index++) if (((live >>> index) & 1) === 0) regs[index] = UNINITIALISED;
    for (let index = 0; index < stack.length; index++) if (!liveness.isLive(number, index)) stack[index] = EMPTY_SLOT;
  }
}
