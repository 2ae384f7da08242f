/**
 * Numbers that lie in memory which programs share, read and written in one piece: a variable, or one field of all values of an array.
 * Hot: a read is one access of a typed array, without a call or a copy. Both engines use it.
 */

import type { Btf } from "../btf/btf.ts";
import { type Codec, makeCodec } from "../btf/codec.ts";
import { ValueError } from "../btf/errors.ts";
import type { Member } from "../btf/types.ts";
import { nearest } from "../nearest.ts";
import type { MapSpec } from "../object/spec.ts";
import { MapError } from "./errors.ts";
import type { Column } from "./maps.ts";

/** What numbers are to typed arrays. */
const ARRAYS = {
  u8: Uint8Array,
  i8: Int8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  i32: Int32Array,
  f32: Float32Array,
  u64: BigUint64Array,
  i64: BigInt64Array,
  f64: Float64Array,
} as const;

type NumberKind = keyof typeof ARRAYS;

/** What is common to the typed arrays. */
interface NumberArray {
  readonly length: number;
  [index: number]: number | bigint;
}

/** Bytes that read differently as each of the kinds of one size. */
const PROBE = Uint8Array.of(0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88);

/** What a codec reads, found by asking it: no name of a type can be forgotten. Typed arrays are little-endian, as both engines are. */
function numberKindOf(codec: Codec): NumberKind | null {
  if (codec.size > 8) return null;
  const found = codec.decode(PROBE.slice(0, codec.size), 0);
  for (const kind of Object.keys(ARRAYS) as NumberKind[]) {
    if (ARRAYS[kind].BYTES_PER_ELEMENT === codec.size && arrayOf(kind, PROBE.buffer, 0, 1)[0] === found) return kind;
  }
  return null;
}

function arrayOf(kind: NumberKind, buffer: ArrayBufferLike, offset: number, length: number): NumberArray {
  return new ARRAYS[kind](buffer as ArrayBuffer, offset, length);
}

/**
 * A codec for what begins at byte 0 of one array of bytes, quicker than the one that it is made of where that is of numbers. Hot: keys and
 * values of maps go through one place each.
 */
export interface PlacedCodec {
  read(): unknown;
  write(value: unknown): void;
}

export function placedCodec(codec: Codec, bytes: Uint8Array): PlacedCodec {
  const kind = bytes.length === codec.size && bytes.byteOffset % 8 === 0 ? numberKindOf(codec) : null;
  const general = { read: () => codec.decode(bytes, 0), write: (value: unknown) => codec.encode(value, bytes, 0) };
  if (kind === null) return general;
  const place = arrayOf(kind, bytes.buffer, bytes.byteOffset, 1);
  const read = (): unknown => place[0];
  if (kind === "u64" || kind === "i64") {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, 2);
    return {
      read,
      write(value) {
        if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
          codec.encode(value, bytes, 0);
          return;
        }
        words[0] = value % 0x1_0000_0000;
        words[1] = value / 0x1_0000_0000;
      },
    };
  }
  if (kind !== "u32") return { read, write: general.write };
  return {
    read,
    write(value) {
      // What is no u32 by itself may be one in other words, or is refused in the codec's.
      if (typeof value === "number" && value >>> 0 === value) place[0] = value;
      else codec.encode(value, bytes, 0);
    },
  };
}

/** The memory that numbers lie in. */
export interface NumberMemory {
  /** Asked before every access. */
  readonly isOpen: boolean;
  /** False: writing is refused; it may be memory that nobody can write. */
  readonly mayWrite: boolean;
  /** Asked again when what it gave has moved. Null where every access is a call. @throws MapError `closed` */
  live(): Uint8Array | null;
}

/** Which numbers, where, and how they are checked: `count` of them, each `stride` bytes after the one before. */
interface Layout {
  readonly name: string;
  readonly kind: NumberKind;
  readonly codec: Codec;
  readonly offset: number;
  readonly stride: number;
  readonly count: number;
}

export class NumberColumn implements Column {
  readonly length: number;
  readonly #layout: Layout;
  readonly #memory: NumberMemory;
  readonly #step: number;
  /** A value to be written, as bytes and as what they say. */
  readonly #bytes: Uint8Array;
  readonly #encoded: NumberArray;
  readonly #signed: boolean;
  #array: NumberArray;
  /** Of 64-bit integers: their halves. */
  #words: Uint32Array | null = null;

  constructor(layout: Layout, memory: NumberMemory) {
    const { kind, codec, count, stride } = layout;
    this.length = count;
    this.#layout = layout;
    this.#memory = memory;
    this.#step = stride / codec.size;
    this.#bytes = new Uint8Array(codec.size);
    this.#encoded = arrayOf(kind, this.#bytes.buffer, 0, 1);
    this.#signed = kind === "i64";
    this.#array = this.#look();
  }

