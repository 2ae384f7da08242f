/** Calls of kernel functions. */

import { refuse } from "../refusal.ts";
import type { Walk } from "../walk/walk.ts";

/** Checks the call at `walk.slot` (`check_kfunc_call`). Throws Refused. */
export function checkKfuncCall(_walk: Walk): void {
  refuse("calling kernel function is not allowed", "EACCES");
}
