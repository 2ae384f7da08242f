/**
 * Whether all that may happen from one state may happen from another that was walked to its end: then it need not be walked.
 * The kernel's `states_equal`.
 */

import { UNKNOWN } from "../numbers/bounds.ts";
import { same, within } from "../numbers/compare.ts";
import type { Frame } from "../state/frame.ts";
import { ADD_CONST, type Reg, scalar } from "../state/register.ts";
import {
  kindAt,
  SLOT_DYNPTR,
  SLOT_INVALID,
  SLOT_IRQ_FLAG,
  SLOT_ITER,
  SLOT_MISC,
  SLOT_SPILL,
  SLOT_ZERO,
  type Slot,
} from "../state/slot.ts";
import type { State } from "../state/state.ts";
import {
  baseType,
  NOT_INIT,
  PTR_TO_ARENA,
  PTR_TO_BUF,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  PTR_TO_TP_BUFFER,
  SCALAR,
} from "../state/types.ts";
import type { IdMap } from "./ids.ts";

/**
 * How alike: what was relied on (`NOT_EXACT`), everything within (`RANGE_WITHIN`: what was relied on is not known yet), or
 * everything the same (`EXACT`).
 */
export const NOT_EXACT = 0;
export const RANGE_WITHIN = 1;
export const EXACT = 2;
export type Likeness = typeof NOT_EXACT | typeof RANGE_WITHIN | typeof EXACT;

/** What the comparison needs beside the states. */
export interface Comparison {
  readonly ids: IdMap;
  readonly lastId: number;
  /** Registers that are live before an instruction, one bit each. */
  readonly liveRegisters: Uint16Array;
  /** Bytes of stack that nothing was written to may be read (`allow_uninit_stack`; 6.3). */
  readonly readsUninitialised: boolean;
  /** Told when that made two states the same. */
  readonly conditions: { readsUnwritten: boolean };
}

/** @param old was walked from the same instruction. Its `difference` is where they differ when they do. */
export function statesEqual(how: Comparison, old: State, cur: State, likeness: Likeness): boolean {
  const depth = old.frames.length;
  const likely = old.difference;
  old.difference = -1;
  if (depth !== cur.frames.length || old.inSleepable !== cur.inSleepable) return false;
  how.ids.reset(how.lastId);
  // What comes next mostly differs where the one before did. What differs by itself differs whatever stands for what.
  if (likely >= 0) {
    if (differsAt(how, old, cur, likeness, likely)) {
      old.difference = likely;
      return false;
    }
    how.ids.reset(how.lastId);
  }
  if (!heldSame(how.ids, old, cur)) return false;
  for (let number = 0; number < depth; number++) {
    const before = old.frames[number]!;
    const now = cur.frames[number]!;
    if (before.callsite !== now.callsite || before.callbackDepth > now.callbackDepth) return false;
    const at = number + 1 < depth ? old.frames[number + 1]!.callsite : old.slot;
    const live = how.liveRegisters[at]!;
    for (let left = live; left !== 0; left &= left - 1) {
      const index = 31 - Math.clz32(left & -left);
      if (regSafe(how.ids, before.regs[index]!, now.regs[index]!, likeness)) continue;
      old.difference = (number << FRAME_SHIFT) | index;
      return false;
    }
    const length = before.stack.length;
    for (let index = 0; index < length; index++) {
      if (stackSafeAt(how, before, now, index, likeness)) continue;
      old.difference = (number << FRAME_SHIFT) | IN_STACK | index;
      return false;
    }
  }
  noteUnwritten(how, old, cur);
  return true;
}

// A place in a state: a register or stack slot of a frame.
const IN_STACK = 1 << 6;
const FRAME_SHIFT = 7;

export interface Place {
  /** Number of the frame. */
  readonly frame: number;
  readonly inStack: boolean;
  /** Of the register, or of the stack slot: 0 is that below the frame pointer. */
  readonly index: number;
}

/** @param difference `State.difference` of a state that `statesEqual` found to differ. Null: what it holds differs, or the calls. */
export function placeAt(difference: number): Place | null {
  if (difference < 0) return null;
  return { frame: difference >> FRAME_SHIFT, inStack: (difference & IN_STACK) !== 0, index: difference & (IN_STACK - 1) };
}

function differsAt(how: Comparison, old: State, cur: State, likeness: Likeness, place: number): boolean {
  const number = place >> FRAME_SHIFT;
  const index = place & (IN_STACK - 1);
  const before = old.frames[number]!;
  const now = cur.frames[number]!;
  if ((place & IN_STACK) !== 0) return index < before.stack.length && !stackSafeAt(how, before, now, index, likeness);
  const at = number + 1 < old.frames.length ? old.frames[number + 1]!.callsite : old.slot;
  const live = (how.liveRegisters[at]! >>> index) & 1;
  return live !== 0 && !regSafe(how.ids, before.regs[index]!, now.regs[index]!, likeness);
}

