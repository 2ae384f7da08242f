/** Comparing packet pointers with the end of the packet: how far the packet is proven to reach. */

import { isZero } from "../numbers/bounds.ts";
import type { Frame } from "../state/frame.ts";
import type { Reg } from "../state/register.ts";
import { SLOT_SPILL, Slot } from "../state/slot.ts";
import type { State } from "../state/state.ts";
import { PTR_TO_PACKET, PTR_TO_PACKET_END, PTR_TO_PACKET_META } from "../state/types.ts";
import { JGE, JGT, JLE, JLT } from "./branches.ts";

/** No packet is longer (`MAX_PACKET_OFF`). */
export const LONGEST_PACKET = 0xffff;
/** `Reg.range` of a pointer that is known to be beyond the end, or at the end or beyond it. */
const BEYOND_END = -2;
const AT_END = -1;

/** The condition with its operands exchanged. */
function flipped(condition: number): number {
  switch (condition) {
    case JGT:
      return JLT;
    case JLT:
      return JGT;
    case JGE:
      return JLE;
    case JLE:
      return JGE;
    default:
      return condition;
  }
}

/** A pointer that was found at or beyond the end is there still: 1 taken, 0 not, -1 unknown (`is_pkt_ptr_branch_taken`). */
export function packetBranchTaken(left: Reg, right: Reg, condition: number): number {
  const leftIsEnd = left.type === PTR_TO_PACKET_END;
  if (right.type !== PTR_TO_PACKET_END && !leftIsEnd) return -1;
  const exchanged = right.type !== PTR_TO_PACKET_END;
  const packet = exchanged ? right : left;
  const asked = exchanged ? flipped(condition) : condition;
  if (packet.range >= 0) return -1;
  if (asked === JLE || asked === JGT) return packet.range === BEYOND_END ? (asked === JGT ? 1 : 0) : -1;
  if (asked === JLT || asked === JGE) return asked === JGE ? 1 : 0;
  return -1;
}

/**
 * What `pointer <condition> end` proves on both paths, `here` where it does not hold and `there` where it does. Metadata is
 * compared with the start of the packet in the same way.
 */
export function matchPacketPointers(condition: number, dst: number, src: number, here: State, there: State): void {
  const left = here.frame.regs[dst]!;
  const right = here.frame.regs[src]!;
  const straight = endsAt(left, right);
  if (!straight && !endsAt(right, left)) return;
  const pointer = straight ? left : right;
  const index = straight ? dst : src;
  switch (straight ? condition : flipped(condition)) {
    case JGT: // pointer > end
      prove(here, pointer, false);
      markEnd(there, index, BEYOND_END);
      break;
    case JLE:
      prove(there, pointer, false);
      markEnd(here, index, BEYOND_END);
      break;
    case JGE:
      prove(here, pointer, true);
      markEnd(there, index, AT_END);
      break;
    case JLT:
      prove(there, pointer, true);
      markEnd(here, index, AT_END);
      break;
  }
}

/** Whether `end` bounds what `pointer` may reach. */
function endsAt(pointer: Reg, end: Reg): boolean {
  if (pointer.type === PTR_TO_PACKET) return end.type === PTR_TO_PACKET_END;
  return pointer.type === PTR_TO_PACKET_META && end.type === PTR_TO_PACKET && end.id === 0 && end.off === 0 && isZero(end.bounds);
}

/**
 * All pointers that differ from this one by constants alone may reach as far (`find_good_pkt_pointers`).
 * @param below whether the pointer is below the end, and not at it: one byte more.
 */
function prove(state: State, pointer: Reg, below: boolean): void {
  if (pointer.off < 0 || (pointer.off === 0 && below)) return;
  const { bounds } = pointer;
  // Beyond the longest packet a sum might have wrapped.
  if (bounds.umaxHi !== 0 || (bounds.umaxLo >>> 0) + pointer.off > LONGEST_PACKET) return;
  const range = pointer.off + (below ? 1 : 0);
  for (const frame of state.frames) proveIn(frame, pointer, range);
}

function proveIn({ regs, stack }: Frame, { type, id }: Reg, range: number): void {
  for (let index = 0; index < regs.length; index++) {
    const reg = regs[index]!;
    if (reg.type === type && reg.id === id && reg.range < range) regs[index] = reaching(reg, range);
  }
  for (let index = 0; index < stack.length; index++) {
    const { kinds, reg } = stack[index]!;
    if (kinds >>> 28 === SLOT_SPILL && reg.type === type && reg.id === id && reg.range < range)
      stack[index] = new Slot(kinds, reaching(reg, range));
  }
}

function reaching(reg: Reg, range: number): Reg {
  const to = reg.copy();
  to.range = range;
  return to;
}

/** Only pointers into the packet are remembered, not into its metadata. */
function markEnd(state: State, index: number, range: number): void {
  const { regs } = state.frame;
  const reg = regs[index]!;
  if (reg.type === PTR_TO_PACKET) regs[index] = reaching(reg, range);
}
