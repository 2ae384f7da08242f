/** Ids that only one number has link nothing, and keep states from being the same. */

import { ADD_CONST, type Reg } from "../state/register.ts";
import { SLOT_SPILL, Slot } from "../state/slot.ts";
import type { State } from "../state/state.ts";
import { SCALAR } from "../state/types.ts";

export function clearSingularIds(state: State): void {
  const once = new Set<number>();
  const often = new Set<number>();
  const count = (reg: Reg) => {
    if (reg.type !== SCALAR || reg.id === 0) return;
    const id = reg.id & ~ADD_CONST;
    if (once.has(id)) often.add(id);
    else once.add(id);
  };
  for (const { regs, stack } of state.frames) {
    for (let index = 0; index < 10; index++) count(regs[index]!);
    for (const { kinds, reg } of stack) if (kinds >>> 28 === SLOT_SPILL) count(reg);
  }
  if (once.size === often.size) return;
  for (const { regs, stack } of state.frames) {
    for (let index = 0; index < 10; index++) {
      const reg = regs[index]!;
      if (isSingular(reg, often)) regs[index] = withoutId(reg);
    }
    for (let index = 0; index < stack.length; index++) {
      const { kinds, reg } = stack[index]!;
      if (kinds >>> 28 === SLOT_SPILL && isSingular(reg, often)) stack[index] = new Slot(kinds, withoutId(reg));
    }
  }
}

function isSingular(reg: Reg, often: ReadonlySet<number>): boolean {
  return reg.type === SCALAR && reg.id !== 0 && !often.has(reg.id & ~ADD_CONST);
}

function withoutId(reg: Reg): Reg {
  const to = reg.copy();
  to.id = 0;
  to.off = 0;
  return to;
}
