/** Paths that need not be walked again: the kernel's `is_state_visited`. */

import { printFrame } from "../print/frame.ts";
import { refuse } from "../refusal.ts";
import type { State } from "../state/state.ts";
import { pushStep } from "../walk/history.ts";
import type { Walk } from "../walk/walk.ts";
import { cleanFinished } from "./clean.ts";
import { addBackEdge, enterLoop, isIncomplete, leaveLoop } from "./components.ts";
import { EXACT, iterationsDiffer, type Likeness, mayBeLooping, NOT_EXACT, RANGE_WITHIN, statesEqual } from "./equal.ts";
import { type Explored, exploredOf, type LoopKind, type Stored } from "./explored.ts";
import { forgetPrecision, propagatePrecision } from "./precision.ts";

/** Steps of a path that are kept before a state must be stored. */
const LONGEST_HISTORY = 40;
const ITERATOR_ACTIVE = 1;

/**
 * True: what is known now was walked before from here. Else it is stored for later, now and then.
 * @throws Refused when the path came back to where it was with nothing changed: it would never end.
 */
export function isVisited(walk: Walk): boolean {
  const { state, slot, flow, facts } = walk;
  const explored = exploredOf(walk);
  const force = walk.program.storesEachState || flow.forceCheckpoint[slot] !== 0 || state.steps > LONGEST_HISTORY;
  let add = force || (facts.jumps - explored.jumpsBefore >= 2 && facts.processed - explored.processedBefore >= 8);
  const stored = explored.at(slot, state.frame.callsite);
  explored.longest = Math.max(explored.longest, stored.length);
  cleanFinished(walk, stored, state);
  const kind = stored.length === 0 ? "plain" : explored.kindOf(walk, slot);
  // The newest first: a loop comes back to what it just was.
  for (let at = stored.length - 1; at >= 0; at--) {
    const entry = stored[at]!;
    const old = entry.state;
    let found: "no" | "yes" | "loop" = "no";
    if (old.branches > 0) {
      found = inProgress(walk, explored, old, kind);
      if (found === "no" && !force && facts.jumps - explored.jumpsBefore < 20 && facts.processed - explored.processedBefore < 100)
        // Rounds of a loop differ, so storing each helps nobody.
        add = false;
    } else {
      const loop = isIncomplete(old);
      if (isLike(walk, explored, old, loop ? RANGE_WITHIN : NOT_EXACT)) found = loop ? "loop" : "yes";
    }
    if (found !== "no") {
      entry.hits++;
      if (flow.jumpPoint[slot] !== 0) pushStep(walk, 0, null);
      propagatePrecision(walk, old, state, slot);
      if (found === "loop") addBackEdge(walk, old, state);
      return true;
    }
    if (add) entry.misses++;
    // A state that is never met again only costs time. Heads of loops wait longer, else iterators never converge.
    const patience = flow.forceCheckpoint[slot] !== 0 && old.branches > 0 ? 64 : 3;
    if (entry.misses > entry.hits * patience + patience) explored.evict(stored, at);
  }
  if (add) store(walk, explored, stored);
  return false;
}

/** What is known of a state whose paths are not all walked to their end: this path came through it. */
function inProgress(walk: Walk, explored: Explored, old: State, kind: LoopKind): "no" | "yes" | "loop" {
  const { state, slot } = walk;
  const { comparison } = explored;
  const frame = old.frame;
  if (frame.inAsyncCallback && frame.asyncEntries !== state.frame.asyncEntries) return "no";
  switch (kind) {
    case "iterator-next":
      return isLike(walk, explored, old, RANGE_WITHIN) && iteratorIsActive(state) ? "loop" : "no";
    case "callback":
      if (!isLike(walk, explored, old, RANGE_WITHIN)) return "no";
      return walk.program.target.callbacksAreLoops ? "loop" : "yes";
    case "may-goto":
      if (old.mayGotoDepth !== state.mayGotoDepth && statesEqual(comparison, old, state, RANGE_WITHIN)) return "loop";
      break;
    default:
  }
  if (
    mayBeLooping(old, state) &&
    statesEqual(comparison, old, state, EXACT) &&
    !iterationsDiffer(old, state) &&
    old.mayGotoDepth === state.mayGotoDepth &&
    old.callbackUnrollDepth === state.callbackUnrollDepth
  ) {
    const now = printFrame(state, state.frame, null, walk.era);
    const before = printFrame(old, old.frame, null, walk.era);
    const states = walk.era >= 605 ? `\ncur state:${now}\nold state:${before}` : "";
    refuse(`infinite loop detected at insn ${slot}${states}`, "EINVAL");
  }
  return "no";
}

/** Whether this path needs no walking if `old` needed none. When it does, a profile is told why. */
function isLike({ state, slot, facts }: Walk, { comparison }: Explored, old: State, likeness: Likeness): boolean {
  const like = statesEqual(comparison, old, state, likeness);
  if (!like) facts.differences?.note(old, state, slot);
  return like;
}

/** The iterator that r1 points at, of the frame that calls its next. */
function iteratorIsActive(state: State): boolean {
  const reg = state.frame.regs[1]!;
  const index = (-(reg.off + reg.bounds.valueLo) - 1) >> 3;
  return state.frames[reg.frame]?.stack[index]?.reg.iterState === ITERATOR_ACTIVE;
}

function store(walk: Walk, explored: Explored, stored: Stored[]): void {
  const { state, slot, facts } = walk;
  explored.jumpsBefore = facts.jumps;
  explored.processedBefore = facts.processed;
  forgetPrecision(state);
  const kept = state.copy();
  kept.slot = slot;
  state.parent = kept;
  state.firstSlot = slot;
  state.history = null;
  state.steps = 0;
  state.depth = kept.depth + 1;
  walk.step = null;
  stored.push({ state: kept, hits: 0, misses: 0, cleaned: false });
  explored.stored();
  enterLoop(walk, explored, kept);
}

/** The path that is walked ends: states that nothing goes on from any more are finished (`update_branch_counts`). */
export function endPath(walk: Walk): void {
  for (let state: State | null = walk.state; state !== null; state = state.parent) {
    state.branches--;
    if (state.branches > 0) return;
    leaveLoop(walk, state);
  }
}

/** Of one walk: states that were kept in all, the most at one time, and the most at one instruction. */
export function statisticsOf(walk: Walk): { readonly total: number; readonly peak: number; readonly longest: number } {
  const { total, peak, longest } = exploredOf(walk);
  return { total, peak, longest };
}
