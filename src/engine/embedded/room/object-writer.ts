/** Writes JavaScript values into memory as a kernel's types lay them out; unlike a codec, only the fields that are given. */

import type { Btf } from "../../../btf/btf.ts";
import type { BtfType, Member } from "../../../btf/types.ts";
import { nearest } from "../../../nearest.ts";
import type { Memory } from "../memory.ts";

/** What a field may be given. Text is a number, an enumerator, characters, a `char *` or a `struct path`, as the type has it. */
export type FieldValue =
  | number
  | bigint
  | boolean
  | string
  | null
  | Uint8Array
  | { readonly address: number }
  | readonly FieldValue[]
  | { readonly [name: string]: FieldValue };

/** Makes what pointers point at. */
export interface ObjectMaker {
  object(type: string, fields: Readonly<Record<string, FieldValue>>): { readonly address: number };
  bytes(content: Uint8Array | string): { readonly address: number };
  /** A `struct path` at that address is what the text says. */
  namePath(address: number, path: string): void;
}

interface Place {
  readonly type: number;
  /** From the start of the object, in bits. */
  readonly bitOffset: number;
  /** 0: no bit-field. */
  readonly bitSize: number;
}

const MOST_NESTED = 32;
const encoder = new TextEncoder();

export class ObjectWriter {
  readonly #btf: Btf;
  readonly #memory: Memory;
  readonly #maker: ObjectMaker;
  /** Struct id → its fields by name, those of anonymous members included. */
  readonly #fields = new Map<number, ReadonlyMap<string, Place>>();

  constructor(btf: Btf, memory: Memory, maker: ObjectMaker) {
    this.#btf = btf;
    this.#memory = memory;
    this.#maker = maker;
  }

  has(name: string): boolean {
    return this.#btf.find(name, "struct") !== undefined;
  }

  /** Id of a struct, union or typedef of one, with or without the word `struct`. @throws RangeError when there is none. */
  find(name: string): number {
    const bare = name.replace(/^(?:struct|union) /, "");
    const id = this.#btf.find(bare, "struct") ?? this.#btf.find(bare, "union") ?? this.#btf.find(bare, "typedef");
    const found = id === undefined ? undefined : this.#btf.resolve(id);
    const kind = found === undefined ? undefined : this.#btf.kind(found);
    if (found === undefined || (kind !== "struct" && kind !== "union"))
      throw new RangeError(`the kernel types of the room have no struct ${bare}`);
    return found;
  }

  sizeOf(id: number): number {
    return this.#btf.sizeOf(id);
  }

  describe(id: number): string {
    return `${this.#btf.kind(id)} ${this.#btf.name(id)}`;
  }

  /** Those of the fields that the struct has: a task of an old kernel has fewer. */
  known(type: string, fields: Readonly<Record<string, FieldValue>>): Record<string, FieldValue> {
    const places = this.#fieldsOf(this.find(type));
    return Object.fromEntries(Object.entries(fields).filter(([name]) => places.has(name)));
  }

  /** Writes fields of the struct at an address. @throws RangeError */
  write(id: number, address: number, fields: Readonly<Record<string, FieldValue>>): void {
    this.#struct(id, address, 0, fields, this.#btf.name(id), 0);
  }

