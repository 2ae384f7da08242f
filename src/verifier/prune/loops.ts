/** Loops that the verifier walks until nothing new comes: iterators, callbacks, may_goto. */

import type { Reg } from "../state/register.ts";
import { UNKNOWN_SCALAR } from "../state/register.ts";
import { SLOT_SPILL, Slot } from "../state/slot.ts";
import type { State } from "../state/state.ts";
import { SCALAR } from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import { exactlySame } from "./equal.ts";
import { exploredOf } from "./explored.ts";
import { IdMap } from "./ids.ts";

/** The state that was stored when this loop's head was last reached on this path, or null (`find_prev_entry`). */
export function findPreviousEntry(walk: Walk, state: State, slot: number): State | null {
  const stored = exploredOf(walk).at(slot, state.frame.callsite);
  for (let at = stored.length - 1; at >= 0; at--) {
    const found = stored[at]!.state;
    // Some of its paths are not walked yet: this one came through it.
    if (found.branches > 0 && sameCalls(found, state) && found.depth < state.depth) return found;
  }
  return null;
}

/** Whether both came through the same calls (`same_callsites`). */
export function sameCalls(a: State, b: State): boolean {
  const depth = a.frames.length;
  if (depth !== b.frames.length) return false;
  for (let number = 0; number < depth; number++) {
    if (a.frames[number]!.callsite !== b.frames[number]!.callsite) return false;
  }
  return true;
}

/** Numbers that changed since and that nobody relied on become unknown, so that the next round is the same (`widen_imprecise_scalars`). */
export function widenImprecise(walk: Walk, previous: State, state: State): void {
  const ids = new IdMap();
  ids.reset(walk.facts.lastId);
  for (let number = previous.frames.length - 1; number >= 0; number--) {
    const before = previous.frames[number]!;
    const now = state.frames[number]!;
    for (let index = 0; index <= 10; index++) {
      if (mayWiden(ids, before.regs[index]!, now.regs[index]!)) now.regs[index] = UNKNOWN_SCALAR;
    }
    const count = Math.min(before.stack.length, now.stack.length);
    for (let index = 0; index < count; index++) {
      const old = before.stack[index]!;
      const cur = now.stack[index]!;
      if (old.kinds >>> 28 !== SLOT_SPILL || cur.kinds >>> 28 !== SLOT_SPILL) continue;
      if (mayWiden(ids, old.reg, cur.reg)) now.stack[index] = new Slot(cur.kinds, UNKNOWN_SCALAR);
    }
  }
}

function mayWiden(ids: IdMap, old: Reg, cur: Reg): boolean {
  return old.type === SCALAR && cur.type === SCALAR && !old.precise && !cur.precise && !exactlySame(ids, old, cur);
}
