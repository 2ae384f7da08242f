/**
 * Special fields of map values and allocated objects, found in BTF as the kernel finds them: `btf_parse_fields` of
 * kernel/bpf/btf.c.
 */

import type { Btf } from "../../btf/btf.ts";
import type { StructType } from "../../btf/types.ts";
import type { SpecialField, SpecialFieldKind } from "../program.ts";
import { declTags } from "./decl-tags.ts";
import { OLD_POINTER_TAGS, OWNABLE, POINTER_TAGS, SPECIAL_TYPES, type SpecialType } from "./special-types.ts";

/** What `btf_parse_fields` fails with; the loader or the map goes on without fields, or the types are refused. */
export class FieldError extends Error {
  override readonly name = "FieldError";
  readonly code: string;
  constructor(code: string, why: string) {
    super(why);
    this.code = code;
  }
}

export interface FieldQuestion {
  /** The program's types. */
  readonly btf: Btf;
  readonly kernelTypes: Btf | null;
  readonly era: number;
  readonly kinds: ReadonlySet<SpecialFieldKind>;
}

/** Field as found, before what it refers to is looked up. */
interface Found {
  readonly kind: SpecialFieldKind;
  readonly offset: number;
  readonly size: number;
  /** kptrs: id of the struct; roots and heads: id of the element. */
  readonly type: number;
  /** Roots and heads: the name of the element's node. */
  readonly node: string;
}

/** `BTF_FIELDS_MAX`; 6.1 has room for 8 kptrs. */
const MOST_FIELDS = 11;
const MOST_FIELDS_61 = 8;
/** `MAX_RESOLVE_DEPTH`. */
const MOST_NESTING = 32;

/**
 * @param type id of a struct, or of a section of variables.
 * @returns in ascending order of offset.
 * @throws FieldError
 */
export function parseFields(question: FieldQuestion, type: number, valueSize: number): readonly SpecialField[] {
  const found = question.era < 602 ? findOld(question, type) : find(question, type);
  let next = 0;
  for (const { offset, size } of found) {
    if (offset + size > valueSize) throw new FieldError("EFAULT", "a special field lies beyond the end of the value");
    if (offset < next) throw new FieldError("EEXIST", "special fields overlap");
    next = offset + size;
  }
  const fields = found.map((field) => complete(question, field));
  const has = (kind: SpecialFieldKind): boolean => fields.some((field) => field.kind === kind);
  const locked = has("spin-lock") || has("res-spin-lock");
  if ((has("list-head") || has("rb-root")) && !locked)
    throw new FieldError("EINVAL", "a list head or tree root needs a bpf_spin_lock beside it");
  if (has("spin-lock") && has("res-spin-lock")) throw new FieldError("EINVAL", "two kinds of locks in one value");
  if (has("list-node") && has("rb-node") && !has("refcount"))
    throw new FieldError("EINVAL", "an object that is in a list and in a tree needs a bpf_refcount");
  return fields.sort((a, b) => a.offset - b.offset);
}

/** 6.1 looks at the value's own members alone, for one kind after the other. */
function findOld(question: FieldQuestion, type: number): Found[] {
  const members = membersOf(question.btf, type);
  const all: Found[] = [];
  for (const special of SPECIAL_TYPES) {
    if (special.since > question.era || !question.kinds.has(special.kind)) continue;
    const named = members.filter(({ type: member }) => question.btf.name(member) === special.name);
    const [first] = named;
    // A second one, or one that is not aligned: the kernel notes the error where the offset should be, and the map has none.
    if (first === undefined || named.length > 1 || first.offset % special.align !== 0) continue;
    const struct = question.btf.type(first.type);
    if (struct.kind !== "struct" || struct.size !== special.size) continue;
    all.push({ kind: special.kind, offset: first.offset, size: special.size, type: 0, node: "" });
  }
  const pointers: Found[] = [];
  for (const { type: member, offset } of members) {
    const found = pointer(question, member, offset);
    if (found === null) continue;
    if (pointers.length === MOST_FIELDS_61 || offset % 8 !== 0) throw new FieldError("E2BIG", "too many kptrs");
    pointers.push(found);
  }
  return [...all, ...pointers].sort((a, b) => a.offset - b.offset);
}

interface Part {
  readonly type: number;
  readonly offset: number;
  /** Index as decl tags have it, and the type that they tag. */
  readonly component: number;
  readonly tagged: number;
  /** Variables: bytes in their section; members: 0. */
  readonly expectedSize: number;
}

