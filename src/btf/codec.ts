/**
 * JavaScript values to bytes and back, as a BTF type lays them out.
 *
 * | type                                   | reads as                        | `encode` also takes              |
 * | -------------------------------------- | ------------------------------- | -------------------------------- |
 * | integer up to 4 bytes                  | `number`                        | bigint in range; u32: IPv4 text  |
 * | integer of 8 or 16 bytes, pointer      | `bigint`                        | safe integer                     |
 * | `_Bool`                                | `boolean`                       | 0, 1                             |
 * | enum up to 4 bytes / of 8 bytes        | `number` / `bigint`             | name of an enumerator            |
 * | `float`, `double`                      | `number`                        |                                  |
 * | `long double`, half floats             | `Uint8Array`                    | array of bytes                   |
 * | `char[N]`                              | text before the first NUL, or   | bytes                            |
 * |                                        | `Uint8Array` when it is no text |                                  |
 * | `unsigned char[N]`, `u8[N]`            | `Uint8Array`                    | array of bytes                   |
 * | other arrays                           | array                           | typed array                      |
 * | struct, union, section of variables    | object                          | see codec/structs.ts             |
 * | `__be16`, `__be32`, `__be64`, `__le*`  | host number                     |                                  |
 * | typedef `Ipv4Address`                  | `"192.0.2.1"`                   | u32 as the machine reads it      |
 * | typedef `Ipv6Address`, `MacAddress`    | `"2001:db8::1"`, `"02:…"`       | bytes                            |
 *
 * Bit-fields read as their declared type does. Every value out of range is refused, none is cut.
 */

import type { Btf } from "./btf.ts";
import { arrayCodec } from "./codec/arrays.ts";
import { bitFieldCodec, coverBits } from "./codec/bit-fields.ts";
import { type Codec, type ReusingCodec, single, type TypeCodec } from "./codec/codec.ts";
import { type Integer, integerCodec } from "./codec/integers.ts";
import { addressableCodec, boolCodec, enumCodec, floatCodec } from "./codec/scalars.ts";
import { type Field, type Group, structCodec } from "./codec/structs.ts";
import { ADDRESS_TYPES, bytesCodec, textCodec } from "./codec/text.ts";
import { BtfError, ValueError } from "./errors.ts";
import { POINTER_SIZE, RESOLVE_LIMIT } from "./format.ts";
import { sizeOf } from "./size.ts";
import type { BtfType, IntType, Member, StructType, UnionType } from "./types.ts";

export type { Codec, ReusingCodec } from "./codec/codec.ts";

export interface CodecOptions {
  /** How messages call the value: `blocked.key` makes paths like `blocked.key.address`. */
  readonly name?: string;
  /** Byte order of the bytes; default that of the BTF. */
  readonly littleEndian?: boolean;
}

/**
 * What a malformed or malicious type may ask for: types within each other by value, JavaScript values that one value
 * decodes to, and members seen while anonymous structs are unfolded. Twice nested types multiply, so a small file can ask
 * for 2^64 of either.
 */
const MOST_NESTED = 64;
const MOST_VALUES = 1 << 24;
const MOST_MEMBERS = 1 << 20;

/**
 * Makes the codec of a type. The types are read once, here; the codec keeps closures only.
 * @throws BtfError when values of this type cannot be: void, a function, a forward declaration, a struct that contains
 *   itself, or a member outside its struct. The codec's methods throw RangeError when there are fewer bytes than `size`.
 */
export function makeCodec(btf: Btf, id: number, options: CodecOptions = {}): ReusingCodec {
  const codec = new Compiler(btf, options.littleEndian ?? btf.littleEndian).codec(id, 0);
  const name = options.name ?? "";
  return {
    size: codec.size,
    decode(bytes, offset, end) {
      checkRoom(bytes, offset, codec.size, end);
      return codec.decode(bytes, offset, end);
    },
    decodeInto(target, bytes, offset, end) {
      checkRoom(bytes, offset, codec.size, end);
      return codec.decodeInto(target, bytes, offset, end);
    },
    encode(value, bytes, offset, end) {
      checkRoom(bytes, offset, codec.size, end);
      try {
        codec.encode(value, bytes, offset, end);
      } catch (error) {
        throw error instanceof ValueError ? error.inside(name) : error;
      }
    },
  };
}

