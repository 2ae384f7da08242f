/** Calls of helpers: what they may be given, what they give, what they change. */

import { refuse } from "../refusal.ts";
import type { Walk } from "../walk/walk.ts";

/** Checks the call at `walk.slot` and leaves the registers as it leaves them (`check_helper_call`). Throws Refused. */
export function checkHelperCall(walk: Walk): void {
  refuse(`unknown func ${walk.program.code.imm[walk.slot]!}`, "EINVAL");
}
