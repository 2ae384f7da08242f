/** Paths that need not be walked again. */

import type { Walk } from "../walk/walk.ts";

/** True: what is known now was walked before from here (`is_state_visited`). Else it is stored for later. Throws Refused for endless loops. */
export function isVisited(_walk: Walk): boolean {
  return false;
}
