/**
 * Loops that are left only when all their paths are walked. A state inside one does not know yet what matters, as the rest of
 * the loop may still rely on it; so states are compared in full there, and what mattered is carried along the way back until
 * nothing changes, once the loop is done. Linux 6.17, kernel/bpf/verifier.c (`struct bpf_scc_visit`).
 */

import type { LoopVisit, State } from "../state/state.ts";
import type { Walk } from "../walk/walk.ts";
import type { Explored } from "./explored.ts";
import { markAllPrecise, propagatePrecision } from "./precision.ts";

/** Rounds in which marks are carried around before everything is marked. */
const MOST_ROUNDS = 64;

/** The calls that lead to the outermost loop that a state is in, and which loop it is; null: it is in none. */
function keyOf(walk: Walk, state: State, slot: number): string | null {
  const { component } = walk.flow;
  const { frames } = state;
  let key = "";
  for (let number = 0; number < frames.length; number++) {
    const at = number + 1 < frames.length ? frames[number + 1]!.callsite : slot;
    const loop = component[at] ?? 0;
    if (loop !== 0) return `${key}${loop}`;
    key += `${at},`;
  }
  return null;
}

/** A state was stored. */
export function enterLoop(walk: Walk, explored: Explored, state: State): void {
  if (!walk.flow.hasLoops) return;
  const key = keyOf(walk, state, state.slot);
  if (key === null) return;
  let visit = explored.loops.get(key);
  if (visit === undefined) {
    visit = { entry: state, backEdges: [] };
    explored.loops.set(key, visit);
  } else visit.entry ??= state;
  state.loop = visit;
}

/** All paths from a stored state are walked. */
export function leaveLoop(walk: Walk, state: State): void {
  const visit = state.loop;
  if (visit === null || visit.entry !== state) return;
  visit.entry = null;
  carryAround(walk, visit);
}

/** Whether what matters in a state is not known yet. */
export function isIncomplete(state: State): boolean {
  return state.loop !== null && state.loop.backEdges.length > 0;
}

export function addBackEdge(walk: Walk, equal: State, state: State): void {
  const visit = equal.loop;
  const back = state.copy();
  back.slot = walk.slot;
  // No loop was seen to lead here: nothing will come after that could carry marks.
  if (visit === null) markAllPrecise(back);
  else visit.backEdges.push({ state: back, equal });
}

function carryAround(walk: Walk, visit: LoopVisit): void {
  for (let round = 0, changed = true; changed; round++) {
    changed = false;
    if (round > MOST_ROUNDS) {
      for (const { state } of visit.backEdges) markAllPrecise(state);
      break;
    }
    for (const { state, equal } of visit.backEdges) {
      if (propagatePrecision(walk, equal, state, state.slot)) changed = true;
    }
  }
  visit.backEdges = [];
}