function checkRoom(bytes: Uint8Array, offset: number, size: number, end: number = offset + size): void {
  if (offset >= 0 && offset + size <= end && end <= bytes.length) return;
  throw new RangeError(`expected ${size} bytes from ${offset} to at most ${end}, found ${bytes.length} bytes in all`);
}

class Compiler {
  readonly #btf: Btf;
  readonly #littleEndian: boolean;
  /** Type id → its codec; null while it is being made, which is how a struct that contains itself shows. */
  readonly #made = new Map<number, TypeCodec | null>();
  #members = 0;

  constructor(btf: Btf, littleEndian: boolean) {
    this.#btf = btf;
    this.#littleEndian = littleEndian;
  }

  codec(id: number, depth: number): TypeCodec {
    const known = this.#made.get(id);
    if (known) return known;
    if (known === null) throw this.#fail(id, "expected a type of finite size, found one that contains itself");
    if (depth > MOST_NESTED) throw this.#fail(id, `expected at most ${MOST_NESTED} types within each other, found more`);
    this.#made.set(id, null);
    const made = this.#make(id, depth);
    if (made.weight > MOST_VALUES) throw this.#fail(id, `expected a type of at most ${MOST_VALUES} values, found ${made.weight}`);
    this.#made.set(id, made);
    return made;
  }

  #make(id: number, depth: number): TypeCodec {
    const special = this.#byTypedef(id);
    if (special !== null) return special;
    const resolved = this.#btf.resolve(id);
    if (resolved !== id) return this.codec(resolved, depth + 1);
    const type = this.#btf.type(id);
    const littleEndian = this.#littleEndian;
    switch (type.kind) {
      case "int": {
        // Old BTF says the width of a bit-field in its type.
        if (type.bits !== type.size * 8) return { ...this.#bitField(type, { bitOffset: 0, bitSize: 0 }), size: type.size };
        const integer = integerCodec(type.size, type.signed, littleEndian);
        if (type.bool) return single(boolCodec(integer));
        return single(type.size === 4 && !type.signed ? addressableCodec(integer) : integer);
      }
      case "enum":
      case "enum64":
        // Declared and not defined: nothing is known of it, and C has no values of it.
        if (type.size === 0) return bytesCodec(0);
        return single(enumCodec(type, integerCodec(type.size, type.signed, littleEndian)));
      case "pointer":
        return single(integerCodec(POINTER_SIZE, false, littleEndian));
      case "float":
        return type.size === 4 || type.size === 8 ? single(floatCodec(type.size, littleEndian)) : bytesCodec(type.size);
      case "array":
        return this.#array(type.element, type.length === 0 ? null : type.length, depth);
      case "struct":
      case "union": {
        const root = this.#group(type, 0, depth);
        return structCodec(root, `${type.kind} ${type.name || "(anonymous)"}`);
      }
      case "section": {
        const parts: Field[] = type.variables.map((variable) => ({
          kind: "field",
          name: this.#btf.name(variable.type),
          offset: variable.offset,
          codec: this.codec(variable.type, depth + 1),
        }));
        for (const part of parts) this.#checkInside(id, part.name, part.offset + part.codec.size, type.size);
        return structCodec({ kind: "all", offset: 0, size: type.size, parts }, `section ${type.name}`);
      }
      case "variable":
      case "declTag":
        return this.codec(type.type, depth + 1);
      default:
        throw this.#fail(id, `expected a type that has values, found ${type.kind}`);
    }
  }

