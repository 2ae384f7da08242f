/** Arrays of anything but bytes and characters. */

import { BtfError, ValueError } from "../errors.ts";
import type { TypeCodec } from "./codec.ts";
import { count, describeValue } from "./describe.ts";

/** Elements without bytes (empty structs) cost nothing in a file but one object each here. */
const MOST_EMPTY_ELEMENTS = 65_536;

/**
 * Reads as an array; `encode` takes anything array-like with exactly as many elements.
 * @param length null for a flexible array: as many elements as lie before `end`
 */
export function arrayCodec(element: TypeCodec, length: number | null): TypeCodec {
  const stride = element.size;
  if (stride === 0 && (length === null || length > MOST_EMPTY_ELEMENTS)) {
    throw new BtfError(`expected elements of at least one byte, found ${length ?? "a flexible array"} of empty ones`);
  }
  const size = stride * (length ?? 0);
  const elements = (offset: number, end: number): number => length ?? Math.max(0, Math.floor((end - offset) / stride));
  return {
    size,
    weight: 1 + element.weight * (length ?? 0),
    flexible: length === null,
    cover(mask, offset, end) {
      const total = elements(offset, end);
      for (let index = 0; index < total; index++) {
        element.cover(mask, offset + index * stride, offset + (index + 1) * stride);
      }
    },
    decode(bytes, offset, end = offset + size) {
      const values: unknown[] = [];
      const total = elements(offset, end);
      for (let index = 0; index < total; index++) values.push(element.decode(bytes, offset + index * stride));
      return values;
    },
    decodeInto(target, bytes, offset, end = offset + size) {
      const values: unknown[] = Array.isArray(target) ? target : [];
      const total = elements(offset, end);
      values.length = Math.min(values.length, total);
      for (let index = 0; index < total; index++)
        values[index] = element.decodeInto(values[index], bytes, offset + index * stride);
      return values;
    },
    encode(value, bytes, offset, end = offset + size) {
      const total = elements(offset, end);
      if (!isArrayLike(value) || (length === null ? value.length > total : value.length !== total)) {
        throw new ValueError("", `${length === null ? "at most " : ""}${count(total, "element")}`, describeValue(value));
      }
      if (length === null) bytes.fill(0, offset + value.length * stride, end);
      for (let index = 0; index < value.length; index++) {
        try {
          element.encode(value[index], bytes, offset + index * stride);
        } catch (error) {
          throw error instanceof ValueError ? error.inside(`[${index}]`) : error;
        }
      }
    },
  };
}

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value);
}
