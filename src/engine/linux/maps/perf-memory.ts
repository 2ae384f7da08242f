/**
 * The memory of a perf event's buffer: `struct perf_event_mmap_page` of linux/perf_event.h, then records in a ring that is not mapped twice: a
 * record may be in two parts. Records and their lengths are multiples of 8, so their headers never are.
 */

import type { Mapping } from "../sys/transport.ts";
import { KernelCursor } from "./kernel-cursor.ts";
import { Position } from "./position.ts";

/** Of `struct perf_event_mmap_page`: u64 data_head, data_tail, data_offset. */
const HEAD = 1024;
const TAIL = 1032;
const DATA_OFFSET = 1040;
/** `PERF_RECORD_LOST`, `PERF_RECORD_SAMPLE`. */
const LOST = 2;
const SAMPLE = 9;
const HEADER = 8;
const WORDS = 2 ** 32;

/** Reads the samples of one CPU. */
export class PerfCursor extends KernelCursor implements Disposable {
  /** As the records say: known when the next record of this CPU is read. */
  lost = 0;
  /** When the record that was found was written, in two halves; zero where the event tells no time. */
  timeHigh = 0;
  timeLow = 0;
  /** Where the record that was found begins. */
  #found = 0;
  /** Bytes of a sample's time. */
  readonly #time: number;
  readonly #mapping: Mapping;
  readonly #data: Uint8Array;
  readonly #words: Int32Array;
  readonly #mask: number;
  #scratch = new Uint8Array(0);
  #open = true;

  /** @param timed samples begin with their time (`PERF_SAMPLE_TIME`). */
  constructor(mapping: Mapping, size: number, page: number, cpu: number, timed = false) {
    const { memory } = mapping;
    // Zero before Linux 4.1: the data begin on the second page.
    const offset = new Uint32Array(memory, DATA_OFFSET, 1)[0] || page;
    const data = new Uint8Array(memory, offset, size);
    super(new Position(memory, TAIL), new Position(memory, HEAD), data, size, cpu, 7);
    this.#time = timed ? 8 : 0;
    this.#mapping = mapping;
    this.#data = data;
    this.#words = new Int32Array(memory, offset, size / 4);
    this.#mask = size - 1;
  }

  override get isOpen(): boolean {
    return this.#open;
  }

  override next(): boolean {
    for (;;) {
      if (this.at === this.end) {
        this.end = this.producer.load();
        if (this.at === this.end) return false;
      }
      const place = this.at & this.#mask;
      const type = this.#word(place);
      const size = this.#word(place + 4) >>> 16;
      this.#found = this.at;
      // No record is that short: whatever it is, nobody can say where the next one begins.
      this.at = size < HEADER ? this.end : (this.at + size) | 0;
      if (size < HEADER) return false;
      if (type === LOST) this.lost += (this.#word(place + 16) >>> 0) + this.#word(place + 20) * WORDS;
      else if (type === SAMPLE) {
        if (this.#time > 0) {
          this.timeLow = this.#word(place + 8) >>> 0;
          this.timeHigh = this.#word(place + 12) >>> 0;
        }
        this.#find(place + HEADER + this.#time);
        return true;
      }
    }
  }

  /** The record that was found was not read: it is the next one again. */
  unread(): void {
    this.at = this.#found;
  }

  override ready(): boolean {
    return this.#open && this.consumer.load() !== this.producer.load();
  }

  [Symbol.dispose](): void {
    this.#open = false;
    this.#mapping.unmap();
  }

  /** A sample: u32 size, bytes of that size, padding included. */
  #find(place: number): void {
    const length = this.#word(place);
    const start = (place + 4) & this.#mask;
    const first = this.size - start;
    this.length = length;
    if (length <= first) {
      this.bytes = this.#data;
      this.start = start;
      return;
    }
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(Math.max(length, 4096));
    this.#scratch.set(this.#data.subarray(start), 0);
    this.#scratch.set(this.#data.subarray(0, length - first), first);
    this.bytes = this.#scratch;
    this.start = 0;
  }

  /** Of the ring, which goes on at its beginning. */
  #word(place: number): number {
    return this.#words[(place & this.#mask) >>> 2] ?? 0;
  }
}
