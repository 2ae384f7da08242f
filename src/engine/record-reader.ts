/**
 * Reads the records of a map: of its one buffer, or of one a CPU. Hot: allocates nothing but what it decodes. Every way of reading takes what is there,
 * oldest first, and not more than as many bytes as the buffer holds: who is slower than the programs comes to an end, too.
 */

import type { ReusingCodec } from "../btf/codec.ts";
import { MapError } from "./errors.ts";

/** Where reading stands in one buffer. */
export interface RecordCursor {
  /** Of the record that `next` found: its bytes are `length` of `bytes` from `start`. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly length: number;
  /** Whose buffer it is; 0 for one of all CPUs. */
  readonly cpu: number;
  /** Bytes that the kernel may have added behind a record, at most. */
  readonly padding: number;
  /** False when the memory was given back. */
  readonly isOpen: boolean;
  /** As many bytes were read since `begin` as the buffer holds: all that was there. */
  readonly isRound: boolean;
  /** Whether whoever begins is the first: who reads within its callbacks goes on where it is. */
  begin(): boolean;
  /** Goes on to the next record that is whole and not discarded; false when there is none. Hot. */
  next(): boolean;
  /** Gives back the room of records that were read, when it is worth it. The last one's is not needed any more. Hot. */
  giveBack(): void;
  /** Gives all of it back. @param first as `begin` said. */
  finish(first: boolean): void;
  /** `next` would find something, or something to pass over. A look at memory. */
  ready(): boolean;
}

/** Shown a record, decoded; false ends it. */
export type Each = (record: unknown) => boolean | void;
/** Shown a record where it lies. */
export type EachLease = (bytes: Uint8Array, offset: number, length: number, cpu: number) => boolean | void;

/** Answer of `pass` when the callback ended it: one less than minus how many records that was. */
const ended = (count: number): number => -1 - count;
/** How many records an answer of `pass` means. */
export const countOf = (passed: number): number => (passed < 0 ? -1 - passed : passed);

interface PerfItem {
  cpu: number;
  data: unknown;
}

export class RecordReader {
  readonly #name: string;
  readonly #cursors: readonly RecordCursor[];
  readonly #codec: ReusingCodec | null;
  /** Records say of which CPU they are. */
  readonly #perCpu: boolean;
  /** The buffer that is looked at first, so that none waits for the others for ever. */
  #first = 0;
  #leased = false;

  constructor(name: string, cursors: readonly RecordCursor[], codec: ReusingCodec | null, perCpu: boolean) {
    this.#name = name;
    this.#cursors = cursors;
    this.#codec = codec;
    this.#perCpu = perCpu;
  }

  /** There is something to take out. */
  ready(): boolean {
    for (const cursor of this.#cursors) if (cursor.ready()) return true;
    return false;
  }

  /** The oldest, or undefined. */
  take(): unknown {
    for (let tried = this.#cursors.length; tried > 0; tried--) {
      const cursor = this.#nextCursor();
      const first = this.#begin(cursor);
      try {
        if (cursor.next()) return this.#decode(cursor);
      } finally {
        cursor.finish(first);
      }
    }
    return undefined;
  }

  /** At most so many, an array of their own. */
  takeMany(most: number): unknown[] {
    const records: unknown[] = [];
    for (let tried = this.#cursors.length; tried > 0 && records.length < most; tried--) {
      const cursor = this.#nextCursor();
      const first = this.#begin(cursor);
      try {
        while (records.length < most && cursor.next()) {
          records.push(this.#decode(cursor));
          cursor.giveBack();
        }
      } finally {
        cursor.finish(first);
      }
    }
    return records;
  }

  /** Calls back with each, at most so many: how many that was; see `countOf`. */
  pass(each: Each, most: number, reuse: boolean): number {
    let count = 0;
    let target: unknown;
    for (let tried = this.#cursors.length; tried > 0 && count < most; tried--) {
      const cursor = this.#nextCursor();
      const first = this.#begin(cursor);
      try {
        while (count < most && cursor.next()) {
          const record = reuse ? (target = this.#decodeInto(target, cursor)) : this.#decode(cursor);
          count++;
          if (each(record) === false) return ended(count);
          if (!cursor.isOpen) return count;
          if (cursor.isRound) break;
          cursor.giveBack();
        }
      } finally {
        cursor.finish(first);
      }
    }
    return count;
  }

  /** The same with the bytes where they are. */
  passLeased(each: EachLease, most: number): number {
    let count = 0;
    for (let tried = this.#cursors.length; tried > 0 && count < most; tried--) {
      const cursor = this.#nextCursor();
      const first = this.#begin(cursor);
      this.#leased = true;
      try {
        while (count < most && cursor.next()) {
          count++;
          if (each(cursor.bytes, cursor.start, cursor.length, cursor.cpu) === false) return ended(count);
          if (!cursor.isOpen) return count;
          if (cursor.isRound) break;
          cursor.giveBack();
        }
      } finally {
        this.#leased = false;
        cursor.finish(first);
      }
    }
    return count;
  }

  #nextCursor(): RecordCursor {
    const cursor = this.#cursors[this.#first];
    if (cursor === undefined) throw new RangeError(`no buffer ${this.#first}`);
    this.#first = this.#first + 1 < this.#cursors.length ? this.#first + 1 : 0;
    return cursor;
  }

  #begin(cursor: RecordCursor): boolean {
    if (!this.#leased) return cursor.begin();
    const message = `${this.#name}: a record of it is leased: read on when the callback has returned`;
    throw new MapError(this.#name, "invalid", message);
  }

  /** A record without a type, or of another length, is its bytes; copied in either case. */
  #decode({ bytes, start, length, padding, cpu }: RecordCursor): unknown {
    const codec = this.#codec;
    const more = codec === null ? -1 : length - codec.size;
    const data = codec !== null && more >= 0 && more <= padding ? codec.decode(bytes, start) : bytes.slice(start, start + length);
    return this.#perCpu ? { cpu, data } : data;
  }

  /** The same into what an earlier call gave. */
  #decodeInto(target: unknown, cursor: RecordCursor): unknown {
    const { bytes, start, length, padding, cpu } = cursor;
    const codec = this.#codec;
    const more = codec === null ? -1 : length - codec.size;
    if (codec === null || more < 0 || more > padding) return this.#decode(cursor);
    if (!this.#perCpu) return codec.decodeInto(target, bytes, start);
    const item: PerfItem = (target as PerfItem | undefined) ?? { cpu, data: undefined };
    item.cpu = cpu;
    item.data = codec.decodeInto(item.data, bytes, start);
    return item;
  }
}
