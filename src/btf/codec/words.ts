/**
 * Integers that a struct reads in place. A closure for each field costs three times as much: the machine cannot see through a call that goes to another
 * function each time. One switch that reads all kinds stays fast whatever the types are.
 */

/** Bytes (1, 2, 4, 8), with `SIGNED` and `BIG_ENDIAN`. */
export type Word = number;

const SIGNED = 16;
const BIG_ENDIAN = 32;

export function wordOf(size: 1 | 2 | 4 | 8, signed: boolean, littleEndian: boolean): Word {
  return size | (signed ? SIGNED : 0) | (littleEndian ? 0 : BIG_ENDIAN);
}

/** Of 8 bytes a bigint. Hot. */
export function readWord(view: DataView, offset: number, word: Word): number | bigint {
  const littleEndian = (word & BIG_ENDIAN) === 0;
  switch (word & (BIG_ENDIAN - 1)) {
    case 1:
      return view.getUint8(offset);
    case 2:
      return view.getUint16(offset, littleEndian);
    case 4:
      return view.getUint32(offset, littleEndian);
    case 8:
      return view.getBigUint64(offset, littleEndian);
    case 1 | SIGNED:
      return view.getInt8(offset);
    case 2 | SIGNED:
      return view.getInt16(offset, littleEndian);
    case 4 | SIGNED:
      return view.getInt32(offset, littleEndian);
    default:
      return view.getBigInt64(offset, littleEndian);
  }
}