  /** What the name of a typedef asks for: byte orders and addresses. The outermost name counts. */
  #byTypedef(id: number): TypeCodec | null {
    let type = this.#btf.type(id);
    for (let steps = 0; steps <= RESOLVE_LIMIT; steps++) {
      if (type.kind === "typedef") {
        const address = ADDRESS_TYPES.get(type.name);
        if (address !== undefined && sizeOf(this.#btf, id) === address.size) return single(address.make(this.#littleEndian));
        const order = /^__([bl])e(16|32|64)$/.exec(type.name);
        const size = Number(order?.[2]) / 8;
        if (order !== null && sizeOf(this.#btf, id) === size) {
          const integer = integerCodec(size, false, order[1] === "l");
          return single(size === 4 ? addressableCodec(integer) : integer);
        }
      } else if (type.kind !== "const" && type.kind !== "volatile" && type.kind !== "restrict" && type.kind !== "typeTag") {
        return null;
      }
      type = this.#btf.type(type.type);
    }
    return null;
  }

  #array(element: number, length: number | null, depth: number): TypeCodec {
    const plain = this.#byTypedef(element) === null ? this.#btf.type(this.#btf.resolve(element)) : null;
    if (plain?.kind === "int" && plain.size === 1 && plain.bits === 8 && !plain.bool) {
      if (isCharacter(plain)) return textCodec(length);
      if (!plain.signed) return bytesCodec(length);
    }
    return arrayCodec(this.codec(element, depth + 1), length);
  }

  /** The fields of a struct or union whose first byte is at `base` of the outermost one. */
  #group(type: StructType | UnionType, base: number, depth: number): Group {
    if (depth > MOST_NESTED) throw this.#fail(type.id, `expected at most ${MOST_NESTED} types within each other, found more`);
    const parts: (Field | Group)[] = [];
    for (const member of type.members) {
      if (++this.#members > MOST_MEMBERS) throw this.#fail(type.id, `expected at most ${MOST_MEMBERS} members, found more`);
      const part = this.#member(type, member, base, depth);
      if (part !== null) parts.push(part);
    }
    return { kind: type.kind === "struct" ? "all" : "one", offset: base, size: type.size, parts };
  }

  #member(owner: StructType | UnionType, member: Member, base: number, depth: number): Field | Group | null {
    const target = this.#btf.type(this.#btf.resolve(member.type));
    if (member.name === "") {
      // Without a name, anything else than a struct or union is padding.
      if (target.kind !== "struct" && target.kind !== "union") return null;
      if (member.bitOffset % 8 !== 0)
        throw this.#fail(owner.id, `expected an anonymous ${target.kind} on a byte, found bit ${member.bitOffset}`);
      const inner = this.#group(target, base + member.bitOffset / 8, depth + 1);
      this.#checkInside(owner.id, `anonymous ${target.kind}`, member.bitOffset / 8 + inner.size, owner.size);
      return inner;
    }
    if (member.bitSize !== 0 || member.bitOffset % 8 !== 0 || (target.kind === "int" && target.bits !== target.size * 8)) {
      const width = member.bitSize || (target.kind === "int" ? target.bits : 0);
      this.#checkInside(owner.id, member.name, Math.ceil((member.bitOffset + width) / 8), owner.size);
      const codec = this.#bitField(target, member);
      return { kind: "field", name: member.name, offset: base, codec };
    }
    const codec = this.codec(member.type, depth + 1);
    this.#checkInside(owner.id, member.name, member.bitOffset / 8 + codec.size, owner.size);
    return { kind: "field", name: member.name, offset: base + member.bitOffset / 8, codec };
  }

  #bitField(target: BtfType, member: Pick<Member, "bitOffset" | "bitSize">): TypeCodec {
    if (target.kind !== "int" && target.kind !== "enum" && target.kind !== "enum64") {
      throw this.#fail(target.id, `expected an integer or enum for a bit-field, found ${target.kind}`);
    }
    const inner = target.kind === "int" ? target.bitOffset : 0;
    const bitSize = member.bitSize || (target.kind === "int" ? target.bits : target.size * 8);
    if (bitSize === 0 || bitSize > target.size * 8) {
      throw this.#fail(target.id, `expected a bit-field of 1 to ${target.size * 8} bits, found ${bitSize}`);
    }
    const field = { bitOffset: member.bitOffset + inner, bitSize, signed: target.signed, wide: target.size > 4 };
    const integer: Codec<Integer> = bitFieldCodec(field, this.#littleEndian);
    const cover: TypeCodec["cover"] = (mask, offset) => coverBits(field, this.#littleEndian, mask, offset);
    if (target.kind !== "int") return { ...single(enumCodec(target, integer)), cover };
    return { ...single(target.bool ? boolCodec(integer) : integer), cover };
  }

  #checkInside(id: number, member: string, end: number, size: number): void {
    if (end > size) throw this.#fail(id, `expected ${member} within ${size} bytes, found its end at ${end}`);
  }

  #fail(id: number, message: string): BtfError {
    return new BtfError(message, { type: id, typeName: this.#btf.name(id) });
  }
}

/** Compilers mark characters by their name; the encoding says it in BTF that nobody writes. */
export function isCharacter(type: IntType): boolean {
  return type.char || type.name === "char";
}
