/** Stores to the stack: spills, which keep what is known of a register, and plain data. */

import { type Bounds, isConstant, isZero, signedConstant } from "../numbers/bounds.ts";
import { markPrecise } from "../prune/precision.ts";
import { refuse } from "../refusal.ts";
import type { Frame } from "../state/frame.ts";
import { ADD_CONST, type Reg, scalar, UNINITIALISED, ZERO_SCALAR } from "../state/register.ts";
import { everyKind, kindAt, SLOT_INVALID, SLOT_MISC, SLOT_SPILL, SLOT_ZERO, Slot, withKind } from "../state/slot.ts";
import { BASE_TYPE, CONST_PTR_TO_DYNPTR, NOT_INIT, PTR_TO_STACK, PTR_TO_TP_BUFFER, SCALAR } from "../state/types.ts";
import { FRAME_POINTER, type Walk } from "../walk/walk.ts";
import { fixedPart, highest, isFixed, lowest, widthOf } from "./offset.ts";
import { checkStackBounds } from "./stack-bounds.ts";
import { destroyDynptr, holdsSpill, scrubbedIfSpecial } from "./stack-slots.ts";

const CLASS_AND_MODE = 0xe7;
/** `BPF_ST | BPF_MEM`. */
const STORE_IMMEDIATE = 0x62;

const WHOLE_SPILL = everyKind(SLOT_SPILL);

/**
 * `check_stack_write`.
 *
 * @param off with `Reg.off`.
 * @param value the register that is stored, or -1: the immediate of the instruction, or something (atomics).
 */
export function storeToStack(walk: Walk, index: number, off: number, size: number, value: number): void {
  const frame = checkStackBounds(walk, index, off, size, "write");
  const { bounds } = walk.reg(index);
  if (isFixed(bounds)) storeAt(walk, frame, off + fixedPart(bounds), size, value);
  else storeSomewhere(walk, frame, lowest(bounds) + off, highest(bounds) + off + size, value);
}

/** Hot: a spill of a register makes one slot. Alignment is checked, so the bytes lie in one slot. */
function storeAt(walk: Walk, frame: Frame, off: number, size: number, value: number): void {
  const { era } = walk;
  const distance = -off - 1;
  const index = distance >> 3;
  destroyDynptr(walk, frame, index);
  walk.touched.slot(index);
  if (size === 8) walk.markStackWrite(frame.number, index);
  const slot = frame.stack[index]!;
  const atStart = (off & 7) === 0;
  const immediate = value < 0 && storesImmediate(walk);
  let reg = value >= 0 ? walk.reg(value) : null;
  if (
    reg !== null &&
    atStart &&
    reg.type === SCALAR &&
    (era >= 609 || (isBounded(reg.bounds) && (era >= 608 || !isZero(reg.bounds))))
  ) {
    // Before 6.8 precision was traced back through stores to the frame pointer only.
    if (era < 608 && walk.program.code.dst[walk.slot] !== FRAME_POINTER) {
      markPrecise(walk, value);
      reg = walk.reg(value);
    }
    frame.stack[index] = new Slot(spillKinds(slot.kinds, size, era), spilledScalar(walk, value, reg, size));
  } else if (immediate && atStart && (era >= 608 || walk.program.code.imm[walk.slot] !== 0)) {
    const imm = walk.program.code.imm[walk.slot]!;
    frame.stack[index] = new Slot(spillKinds(slot.kinds, size, era), imm === 0 ? ZERO_SCALAR : scalar(signedConstant(imm)));
  } else if (reg !== null && isSpillable(reg.type)) {
    if (size !== 8) refuse("invalid size of register spill");
    if (frame !== walk.frame && reg.type === PTR_TO_STACK) {
      refuse("cannot spill pointers to stack into stack frame of the caller", "EINVAL");
    }
    frame.stack[index] = new Slot(WHOLE_SPILL, reg);
  } else {
    let kind = SLOT_MISC;
    if (reg === null ? immediate && walk.program.code.imm[walk.slot] === 0 : reg.type === SCALAR && isZero(reg.bounds)) {
      // That it is zero is not traced back through the stack: the register must be zero on every path that is taken for this.
      if (value >= 0) markPrecise(walk, value);
      kind = SLOT_ZERO;
    }
    let kinds = scrubbedIfSpecial(slot.kinds, era);
    for (let i = 0; i < size; i++) kinds = withKind(kinds, (distance - i) & 7, kind);
    frame.stack[index] = new Slot(kinds, UNINITIALISED);
    return;
  }
  walk.noteStackAccess(frame.number, index);
}

