/** Numbers that are copies of one another, or differ by a constant: what is learnt of one is known of all. */

import { alu32, alu64 } from "../numbers/arithmetic.ts";
import { signedConstant } from "../numbers/bounds.ts";
import { ADD_CONST, ADD_CONST_32, type Reg } from "../state/register.ts";
import { SLOT_SPILL, Slot } from "../state/slot.ts";
import type { LinkedRegister, State } from "../state/state.ts";
import { SCALAR } from "../state/types.ts";
import type { Walk } from "./walk.ts";

/** The kernel remembers no more for one jump; further ones are told apart from then on (`LINKED_REGS_MAX`). */
const MOST_LINKED = 6;
const ADD = 0x00;

/** The registers and spilled numbers that share the id of an operand of a jump; null: none has an id. */
export function collectLinked(walk: Walk, right: Reg | null, left: Reg): LinkedRegister[] | null {
  const rightId = right !== null && right.type === SCALAR ? right.id & ~ADD_CONST : 0;
  const leftId = left.type === SCALAR ? left.id & ~ADD_CONST : 0;
  if (rightId === 0 && leftId === 0) return null;
  const found: LinkedRegister[] = [];
  if (rightId !== 0) collect(walk, rightId, found);
  if (leftId !== 0) collect(walk, leftId, found);
  return found;
}

function collect(walk: Walk, id: number, found: LinkedRegister[]): void {
  const { frames } = walk.state;
  // Before 6.12 nothing was remembered, so there was no most.
  const most = walk.era >= 612 ? MOST_LINKED : Number.POSITIVE_INFINITY;
  for (let number = frames.length - 1; number >= 0; number--) {
    const { regs, stack } = frames[number]!;
    // What is never read again is not looked at (6.15), and so leaves room for others.
    const slot = frames[number + 1]?.callsite ?? walk.slot;
    const live = walk.era >= 615 ? walk.flow.liveRegisters[slot]! : -1;
    for (let index = 0; index < 10; index++) {
      if (((live >>> index) & 1) === 0) continue;
      const reg = regs[index]!;
      if (reg.type !== SCALAR || (reg.id & ~ADD_CONST) !== id) continue;
      if (found.length < most) found.push({ frame: number, isReg: true, index });
      else regs[index] = unlinked(reg);
    }
    for (let index = 0; index < stack.length; index++) {
      const { kinds, reg } = stack[index]!;
      if (kinds >>> 28 !== SLOT_SPILL || reg.type !== SCALAR || (reg.id & ~ADD_CONST) !== id) continue;
      if (found.length < most) found.push({ frame: number, isReg: false, index });
      else stack[index] = new Slot(kinds, unlinked(reg));
    }
  }
}

function unlinked(reg: Reg): Reg {
  const to = reg.copy();
  to.id = 0;
  to.off = 0;
  return to;
}

/** Gives what is now known of `known`, which is register `index` of the frame that runs, to what is linked with it (`sync_linked_regs`). */
export function syncLinked(walk: Walk, state: State, known: Reg, index: number, linked: readonly LinkedRegister[]): void {
  const running = state.frames.length - 1;
  for (const link of linked) {
    if (link.isReg && link.frame === running && link.index === index) continue;
    const frame = state.frames[link.frame]!;
    const reg = link.isReg ? frame.regs[link.index]! : frame.stack[link.index]!.reg;
    if (reg.type !== SCALAR || (reg.id & ~ADD_CONST) !== (known.id & ~ADD_CONST)) continue;
    // A difference in 32 bits says nothing of one in 64.
    if (((reg.id ^ known.id) & ADD_CONST) === ADD_CONST) continue;
    const to = synced(walk, reg, known);
    if (link.isReg) frame.regs[link.index] = to;
    else frame.stack[link.index] = new Slot(frame.stack[link.index]!.kinds, to);
  }
}

function synced(walk: Walk, reg: Reg, known: Reg): Reg {
  const to = known.copy();
  // Both at the same distance, or both the very number.
  if (((reg.id | known.id) & ADD_CONST) === 0 || reg.off === known.off) return to;
  to.off = reg.off;
  to.id = reg.id;
  const narrow = ((reg.id | known.id) & ADD_CONST_32) !== 0;
  to.bounds = (narrow ? alu32 : alu64)(ADD, known.bounds, signedConstant(reg.off - known.off), walk.era);
  return to;
}
