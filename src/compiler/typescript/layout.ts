/** How types lie in memory: the rules of C on a 64-bit machine, the only ones that BTF and a C reader of a map expect. */

import type { BitField } from "./library/headers.ts";
import { type Align, type Field, INTS, type StoredType, type StructType } from "./types.ts";

/** In bytes. */
export function sizeOf(type: StoredType): number {
  switch (type.kind) {
    case "int":
      return type.bits / 8;
    case "bool":
      return 1;
    case "network":
      return type.bytes ?? type.host.bits / 8;
    case "pointer":
      return 8;
    case "struct":
      return type.size;
    case "array":
      return sizeOf(type.element) * type.length;
  }
}

export function alignOf(type: StoredType): Align {
  switch (type.kind) {
    case "struct":
      return type.align;
    case "array":
      return alignOf(type.element);
    default:
      return sizeOf(type) as Align;
  }
}

export interface MemberType {
  readonly name: string;
  readonly type: StoredType;
  readonly constant?: boolean;
  /** Of a bit-field, its width; the type is an integer or bool at least as wide. */
  readonly bits?: number;
}

/**
 * Each field at the next multiple of its alignment; the whole padded to a multiple of the largest. Packed: no padding at all. A bit-field
 * follows the bits before it, unless it would then lie in two integers of its type (System V ABI, AMD64 supplement §3.1.2).
 */
export function layOut(name: string, members: readonly MemberType[], packed: boolean, union = false): StructType {
  /** The first bit that is free. */
  let free = 0;
  let end = 0;
  let align: Align = 1;
  const placed = members.map((member) => {
    const own = packed ? 1 : alignOf(member.type);
    if (own > align) align = own;
    if (union) free = 0;
    const unit = sizeOf(member.type) * 8;
    const width = member.bits ?? unit;
    const crosses = !packed && Math.floor(free / unit) !== Math.floor((free + width - 1) / unit);
    if (member.bits === undefined) free = Math.ceil(free / (own * 8)) * own * 8;
    else if (crosses) free = Math.ceil(free / unit) * unit;
    const start = free;
    free += width;
    end = Math.max(end, free);
    return { ...member, start };
  });
  const size = Math.ceil(Math.ceil(end / 8) / align) * align;
  const fields = placed.map(({ name, type, constant, bits, start }): Field => {
    const field = { name, type, offset: Math.floor(start / 8), constant: constant === true };
    return bits === undefined ? field : { ...field, bits: bitField(type, start, bits, size) };
  });
  return { kind: "struct", name, size, align, fields, ...(union ? { union } : {}) };
}

/** The smallest aligned integer that holds some bits: writing them touches no more of their neighbours than it must. */
function bitField(type: StoredType, start: number, bits: number, size: number): BitField {
  if (type.kind !== "int" && type.kind !== "bool") throw new TypeError("a bit-field is an integer");
  for (const unit of [INTS.u8, INTS.u16, INTS.u32, INTS.u64]) {
    const first = Math.floor(start / unit.bits) * unit.bits;
    if (first + unit.bits < start + bits || first / 8 + unit.bits / 8 > size) continue;
    return { kind: "bits", offset: first / 8, unit, shift: start - first, bits, scale: 1, type };
  }
  throw new RangeError(`no integer holds ${bits} bits from bit ${start} of ${size} bytes`);
}

/**
 * The bytes of a struct that belong to no field of its own, as [from, to): what must be zeroed before a map sees it. Those of bit-fields are
 * among them, because their bits are put in one by one; of a union all bytes are.
 */
export function paddingOf(type: StructType): readonly (readonly [number, number])[] {
  if (type.union === true) return [[0, type.size]];
  const gaps: [number, number][] = [];
  let end = 0;
  for (const field of type.fields) {
    if (field.bits !== undefined) continue;
    if (field.offset > end) gaps.push([end, field.offset]);
    end = field.offset + sizeOf(field.type);
  }
  if (type.size > end) gaps.push([end, type.size]);
  return gaps;
}