function noteUnwritten({ conditions, readsUninitialised }: Comparison, old: State, cur: State): void {
  if (conditions.readsUnwritten || !readsUninitialised) return;
  for (let number = 0; number < old.frames.length; number++) {
    if (lacks(old.frames[number]!, cur.frames[number]!)) conditions.readsUnwritten = true;
  }
}

/** Whether something on the stack is read later that was written on the old path alone. */
function lacks(old: Frame, cur: Frame): boolean {
  for (let index = 0; index < old.stack.length; index++) {
    const { kinds } = old.stack[index]!;
    const now = cur.stack[index]?.kinds ?? 0;
    if (kinds === now || kinds === 0) continue;
    for (let i = 0; i < 8; i++) {
      if (kindAt(kinds, i) !== SLOT_INVALID && kindAt(now, i) === SLOT_INVALID) return true;
    }
  }
  return false;
}

/** References, locks and regions (`refsafe`). */
function heldSame(ids: IdMap, old: State, cur: State): boolean {
  if (
    old.references.length !== cur.references.length ||
    old.activeLocks !== cur.activeLocks ||
    old.activePreemptLocks !== cur.activePreemptLocks ||
    old.activeRcuLocks !== cur.activeRcuLocks ||
    old.activeLockOf !== cur.activeLockOf ||
    !ids.same(old.activeIrqId, cur.activeIrqId) ||
    !ids.same(old.activeLockId, cur.activeLockId)
  )
    return false;
  for (let at = 0; at < old.references.length; at++) {
    const before = old.references[at]!;
    const now = cur.references[at]!;
    if (before.kind !== now.kind || before.lockOf !== now.lockOf || !ids.same(before.id, now.id)) return false;
  }
  return true;
}

/** Everything but ids and what later checks found: what `memcmp` up to `id` compares in the kernel. */
function sameShape(old: Reg, cur: Reg): boolean {
  return (
    old.type === cur.type &&
    old.off === cur.off &&
    old.map === cur.map &&
    old.mapUid === cur.mapUid &&
    old.range === cur.range &&
    old.memSize === cur.memSize &&
    old.btf === cur.btf &&
    old.btfId === cur.btfId &&
    old.dynptrType === cur.dynptrType &&
    old.dynptrId === cur.dynptrId &&
    old.firstSlot === cur.firstSlot &&
    old.subprogram === cur.subprogram
  );
}

/** The same, up to ids that stand for each other (`regs_exact`). */
export function exactlySame(ids: IdMap, old: Reg, cur: Reg): boolean {
  return (
    sameShape(old, cur) &&
    (old.bounds === cur.bounds || same(old.bounds, cur.bounds)) &&
    ids.same(old.id, cur.id) &&
    ids.same(old.refId, cur.refId)
  );
}

/** Whether `cur` is safe wherever `old` was (`regsafe`). */
function regSafe(ids: IdMap, old: Reg, cur: Reg, likeness: Likeness): boolean {
  if (likeness === EXACT) return exactlySame(ids, old, cur);
  if (old.type === NOT_INIT) return true;
  if (old.type !== cur.type) return false;
  switch (baseType(old.type)) {
    case SCALAR:
      if (!old.precise && likeness === NOT_EXACT) return true;
      // Differences from a linked number mean what they meant only when the new one differs as much.
      if (old.id !== 0 && (old.id & ADD_CONST) !== (cur.id & ADD_CONST)) return false;
      if ((old.id & ADD_CONST) !== 0 && old.off !== cur.off) return false;
      return ids.sameNumber(old.id, cur.id, ADD_CONST) && within(old.bounds, cur.bounds);
    case PTR_TO_MAP_KEY:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MEM:
    case PTR_TO_BUF:
    case PTR_TO_TP_BUFFER:
      return sameShape(old, cur) && within(old.bounds, cur.bounds) && ids.same(old.id, cur.id) && ids.same(old.refId, cur.refId);
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET:
      if (old.range < 0 || cur.range < 0 ? old.range !== cur.range : old.range > cur.range) return false;
      return old.off === cur.off && ids.same(old.id, cur.id) && within(old.bounds, cur.bounds);
    case PTR_TO_STACK:
      return exactlySame(ids, old, cur) && old.frame === cur.frame;
    case PTR_TO_ARENA:
      return true;
    default:
      return exactlySame(ids, old, cur);
  }
}