function membersOf(btf: Btf, id: number): Part[] {
  const type = btf.type(id);
  if (type.kind === "section") {
    return type.variables.map((variable) => {
      const declared = btf.type(variable.type);
      const inner = declared.kind === "variable" ? declared.type : 0;
      return { type: inner, offset: variable.offset, component: -1, tagged: variable.type, expectedSize: variable.size };
    });
  }
  if (type.kind !== "struct" && type.kind !== "union") throw new FieldError("EINVAL", "the value is no struct");
  return type.members.map((member, component) => {
    if (member.bitOffset % 8 !== 0) throw new FieldError("EINVAL", "a member that is not at a byte");
    return { type: member.type, offset: member.bitOffset / 8, component, tagged: id, expectedSize: 0 };
  });
}

function find(question: FieldQuestion, type: number): Found[] {
  const seen = new Set<SpecialFieldKind>();
  return findParts(question, membersOf(question.btf, type), MOST_FIELDS, 0, seen);
}

/** @param room how many more fields there may be. */
function findParts(
  question: FieldQuestion,
  parts: readonly Part[],
  room: number,
  level: number,
  seen: Set<SpecialFieldKind>,
): Found[] {
  const all: Found[] = [];
  for (const part of parts) all.push(...findPart(question, part, room - all.length, level, seen));
  return all;
}

function findPart(
  question: FieldQuestion,
  part: Part,
  room: number,
  level: number,
  seen: Set<SpecialFieldKind>,
): readonly Found[] {
  const { btf, era } = question;
  let element = part.type;
  let count = 1;
  // Arrays and nested structs are looked into since 6.11.
  if (era >= 611) {
    for (let depth = 0; btf.kind(element) === "array"; depth++) {
      if (depth === MOST_NESTING) throw new FieldError("E2BIG", "arrays are nested too deeply");
      const array = btf.type(element);
      if (array.kind !== "array") break;
      count *= array.length;
      element = array.element;
    }
  }
  if (count === 0) return [];
  const kind = btf.kind(element);
  const isStruct = kind === "struct" || kind === "union";
  const special = specialType(question, btf.name(element), seen);
  if (special === null && isStruct) {
    if (era < 611) return [];
    const struct = btf.type(element);
    if (struct.kind !== "struct" && struct.kind !== "union") return [];
    if (part.expectedSize !== 0 && part.expectedSize !== struct.size * count) return [];
    if (level + 1 >= MOST_NESTING) throw new FieldError("E2BIG", "structs are nested too deeply");
    const inner = findParts(question, membersOf(btf, element), room, level + 1, seen);
    const shifted = inner.map((field) => ({ ...field, offset: field.offset + part.offset }));
    return repeat(shifted, count, struct.size, room);
  }
  const size = special?.size ?? 8;
  if (part.expectedSize !== 0 && part.expectedSize !== size * count) return [];
  if (part.offset % (special?.align ?? 8) !== 0) return [];
  const found = special === null ? pointer(question, element, part.offset) : struct(question, special, element, part);
  if (found === null) return [];
  if (room < 1) throw new FieldError("E2BIG", "too many special fields");
  return repeat([found], count, size, room);
}

function repeat(fields: readonly Found[], count: number, stride: number, room: number): readonly Found[] {
  if (count === 1 || fields.length === 0) return fields;
  if (fields.some(({ kind }) => !REPEATABLE.has(kind))) throw new FieldError("EINVAL", "a field that may not be in an array");
  if (fields.length * count > room) throw new FieldError("E2BIG", "too many special fields");
  const all: Found[] = [];
  for (let index = 0; index < count; index++) {
    for (const field of fields) all.push({ ...field, offset: field.offset + index * stride });
  }
  return all;
}

const REPEATABLE: ReadonlySet<SpecialFieldKind> = new Set<SpecialFieldKind>([
  "kptr-untrusted",
  "kptr-ref",
  "kptr-percpu",
  "uptr",
  "list-head",
  "rb-root",
]);

function specialType(question: FieldQuestion, name: string, seen: Set<SpecialFieldKind>): SpecialType | null {
  if (!name.startsWith("bpf_")) return null;
  for (const special of SPECIAL_TYPES) {
    if (special.name !== name || special.since > question.era || !question.kinds.has(special.kind)) continue;
    if (special.unique && seen.has(special.kind)) throw new FieldError("E2BIG", `more than one ${special.name}`);
    seen.add(special.kind);
    return special;
  }
  return null;
}