/** What a spilled number is remembered as; the register that is spilled gets an id, so that what is learned of one holds for both. */
function spilledScalar(walk: Walk, value: number, reg: Reg, size: number): Reg {
  if (widthOf(reg.bounds) > size * 8) {
    if (reg.id === 0) return reg;
    const cut = reg.copy();
    cut.id = 0;
    return cut;
  }
  if (walk.era < 609) return reg;
  return linkScalar(walk, value, reg);
}

/** `assign_scalar_id_before_mov`: gives the register of a number an id to share with a copy. */
function linkScalar(walk: Walk, value: number, reg: Reg): Reg {
  const added = (reg.id & ADD_CONST) !== 0;
  const constant = isConstant(reg.bounds);
  if (!added && (reg.id !== 0 || constant)) return reg;
  const linked = reg.copy();
  linked.id = constant ? 0 : walk.nextId();
  linked.off = 0;
  walk.setReg(value, linked);
  return linked;
}

/** The kinds of a slot that holds a spill of `size` bytes. */
function spillKinds(before: number, size: number, era: number): number {
  if (size === 8) return WHOLE_SPILL;
  let kinds = before;
  for (let i = 7; i >= 8 - size; i--) kinds = withKind(kinds, i, SLOT_SPILL);
  for (let i = 7 - size; i >= 0; i--) {
    const kind = kindAt(kinds, i);
    // Zeroes beside the spill are kept since 6.8.
    if (kind !== SLOT_INVALID && !(kind === SLOT_ZERO && era >= 608)) kinds = withKind(kinds, i, SLOT_MISC);
  }
  return kinds;
}

/** At a variable offset: whatever lies in the range may have been overwritten, or not. */
function storeSomewhere(walk: Walk, frame: Frame, first: number, end: number, value: number): void {
  const { era } = walk;
  const { stack } = frame;
  const reg = value >= 0 ? walk.reg(value) : null;
  const zero =
    reg !== null
      ? reg.type === SCALAR && isZero(reg.bounds)
      : era >= 603 && storesImmediate(walk) && walk.program.code.imm[walk.slot] === 0;
  let zeroUsed = false;
  for (let off = first; off < end; off++) destroyDynptr(walk, frame, (-off - 1) >> 3);
  for (let off = first; off < end; off++) {
    const distance = -off - 1;
    const slot = stack[distance >> 3]!;
    walk.touched.slot(distance >> 3);
    const kind = kindAt(slot.kinds, distance & 7);
    if (era >= 608 && zero && kind === SLOT_SPILL && holdsSpill(slot) && slot.reg.type === SCALAR && isZero(slot.reg.bounds)) {
      zeroUsed = true;
      continue;
    }
    const kinds = era >= 604 ? scrubbedIfSpecial(slot.kinds, era) : slot.kinds;
    // The kind is that after scrubbing, which leaves zeroes of slots that were not special.
    const stays = zero && kindAt(kinds, distance & 7) === SLOT_ZERO;
    if (stays) zeroUsed = true;
    stack[distance >> 3] = new Slot(withKind(kinds, distance & 7, stays ? SLOT_ZERO : SLOT_MISC), UNINITIALISED);
  }
  if (zeroUsed && value >= 0) markPrecise(walk, value);
}

/** Whether the instruction stores its immediate. */
function storesImmediate(walk: Walk): boolean {
  return (walk.program.code.opcode[walk.slot]! & CLASS_AND_MODE) === STORE_IMMEDIATE;
}

/** Pointers that keep what they are on the stack (`is_spillable_regtype`); others become plain data. */
function isSpillable(type: number): boolean {
  const base = type & BASE_TYPE;
  return base !== SCALAR && base !== NOT_INIT && base !== PTR_TO_TP_BUFFER && base !== CONST_PTR_TO_DYNPTR;
}

/** Anything is known of it. Numbers of which nothing is known are spilled since 6.9. */
function isBounded(bounds: Bounds): boolean {
  return !(
    (bounds.maskLo & bounds.maskHi) === -1 &&
    bounds.sminHi === -0x80000000 &&
    bounds.sminLo === 0 &&
    bounds.smaxHi === 0x7fffffff &&
    bounds.smaxLo === -1 &&
    (bounds.uminLo | bounds.uminHi) === 0 &&
    (bounds.umaxLo & bounds.umaxHi) === -1 &&
    bounds.s32min === -0x80000000 &&
    bounds.s32max === 0x7fffffff &&
    bounds.u32min === 0 &&
    bounds.u32max === -1
  );
}
