/** Integers of some bits within a struct. */

import type { Codec } from "./codec.ts";
import { bigintRange, checkBigint, checkNumber, type Integer, numberRange, readBits, writeBits } from "./integers.ts";

export interface BitField {
  /** From the start of the struct, as BTF counts: from the lowest bit on little-endian machines, else from the highest. */
  readonly bitOffset: number;
  /** 1 to 128. */
  readonly bitSize: number;
  readonly signed: boolean;
  /** Whether the value is a bigint: declared with more than 4 bytes. */
  readonly wide: boolean;
}

/** Sets the bits of the field, as `TypeCodec.cover` asks. */
export function coverBits(field: BitField, littleEndian: boolean, mask: Uint8Array, offset: number): void {
  for (let bit = field.bitOffset; bit < field.bitOffset + field.bitSize; bit++) {
    mask[offset + Math.floor(bit / 8)]! |= littleEndian ? 1 << (bit % 8) : 0x80 >> (bit % 8);
  }
}

/**
 * Reads and writes one bit-field of the struct at `offset`; its `size` counts from there. Writing leaves the bits around as
 * they are.
 *
 * Fields that lie within 4 bytes, nearly all, go without bigints.
 */
export function bitFieldCodec(field: BitField, littleEndian: boolean): Codec<Integer> {
  const { bitOffset, bitSize, signed, wide } = field;
  const first = Math.floor(bitOffset / 8);
  const within = bitOffset % 8;
  const size = Math.ceil((within + bitSize) / 8);
  // Distance of the field's lowest bit from the lowest bit of the bytes taken as one number.
  const shift = littleEndian ? within : size * 8 - within - bitSize;

  if (size > 4) {
    const range = bigintRange(bitSize, signed);
    const mask = ((1n << BigInt(bitSize)) - 1n) << BigInt(shift);
    return {
      size: first + size,
      decode(bytes, offset) {
        const raw = (readBits(bytes, offset + first, size, littleEndian) & mask) >> BigInt(shift);
        const value = signed ? BigInt.asIntN(bitSize, raw) : raw;
        return wide ? value : Number(value);
      },
      encode(value, bytes, offset) {
        const checked = checkBigint(value, range.min, range.max);
        const around = readBits(bytes, offset + first, size, littleEndian) & ~mask;
        writeBits(bytes, offset + first, size, littleEndian, around | ((checked << BigInt(shift)) & mask));
      },
    };
  }

  const { min, max } = numberRange(bitSize, signed);
  const mask = bitSize === 32 ? 0xffffffff : (1 << bitSize) - 1;
  const position = (index: number): number => (littleEndian ? index : size - 1 - index) * 8;
  return {
    size: first + size,
    decode(bytes, offset) {
      let word = 0;
      for (let index = 0; index < size; index++) word |= bytes[offset + first + index]! << position(index);
      const raw = (word >>> shift) & mask;
      const value = signed ? (raw << (32 - bitSize)) >> (32 - bitSize) : raw >>> 0;
      return wide ? BigInt(value) : value;
    },
    encode(value, bytes, offset) {
      const bits = (checkNumber(value, min, max) & mask) << shift;
      const kept = ~(mask << shift);
      for (let index = 0; index < size; index++) {
        const at = offset + first + index;
        bytes[at] = (bytes[at]! & (kept >>> position(index))) | (bits >>> position(index));
      }
    },
  };
}
