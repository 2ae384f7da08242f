/** Contexts as whoever runs a program gives them: bytes, or fields by name. Both engines take them alike. */

import { type ContextStruct, fieldOf } from "../uapi/contexts/struct.ts";
import type { ContextInput } from "./engine.ts";

/**
 * The bytes of a context.
 * @throws RangeError for a field that the struct does not have, a value that does not fit it, or more bytes than it has.
 */
export function encodeContext(struct: ContextStruct, input: ContextInput): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(struct.size);
  if (input instanceof Uint8Array) {
    if (input.length > struct.size)
      throw new RangeError(`context: ${struct.name} has ${struct.size} bytes, found ${input.length}`);
    bytes.set(input);
    return bytes;
  }
  const view = new DataView(bytes.buffer);
  for (const [name, value] of Object.entries(input)) {
    const { offset, size, count } = fieldOf(struct, name);
    const element = size / count;
    if (value instanceof Uint8Array) {
      if (value.length > size) throw new RangeError(`context: ${name} has ${size} bytes, found ${value.length}`);
      bytes.set(value, offset);
    } else if (Array.isArray(value)) {
      if (value.length > count) throw new RangeError(`context: ${name} has ${count} elements, found ${value.length}`);
      value.forEach((each, at) => {
        writeNumber(view, offset + at * element, element, each, name);
      });
    } else if (count > 1) {
      throw new RangeError(`context: ${name} takes ${count} numbers or ${size} bytes, found ${value}`);
    } else writeNumber(view, offset, element, value, name);
  }
  return bytes;
}

/** Negative numbers are taken for their two's complement. */
function writeNumber(view: DataView, at: number, size: number, value: unknown, name: string): void {
  const bits = BigInt(size * 8);
  const number = typeof value === "bigint" ? value : Number.isInteger(value) ? BigInt(value as number) : null;
  if (number === null || number >= 1n << bits || number < -(1n << (bits - 1n)))
    throw new RangeError(`context: ${name} takes a whole number of ${size} bytes, found ${String(value)}`);
  if (size === 8) view.setBigUint64(at, BigInt.asUintN(64, number), true);
  else if (size === 4) view.setUint32(at, Number(BigInt.asUintN(32, number)), true);
  else if (size === 2) view.setUint16(at, Number(BigInt.asUintN(16, number)), true);
  else view.setUint8(at, Number(BigInt.asUintN(8, number)));
}

/** A number of at most 32 bits in a context, or the lower half of a longer one. @throws RangeError for an unknown field. */
export function readContext(struct: ContextStruct, bytes: Uint8Array, name: string): number {
  const { offset, size } = fieldOf(struct, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return size === 1 ? view.getUint8(offset) : size === 2 ? view.getUint16(offset, true) : view.getUint32(offset, true);
}
