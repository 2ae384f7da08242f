/** Structs in structs: whether a pointer to an object is one to a struct that lies in it. */

import type { Btf } from "../../btf/btf.ts";
import { walkStruct } from "../memory/btf-walk.ts";
import type { Reg } from "../state/register.ts";
import type { Walk } from "../walk/walk.ts";

/**
 * Whether `reg` points at a struct `id` of `btf`: its own type, or one that lies at its offset (`btf_struct_ids_match`).
 *
 * @param strict only its own type counts.
 */
export function matchesStruct(walk: Walk, reg: Reg, btf: Btf, id: number, strict: boolean): boolean {
  const from = reg.btf;
  if (from === null || id === 0) return false;
  if (reg.off === 0 && from === btf && reg.btfId === id) return true;
  if (strict) return false;
  let at = reg.btfId;
  let { off } = reg;
  for (;;) {
    const found = walkStruct(from, at, off, 1, 0, false, walk.era);
    if (found.kind !== "struct") return false;
    if (from === btf && found.id === id) return true;
    // The first member of that may be it.
    at = found.id;
    off = 0;
  }
}
