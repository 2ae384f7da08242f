/** Loads from the stack: fills, which give back what was spilled, and plain data. */

import { isZero } from "../numbers/bounds.ts";
import { bitsText } from "../print/numbers.ts";
import { refuse } from "../refusal.ts";
import type { Frame } from "../state/frame.ts";
import { type Reg, UNKNOWN_SCALAR, ZERO_SCALAR } from "../state/register.ts";
import { kindAt, SLOT_INVALID, SLOT_MISC, SLOT_SPILL, SLOT_ZERO, type Slot } from "../state/slot.ts";
import { SCALAR } from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import { fixedPart, highest, isFixed, lowest, widthOf } from "./offset.ts";
import { checkStackBounds } from "./stack-bounds.ts";
import { checkStackRange } from "./stack-range.ts";
import { holdsSpill } from "./stack-slots.ts";

/** What the verifier of 6.1 makes of zeroes: it does not trace through the stack that they are. */
const PRECISE_ZERO: Reg = (() => {
  const reg = ZERO_SCALAR.copy();
  reg.precise = true;
  return reg;
})();

/**
 * `check_stack_read`: puts what is loaded in register `value`, as if all eight bytes of a spill were; the caller narrows it.
 *
 * @param off with `Reg.off`.
 * @param value -1: only whether it may be read.
 */
export function loadFromStack(walk: Walk, index: number, off: number, size: number, value: number): void {
  const { bounds } = walk.reg(index);
  const frame = checkStackBounds(walk, index, off, size, "read");
  if (isFixed(bounds)) {
    loadFrom(walk, frame, off + fixedPart(bounds), size, value);
    return;
  }
  if (value < 0) {
    const variable = bitsText(bounds, walk.era);
    refuse(`variable offset stack pointer cannot be passed into helper function; var_off=${variable} off=${off} size=${size}`);
  }
  checkStackRange(walk, index, off, size, false, "instruction", null);
  walk.setReg(value, plain(walk, frame, lowest(bounds) + off, highest(bounds) + off + size));
}

/** Hot: a fill of all that was spilled allocates nothing. Alignment is checked, so the bytes lie in one slot. */
function loadFrom(walk: Walk, frame: Frame, off: number, size: number, value: number): void {
  const index = (-off - 1) >> 3;
  const slot = frame.stack[index]!;
  walk.touched.slot(index);
  walk.markStackRead(frame.number, index);
  if (!holdsSpill(slot)) {
    checkReadable(walk, slot, off, size, false, true);
    if (value >= 0) walk.setReg(value, plain(walk, frame, off, off + size));
    return;
  }
  const { reg } = slot;
  const spilled = spillSize(slot.kinds);
  if (size === 8 && spilled === 8) {
    if (value >= 0) walk.setReg(value, reg);
  } else {
    if (reg.type !== SCALAR) refuse("invalid size of register fill");
    if (value < 0) return;
    const narrow = walk.era >= 609 ? size <= spilled : size === spilled;
    if (narrow && (off & 7) === 0) {
      walk.setReg(value, walk.era >= 609 && widthOf(reg.bounds) > size * 8 ? unlinked(reg) : reg);
    } else if (!loadParts(walk, slot, off, size, value)) return;
  }
  walk.noteStackAccess(frame.number, index);
}

/** A part of what was spilled, or more than it. True when it is a fill: what it gives depends on what was spilled. */
function loadParts(walk: Walk, slot: Slot, off: number, size: number, value: number): boolean {
  checkReadable(walk, slot, off, size, walk.era < 608, false);
  let spilled = 0;
  let zeroes = 0;
  for (let i = 0; i < size; i++) {
    const kind = kindAt(slot.kinds, (-off - 1 - i) & 7);
    if (kind === SLOT_SPILL) spilled++;
    else if (kind === SLOT_ZERO) zeroes++;
  }
  if (walk.era >= 608) {
    if (spilled === size && isZero(slot.reg.bounds)) {
      walk.setReg(value, ZERO_SCALAR);
      return true;
    }
    if (zeroes === size) {
      walk.setReg(value, ZERO_SCALAR);
      return false;
    }
  }
  walk.setReg(value, UNKNOWN_SCALAR);
  return false;
}

/** Refuses bytes of dynptrs, iterators and flags. What was not written may be read. */
function checkReadable(walk: Walk, slot: Slot, off: number, size: number, zeroRefused: boolean, spillRefused: boolean): void {
  const { conditions } = walk.facts;
  if (slot.kinds === 0) {
    conditions.readsUnwritten = true;
    return;
  }
  for (let i = 0; i < size; i++) {
    const kind = kindAt(slot.kinds, (-off - 1 - i) & 7);
    const readable = kind === SLOT_ZERO ? !zeroRefused : kind === SLOT_SPILL ? !spillRefused : kind <= SLOT_MISC;
    if (kind === SLOT_INVALID) conditions.readsUnwritten = true;
    if (!readable) refuse(`invalid read from stack off ${off}+${i} size ${size}`);
  }
}

/** Plain data: zero, or something (`mark_reg_stack_read`). */
function plain(walk: Walk, frame: Frame, first: number, end: number): Reg {
  for (let off = first; off < end; off++) {
    const distance = -off - 1;
    walk.touched.slot(distance >> 3);
    if (kindAt(frame.stack[distance >> 3]!.kinds, distance & 7) !== SLOT_ZERO) return UNKNOWN_SCALAR;
  }
  return walk.era >= 608 ? ZERO_SCALAR : PRECISE_ZERO;
}

function spillSize(kinds: number): number {
  let size = 1;
  while (size < 8 && kindAt(kinds, 7 - size) === SLOT_SPILL) size++;
  return size;
}

/** The same number, without its ties to equal ones. */
function unlinked(reg: Reg): Reg {
  if (reg.id === 0) return reg;
  const to = reg.copy();
  to.id = 0;
  to.off = 0;
  return to;
}
