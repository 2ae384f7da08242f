/** Source lines of a program's instructions. */

import type { LineInfo } from "./spec.ts";

/** The line that the instruction at `slot` comes from: the last that begins at or before it, or null. @param lines ascending by slot. */
export function lineAt(lines: readonly LineInfo[], slot: number): LineInfo | null {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (lines[middle]!.slot <= slot) low = middle + 1;
    else high = middle;
  }
  return lines[low - 1] ?? null;
}