const UNBOUND = scalar(UNKNOWN);

/** The number that a load of the whole slot gives, when it gives one. */
function numberIn(how: Comparison, slot: Slot): Reg | null {
  if (slot.kinds === WHOLE_SPILL) return slot.reg.type === SCALAR ? slot.reg : null;
  for (let i = 0; i < 8; i++) {
    const kind = kindAt(slot.kinds, i);
    if (kind !== SLOT_MISC && !(kind === SLOT_INVALID && how.readsUninitialised)) return null;
  }
  return UNBOUND;
}

const WHOLE_SPILL = 0x11111111;

/** One slot of the stack. Slots that the old state did not have are not compared: it did not use them (`stacksafe`). */
function stackSafeAt(how: Comparison, old: Frame, cur: Frame, index: number, likeness: Likeness): boolean {
  const before = old.stack[index]!;
  const now = cur.stack[index];
  // Ids in a spilled register must still agree with the rest.
  if (before === now) return before.reg.type === NOT_INIT || regSafe(how.ids, before.reg, before.reg, likeness);
  if (likeness !== NOT_EXACT && (now === undefined || before.kinds !== now.kinds)) return false;
  return slotSafe(how, before, now, likeness);
}

function slotSafe(how: Comparison, old: Slot, cur: Slot | undefined, likeness: Likeness): boolean {
  if (old.kinds === 0) return true;
  if (cur !== undefined && old.kinds === cur.kinds) {
    if (old.kinds === WHOLE_SPILL) return regSafe(how.ids, old.reg, cur.reg, likeness);
    // Bytes of nothing more than bytes.
    if (kindAt(old.kinds, 7) === SLOT_MISC || kindAt(old.kinds, 7) === SLOT_ZERO) return true;
  }
  const before = numberIn(how, old);
  const now = cur === undefined ? null : numberIn(how, cur);
  if (before !== null && now !== null) {
    if (before === UNBOUND && how.readsUninitialised) return true;
    return regSafe(how.ids, before, now, likeness);
  }
  for (let i = 0; i < 8; i++) {
    const kind = kindAt(old.kinds, i);
    if (kind === SLOT_INVALID || (kind === SLOT_MISC && how.readsUninitialised)) continue;
    if (cur === undefined) return false;
    const other = kindAt(cur.kinds, i);
    if (kind === SLOT_MISC && other === SLOT_ZERO) continue;
    if (kind !== other) return false;
  }
  if (cur === undefined) return true;
  switch (kindAt(old.kinds, 7)) {
    case SLOT_SPILL:
      return regSafe(how.ids, old.reg, cur.reg, likeness);
    case SLOT_DYNPTR:
      return (
        old.reg.dynptrType === cur.reg.dynptrType &&
        old.reg.firstSlot === cur.reg.firstSlot &&
        how.ids.same(old.reg.refId, cur.reg.refId)
      );
    case SLOT_ITER:
      // How deep it is walked does not matter: else no loop would ever be the same again.
      return (
        old.reg.type === cur.reg.type &&
        old.reg.btf === cur.reg.btf &&
        old.reg.btfId === cur.reg.btfId &&
        old.reg.iterState === cur.reg.iterState &&
        how.ids.same(old.reg.refId, cur.reg.refId)
      );
    case SLOT_IRQ_FLAG:
      return old.reg.irqClass === cur.reg.irqClass && how.ids.same(old.reg.refId, cur.reg.refId);
    default:
      return true;
  }
}

/** Whether the registers of the frame that runs are the same to the bit, ids too: a quick look for endless loops (`states_maybe_looping`). */
export function mayBeLooping(old: State, cur: State): boolean {
  if (old.frames.length !== cur.frames.length) return false;
  const before = old.frame.regs;
  const now = cur.frame.regs;
  for (let index = 0; index <= 10; index++) {
    const a = before[index]!;
    const b = now[index]!;
    if (a === b) continue;
    if (!sameShape(a, b) || a.id !== b.id || a.refId !== b.refId || !same(a.bounds, b.bounds)) return false;
  }
  return true;
}

/** Iterators that are walked were walked another number of times (`iter_active_depths_differ`). */
export function iterationsDiffer(old: State, cur: State): boolean {
  return old.frames.some(({ stack }, number) =>
    stack.some(
      ({ kinds, reg }, index) =>
        kindAt(kinds, 0) === SLOT_ITER &&
        reg.iterState === ITERATOR_ACTIVE &&
        cur.frames[number]?.stack[index]?.reg.iterDepth !== reg.iterDepth,
    ),
  );
}

const ITERATOR_ACTIVE = 1;
