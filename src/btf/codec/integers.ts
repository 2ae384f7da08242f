/**
 * Integers of whole bytes. Up to 4 bytes they are numbers; wider ones bigints, for which `encode` also takes safe integers.
 * Reading and writing byte by byte needs no alignment and allocates nothing.
 */

import { ValueError } from "../errors.ts";
import type { Codec } from "./codec.ts";
import { describeValue } from "./describe.ts";
import { wordOf } from "./words.ts";

export type Integer = number | bigint;

/** @param size bytes: 1 to 16 */
export function integerCodec(size: number, signed: boolean, littleEndian: boolean): Codec<Integer> {
  if (size === 8) return wordPair(signed, littleEndian);
  if (size > 4 || size === 3) return manyBytes(size, signed, littleEndian);
  const { min, max } = numberRange(size * 8, signed);
  const read = signed ? readSigned(size, littleEndian) : readUnsigned(size, littleEndian);
  const write = littleEndian || size === 1 ? writeLittle : writeBig;
  return {
    size,
    word: wordOf(size as 1 | 2 | 4, signed, littleEndian),
    decode: read,
    encode: (value, bytes, offset) => write(bytes, offset, size, checkNumber(value, min, max)),
  };
}

export function numberRange(bits: number, signed: boolean): { min: number; max: number } {
  return signed ? { min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 } : { min: 0, max: 2 ** bits - 1 };
}

export function bigintRange(bits: number, signed: boolean): { min: bigint; max: bigint } {
  const width = BigInt(bits);
  return signed ? { min: -(1n << (width - 1n)), max: (1n << (width - 1n)) - 1n } : { min: 0n, max: (1n << width) - 1n };
}

/** The value as a number, if it is an integer within the range. */
export function checkNumber(value: unknown, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  if (typeof value === "bigint" && value >= min && value <= max) return Number(value);
  throw new ValueError("", `an integer from ${min} to ${max}`, describeValue(value));
}

/** The value as a bigint, if it is an integer within the range; numbers beyond 2^53 have lost digits and are refused. */
export function checkBigint(value: unknown, min: bigint, max: bigint): bigint {
  if (typeof value === "bigint" && value >= min && value <= max) return value;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max) return BigInt(value);
  const unsafe = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  const expected = unsafe ? "a bigint, because numbers beyond 2^53 are not exact," : "an integer";
  throw new ValueError("", `${expected} from ${min} to ${max}`, describeValue(value));
}

type Read = (bytes: Uint8Array, offset: number) => number;

function readUnsigned(size: number, littleEndian: boolean): Read {
  if (size === 1) return (bytes, offset) => bytes[offset]!;
  if (size === 2) {
    if (littleEndian) return (bytes, offset) => bytes[offset]! | (bytes[offset + 1]! << 8);
    return (bytes, offset) => (bytes[offset]! << 8) | bytes[offset + 1]!;
  }
  return littleEndian ? (bytes, offset) => readLittle32(bytes, offset) >>> 0 : (bytes, offset) => readBig32(bytes, offset) >>> 0;
}

function readSigned(size: number, littleEndian: boolean): Read {
  if (size === 4) return littleEndian ? readLittle32 : readBig32;
  const unsigned = readUnsigned(size, littleEndian);
  const unused = 32 - size * 8;
  return (bytes, offset) => (unsigned(bytes, offset) << unused) >> unused;
}

function readLittle32(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24);
}

function readBig32(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
}

function writeLittle(bytes: Uint8Array, offset: number, size: number, value: number): void {
  for (let index = 0; index < size; index++) bytes[offset + index] = value >>> (index * 8);
}

function writeBig(bytes: Uint8Array, offset: number, size: number, value: number): void {
  for (let index = 0; index < size; index++) bytes[offset + index] = value >>> ((size - 1 - index) * 8);
}

// One bigint for 8 bytes costs one allocation through shared memory, three through shifts.
const words = new Uint32Array(2);
const unsignedPair = new BigUint64Array(words.buffer);
const signedPair = new BigInt64Array(words.buffer);
const HOST_LOW = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1;

function wordPair(signed: boolean, littleEndian: boolean): Codec<Integer> {
  const { min, max } = bigintRange(64, signed);
  const pair = signed ? signedPair : unsignedPair;
  const low = littleEndian ? 0 : 4;
  const high = 4 - low;
  const read = littleEndian ? readLittle32 : readBig32;
  const write = littleEndian ? writeLittle : writeBig;
  return {
    size: 8,
    word: wordOf(8, signed, littleEndian),
    decode(bytes, offset) {
      words[HOST_LOW] = read(bytes, offset + low);
      words[1 - HOST_LOW] = read(bytes, offset + high);
      return pair[0]!;
    },
    encode(value, bytes, offset) {
      if (typeof value === "number" && Number.isSafeInteger(value) && (signed || value >= 0)) {
        write(bytes, offset + low, 4, value % 0x100000000);
        write(bytes, offset + high, 4, Math.floor(value / 0x100000000));
        return;
      }
      signedPair[0] = BigInt.asIntN(64, checkBigint(value, min, max));
      write(bytes, offset + low, 4, words[HOST_LOW]!);
      write(bytes, offset + high, 4, words[1 - HOST_LOW]!);
    },
  };
}

/** `__int128`, and sizes that no compiler writes but the format can say. */
function manyBytes(size: number, signed: boolean, littleEndian: boolean): Codec<Integer> {
  const { min, max } = bigintRange(size * 8, signed);
  return {
    size,
    decode(bytes, offset) {
      const value = readBits(bytes, offset, size, littleEndian);
      return signed ? BigInt.asIntN(size * 8, value) : value;
    },
    encode: (value, bytes, offset) => writeBits(bytes, offset, size, littleEndian, checkBigint(value, min, max)),
  };
}

/** `size` bytes as one unsigned bigint. */
export function readBits(bytes: Uint8Array, offset: number, size: number, littleEndian: boolean): bigint {
  let value = 0n;
  for (let index = 0; index < size; index++) {
    value = (value << 8n) | BigInt(bytes[offset + (littleEndian ? size - 1 - index : index)]!);
  }
  return value;
}

/** The low `size` bytes of a bigint. */
export function writeBits(bytes: Uint8Array, offset: number, size: number, littleEndian: boolean, value: bigint): void {
  let rest = value;
  for (let index = 0; index < size; index++) {
    bytes[offset + (littleEndian ? index : size - 1 - index)] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}
