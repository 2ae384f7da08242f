/**
 * The memory of ring buffers (kernel/bpf/ringbuf.c). Three pieces: where the reader is, a page; where the writers are, a page; the records,
 * mapped twice in a row, so that none is ever in two parts. Whoever reads may write the first page alone, whoever writes the other two.
 *
 * A record: u32 length with two bits above it, u32 for the kernel, then the bytes, rounded up to 8. One that is being written is `busy`, and
 * all behind it wait.
 */

import type { Mapping } from "../sys/transport.ts";
import { KernelCursor } from "./kernel-cursor.ts";
import { Position } from "./position.ts";

// Headers are read as signed numbers, which V8 keeps in a register: one that is busy is below zero.
const DISCARDED = 0x4000_0000;
export const LENGTH = 0x3fff_ffff;
export const HEADER = 8;

/** Bytes that a record of `length` takes, header included. Hot. */
export const roomFor = (length: number): number => (length + HEADER + 7) & ~7;

export class RingMemory implements Disposable {
  readonly consumer: Position;
  readonly producer: Position;
  readonly bytes: Uint8Array;
  readonly headers: Int32Array;
  /** Bytes that it holds: a power of two, at most 2 GiB. */
  readonly size: number;
  readonly mask: number;
  readonly #mappings: readonly Mapping[];
  #open = true;

  /** @param writes whether we write the records, or read them. @throws what `map` throws. */
  constructor(size: number, page: number, writes: boolean, map: (length: number, offset: number, writable: boolean) => Mapping) {
    const reader = map(page, 0, !writes);
    let writers: Mapping;
    try {
      writers = map(page + size * 2, page, writes);
    } catch (error) {
      reader.unmap();
      throw error;
    }
    this.#mappings = [reader, writers];
    this.consumer = new Position(reader.memory);
    this.producer = new Position(writers.memory);
    this.bytes = new Uint8Array(writers.memory, page, size * 2);
    this.headers = new Int32Array(writers.memory, page, size / 2);
    this.size = size;
    this.mask = size - 1;
  }

  /** False once it was given back: all views are empty then. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Bytes that were written and not yet read, headers included. */
  get available(): number {
    return (this.producer.load() - this.consumer.load()) >>> 0;
  }

  [Symbol.dispose](): void {
    this.#open = false;
    for (const mapping of this.#mappings) mapping.unmap();
  }
}

/** Reads the records of a ring buffer. */
export class RingCursor extends KernelCursor {
  readonly #memory: RingMemory;
  readonly #headers: Int32Array;
  readonly #mask: number;

  constructor(memory: RingMemory) {
    super(memory.consumer, memory.producer, memory.bytes, memory.size, 0, 0);
    this.#memory = memory;
    this.#headers = memory.headers;
    this.#mask = memory.mask;
  }

  override get isOpen(): boolean {
    return this.#memory.isOpen;
  }

  override next(): boolean {
    for (;;) {
      if (this.at === this.end) {
        this.end = this.producer.load();
        if (this.at === this.end) return false;
      }
      const place = this.at & this.#mask;
      const header = Atomics.load(this.#headers, place >>> 2);
      if (header < 0) return false;
      const length = header & LENGTH;
      this.at = (this.at + roomFor(length)) | 0;
      if ((header & DISCARDED) !== 0) continue;
      this.start = place + HEADER;
      this.length = length;
      return true;
    }
  }

  override ready(): boolean {
    if (!this.isOpen) return false;
    const at = this.consumer.load();
    return at !== this.producer.load() && Atomics.load(this.#headers, (at & this.#mask) >>> 2) >= 0;
  }
}
