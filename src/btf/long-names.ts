/**
 * The law of long names. Many records may have one name, or tails of one: 3,000 members of 100 KB each fit in a file of
 * 136 KB, and everything that reads names (an index, a printer, a comparison) would take the third of a gigabyte for it.
 * Kernels refuse names from 512 bytes on (`KSYM_NAME_LEN`, 128 before Linux 6.1), so shorter ones are never looked at here.
 */

import { BtfError } from "./errors.ts";
import { KIND, PART_SIZE, TAIL_SIZE, TYPE_SIZE, VLEN_MASK } from "./format.ts";
import type { NamedRecords } from "./names.ts";

/** Bytes from which a name is long. */
const LONG = 512;
/** Bytes of the longest name that a type or a part of one may have. Tags are texts, not names. */
const LONGEST = 4096;
/** What all long names together may take, each counted as often as it is used: this many times the strings, and a floor. */
const FACTOR = 32;
const FLOOR = 8 << 20;

/** Kinds whose parts (members, enumerators, parameters) start with a name. */
const NAMED_PARTS: ReadonlySet<number> = new Set([KIND.struct, KIND.union, KIND.enum, KIND.enum64, KIND.prototype]);

/**
 * Takes no time where all strings are short, as in a kernel's BTF: it looks at a few bytes in 512.
 * @throws BtfError at the first type with a name that is too long, or when long names multiply.
 */
export function checkLongNames(records: NamedRecords): void {
  const ends = longStrings(records.strings);
  if (ends.length === 0) return;
  const { view, littleEndian, starts, firstId, firstString, strings } = records;
  let left = strings.length * FACTOR + FLOOR;
  const spend = (index: number, at: number, longest: number): void => {
    const length = lengthOf(ends, view.getUint32(at, littleEndian) - firstString);
    if (length > longest) {
      throw new BtfError(`expected a name of at most ${longest} bytes, found ${length}`, { type: firstId + index, offset: at });
    }
    left -= length;
    if (left < 0) {
      throw new BtfError("expected names that are about as long as the file, found long ones that multiply", {
        type: firstId + index,
        offset: at,
      });
    }
  };
  for (let index = 0; index < starts.length; index++) {
    const at = starts[index]!;
    const info = view.getUint32(at + 4, littleEndian);
    const kind = (info >>> 24) & 31;
    spend(index, at, kind === KIND.declTag || kind === KIND.typeTag ? strings.length : LONGEST);
    if (!NAMED_PARTS.has(kind)) continue;
    const step = PART_SIZE[kind]!;
    let part = at + TYPE_SIZE + TAIL_SIZE[kind]!;
    for (let count = info & VLEN_MASK; count > 0; count--, part += step) spend(index, part, LONGEST);
  }
}

/** Start and end (its NUL) of every long string, in ascending order. */
function longStrings(strings: Uint8Array): number[] {
  const found: number[] = [];
  // A string that is long has no NUL in some window of that size that follows one.
  for (let start = 0; start + LONG < strings.length; ) {
    const last = strings.lastIndexOf(0, start + LONG);
    if (last >= start) {
      start = last + 1;
      continue;
    }
    const end = strings.indexOf(0, start);
    found.push(start, end);
    start = end + 1;
  }
  return found;
}

/** Bytes of the name at an offset when that is long, or is the tail of a long string; 0 otherwise. */
function lengthOf(ranges: readonly number[], offset: number): number {
  let low = 0;
  let high = ranges.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle * 2]! <= offset) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return 0;
  const end = ranges[low * 2 - 1]!;
  return offset < end ? end - offset : 0;
}
