/**
 * The buffers of all CPUs as one, in order of time: of the oldest records that each has, the oldest comes next. Those that were found and not shown
 * stay in their buffers. Two CPUs that write while we look may be told apart wrongly: a record of the one may be seen before an older one of the other is there.
 */

import type { RecordCursor } from "../../record-reader.ts";
import type { PerfCursor } from "./perf-memory.ts";

export class MergedCursor implements RecordCursor {
  readonly padding: number;
  readonly #cursors: readonly PerfCursor[];
  /** By CPU: its oldest record was found, and not shown yet. */
  readonly #found: boolean[];
  #shown: PerfCursor;

  /** @param cursors at least one, which tell times. */
  constructor(cursors: readonly [PerfCursor, ...PerfCursor[]]) {
    this.#cursors = cursors;
    this.#found = cursors.map(() => false);
    this.#shown = cursors[0];
    this.padding = cursors[0].padding;
  }

  get bytes(): Uint8Array {
    return this.#shown.bytes;
  }

  get start(): number {
    return this.#shown.start;
  }

  get length(): number {
    return this.#shown.length;
  }

  get cpu(): number {
    return this.#shown.cpu;
  }

  get isOpen(): boolean {
    return this.#shown.isOpen;
  }

  get isRound(): boolean {
    return this.#shown.isRound;
  }

  begin(): boolean {
    let first = false;
    for (const cursor of this.#cursors) first = cursor.begin();
    return first;
  }

  next(): boolean {
    let oldest: PerfCursor | null = null;
    let at = 0;
    for (const [index, cursor] of this.#cursors.entries()) {
      if (!this.#found[index]) this.#found[index] = cursor.next();
      if (this.#found[index] && (oldest === null || isOlder(cursor, oldest))) {
        oldest = cursor;
        at = index;
      }
    }
    if (oldest === null) return false;
    this.#found[at] = false;
    this.#shown = oldest;
    return true;
  }

  giveBack(): void {
    this.#shown.giveBack();
  }

  finish(first: boolean): void {
    for (const [index, cursor] of this.#cursors.entries()) {
      if (this.#found[index]) cursor.unread();
      this.#found[index] = false;
      cursor.finish(first);
    }
  }

  ready(): boolean {
    return this.#cursors.some((cursor) => cursor.ready());
  }
}

function isOlder(one: PerfCursor, other: PerfCursor): boolean {
  return one.timeHigh === other.timeHigh ? one.timeLow < other.timeLow : one.timeHigh < other.timeHigh;
}
