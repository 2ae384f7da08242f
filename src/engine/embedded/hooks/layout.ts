/** Where the fields of a context lie: the rules of C, which clang and Skep's compiler both follow. */

import type { Fields, FieldType, TextType } from "./types.ts";

/** Offsets of an instruction are signed and have 16 bits; the engine's own area is much smaller than that. */
const LARGEST_CONTEXT = 16_384;

export interface PlacedField {
  readonly name: string;
  readonly type: FieldType;
  /** Bytes from the start of the struct. */
  readonly offset: number;
}

export interface StructLayout {
  readonly fields: readonly PlacedField[];
  readonly size: number;
  readonly align: number;
}

/** Of a text: length, whether it was cut, bytes. */
export const TEXT = { length: 0, truncated: 2, bytes: 3 } as const;

/** @throws RangeError for names that are no identifiers, and for more than 16 KiB. */
export function layOut(fields: Fields, what: string): StructLayout {
  let offset = 0;
  let align = 1;
  const placed: PlacedField[] = [];
  for (const [name, type] of Object.entries(fields)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,126}$/.test(name)) {
      throw new RangeError(`${what}: field ${JSON.stringify(name)} is no name in C; use letters, digits and _`);
    }
    const own = alignOf(type, `${what}.${name}`);
    align = Math.max(align, own);
    offset = Math.ceil(offset / own) * own;
    placed.push({ name, type, offset });
    offset += sizeOf(type, `${what}.${name}`);
  }
  if (placed.length === 0) throw new RangeError(`${what}: needs at least one field`);
  const size = Math.ceil(offset / align) * align;
  if (size > LARGEST_CONTEXT) throw new RangeError(`${what}: has ${size} bytes; the most is ${LARGEST_CONTEXT}`);
  return { fields: placed, size, align };
}

/** Bytes. */
export function sizeOf(type: FieldType, what = "struct"): number {
  switch (type.kind) {
    case "integer":
    case "address":
      return type.size;
    case "bool":
      return 1;
    case "bytes":
      return type.length;
    case "text":
      return sizeOfText(type);
    case "array":
      return sizeOf(type.element, what) * type.length;
    case "struct":
      return layOut(type.fields, what).size;
  }
}

function sizeOfText({ length }: TextType): number {
  return Math.ceil((TEXT.bytes + length) / 2) * 2;
}

function alignOf(type: FieldType, what: string): number {
  switch (type.kind) {
    case "integer":
      return type.size;
    case "address":
      // An IPv4 address is a `__be32`; the longer ones are arrays of bytes.
      return type.size === 4 ? 4 : 1;
    case "text":
      return 2;
    case "array":
      return alignOf(type.element, what);
    case "struct":
      return layOut(type.fields, what).align;
    default:
      return 1;
  }
}