  #struct(
    id: number,
    address: number,
    base: number,
    fields: Readonly<Record<string, FieldValue>>,
    path: string,
    depth: number,
  ): void {
    if (depth > MOST_NESTED) throw new RangeError(`${path}: nested deeper than ${MOST_NESTED}`);
    const places = this.#fieldsOf(id);
    for (const [name, value] of Object.entries(fields)) {
      const place = places.get(name);
      if (place === undefined) {
        const near = nearest(name, places.keys());
        throw new RangeError(`${path} has no field ${name}${near === null ? "" : `; did you mean ${near}?`}`);
      }
      const { type, bitOffset, bitSize } = place;
      this.#value(type, address, base + bitOffset, bitSize, value, `${path}.${name}`, depth + 1);
    }
  }

  #value(id: number, address: number, bit: number, bits: number, value: FieldValue, path: string, depth: number): void {
    const type = this.#btf.type(this.#btf.resolve(id));
    const at = address + Math.floor(bit / 8);
    const size = bits > 0 ? 0 : this.#btf.sizeOf(type.id);
    if (value instanceof Uint8Array && type.kind !== "pointer") {
      if (bits > 0 || value.length > size) throw new RangeError(`${path}: expected at most ${size} bytes, found ${value.length}`);
      this.#memory.bytes.fill(0, at, at + size);
      this.#memory.bytes.set(value, at);
      return;
    }
    switch (type.kind) {
      case "struct":
      case "union":
        if (typeof value === "string" && type.name === "path") {
          this.#maker.namePath(at, value);
          return;
        }
        if (!isFields(value)) throw new RangeError(`${path}: expected an object of fields, found ${show(value)}`);
        this.#struct(type.id, address, bit, value, path, depth);
        return;
      case "array":
        this.#array(type, address, bit, value, path, depth);
        return;
      case "pointer":
        this.#integer(at, 8, 0, 64, this.#target(type.type, value, path), path);
        return;
      case "int":
      case "enum":
      case "enum64": {
        const width = bits > 0 ? bits : size * 8;
        this.#integer(at, size || Math.ceil(((bit % 8) + width) / 8), bit % 8, width, numberOf(type, value, path), path);
        return;
      }
      default:
        throw new RangeError(`${path}: values of a ${type.kind} cannot be given`);
    }
  }

  #array(
    type: Extract<BtfType, { kind: "array" }>,
    address: number,
    bit: number,
    value: FieldValue,
    path: string,
    depth: number,
  ): void {
    const size = this.#btf.sizeOf(type.element);
    if (typeof value === "string" && size === 1) {
      // Room for the NUL.
      const text = encoder.encode(value);
      if (text.length >= type.length)
        throw new RangeError(`${path}: expected at most ${type.length - 1} characters, found ${text.length}`);
      this.#memory.bytes.fill(0, address + bit / 8, address + bit / 8 + type.length);
      this.#memory.bytes.set(text, address + bit / 8);
      return;
    }
    if (!Array.isArray(value) || value.length > type.length)
      throw new RangeError(`${path}: expected an array of at most ${type.length}, found ${show(value)}`);
    value.forEach((element: FieldValue, index) => {
      this.#value(type.element, address, bit + index * size * 8, 0, element, `${path}[${index}]`, depth);
    });
  }

  /** The address that a pointer gets. */
  #target(pointee: number, value: FieldValue, path: string): bigint {
    if (value === null) return 0n;
    if (typeof value === "number" || typeof value === "bigint") return toBigInt(value, path);
    if (value instanceof Uint8Array) return BigInt(this.#maker.bytes(value).address);
    const target = this.#btf.resolve(pointee);
    const kind = this.#btf.kind(target);
    if (typeof value === "string") {
      if (kind === "int" && this.#btf.sizeOf(target) === 1) return BigInt(this.#maker.bytes(value).address);
      return toBigInt(value, path);
    }
    if (isFields(value)) {
      if (typeof value["address"] === "number") return BigInt(value["address"]);
      const name = this.#btf.name(target);
      if ((kind === "struct" || kind === "union") && name !== "") return BigInt(this.#maker.object(name, value).address);
    }
    throw new RangeError(`${path}: expected an object or an address, found ${show(value)}`);
  }

  #integer(at: number, size: number, shift: number, bits: number, value: bigint, path: string): void {
    if (value < -(1n << BigInt(bits - 1)) || value >= 1n << BigInt(bits))
      throw new RangeError(`${path}: expected ${bits} bits, found ${value}`);
    const { bytes } = this.#memory;
    const mask = ((1n << BigInt(bits)) - 1n) << BigInt(shift);
    let before = 0n;
    for (let index = size - 1; index >= 0; index--) before = (before << 8n) | BigInt(bytes[at + index]!);
    let after = (before & ~mask) | ((value << BigInt(shift)) & mask);
    for (let index = 0; index < size; index++, after >>= 8n) bytes[at + index] = Number(after & 0xffn);
  }

  #fieldsOf(id: number): ReadonlyMap<string, Place> {
    let fields = this.#fields.get(id);
    if (fields === undefined) this.#fields.set(id, (fields = new Map(this.#members(id, 0, 0))));
    return fields;
  }

  *#members(id: number, base: number, depth: number): Generator<[string, Place]> {
    const type = this.#btf.type(id);
    if ((type.kind !== "struct" && type.kind !== "union") || depth > MOST_NESTED) return;
    for (const member of type.members as readonly Member[]) {
      const bitOffset = base + member.bitOffset;
      if (member.name === "") yield* this.#members(this.#btf.resolve(member.type), bitOffset, depth + 1);
      else yield [member.name, { type: member.type, bitOffset, bitSize: member.bitSize }];
    }
  }
}

function isFields(value: FieldValue): value is { readonly [name: string]: FieldValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function numberOf(type: Extract<BtfType, { kind: "int" | "enum" | "enum64" }>, value: FieldValue, path: string): bigint {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "string" && type.kind !== "int") {
    const found = type.values.find(({ name }) => name === value);
    if (found !== undefined) return BigInt(found.value);
  }
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "string") return toBigInt(value, path);
  throw new RangeError(`${path}: expected a number, found ${show(value)}`);
}

function toBigInt(value: number | bigint | string, path: string): bigint {
  try {
    return BigInt(value);
  } catch (cause) {
    throw new RangeError(`${path}: expected a whole number, found ${show(value)}`, { cause });
  }
}

function show(value: FieldValue): string {
  if (typeof value === "bigint") return `${value}`;
  return value instanceof Uint8Array ? `${value.length} bytes` : (JSON.stringify(value) ?? String(value)).slice(0, 60);
}
