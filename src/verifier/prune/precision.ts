/**
 * Which numbers mattered. A number is imprecise until something depends on its exact value (an offset, a size, a jump that
 * goes one way only); then it is traced back along the path to where it came from, and states that were stored on the way
 * remember it: only states with numbers within those are the same. The kernel's `mark_chain_precision`.
 */

import type { Reg } from "../state/register.ts";
import { SLOT_SPILL, Slot } from "../state/slot.ts";
import type { State } from "../state/state.ts";
import { SCALAR } from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import { Traced } from "./backtrack.ts";
import { traceInstruction } from "./trace-instruction.ts";

const traced = new Traced();

/** The exact value of a register of the frame that runs was used for safety. */
export function markPrecise(walk: Walk, reg: number): void {
  const { state } = walk;
  if (state.frame.regs[reg]!.type !== SCALAR) return;
  traced.reset(state.frames.length - 1);
  traced.setReg(reg);
  traceBack(walk, state, walk.slot);
}

/** The same of a spilled number in stack slot `index` of frame number `frame`. */
export function markStackPrecise(walk: Walk, frame: number, index: number): void {
  const { state } = walk;
  traced.reset(state.frames.length - 1);
  traced.setSlot(index, frame);
  traceBack(walk, state, walk.slot);
}

/**
 * What mattered in a state that was walked before matters in one that is found to be the same (`propagate_precision`).
 * @param slot where `state` stands.
 * @returns whether any stored state learnt something.
 */
export function propagatePrecision(walk: Walk, before: State, state: State, slot: number): boolean {
  traced.reset(state.frames.length - 1);
  let any = false;
  for (const { number, regs, stack } of before.frames) {
    for (let index = 0; index < 10; index++) {
      const reg = regs[index]!;
      if (reg.type !== SCALAR || !reg.precise) continue;
      traced.setReg(index, number);
      any = true;
    }
    for (let index = 0; index < stack.length; index++) {
      const { kinds, reg } = stack[index]!;
      if (kinds >>> 28 !== SLOT_SPILL || reg.type !== SCALAR || !reg.precise) continue;
      traced.setSlot(index, number);
      any = true;
    }
  }
  return any && traceBack(walk, state, slot);
}

/** Every number of every state that was stored on the path matters: when it cannot be traced where one came from. */
export function markAllPrecise(state: State): boolean {
  let changed = false;
  for (let stored = state.parent; stored !== null; stored = stored.parent) {
    for (const frame of stored.frames) {
      for (let index = 0; index < 10; index++) changed = setPrecise(frame.regs, index) || changed;
      for (let index = 0; index < frame.stack.length; index++) changed = setSlotPrecise(frame.stack, index) || changed;
    }
  }
  return changed;
}

/**
 * From `start` (before which `traced` is wanted) to the first instruction of the state, then to its parents, until nothing is
 * left. The state itself keeps no marks: only stored states are compared.
 */
function traceBack(walk: Walk, from: State, start: number): boolean {
  const { code } = walk.program;
  let state = from;
  let last = start;
  let subsequent = -1;
  let skipFirst = true;
  let changed = false;
  for (;;) {
    let left = state.history;
    if (last < 0) {
      markEntry(state);
      return changed;
    }
    const { firstSlot } = state;
    for (let slot = last; ; ) {
      // What was written down of this instruction is the last of what is left.
      const step = left !== null && left.slot === slot ? left : null;
      if (skipFirst) skipFirst = false;
      else {
        if (!traceInstruction(walk, traced, slot, subsequent, step)) return markAllPrecise(from) || changed;
        if (traced.empty) return changed;
      }
      subsequent = slot;
      // The first since the state's parent.
      if (slot === firstSlot && (left === null || (step !== null && step.before === null))) break;
      const before = step === null ? slot - 1 : step.previous;
      if (step !== null) left = step.before;
      if (before < 0 || before >= code.length) return markAllPrecise(from) || changed;
      slot = before;
    }
    subsequent = firstSlot;
    const { parent } = state;
    if (parent === null) return markAllPrecise(from) || changed;
    state = parent;
    changed = markStored(state) || changed;
    if (traced.empty) return changed;
    last = state.lastSlot;
  }
}

/** Arguments of a global function come from nowhere. */
function markEntry(state: State): void {
  const first = state.frames[0]!;
  for (let index = 1; index <= 5; index++) {
    if (traced.hasReg(index, 0)) setPrecise(first.regs, index);
  }
}

/** Marks what is traced in a stored state. What it has marked already was traced from there before. */
function markStored(state: State): boolean {
  let changed = false;
  for (let number = Math.min(traced.frame, state.frames.length - 1); number >= 0; number--) {
    const { regs, stack } = state.frames[number]!;
    for (let index = 0; index < 10; index++) {
      if (!traced.hasReg(index, number)) continue;
      const reg = regs[index]!;
      if (reg.type !== SCALAR || reg.precise) traced.clearReg(index, number);
      else changed = setPrecise(regs, index) || changed;
    }
    if (!traced.hasSlots(number)) continue;
    for (let index = 0; index < 64; index++) {
      if (!traced.hasSlot(index, number)) continue;
      const slot = stack[index];
      if (slot === undefined || slot.kinds >>> 28 !== SLOT_SPILL || slot.reg.type !== SCALAR || slot.reg.precise)
        traced.clearSlot(index, number);
      else changed = setSlotPrecise(stack, index) || changed;
    }
  }
  return changed;
}

function setPrecise(regs: Reg[], index: number): boolean {
  const reg = regs[index]!;
  if (reg.type !== SCALAR || reg.precise) return false;
  regs[index] = precise(reg);
  return true;
}

function setSlotPrecise(stack: Slot[], index: number): boolean {
  const { kinds, reg } = stack[index]!;
  if (kinds >>> 28 !== SLOT_SPILL || reg.type !== SCALAR || reg.precise) return false;
  stack[index] = new Slot(kinds, precise(reg));
  return true;
}

function precise(reg: Reg): Reg {
  const to = reg.copy();
  to.precise = true;
  return to;
}

/** A state that goes on from a stored one has relied on nothing yet. */
export function forgetPrecision(state: State): void {
  for (const { regs, stack } of state.frames) {
    for (let index = 0; index < 10; index++) {
      const reg = regs[index]!;
      if (reg.precise) regs[index] = imprecise(reg);
    }
    for (let index = 0; index < stack.length; index++) {
      const { kinds, reg } = stack[index]!;
      if (reg.precise) stack[index] = new Slot(kinds, imprecise(reg));
    }
  }
}

function imprecise(reg: Reg): Reg {
  const to = reg.copy();
  to.precise = false;
  return to;
}
