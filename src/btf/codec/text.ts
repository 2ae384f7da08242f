/** Runs of bytes: text, addresses, and bytes as such. */

import { formatIpv4Bytes, formatIpv6, formatMac, parseIpv4, parseIpv6, parseMac } from "../addresses.ts";
import { ValueError } from "../errors.ts";
import type { Codec, TypeCodec } from "./codec.ts";
import { count, describeValue } from "./describe.ts";
import { integerCodec } from "./integers.ts";

/**
 * `u8[length]`: reads as a `Uint8Array` of its own. `encode` takes anything array-like with exactly as many bytes.
 * @param length null for a flexible array: all bytes up to `end`
 */
export function bytesCodec(length: number | null): TypeCodec {
  const size = length ?? 0;
  return {
    size,
    weight: 1,
    flexible: length === null,
    cover: (mask, offset, end) => mask.fill(0xff, offset, length === null ? end : offset + size),
    decode: (bytes, offset, end = offset + size) => copy(bytes, offset, length === null ? end : offset + size),
    decodeInto(target, bytes, offset, end = offset + size) {
      const stop = length === null ? end : offset + size;
      if (!(target instanceof Uint8Array) || target.length !== stop - offset) return copy(bytes, offset, stop);
      for (let index = 0; index < target.length; index++) target[index] = bytes[offset + index]!;
      return target;
    },
    encode(value, bytes, offset, end = offset + size) {
      writeBytes(
        value,
        bytes,
        offset,
        length,
        end,
        length === null ? `at most ${count(end - offset, "byte")}` : count(size, "byte"),
      );
    },
  };
}

/**
 * `char[length]`: reads as the text before the first NUL when that is valid UTF-8, else as all its bytes. `encode` takes text
 * of at most `length` bytes without NUL, and fills up with NULs (a text of exactly `length` bytes has none); or bytes as
 * `bytesCodec` does.
 * @param length null for a flexible array
 */
export function textCodec(length: number | null): TypeCodec {
  const size = length ?? 0;
  return {
    size,
    weight: 1,
    flexible: length === null,
    cover: (mask, offset, end) => mask.fill(0xff, offset, length === null ? end : offset + size),
    decode: (bytes, offset, end = offset + size) => readText(bytes, offset, length === null ? end : offset + size),
    decodeInto(target, bytes, offset, end = offset + size) {
      const stop = length === null ? end : offset + size;
      return typeof target === "string" && isText(target, bytes, offset, stop) ? target : readText(bytes, offset, stop);
    },
    encode(value, bytes, offset, end = offset + size) {
      const room = length ?? end - offset;
      if (typeof value !== "string") {
        return writeBytes(value, bytes, offset, length, end, `text or ${count(room, "byte")}`);
      }
      if (value.includes("\0")) throw new ValueError("", "text without NUL", describeValue(value));
      // A lone surrogate has no UTF-8; the encoder would write another text in its place.
      if (!value.isWellFormed()) throw new ValueError("", "well-formed text", describeValue(value));
      const text = encoder.encode(value);
      if (text.length > room) {
        throw new ValueError(
          "",
          `text of at most ${count(room, "byte")}`,
          `${describeValue(value)} of ${count(text.length, "byte")}`,
        );
      }
      bytes.set(text, offset);
      bytes.fill(0, offset + text.length, offset + room);
    },
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function readText(bytes: Uint8Array, offset: number, end: number): string | Uint8Array {
  let text = "";
  for (let at = offset; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0) return text;
    if (byte >= 0x80) return readUnicode(bytes, offset, end);
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Whether `readText` would give this text; only of ASCII is that known without making it. */
function isText(text: string, bytes: Uint8Array, offset: number, end: number): boolean {
  const { length } = text;
  if (offset + length > end || (offset + length < end && bytes[offset + length] !== 0)) return false;
  for (let index = 0; index < length; index++) {
    const byte = bytes[offset + index]!;
    if (byte >= 0x80 || byte === 0 || byte !== text.charCodeAt(index)) return false;
  }
  return true;
}

function readUnicode(bytes: Uint8Array, offset: number, end: number): string | Uint8Array {
  // Of a copy, because a TextDecoder refuses shared memory in browsers.
  const own = copy(bytes, offset, end);
  const nul = own.indexOf(0);
  try {
    return decoder.decode(nul < 0 ? own : own.subarray(0, nul));
  } catch {
    return own;
  }
}

/** The address formats that types ask for by the name of their typedef, and the bytes that such a type must have. */
export const ADDRESS_TYPES: ReadonlyMap<string, { readonly size: number; make(littleEndian: boolean): Codec<unknown> }> = new Map(
  [
    ["Ipv4Address", { size: 4, make: ipv4Codec }],
    ["Ipv6Address", { size: 16, make: () => addressCodec(16, 'an IPv6 address like "2001:db8::1"', parseIpv6, formatIpv6) }],
    ["MacAddress", { size: 6, make: () => addressCodec(6, 'a hardware address like "02:00:5e:10:00:01"', parseMac, formatMac) }],
  ],
);

/** Text, or the number that the machine reads from these four bytes. */
function ipv4Codec(littleEndian: boolean): Codec<unknown> {
  const integer = integerCodec(4, false, littleEndian);
  const text = addressCodec(4, 'an IPv4 address like "192.0.2.1"', parseIpv4, formatIpv4Bytes);
  return {
    ...text,
    encode(value, bytes, offset) {
      if (typeof value === "number" || typeof value === "bigint") integer.encode(value, bytes, offset);
      else text.encode(value, bytes, offset);
    },
  };
}

function addressCodec(
  size: number,
  expected: string,
  parse: (text: string) => Uint8Array | null,
  format: (bytes: Uint8Array, offset: number) => string,
): Codec<unknown> {
  return {
    size,
    decode: format,
    encode(value, bytes, offset) {
      if (typeof value !== "string") return writeBytes(value, bytes, offset, size, offset + size, expected);
      const address = parse(value);
      if (address === null) throw new ValueError("", expected, describeValue(value));
      bytes.set(address, offset);
    },
  };
}

/** A copy that is a plain `Uint8Array`, whatever `bytes` is (slicing a Buffer shares it). */
function copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}

function writeBytes(
  value: unknown,
  bytes: Uint8Array,
  offset: number,
  length: number | null,
  end: number,
  expected: string,
): void {
  if (!(value instanceof Uint8Array) && !Array.isArray(value)) throw new ValueError("", expected, describeValue(value));
  const fits = length === null ? offset + value.length <= end : value.length === length;
  if (!fits) throw new ValueError("", expected, describeValue(value));
  if (length === null) bytes.fill(0, offset + value.length, end);
  if (value instanceof Uint8Array) {
    bytes.set(value, offset);
    return;
  }
  for (let index = 0; index < value.length; index++) {
    const byte: unknown = value[index];
    if (typeof byte !== "number" || !Number.isInteger(byte) || byte < 0 || byte > 255) {
      throw new ValueError(`[${index}]`, "an integer from 0 to 255", describeValue(byte));
    }
    bytes[offset + index] = byte;
  }
}
