/** What lies in a Spec's arena, as far as its types say: the structs that pointers of its variables and of what they hold lead to. */

import type { Btf } from "../../btf/btf.ts";
import type { StructType, UnionType } from "../../btf/types.ts";
import type { Spec } from "../spec.ts";

/** The struct that a pointer leads to, whatever it is called; null for other types, and for pointers to anything else. */
export function pointedStruct(btf: Btf, id: number): StructType | UnionType | null {
  const type = plain(btf, id);
  if (type.kind !== "pointer" || type.type === 0) return null;
  const target = plain(btf, type.type);
  return target.kind === "struct" || target.kind === "union" ? target : null;
}

/** Type ids, each once; none for a Spec without an arena. */
export function structsInArena(spec: Spec, btf: Btf): readonly number[] {
  if (!spec.maps.some(({ type }) => type === "arena")) return [];
  const found = new Set<number>();
  const seen = new Set<number>();
  const open = [...(spec.globals ?? []).map(({ type }) => type), ...spec.maps.map(({ valueType }) => valueType)];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === 0 || seen.has(id)) continue;
    seen.add(id);
    const type = plain(btf, id);
    const target = pointedStruct(btf, id);
    if (target !== null) {
      found.add(target.id);
      open.push(target.id);
    } else if (type.kind === "array") open.push(type.element);
    else if (type.kind === "struct" || type.kind === "union") open.push(...type.members.map((member) => member.type));
    else if (type.kind === "section") open.push(...type.variables.map((variable) => variable.type));
    else if (type.kind === "variable") open.push(type.type);
  }
  return [...found].sort((a, b) => a - b);
}

/** Without names and qualifiers. A tag says that it is something else than it looks: a pointer that the kernel owns. */
function plain(btf: Btf, id: number): ReturnType<Btf["type"]> {
  let type = btf.type(id);
  while (type.kind === "typedef" || type.kind === "const" || type.kind === "volatile") type = btf.type(type.type);
  return type;
}
