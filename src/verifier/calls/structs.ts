/** Structs in structs: whether a pointer to an object is one to a struct that lies in it. */

import type { Btf } from "../../btf/btf.ts";
import type { Reg } from "../state/register.ts";
import type { Walk } from "../walk/walk.ts";

/** The kernel walks as deep as types nest; nothing in it nests deeper. */
const DEEPEST = 64;

/**
 * Whether `reg` points at a struct `id` of `btf`: its own type, or one that lies at its offset (`btf_struct_ids_match`).
 *
 * @param strict only its own type counts.
 */
export function matchesStruct(_walk: Walk, reg: Reg, btf: Btf, id: number, strict: boolean): boolean {
  const from = reg.btf;
  if (from === null || id === 0) return false;
  if (reg.off === 0 && from === btf && reg.btfId === id) return true;
  if (strict) return false;
  let at = reg.btfId;
  let { off } = reg;
  for (let depth = 0; depth < DEEPEST; depth++) {
    at = structAt(from, at, off);
    if (at === 0) return false;
    if (from === btf && at === id) return true;
    off = 0;
  }
  return false;
}

/** The struct or union that begins at byte `off` of a struct, on the way to the innermost; 0: none (`btf_struct_walk`). */
export function structAt(btf: Btf, struct: number, off: number): number {
  let id = btf.resolve(struct);
  let rest = off;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const type = btf.type(id);
    if ((type.kind !== "struct" && type.kind !== "union") || rest < 0 || rest >= type.size) return 0;
    let inner = 0;
    for (const member of type.members) {
      const start = member.bitOffset >>> 3;
      if (rest < start) break;
      if (member.bitSize !== 0) continue;
      const size = btf.sizeOf(member.type);
      if (rest >= start + size) continue;
      const [element, first] = elementAt(btf, member.type, start, rest);
      const kind = btf.kind(element);
      if (kind !== "struct" && kind !== "union") return 0;
      if (rest === first) return element;
      rest -= first;
      inner = element;
      break;
    }
    if (inner === 0) return 0;
    id = inner;
  }
  return 0;
}

/** An array's element at `off`, and where it begins; of arrays of arrays the innermost. Other types are their only element. */
function elementAt(btf: Btf, type: number, start: number, off: number): readonly [id: number, start: number] {
  let id = btf.resolve(type);
  let first = start;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const array = btf.type(id);
    if (array.kind !== "array") break;
    const size = btf.sizeOf(array.element);
    if (size > 0) first += Math.floor((off - first) / size) * size;
    id = btf.resolve(array.element);
  }
  return [id, first];
}
