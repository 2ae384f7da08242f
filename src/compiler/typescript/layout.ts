/** How types lie in memory: the rules of C on a 64-bit machine, the only ones that BTF and a C reader of a map expect. */

import type { Align, Field, StoredType, StructType } from "./types.ts";

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

/** Each field at the next multiple of its alignment; the whole padded to a multiple of the largest. Packed: no padding at all. */
export function layOut(
  name: string,
  members: readonly { readonly name: string; readonly type: StoredType; readonly constant?: boolean }[],
  packed: boolean,
): StructType {
  let offset = 0;
  let align: Align = 1;
  const fields = members.map((member): Field => {
    const own = packed ? 1 : alignOf(member.type);
    if (own > align) align = own;
    offset = Math.ceil(offset / own) * own;
    const field = { name: member.name, type: member.type, offset, constant: member.constant === true };
    offset += sizeOf(member.type);
    return field;
  });
  return { kind: "struct", name, size: Math.ceil(offset / align) * align, align, fields };
}

/** The bytes of a struct that belong to no field of its own, as [from, to): what must be zeroed before a map sees it. */
export function paddingOf(type: StructType): readonly (readonly [number, number])[] {
  const gaps: [number, number][] = [];
  let end = 0;
  for (const field of type.fields) {
    if (field.offset > end) gaps.push([end, field.offset]);
    end = field.offset + sizeOf(field.type);
  }
  if (type.size > end) gaps.push([end, type.size]);
  return gaps;
}
