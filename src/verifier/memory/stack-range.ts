/** A range of stack that is read or written as a whole: by a helper, or at a variable offset. */

import { bitsText } from "../print/numbers.ts";
import { refuse } from "../refusal.ts";
import { UNINITIALISED } from "../state/register.ts";
import { everyKind, kindAt, SLOT_DYNPTR, SLOT_INVALID, SLOT_MISC, SLOT_ZERO, Slot, withKind } from "../state/slot.ts";
import type { Walk } from "../walk/walk.ts";
import { fixedPart, highest, isFixed, lowest } from "./offset.ts";
import type { RawMemory } from "./region.ts";
import { checkStackBounds } from "./stack-bounds.ts";
import { holdsSpill, scrubbed } from "./stack-slots.ts";

/** Who uses the range. */
export type RangeUser = "instruction" | "helper-read" | "helper-write";

const ALL_MISC = everyKind(SLOT_MISC);

/**
 * `check_stack_range_initialized`: nothing in the range is a dynptr, iterator or flag; what a helper may write is something
 * from then on. Privileged programs may read what was not written.
 *
 * @param off with `Reg.off`.
 */
export function checkStackRange(
  walk: Walk,
  index: number,
  off: number,
  size: number,
  zeroAllowed: boolean,
  user: RangeUser,
  raw: RawMemory | null,
): void {
  const { era } = walk;
  if (size === 0 && !zeroAllowed) refuse("invalid zero-sized read");
  const helper = user !== "instruction";
  // Before 6.14 nobody knew which helpers write what they are given.
  const use = helper && era < 614 ? "indirect" : user === "helper-write" ? "write" : "read";
  const clobbers = use !== "read";
  const frame = checkStackBounds(walk, index, off, size, use);
  const { bounds } = walk.reg(index);
  const { stack } = frame;
  const fixed = isFixed(bounds);
  const first = off + (fixed ? fixedPart(bounds) : lowest(bounds));
  const end = size + (fixed ? first : off + highest(bounds));
  // Somewhere in a larger range: what the helper leaves as it was must be initialised.
  if (raw?.rawMode && fixed) {
    if (era >= 604) {
      for (let at = first; at < end; at++) {
        const slot = stack[(-at - 1) >> 3];
        if (slot !== undefined && kindAt(slot.kinds, (-at - 1) & 7) === SLOT_DYNPTR) {
          refuse(`potential write to dynptr at off=${at} disallowed`);
        }
      }
    }
    raw.rawReg = index;
    raw.rawSize = size;
    return;
  }
  for (let at = first; at < end; at++) {
    const distance = -at - 1;
    const number = distance >> 3;
    const slot = stack[number]!;
    const kind = kindAt(slot.kinds, distance & 7);
    if (kind === SLOT_INVALID) walk.facts.conditions.readsUnwritten = true;
    if (kind === SLOT_ZERO || kind === SLOT_INVALID) {
      if (clobbers) stack[number] = new Slot(withKind(slot.kinds, distance & 7, SLOT_MISC), slot.reg);
    } else if (kind !== SLOT_MISC) {
      if (!holdsSpill(slot)) {
        const extra = helper && era < 614 ? " indirect" : "";
        const where = fixed ? `off ${first}` : `var_off ${bitsText(bounds, era)}`;
        refuse(`invalid${extra} read from stack R${index} ${where}+${at - first} size ${size}`);
      }
      if (clobbers) stack[number] = new Slot(scrubbed(slot.kinds), UNINITIALISED);
    }
    walk.markStackRead(frame.number, number);
    // The rest of a slot of plain data needs no look.
    if (slot.kinds === ALL_MISC && (distance & 7) === 7) at += 7;
  }
}
