/**
 * The index of names: a hash table over the string section's bytes, made at the first look-up, so that opening a BTF
 * decodes no string. 12 bytes a type at most.
 */

import { KIND } from "./format.ts";

/** The types of one BTF, without those of its base. */
export interface NamedRecords {
  readonly view: DataView;
  readonly littleEndian: boolean;
  readonly firstId: number;
  /** Where each record starts in `view`; a record starts with the offset of its name. */
  readonly starts: Uint32Array;
  /** Its own strings. */
  readonly strings: Uint8Array;
  /** What to subtract from a record's string offset to get one in `strings`: the length of the base's strings. */
  readonly firstString: number;
}

/**
 * Finds types by name. A name and all its flavours lie in one bucket: CO-RE takes `task_struct___old` for another edition
 * of `task_struct` and must find them together.
 */
export class NameIndex {
  readonly #records: NamedRecords;
  /** Bucket → lowest own index + 1 in it; 0 when empty. A power of two. */
  readonly #heads: Uint32Array;
  /** Own index → the next own index + 1 in the same bucket, ascending; 0 at the end. */
  readonly #next: Uint32Array;

  constructor(records: NamedRecords) {
    this.#records = records;
    const { strings, starts } = records;
    let buckets = 16;
    while (buckets < starts.length) buckets *= 2;
    const heads = new Uint32Array(buckets);
    const next = new Uint32Array(starts.length);
    // Backwards, so that each bucket's chain ascends.
    for (let index = starts.length - 1; index >= 0; index--) {
      const start = nameStart(records, index);
      if (start < 0) continue;
      const bucket = bucketHash(strings, start) & (buckets - 1);
      next[index] = heads[bucket]!;
      heads[bucket] = index + 1;
    }
    this.#heads = heads;
    this.#next = next;
  }

  /** The lowest id of that exact name and kind number (any kind, when 0), or -1. */
  find(name: Uint8Array, kind: number): number {
    const { view, starts, littleEndian, strings, firstId } = this.#records;
    for (let index = this.#first(name); index >= 0; index = this.#next[index]! - 1) {
      if (kind !== KIND.void && ((view.getUint32(starts[index]! + 4, littleEndian) >>> 24) & 31) !== kind) continue;
      const start = nameStart(this.#records, index);
      if (startsWith(strings, start, name, name.length) && strings[start + name.length] === 0) return firstId + index;
    }
    return -1;
  }

  /** Every id whose name without flavour equals that of `name`, in ascending order. */
  flavours(name: Uint8Array): number[] {
    const { strings, firstId } = this.#records;
    const length = essentialEnd(name, 0);
    const found: number[] = [];
    for (let index = this.#first(name); index >= 0; index = this.#next[index]! - 1) {
      const start = nameStart(this.#records, index);
      if (startsWith(strings, start, name, length) && essentialEnd(strings, start) === start + length)
        found.push(firstId + index);
    }
    return found;
  }

  #first(name: Uint8Array): number {
    return this.#heads[bucketHash(name, 0) & (this.#heads.length - 1)]! - 1;
  }
}

/**
 * The same as `NameIndex.find`, without an index: what a single look-up takes is a third of what the index takes to make.
 */
export function scanFor(records: NamedRecords, name: Uint8Array, kind: number): number {
  const { view, starts, littleEndian, strings, firstId } = records;
  const { length } = name;
  const initial = name[0];
  for (let index = 0; index < starts.length; index++) {
    const start = nameStart(records, index);
    if (start < 0 || strings[start] !== initial || strings[start + length] !== 0) continue;
    if (kind !== KIND.void && ((view.getUint32(starts[index]! + 4, littleEndian) >>> 24) & 31) !== kind) continue;
    if (startsWith(strings, start, name, length)) return firstId + index;
  }
  return -1;
}

/** Where the name lies in the strings; -1 when it has none, or one of the base's. */
function nameStart(records: NamedRecords, index: number): number {
  const offset = records.view.getUint32(records.starts[index]!, records.littleEndian);
  if (offset === 0) return -1;
  const start = offset - records.firstString;
  return start < records.strings.length ? start : -1;
}

/**
 * Where the essential part of the name at `start` ends: before the last `___` that has a character other than `_` on
 * both sides (`bpf_core_essential_name_len` of tools/lib/bpf/relo_core.c). The name ends at a NUL or with the bytes.
 */
function essentialEnd(bytes: Uint8Array, start: number): number {
  let essential = -1;
  let run = 0;
  let at = start;
  for (; at < bytes.length && bytes[at] !== 0; at++) {
    if (bytes[at] === UNDERSCORE) {
      run++;
    } else {
      if (run === 3 && at - start > 3) essential = at - 3;
      run = 0;
    }
  }
  return essential < 0 ? at : essential;
}

const UNDERSCORE = 0x5f;

/**
 * FNV-1a of the name up to the first `___`, which is the same for all flavours of a name. In one pass, because two
 * megabytes of a kernel's names go through it. Folded so that the low bits are good enough for a power of two.
 */
function bucketHash(bytes: Uint8Array, start: number): number {
  let state = 0x811c9dc5 | 0;
  let beforeRun = state;
  let run = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === 0) break;
    if (byte === UNDERSCORE) {
      if (run === 0) beforeRun = state;
      if (++run === 3) {
        state = beforeRun;
        break;
      }
    } else {
      run = 0;
    }
    state = Math.imul(state ^ byte, 0x01000193);
  }
  return (state ^ (state >>> 15)) >>> 0;
}

function startsWith(strings: Uint8Array, start: number, name: Uint8Array, length: number): boolean {
  if (start < 0 || start + length > strings.length) return false;
  for (let at = 0; at < length; at++) if (strings[start + at] !== name[at]) return false;
  return true;
}
