/** Objects in stack slots that only helpers and kernel functions read and write: dynptrs, iterators, interrupt flags. */

import { isConstant } from "../numbers/bounds.ts";
import type { Reg } from "../state/register.ts";
import type { Walk } from "../walk/walk.ts";

/** Nothing was written so far down. */
export const NOT_ALLOCATED = -1;
/** It cannot be one there; `complaint` says why, in the words of the log and with a newline. */
export const IMPOSSIBLE = -2;

/**
 * The first slot (the lowest address, the highest number) of an object of `slots` stack slots at `reg` (`stack_slot_obj_get_spi`).
 *
 * @param name for the log: dynptr, iter, irq_flag.
 */
export function findStackObject(
  walk: Walk,
  reg: Reg,
  name: string,
  slots: number,
): { readonly slot: number; readonly complaint: string } {
  if (!isConstant(reg.bounds)) return { slot: IMPOSSIBLE, complaint: `${name} has to be at a constant offset\n` };
  const off = reg.off + reg.bounds.valueLo;
  const slot = Math.floor((-off - 1) / 8);
  if (off % 8 !== 0 || slot + 1 < slots) return { slot: IMPOSSIBLE, complaint: `cannot pass in ${name} at an offset=${off}\n` };
  return { slot: slot < walk.state.frames[reg.frame]!.stack.length ? slot : NOT_ALLOCATED, complaint: "" };
}
