/** Values of one number that JavaScript shows otherwise: booleans, enums, floats, IPv4 addresses as integers. */

import { nearest } from "../../nearest.ts";
import { parseIpv4 } from "../addresses.ts";
import { ValueError } from "../errors.ts";
import type { Enum64Type, EnumType } from "../types.ts";
import type { Codec } from "./codec.ts";
import { describeValue } from "./describe.ts";
import type { Integer } from "./integers.ts";

/** Any bit pattern but zero reads as true; `encode` also takes 0 and 1. */
export function boolCodec(integer: Codec<Integer>): Codec<unknown> {
  return {
    size: integer.size,
    decode: (bytes, offset) => Number(integer.decode(bytes, offset)) !== 0,
    encode(value, bytes, offset) {
      if (value === true || value === 1 || value === 1n) integer.encode(1, bytes, offset);
      else if (value === false || value === 0 || value === 0n) integer.encode(0, bytes, offset);
      else throw new ValueError("", "true or false", describeValue(value));
    },
  };
}

/** Reads as the number, because flags are or-ed and kernels add enumerators; `encode` also takes an enumerator's name. */
export function enumCodec(type: EnumType | Enum64Type, integer: Codec<Integer>): Codec<unknown> {
  const numbers = new Map<string, Integer>(type.values.map(({ name, value }) => [name, value]));
  return {
    ...integer,
    encode(value, bytes, offset) {
      if (typeof value !== "string") return integer.encode(value as Integer, bytes, offset);
      const number = numbers.get(value);
      if (number === undefined) throw unknownEnumerator(type, value);
      integer.encode(number, bytes, offset);
    },
  };
}

function unknownEnumerator(type: EnumType | Enum64Type, found: string): ValueError {
  const names = type.values.map(({ name }) => name);
  const shown = names.length > 8 ? `${names.slice(0, 8).join(", ")}, …` : names.join(", ");
  const near = nearest(found, names);
  const hint = near === null ? "" : ` (did you mean ${JSON.stringify(near)}?)`;
  return new ValueError("", `a number or one of ${shown}`, `${describeValue(found)}${hint}`);
}

/** `float` and `double`. */
export function floatCodec(size: 4 | 8, littleEndian: boolean): Codec<unknown> {
  const scratch = new DataView(new ArrayBuffer(8));
  return {
    size,
    decode(bytes, offset) {
      for (let index = 0; index < size; index++) scratch.setUint8(index, bytes[offset + index]!);
      return size === 4 ? scratch.getFloat32(0, littleEndian) : scratch.getFloat64(0, littleEndian);
    },
    encode(value, bytes, offset) {
      if (typeof value !== "number") throw new ValueError("", "a number", describeValue(value));
      if (size === 4) scratch.setFloat32(0, value, littleEndian);
      else scratch.setFloat64(0, value, littleEndian);
      for (let index = 0; index < size; index++) bytes[offset + index] = scratch.getUint8(index);
    },
  };
}

/** An unsigned integer of 4 bytes, which may hold an IPv4 address: `encode` also takes its text, in the order of the wire. */
export function addressableCodec(integer: Codec<Integer>): Codec<unknown> {
  return {
    ...integer,
    encode(value, bytes, offset) {
      if (typeof value !== "string") return integer.encode(value as Integer, bytes, offset);
      const address = parseIpv4(value);
      if (address === null) {
        throw new ValueError("", 'an integer from 0 to 4294967295 or an IPv4 address like "192.0.2.1"', describeValue(value));
      }
      bytes.set(address, offset);
    },
  };
}
