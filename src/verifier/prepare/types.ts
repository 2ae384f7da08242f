/** A program's types as the kernel takes them: `btf_parse_struct_metas` and what follows it in kernel/bpf/btf.c. */

import { type Btf, openBtf } from "../../btf/btf.ts";
import type { SpecialField } from "../program.ts";
import { FieldError, type FieldQuestion, parseFields } from "./fields.ts";
import { checkOwnership } from "./ownership.ts";
import { IN_OBJECTS, SPECIAL_TYPES } from "./special-types.ts";

export interface ProgramTypes {
  readonly btf: Btf;
  /** Special fields of its structs, by id: of those that have some. */
  readonly objects: ReadonlyMap<number, readonly SpecialField[]>;
}

const NO_OBJECTS: ReadonlyMap<number, readonly SpecialField[]> = new Map();
/** What a kernel of one era makes of one file's types, by their bytes. */
const cache = new WeakMap<
  Uint8Array,
  { readonly key: Btf | null; readonly era: number; readonly types: ProgramTypes | null }[]
>();

/**
 * Null when there are none, or when the kernel would not take them: loaders then go on without, as libbpf does, and what
 * needs types is refused where it is used.
 */
export function programTypes(bytes: Uint8Array | null, kernelTypes: Btf | null, era: number): ProgramTypes | null {
  if (bytes === null) return null;
  const known = cache.get(bytes) ?? [];
  const hit = known.find((entry) => entry.era === era && entry.key === kernelTypes);
  if (hit !== undefined) return hit.types;
  const types = load(bytes, kernelTypes, era);
  known.push({ key: kernelTypes, era, types });
  cache.set(bytes, known);
  return types;
}

function load(bytes: Uint8Array, kernelTypes: Btf | null, era: number): ProgramTypes | null {
  try {
    const btf = openBtf(bytes);
    return { btf, objects: era < 602 ? NO_OBJECTS : structFields({ btf, kernelTypes, era, kinds: IN_OBJECTS }) };
  } catch {
    // Both are the kernel's "no": a BtfError says what is malformed, a FieldError which field it would not take.
    return null;
  }
}

function structFields(question: FieldQuestion): ReadonlyMap<number, readonly SpecialField[]> {
  const { btf } = question;
  const special = new Set<number>();
  for (const { name, kind, since } of SPECIAL_TYPES) {
    if (since > question.era || !question.kinds.has(kind)) continue;
    const id = btf.find(name, "struct");
    if (id !== undefined) special.add(id);
  }
  if (hasTypeTags(btf)) {
    for (const id of btf.ids("pointer")) {
      const type = btf.type(id);
      if (type.kind !== "pointer" || btf.kind(type.type) !== "typeTag") continue;
      if (isOwnedPointer(btf, type.type)) special.add(id);
    }
  }
  if (special.size === 0) return NO_OBJECTS;
  const objects = new Map<number, readonly SpecialField[]>();
  for (const kind of ["struct", "union"] as const) {
    for (const id of btf.ids(kind)) {
      const struct = btf.type(id);
      if (struct.kind !== "struct" && struct.kind !== "union") continue;
      if (!struct.members.some(({ type }) => special.has(type))) continue;
      const fields = parseFields(question, id, struct.size);
      if (fields.length === 0) throw new FieldError("EFAULT", `${struct.name} has a special field that is none`);
      objects.set(id, fields);
    }
  }
  checkOwnership(objects, question);
  return objects;
}

function hasTypeTags(btf: Btf): boolean {
  for (const _ of btf.ids("typeTag")) return true;
  return false;
}

/** A pointer that the kernel takes for a kptr; it takes no offence at others here, where they may lie anywhere. */
function isOwnedPointer(btf: Btf, tagId: number): boolean {
  const tag = btf.type(tagId);
  if (tag.kind !== "typeTag" || tag.attribute || !POINTERS.has(tag.name) || btf.kind(tag.type) === "typeTag") return false;
  const pointee = btf.kind(btf.resolve(tag.type));
  return pointee === "struct" || pointee === "union";
}

const POINTERS: ReadonlySet<string> = new Set(["kptr_untrusted", "kptr", "percpu_kptr"]);
