/** Objects of which the verifier knows the type. */

import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import type { Walk } from "../walk/walk.ts";
import type { Access } from "./access.ts";

/** `check_ptr_to_btf_access`. */
export function accessBtfPointer(_walk: Walk, _access: Access, _reg: Reg): void {
  refuse("only read is supported");
}

/** Fields of a map itself, through a pointer to it (`check_ptr_to_map_access`). */
export function accessMapStruct(_walk: Walk, _access: Access, _reg: Reg): void {
  refuse("only read is supported");
}