function struct(question: FieldQuestion, special: SpecialType, element: number, part: Part): Found | null {
  const type = question.btf.type(element);
  if ((type.kind !== "struct" && type.kind !== "union") || type.size !== special.size) return null;
  const found = { kind: special.kind, offset: part.offset, size: special.size };
  if (special.kind !== "list-head" && special.kind !== "rb-root") return { ...found, type: 0, node: "" };
  const tags = declTags(question.btf, part.tagged, part.component, "contains:");
  const [tag] = tags;
  if (tag === undefined || tags.length > 1) throw new FieldError("EINVAL", `${special.name} without one "contains:" tag`);
  const colon = tag.indexOf(":");
  if (colon < 0 || colon === tag.length - 1) throw new FieldError("EINVAL", `"contains:${tag}" names no node`);
  const value = question.btf.find(tag.slice(0, colon), "struct");
  if (value === undefined) throw new FieldError("ENOENT", `"contains:${tag}" names a struct that is not there`);
  return { ...found, type: value, node: tag.slice(colon + 1) };
}

function pointer(question: FieldQuestion, element: number, offset: number): Found | null {
  const { btf, era } = question;
  let type = btf.type(element);
  if (type.kind === "volatile" && era >= 602) type = btf.type(type.type);
  if (type.kind !== "pointer") return null;
  const tag = btf.type(type.type);
  if (tag.kind !== "typeTag" || tag.attribute) return null;
  if (btf.kind(tag.type) === "typeTag") throw new FieldError("EINVAL", "a pointer with two type tags");
  const meaning = (era < 603 ? OLD_POINTER_TAGS : POINTER_TAGS).get(tag.name);
  if (meaning === undefined || meaning.since > era) throw new FieldError("EINVAL", `a pointer with the tag ${tag.name}`);
  if (!question.kinds.has(meaning.kind)) return null;
  const pointee = btf.resolve(tag.type);
  const kind = btf.kind(pointee);
  if (kind !== "struct" && kind !== "union") throw new FieldError("EINVAL", `a ${tag.name} to something that is no struct`);
  return { kind: meaning.kind, offset, size: 8, type: pointee, node: "" };
}

function complete(question: FieldQuestion, found: Found): SpecialField {
  const { kind, offset, size } = found;
  switch (kind) {
    case "kptr-untrusted":
    case "kptr-ref":
    case "kptr-percpu":
      return { kind, offset, size, ...pointee(question, found), nodeOffset: 0 };
    case "uptr":
      return { kind, offset, size, btf: question.btf, btfId: found.type, nodeOffset: 0 };
    case "list-head":
    case "rb-root":
      return { kind, offset, size, btf: question.btf, btfId: found.type, nodeOffset: nodeOffset(question.btf, found) };
    default:
      return { kind, offset, size, btf: null, btfId: 0, nodeOffset: 0 };
  }
}

/** A struct of the kernel by that name, or else one of the program's own. */
function pointee(question: FieldQuestion, found: Found): { btf: Btf; btfId: number } {
  const { btf, kernelTypes, era } = question;
  const { name, kind } = btf.type(found.type);
  const inKernel = kernelTypes?.find(name, kind);
  if (kernelTypes !== null && inKernel !== undefined) {
    if (found.kind === "kptr-ref") {
      const ownable = OWNABLE.get(name);
      if (ownable === undefined || era < ownable.since || era > ownable.until)
        throw new FieldError("ENOENT", `maps cannot own a ${name}`);
    }
    return { btf: kernelTypes, btfId: inKernel };
  }
  // Objects of one's own in a map: since 6.7.
  if (era < 607) throw new FieldError("ENOENT", `the kernel has no struct ${name}`);
  return { btf, btfId: found.type };
}

function nodeOffset(btf: Btf, found: Found): number {
  const wanted = found.kind === "list-head" ? "bpf_list_node" : "bpf_rb_node";
  const value = btf.type(found.type) as StructType;
  const nodes = value.members.filter(({ name }) => name === found.node);
  const [node] = nodes;
  if (node === undefined) throw new FieldError("ENOENT", `struct ${value.name} has no member ${found.node}`);
  const kind = btf.kind(node.type);
  if (nodes.length > 1 || (kind !== "struct" && kind !== "union") || btf.name(node.type) !== wanted)
    throw new FieldError("EINVAL", `${value.name}.${found.node} is no ${wanted}`);
  const offset = node.bitOffset / 8;
  if (offset % 8 !== 0) throw new FieldError("EINVAL", `${value.name}.${found.node} is not aligned`);
  return offset;
}
