/** Where on the stack an access may be: 512 bytes below the frame pointer, which grow as they are touched. */

import { bitsText } from "../print/numbers.ts";
import { refuse } from "../refusal.ts";
import type { Frame } from "../state/frame.ts";
import { EMPTY_SLOT } from "../state/slot.ts";
import { MOST_STACK, type Walk } from "../walk/walk.ts";
import { fixedPart, highest, isFixed, lowest, MOST_OFFSET } from "./offset.ts";

/** Who touches the stack: an instruction, or a helper, which before 6.14 nobody knew to read or to write. */
export type StackUse = "read" | "write" | "indirect";

/**
 * `check_stack_access_within_bounds`. Grows the frame that is pointed into, and returns it.
 *
 * @param off with `Reg.off`.
 */
export function checkStackBounds(walk: Walk, index: number, off: number, size: number, use: StackUse): Frame {
  const { bounds, frame: number } = walk.reg(index);
  const frame = walk.state.frames[number]!;
  const fixed = isFixed(bounds);
  let first: number;
  let end: number;
  if (fixed) {
    first = fixedPart(bounds) + off;
    end = first + size;
  } else {
    if (highest(bounds) >= MOST_OFFSET || lowest(bounds) <= -MOST_OFFSET) {
      refuse(`invalid unbounded variable-offset${extra(use)} stack R${index}`);
    }
    first = lowest(bounds) + off;
    end = highest(bounds) + off + size;
  }
  const inFrame = first >= -MOST_STACK && first <= -1;
  if (!inFrame || end > 0) {
    const code = inFrame ? "EINVAL" : "EACCES";
    if (fixed) refuse(`invalid${extra(use)} stack R${index} off=${off} size=${size}`, code);
    const where = walk.era >= 605 ? ` off=${off}` : "";
    const variable = bitsText(bounds, walk.era);
    refuse(`invalid variable-offset${extra(use)} stack R${index} var_off=${variable}${where} size=${size}`, code);
  }
  growStack(walk, frame, (7 - first) >> 3);
  return frame;
}

/** Makes a frame at least so many slots long. */
function growStack(walk: Walk, frame: Frame, slots: number): void {
  const { stack } = frame;
  if (stack.length >= slots) return;
  while (stack.length < slots) stack.push(EMPTY_SLOT);
  const { stackDepth } = walk.facts;
  if (stackDepth[frame.subprogram]! < slots * 8) stackDepth[frame.subprogram] = slots * 8;
}

function extra(use: StackUse): string {
  return use === "indirect" ? " indirect access to" : use === "read" ? " read from" : " write to";
}
