/** What lies at an offset of a struct, by its types (`btf_struct_walk`). */

import type { Btf } from "../../btf/btf.ts";
import type { ArrayType, Member, StructType, UnionType } from "../../btf/types.ts";
import type { RefusalCode } from "../refusal.ts";
import { MEM_PERCPU, MEM_RCU, MEM_USER, PTR_UNTRUSTED } from "../state/types.ts";

export interface Found {
  /**
   * `pointer`: to a struct. `memory`: to something else, which may be read since 6.17. `struct`: a member that is a struct
   * begins there. `nothing`: `text` says why.
   */
  readonly kind: "scalar" | "pointer" | "memory" | "struct" | "nothing";
  /** `pointer`, `struct`: of the struct. */
  readonly id: number;
  /** MEM_USER, MEM_PERCPU and MEM_RCU by the pointer's tags; PTR_UNTRUSTED behind a union. */
  readonly flags: number;
  /** `pointer`: the member's name. */
  readonly field: string;
  readonly text: string;
  readonly code: RefusalCode;
}

const NOTHING: Found = { kind: "nothing", id: 0, flags: 0, field: "", text: "", code: "EACCES" };
const SCALAR_FOUND: Found = { ...NOTHING, kind: "scalar" };

/**
 * @param flags found on the way so far: behind a union, whatever it is may be another thing.
 * @param flexible a flexible array at the end may be read.
 */
export function walkStruct(
  btf: Btf,
  id: number,
  off: number,
  size: number,
  flags: number,
  flexible: boolean,
  era: number,
): Found {
  let at = off;
  let known = flags;
  let struct = structAt(btf, id);
  for (;;) {
    if (struct === null) return { ...NOTHING, text: `Type '${btf.name(btf.resolve(id))}' is not a struct`, code: "EINVAL" };
    // A union of one member is how the kernel aligns pointers.
    if (struct.kind === "union" && struct.members.length !== 1 && era >= 602) known |= PTR_UNTRUSTED;
    if (at + size > struct.size) {
      const element = flexible ? elementOfLast(btf, struct, at) : null;
      if (element === null)
        return { ...NOTHING, text: `access beyond struct ${named(struct.name)} at off ${at >>> 0} size ${size}` };
      if (element.struct === null) return SCALAR_FOUND;
      at = element.off % element.struct.size;
      struct = element.struct;
      continue;
    }
    const inner: Inside | Found = searchMembers(btf, struct, at, size, known, era);
    if ("kind" in inner) return inner;
    struct = inner.struct;
    at = inner.off;
  }
}

/** As the kernel's messages call it (`__btf_name_by_offset`). */
function named(name: string): string {
  return name === "" ? "(anon)" : name;
}

/** A member that is a struct, and where in it to look. */
interface Inside {
  readonly struct: StructType | UnionType;
  readonly off: number;
}

function searchMembers(
  btf: Btf,
  struct: StructType | UnionType,
  off: number,
  size: number,
  flags: number,
  era: number,
): Inside | Found {
  for (const member of struct.members) {
    const start = Math.floor(member.bitOffset / 8);
    if (off + size <= start) break;
    if (member.bitSize !== 0) {
      // Bit-fields are read as a whole; one that begins later may still be.
      const end = Math.ceil((member.bitOffset + member.bitSize) / 8);
      if (off <= start && end <= off + size) return SCALAR_FOUND;
      continue;
    }
    if (off < start) break;
    const shape = shapeOf(btf, member.type);
    if (shape === null) return { ...NOTHING, text: `field ${named(member.name)} doesn't have size`, code: "EFAULT" };
    const end = start + shape.size;
    // An empty array ends where it begins.
    if (off >= end) continue;
    const elementSize = shape.size / shape.elements;
    const elementStart = start + Math.floor((off - start) / elementSize) * elementSize;
    const type = btf.type(shape.element);
    if (type.kind === "struct" || type.kind === "union") {
      if (off !== elementStart) return { struct: type, off: off - elementStart };
      return { ...NOTHING, kind: "struct", id: shape.element, flags };
    }
    if (type.kind === "pointer") {
      if (size !== 8 || off !== elementStart) {
        const where = `with moff ${elementStart} in struct ${named(struct.name)} with off ${off} size ${size}`;
        return { ...NOTHING, text: `cannot access ptr member ${named(member.name)} ${where}` };
      }
      const pointed = btf.resolve(type.type);
      const kind = btf.kind(pointed);
      if (kind === "struct" || kind === "union") {
        return { ...NOTHING, kind: "pointer", id: pointed, flags: flags | tagFlags(btf, type.type, era), field: member.name };
      }
      if (era >= 617) return { ...NOTHING, kind: "memory" };
    }
    if (off + size > end && (flags & PTR_UNTRUSTED) === 0) {
      const where = `(mend:${end}) in struct ${named(struct.name)} with off ${off} size ${size}`;
      return { ...NOTHING, text: `access beyond the end of member ${named(member.name)} ${where}` };
    }
    return SCALAR_FOUND;
  }
  return { ...NOTHING, text: `struct ${named(struct.name)} doesn't have field at offset ${off}`, code: "EINVAL" };
}

/** The struct or union behind modifiers, or null. */
export function structAt(btf: Btf, id: number): StructType | UnionType | null {
  const type = btf.type(btf.resolve(id));
  return type.kind === "struct" || type.kind === "union" ? type : null;
}

/** `__user`, `__percpu` and `__rcu` of what a pointer points to. */
export function tagFlags(btf: Btf, pointed: number, era: number): number {
  const type = btf.type(pointed);
  if (type.kind !== "typeTag" || type.attribute) return 0;
  if (type.name === "user") return MEM_USER;
  if (type.name === "percpu") return MEM_PERCPU;
  return type.name === "rcu" && era >= 602 ? MEM_RCU : 0;
}

interface Shape {
  /** Bytes of all elements. */
  readonly size: number;
  /** 1 for what is no array, and also for empty ones. */
  readonly elements: number;
  /** Type id of one, without modifiers. */
  readonly element: number;
}

/** Arrays of arrays are one array here (`__btf_resolve_size`). */
function shapeOf(btf: Btf, id: number): Shape | null {
  let elements = 1;
  let current = btf.resolve(id);
  for (let type = btf.type(current); type.kind === "array"; type = btf.type(current)) {
    elements *= type.length;
    current = btf.resolve(type.element);
  }
  const type = btf.type(current);
  switch (type.kind) {
    case "pointer":
      return { size: elements * 8, elements: Math.max(elements, 1), element: current };
    case "int":
    case "struct":
    case "union":
    case "enum":
    case "enum64":
    case "float":
      return { size: elements * type.size, elements: Math.max(elements, 1), element: current };
    default:
      return null;
  }
}

/** The flexible array that ends a struct: its element when that is a struct, else a number; and the offset from its start. */
function elementOfLast(
  btf: Btf,
  struct: StructType | UnionType,
  off: number,
): { readonly struct: StructType | UnionType | null; readonly off: number } | null {
  const last: Member | undefined = struct.members.at(-1);
  if (last === undefined) return null;
  const array = btf.type(btf.resolve(last.type));
  if (array.kind !== "array" || (array satisfies ArrayType).length !== 0) return null;
  const start = Math.floor(last.bitOffset / 8);
  if (off < start) return null;
  const element = btf.type(btf.resolve(array.element));
  if (element.kind === "int") return { struct: null, off: 0 };
  if ((element.kind !== "struct" && element.kind !== "union") || element.size === 0) return null;
  return { struct: element, off: off - start };
}
