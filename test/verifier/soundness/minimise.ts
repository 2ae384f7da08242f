/** The least of a program that still shows what is wrong. */

import { type Line, without } from "./lines.ts";

/** Takes lines out as long as `isWrong` says so of the rest. */
export async function minimise(lines: readonly Line[], isWrong: (lines: readonly Line[]) => Promise<boolean>): Promise<Line[]> {
  let least = lines.slice();
  for (let shorter = true; shorter; ) {
    shorter = false;
    for (let at = least.length - 1; at >= 0; at--) {
      const less = without(least, at);
      if (less.length === 0 || !(await isWrong(less))) continue;
      least = less;
      shorter = true;
    }
  }
  return least;
}
