/** What becomes of stack slots that are overwritten. */

import { refuse } from "../refusal.ts";
import type { Frame } from "../state/frame.ts";
import { UNKNOWN_SCALAR } from "../state/register.ts";
import {
  EMPTY_SLOT,
  kindAt,
  SLOT_DYNPTR,
  SLOT_INVALID,
  SLOT_IRQ_FLAG,
  SLOT_ITER,
  SLOT_MISC,
  SLOT_SPILL,
  type Slot,
  withKind,
} from "../state/slot.ts";
import { DYNPTR_TYPE_RINGBUF, PTR_MAYBE_NULL, PTR_TO_MEM } from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";

/** A register was spilled there: the byte at its lowest address says so. */
export function holdsSpill(slot: Slot): boolean {
  return slot.kinds >>> 28 === SLOT_SPILL;
}

/** The bytes of a slot once what was in it as a whole is gone: something, where there was something. */
export function scrubbed(kinds: number): number {
  let to = kinds;
  for (let i = 0; i < 8; i++) if (kindAt(to, i) !== SLOT_INVALID) to = withKind(to, i, SLOT_MISC);
  return to;
}

/** The same, if data over it destroys it. Before 6.4 dynptrs and iterators kept the kinds of the bytes that were not written. */
export function scrubbedIfSpecial(kinds: number, era: number): number {
  const kind = kinds >>> 28;
  const special = kind === SLOT_SPILL || (era >= 604 && (kind === SLOT_DYNPTR || kind === SLOT_ITER || kind === SLOT_IRQ_FLAG));
  return special ? scrubbed(kinds) : kinds;
}

/**
 * Before a slot is written: a dynptr of which it is half is gone, and so are pointers into its memory. One that holds a
 * reference must be given back first. Since 6.3 (`destroy_if_dynptr_stack_slot`).
 */
export function destroyDynptr(walk: Walk, frame: Frame, index: number): void {
  const { stack } = frame;
  const slot = stack[index]!;
  if ((slot.kinds & 15) !== SLOT_DYNPTR || walk.era < 603) return;
  // The first slot is the one at the lower address.
  const first = slot.reg.firstSlot ? index : index + 1;
  const { reg } = stack[first]!;
  if (reg.dynptrType === DYNPTR_TYPE_RINGBUF) refuse("cannot overwrite referenced dynptr", "EINVAL");
  stack[first] = EMPTY_SLOT;
  stack[first - 1] = EMPTY_SLOT;
  const id = reg.id;
  walk.mapRegisters((other) => {
    const isMemory = other.type === PTR_TO_MEM || other.type === (PTR_TO_MEM | PTR_MAYBE_NULL);
    return isMemory && other.dynptrId === id ? UNKNOWN_SCALAR : other;
  });
  walk.markStackWrite(frame.number, first);
  walk.markStackWrite(frame.number, first - 1);
}
