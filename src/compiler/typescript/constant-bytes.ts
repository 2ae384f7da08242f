/** Values that are known when compiling as the bytes that they are in memory. */

import { sizeOf } from "./layout.ts";
import type { BitField } from "./library/headers.ts";
import type { Expression } from "./tree.ts";
import type { StoredType } from "./types.ts";

/** Null when the value is not known. Padding is zeroes. */
export function constantBytes(value: Expression, stored: StoredType): Uint8Array | null {
  const bytes = new Uint8Array(sizeOf(stored));
  return put(bytes, 0, value, stored) ? bytes : null;
}

function put(bytes: Uint8Array, at: number, value: Expression, stored: StoredType): boolean {
  switch (value.kind) {
    case "constant":
    case "literal":
      return putNumber(bytes, at, value.value, stored);
    case "null":
      return stored.kind === "pointer";
    case "bytes":
      bytes.set(value.bytes, at);
      return true;
    case "struct":
      return value.fields.every(({ field, value: part }) =>
        field.bits === undefined ? put(bytes, at + field.offset, part, field.type) : putBits(bytes, at, part, field.bits),
      );
    case "array": {
      const { element } = value.array;
      return value.elements.every((part, index) => put(bytes, at + index * sizeOf(element), part, element));
    }
    default:
      return false;
  }
}

function putBits(bytes: Uint8Array, at: number, value: Expression, { offset, shift, bits }: BitField): boolean {
  if (value.kind !== "constant") return false;
  for (let bit = 0; bit < bits; bit++) {
    const place = offset * 8 + shift + bit;
    if ((value.value >> BigInt(bit)) & 1n) bytes[at + (place >> 3)]! |= 1 << (place & 7);
  }
  return true;
}

function putNumber(bytes: Uint8Array, at: number, value: bigint, stored: StoredType): boolean {
  if (stored.kind === "struct" || stored.kind === "array") return false;
  const size = sizeOf(stored);
  for (let index = 0; index < size; index++) {
    const place = stored.kind === "network" ? size - 1 - index : index;
    bytes[at + place] = Number((value >> BigInt(8 * index)) & 0xffn);
  }
  return true;
}
