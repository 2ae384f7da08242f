/** Fields of protocol headers as data: where each lies, in bits from the start of the header, and what it is to people. */

import { formatIpv4Bytes, formatIpv6, formatMac, parseIpv4, parseIpv6, parseMac } from "../btf/addresses.ts";
import { PacketError } from "./errors.ts";

export type Format = "number" | "flag" | "ipv4" | "ipv6" | "mac";

export interface Field<Kind extends Format = Format> {
  readonly format: Kind;
  /** From the most significant bit of the first byte on. */
  readonly bit: number;
  readonly bits: number;
  /** A number on the wire counts so many (lengths in words). */
  readonly scale: number;
}

export type FieldTable = Readonly<Record<string, Field>>;

export type FieldValue = number | boolean | string;

/** The bytes in which a field lies. */
export interface Place {
  readonly offset: number;
  readonly size: number;
}

/** Of a field of the header that begins at `at`. */
export function placeOf({ bit, bits }: Field, at: number): Place {
  const first = bit >>> 3;
  return { offset: at + first, size: ((bit + bits + 7) >>> 3) - first };
}

/** Options of a layer: any of its fields. */
export type FieldsOf<Table extends FieldTable> = {
  readonly [Name in keyof Table]?: Table[Name]["format"] extends "number"
    ? number
    : Table[Name]["format"] extends "flag"
      ? boolean
      : string;
};

/** `byte`: where it begins; a number of `size` bytes in network order. */
export const number = (byte: number, size: number): Field<"number"> => bits(byte * 8, size * 8);

export const bits = (bit: number, count: number, scale = 1): Field<"number"> => ({ format: "number", bit, bits: count, scale });

export const flag = (bit: number): Field<"flag"> => ({ format: "flag", bit, bits: 1, scale: 1 });

export const address = <Kind extends "ipv4" | "ipv6" | "mac">(format: Kind, byte: number): Field<Kind> => ({
  format,
  bit: byte * 8,
  bits: SIZE[format] * 8,
  scale: 1,
});

const SIZE = { ipv4: 4, ipv6: 16, mac: 6 } as const;
const PARSE = { ipv4: parseIpv4, ipv6: parseIpv6, mac: parseMac } as const;
const PRINT = { ipv4: formatIpv4Bytes, ipv6: formatIpv6, mac: formatMac } as const;
const EXAMPLE = { ipv4: "192.0.2.1", ipv6: "2001:db8::1", mac: "02:00:00:00:00:01" } as const;

/** Writes one field of the header that begins at `at`. @throws PacketError when the value does not fit. */
function writeField(bytes: Uint8Array, at: number, { format, bit, bits, scale }: Field, value: unknown, path: string): void {
  if (format === "ipv4" || format === "ipv6" || format === "mac") {
    const parsed = typeof value === "string" ? PARSE[format](value) : null;
    if (parsed === null) throw new PacketError(path, `an address like ${EXAMPLE[format]}`, value);
    bytes.set(parsed, at + bit / 8);
    return;
  }
  const plain = format === "flag" ? (typeof value === "boolean" ? Number(value) : Number.NaN) : (value as number) / scale;
  if (!Number.isInteger(plain) || plain < 0 || plain >= 2 ** bits) {
    const most = (2 ** bits - 1) * scale;
    const expected =
      format === "flag" ? "true or false" : `a whole number from 0 to ${most}${scale === 1 ? "" : `, a multiple of ${scale}`}`;
    throw new PacketError(path, expected, value);
  }
  for (let index = 0; index < bits; index++) {
    const place = bit + bits - 1 - index;
    const mask = 0x80 >>> (place % 8);
    const byte = at + (place >>> 3);
    const isSet = Math.floor(plain / 2 ** index) % 2 === 1;
    bytes[byte] = isSet ? bytes[byte]! | mask : bytes[byte]! & ~mask;
  }
}

/** Reads one field of the header that begins at `at`; the bytes are there. */
function readField(bytes: Uint8Array, at: number, { format, bit, bits, scale }: Field): FieldValue {
  if (format === "ipv4" || format === "ipv6" || format === "mac") return PRINT[format](bytes, at + bit / 8);
  let value = 0;
  for (let place = bit; place < bit + bits; place++) value = value * 2 + ((bytes[at + (place >>> 3)]! >>> (7 - (place % 8))) & 1);
  return format === "flag" ? value === 1 : value * scale;
}

/** All of a header. */
export function readFields(bytes: Uint8Array, at: number, table: FieldTable): Record<string, FieldValue> {
  return Object.fromEntries(Object.entries(table).map(([name, field]) => [name, readField(bytes, at, field)]));
}

/** Writes those that are given, by name. @throws PacketError for a field that the header does not have. */
export function writeFields(bytes: Uint8Array, table: FieldTable, given: Readonly<Record<string, unknown>>, layer: string): void {
  for (const [name, value] of Object.entries(given)) {
    const field = Object.hasOwn(table, name) ? table[name] : undefined;
    if (field === undefined) throw new PacketError(layer, `one of its fields (${Object.keys(table).join(", ")})`, name);
    if (value !== undefined) writeField(bytes, 0, field, value, `${layer}.${name}`);
  }
}
