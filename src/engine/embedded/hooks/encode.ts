/**
 * From the argument of `run` to bytes in the engine's memory. Hot: one writer a field, made when the hook is opened, which knows its
 * address; numbers, text and addresses are written without an object or a BigInt being made.
 */

import { parseIpv6, parseMac } from "../../../btf/addresses.ts";
import { ValueError } from "../../../btf/errors.ts";
import type { Memory } from "../memory.ts";
import { layOut, type PlacedField, sizeOf, TEXT } from "./layout.ts";
import type { FieldType } from "./types.ts";

/** Writes one value where it belongs. @throws ValueError when it does not fit. */
export type Writer = (value: unknown) => void;

/** Up to so many characters a loop is faster than `TextEncoder.encodeInto`, which costs the same for short and long ones. */
const SHORT_TEXT = 24;

const HALF = 2 ** 32;
const encoder = new TextEncoder();

/** A writer of `type` at `address`. @param path for messages: `http.request.client`. */
function writerOf(type: FieldType, memory: Memory, address: number, path: string): Writer {
  switch (type.kind) {
    case "integer":
      return type.size === 8 ? wideWriter(type.signed, memory, address, path) : integerWriter(type, memory, address, path);
    case "bool":
      return (value) => {
        if (typeof value !== "boolean") throw mismatch(path, "true or false", value);
        memory.bytes[address] = value ? 1 : 0;
      };
    case "address":
      if (type.size === 4) return ipv4Writer(memory, address, path);
      return addressWriter(type.size, type.size === 16 ? ipv6Bytes : parseMac, memory, address, path);
    case "bytes": {
      const write = textWriter(memory, address, type.length);
      return (value) => {
        if (typeof value === "string") write(value);
        else if (value instanceof Uint8Array) writeBytes(memory, address, type.length, value);
        else throw mismatch(path, "text or a Uint8Array", value);
      };
    }
    case "text": {
      const write = textWriter(memory, address + TEXT.bytes, type.length);
      return (value) => {
        if (typeof value !== "string") throw mismatch(path, "text", value);
        const written = write(value);
        memory.view.setUint16(address + TEXT.length, written & WRITTEN, true);
        memory.bytes[address + TEXT.truncated] = (written & CUT) === 0 ? 0 : 1;
      };
    }
    case "array": {
      const size = sizeOf(type.element);
      const writers = Array.from({ length: type.length }, (_, index) =>
        writerOf(type.element, memory, address + index * size, `${path}[${index}]`),
      );
      return (value) => {
        if (!Array.isArray(value) || value.length !== writers.length) {
          const found = Array.isArray(value) ? `${value.length}` : typeof value;
          throw new ValueError(path, `an array of ${writers.length} elements`, found);
        }
        for (let index = 0; index < writers.length; index++) writers[index]!(value[index]);
      };
    }
    case "struct":
      return structWriter(layOut(type.fields, path).fields, memory, address, path);
  }
}

/** Writes every field of an object. */
export function structWriter(fields: readonly PlacedField[], memory: Memory, address: number, path: string): Writer {
  const names = fields.map(({ name }) => name);
  const writers = fields.map(({ name, type, offset }) => writerOf(type, memory, address + offset, `${path}.${name}`));
  const write = unrolled(names, writers);
  return (value) => {
    if (typeof value !== "object" || value === null) throw mismatch(path, `an object with ${names.join(", ")}`, value);
    write(value as Readonly<Record<string, unknown>>);
  };
}

const nothing: Writer = () => {};

/**
 * Reads each field at a place of its own in the code and writes it with a call of its own: JavaScript engines learn for each place what
 * name and what function come there, and make a load and inlined stores of it. A loop would look names up again and again.
 */
function unrolled(names: readonly string[], writers: readonly Writer[]): (record: Readonly<Record<string, unknown>>) => void {
  const count = writers.length;
  const [a = "", b = "", c = "", d = "", e = "", f = "", g = "", h = ""] = names;
  const [
    putA = nothing,
    putB = nothing,
    putC = nothing,
    putD = nothing,
    putE = nothing,
    putF = nothing,
    putG = nothing,
    putH = nothing,
  ] = writers;
  const rest = count > 8 ? unrolled(names.slice(8), writers.slice(8)) : nothing;
  return (record) => {
    putA(record[a]);
    if (count === 1) return;
    putB(record[b]);
    if (count === 2) return;
    putC(record[c]);
    if (count === 3) return;
    putD(record[d]);
    if (count === 4) return;
    putE(record[e]);
    if (count === 5) return;
    putF(record[f]);
    if (count === 6) return;
    putG(record[g]);
    if (count === 7) return;
    putH(record[h]);
    rest(record);
  };
}

function mismatch(path: string, expected: string, value: unknown): ValueError {
  const found = value === undefined ? "nothing" : typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : String(value);
  return new ValueError(path, expected, found);
}

// ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function integerWriter(type: Extract<FieldType, { kind: "integer" }>, memory: Memory, address: number, path: string): Writer {
  const { size, signed } = type;
  const { bytes, view } = memory;
  const max = signed ? 2 ** (size * 8 - 1) - 1 : 2 ** (size * 8) - 1;
  const min = signed ? -max - 1 : 0;
  const check = (value: unknown): number => {
    if (typeof value === "number" && value >= min && value <= max && Math.trunc(value) === value) return value;
    throw mismatch(path, `a whole number from ${min} to ${max}`, value);
  };
  if (size === 1) {
    return (value) => {
      bytes[address] = check(value);
    };
  }
  if (size === 2) return (value) => view.setUint16(address, check(value), true);
  return (value) => view.setUint32(address, check(value), true);
}

function wideWriter(signed: boolean, memory: Memory, address: number, path: string): Writer {
  const { view } = memory;
  return (value) => {
    if (typeof value === "number" && Number.isSafeInteger(value) && (signed || value >= 0)) {
      view.setUint32(address, value, true);
      view.setInt32(address + 4, Math.floor(value / HALF), true);
    } else if (typeof value === "bigint" && (signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)) === value) {
      view.setBigInt64(address, value, true);
    } else {
      throw mismatch(path, `a whole ${signed ? "" : "positive "}number of 64 bits (from 2⁵³ on as bigint)`, value);
    }
  };
}

// ── text and bytes ──────────────────────────────────────────────────────────────────────────────────────────────────

/** What `textWriter` gives: bytes written, and whether some text did not fit. */
const WRITTEN = 0xffff;
const CUT = 0x10000;

/** UTF-8 into exactly `length` bytes, the rest zeroed. */
function textWriter(memory: Memory, address: number, length: number): (text: string) => number {
  const { bytes, view } = memory;
  const end = address + length;
  const place = bytes.subarray(address, end);
  return (text) => {
    const size = text.length;
    const short = size <= SHORT_TEXT && size <= length;
    let cut = 0;
    let at = address;
    for (let index = 0; short && index < size; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) break;
      bytes[at++] = code;
    }
    if (at - address < size) {
      const { read, written } = encoder.encodeInto(text, place);
      at = address + written;
      if (read < size) cut = CUT;
    }
    const done = at - address;
    for (; at + 4 <= end; at += 4) view.setInt32(at, 0, true);
    for (; at < end; at++) bytes[at] = 0;
    return done | cut;
  };
}

function writeBytes(memory: Memory, address: number, length: number, value: Uint8Array): void {
  const { bytes } = memory;
  bytes.set(value.length > length ? value.subarray(0, length) : value, address);
  if (value.length < length) bytes.fill(0, address + value.length, address + length);
}

// ── addresses ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** How sockets of both families write an IPv4 address (RFC 4291 §2.5.5.2). */
const MAPPED = "::ffff:";
const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;
const NINE = 0x39;

function ipv4Writer(memory: Memory, address: number, path: string): Writer {
  const { bytes } = memory;
  const last = address + 3;
  const fail = (value: unknown): never => {
    throw mismatch(path, 'an IPv4 address like "192.0.2.1", or its 4 bytes', value);
  };
  return (value) => {
    if (typeof value !== "string") {
      if (!(value instanceof Uint8Array) || value.length !== 4) fail(value);
      else bytes.set(value, address);
      return;
    }
    // `parseIpv4` of btf/addresses.ts in one go, without an array for each.
    let part = 0;
    let digits = 0;
    let place = address;
    const { length } = value;
    for (let at = value.charCodeAt(0) === COLON && value.startsWith(MAPPED) ? MAPPED.length : 0; at < length; at++) {
      const code = value.charCodeAt(at);
      if (code === DOT && place < last) {
        if (!isPart(part, digits)) fail(value);
        bytes[place++] = part;
        part = digits = 0;
      } else {
        if (code < ZERO || code > NINE || digits === 3) fail(value);
        part = part * 10 + code - ZERO;
        digits++;
      }
    }
    if (place !== last || !isPart(part, digits)) fail(value);
    bytes[last] = part;
  };
}

/** `010` is 8 to some programs and 10 to others (RFC 6943 §3.1.1), so it is no part of an address. */
function isPart(part: number, digits: number): boolean {
  return part < 256 && (digits === 1 || (digits === 2 && part > 9) || (digits === 3 && part > 99));
}

function addressWriter(
  size: number,
  parse: (text: string) => Uint8Array | null,
  memory: Memory,
  address: number,
  path: string,
): Writer {
  return (value) => {
    const parsed = typeof value === "string" ? parse(value) : value instanceof Uint8Array ? value : null;
    if (parsed === null || parsed.length !== size) {
      throw mismatch(
        path,
        `${size === 16 ? 'an address like "2001:db8::1"' : 'a MAC address like "02:00:00:00:00:01"'}, or its ${size} bytes`,
        value,
      );
    }
    memory.bytes.set(parsed, address);
  };
}

function ipv6Bytes(text: string): Uint8Array | null {
  return parseIpv6(text.includes(":") ? text : `${MAPPED}${text}`);
}