  /** Hot. */
  get(index: number): number | bigint {
    const value = this.#array[index * this.#step];
    // Half an index is an element, too, where there is more in a value.
    if (value !== undefined && Number.isInteger(index) && this.#memory.isOpen) return value;
    this.#array = this.#again(index);
    return this.#array[index * this.#step] ?? this.#lost();
  }

  /** Hot. A 64-bit integer is read by its halves: the upper one twice, so that they belong together. */
  number(index: number): number {
    const words = this.#words;
    if (words === null) return Number(this.get(index));
    const at = index * this.#step * 2;
    for (;;) {
      const high = words[at + 1];
      const low = words[at];
      if (high === undefined || low === undefined || !Number.isInteger(index) || !this.#memory.isOpen)
        return Number(this.get(index));
      if (words[at + 1] !== high) continue;
      return (this.#signed ? high | 0 : high) * 0x1_0000_0000 + low;
    }
  }

  /** Hot. */
  set(index: number, value: number | bigint): void {
    const { codec, name } = this.#layout;
    if (!this.#memory.mayWrite) throw new MapError(name, "unsupported", `${name} cannot be written from user space`);
    codec.encode(value, this.#bytes, 0);
    const there = this.#array[index * this.#step] !== undefined && Number.isInteger(index) && this.#memory.isOpen;
    if (!there) this.#array = this.#again(index);
    this.#array[index * this.#step] = this.#encoded[0] ?? this.#lost();
  }

  /** The memory has moved, or is gone; or there is no such element. */
  #again(index: number): NumberArray {
    const { name } = this.#layout;
    if (!Number.isInteger(index) || index < 0 || index >= this.length)
      throw new RangeError(`${name}: expected an index from 0 to ${this.length - 1}, found ${index}`);
    return this.#look();
  }

  #look(): NumberArray {
    const { kind, codec, offset, stride, count } = this.#layout;
    const memory = this.#memory.live() ?? this.#lost();
    const length = count === 0 ? 0 : ((count - 1) * stride) / codec.size + 1;
    const start = memory.byteOffset + offset;
    if (/^[ui]64$/.test(kind)) this.#words = new Uint32Array(memory.buffer, start, length * 2);
    return arrayOf(kind, memory.buffer, start, length);
  }

  #lost(): never {
    const { name } = this.#layout;
    throw new MapError(name, "closed", `${name} was closed`);
  }
}

/** A number by itself, at `offset` of memory; null when it cannot be read in one piece. */
export function numberAt(name: string, codec: Codec, offset: number, memory: NumberMemory): NumberColumn | null {
  const kind = numberKindOf(codec);
  const live = memory.live();
  if (kind === null || live === null || (live.byteOffset + offset) % codec.size !== 0) return null;
  return new NumberColumn({ name, kind, codec, offset, stride: codec.size, count: 1 }, memory);
}

/** Values of an array, where they are numbers; else null. */
export function columnOfValues(
  { name, valueSize, maxEntries }: MapSpec,
  codec: Codec,
  memory: NumberMemory,
): NumberColumn | null {
  const kind = numberKindOf(codec);
  if (kind === null || memory.live() === null) return null;
  return new NumberColumn({ name, kind, codec, offset: 0, stride: Math.ceil(valueSize / 8) * 8, count: maxEntries }, memory);
}

/**
 * One number of all values of an array, each of which begins at a multiple of 8 bytes.
 * @param path of fields: `packets`, `in.packets`; empty when values are numbers themselves.
 * @throws ValueError when that is no number that lies where a machine reads it in one piece.
 */
export function columnOf(map: MapSpec, types: Btf | null, path: string, memory: NumberMemory): NumberColumn {
  const name = path === "" ? map.name : `${map.name}.${path}`;
  if (types === null || map.valueType === 0)
    throw new ValueError(name, "a number by its type", "an array whose type is not known");
  let type = map.valueType;
  let offset = 0;
  for (const part of path === "" ? [] : path.split(".")) {
    const members = membersOf(types, type);
    const member = members.get(part);
    if (member === undefined) {
      const near = nearest(part, members.keys());
      const names = [...members.keys()].join(", ") || "none";
      throw new ValueError(name, near === null ? `one of its fields (${names})` : `a field (did you mean ${near}?)`, part);
    }
    if (member.bitSize !== 0 || member.bitOffset % 8 !== 0) throw new ValueError(name, "a number of whole bytes", "a bit-field");
    offset += member.bitOffset / 8;
    type = member.type;
  }
  const codec = makeCodec(types, type, { name });
  const kind = numberKindOf(codec);
  if (kind === null) throw new ValueError(name, "an integer or a float of 1, 2, 4 or 8 bytes", types.kind(types.resolve(type)));
  if (offset % codec.size !== 0) throw new ValueError(name, `a place that is a multiple of ${codec.size}`, `byte ${offset}`);
  return new NumberColumn({ name, kind, codec, offset, stride: Math.ceil(map.valueSize / 8) * 8, count: map.maxEntries }, memory);
}

/** By name; those of anonymous structs and unions are members of the struct around them. */
function membersOf(types: Btf, id: number, base = 0, into = new Map<string, Member>()): ReadonlyMap<string, Member> {
  const type = types.type(types.resolve(id));
  if (type.kind !== "struct" && type.kind !== "union") return into;
  for (const member of type.members) {
    const bitOffset = base + member.bitOffset;
    if (member.name === "") membersOf(types, member.type, bitOffset, into);
    else into.set(member.name, { ...member, bitOffset });
  }
  return into;
}
