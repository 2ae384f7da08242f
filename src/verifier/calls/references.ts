/** What is taken and given back: sockets, ring buffer records, locks. */

import { refuse } from "../refusal.ts";
import type { Walk } from "../walk/walk.ts";

/** Refuses to leave the program (or `what`: tail_call, LD_ABS …) with anything held (`check_resource_leak`). */
export function checkLeaks(walk: Walk, _exception: boolean, what: string): void {
  if (walk.state.references.length > 0) refuse(`${what} would lead to reference leak`, "EINVAL");
}
