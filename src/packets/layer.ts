/** A layer of a packet as it is described, and what each protocol must know to write and to read it. */

import { type FieldTable, type FieldValue, type Place, placeOf, readFields, writeFields } from "./fields.ts";

/** What `packet` takes: made by `ethernet()`, `ipv4()` and the others. */
export interface Layer {
  readonly protocol: Protocol;
  /** Fields as given; the others are computed or have defaults. */
  readonly given: Readonly<Record<string, unknown>>;
  /** What follows the fixed part of the header: options, a message, a payload. */
  readonly extra: Uint8Array;
}

/** A layer as it was read. */
export interface ParsedLayer {
  readonly name: string;
  /** In bytes from the start of the packet. */
  readonly offset: number;
  /** Of its header, options included; of a payload all of it. */
  readonly size: number;
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Where each of the fields lies in the packet. */
  readonly places: Readonly<Record<string, Place>>;
  /** Options, or the bytes of a payload. */
  readonly data: Uint8Array;
  /** Of a payload: whose header it should begin with, when that is cut off or malformed. */
  readonly broken?: Protocol;
}

/** A field that is not at the same place in every header; `offset` counts from the end of the fixed part. */
export interface FoundField extends Place {
  readonly name: string;
  readonly value: FieldValue;
}

/** Where a layer is written: what is around it and what is in it. */
export interface Surroundings {
  /** From the outermost to the one around this. */
  readonly around: readonly Layer[];
  readonly inner: Layer | null;
  /** Everything inside, written. */
  readonly body: Uint8Array;
}

/** What follows a layer, and where the room of it ends. */
export interface Next {
  readonly protocol: Protocol | null;
  readonly end: number;
}

export interface Protocol {
  readonly name: string;
  readonly table: FieldTable;
  /** Bytes of the fixed part. */
  readonly size: number;
  /** What layers below call it. Absent: they cannot. */
  readonly etherType?: number;
  readonly ipProtocol?: number;
  /** Fields that are not given, the rest computed: lengths, types, checksums. */
  complete(layer: Layer, where: Surroundings): Readonly<Record<string, FieldValue>>;
  /** The checksum field, which is computed last, over what is written. */
  seal?(header: Uint8Array, layer: Layer, where: Surroundings): void;
  /** Bytes of the header that begins at `at`, options included; more than there are means that it is cut off. */
  length?(bytes: Uint8Array, at: number, end: number): number;
  /** Fields beyond those of the table. */
  read?(data: Uint8Array): readonly FoundField[];
  /** What is inside. Absent: a payload. */
  next?(layer: ParsedLayer, bytes: Uint8Array, end: number): Next;
}

export const NO_BYTES = new Uint8Array();

export function layer(protocol: Protocol, given: Readonly<Record<string, unknown>>, extra: Uint8Array = NO_BYTES): Layer {
  return { protocol, given, extra };
}

/** The header of a layer, written. @throws PacketError */
export function writeHeader(layer: Layer, where: Surroundings): Uint8Array {
  const { protocol, given, extra } = layer;
  const header = new Uint8Array(protocol.size + extra.length);
  header.set(extra, protocol.size);
  writeFields(header, protocol.table, { ...protocol.complete(layer, where), ...defined(given) }, protocol.name);
  protocol.seal?.(header, layer, where);
  return header;
}

function defined(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Null when the header is cut off or says that it is shorter than it can be. */
export function readHeader(protocol: Protocol, bytes: Uint8Array, at: number, end: number): ParsedLayer | null {
  if (at + protocol.size > end) return null;
  const size = protocol.length?.(bytes, at, end) ?? protocol.size;
  if (size < protocol.size || at + size > end) return null;
  const data = bytes.slice(at + protocol.size, at + size);
  const fields = readFields(bytes, at, protocol.table);
  const places = placesOf(protocol.table, at);
  for (const { name, value, offset, size } of protocol.read?.(data) ?? []) {
    fields[name] = value;
    places[name] = { offset: at + protocol.size + offset, size };
  }
  return { name: protocol.name, offset: at, size, fields, places, data };
}

/** Where the fields of the header that begins at `at` lie. */
export function placesOf(table: FieldTable, at: number): Record<string, Place> {
  return Object.fromEntries(Object.entries(table).map(([name, field]) => [name, placeOf(field, at)]));
}
