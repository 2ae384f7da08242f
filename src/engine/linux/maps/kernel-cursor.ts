/**
 * Where reading stands in a buffer that the kernel writes: what ring buffers and perf buffers have in common. While nothing is read the position in
 * shared memory is the truth, so that one reader goes on where another one stopped; while something is, `at` runs ahead of it, because each
 * write of the position takes a cache line away from the programs.
 */

import type { RecordCursor } from "../../record-reader.ts";
import type { Position } from "./position.ts";

export abstract class KernelCursor implements RecordCursor {
  bytes: Uint8Array;
  start = 0;
  length = 0;
  readonly cpu: number;
  readonly padding: number;
  /** Bytes that the buffer holds: a power of two, at most 2 GiB. */
  readonly size: number;
  protected readonly consumer: Position;
  protected readonly producer: Position;
  /** Behind the record that was found last; up to where there are records, as far as we looked. */
  protected at = 0;
  protected end = 0;
  #given = 0;
  #began = 0;
  #reading = false;
  #counted: number;
  readonly #quantum: number;

  constructor(consumer: Position, producer: Position, bytes: Uint8Array, size: number, cpu: number, padding: number) {
    this.consumer = consumer;
    this.producer = producer;
    this.bytes = bytes;
    this.size = size;
    this.cpu = cpu;
    this.padding = padding;
    // Not so many bytes that programs miss the room.
    this.#quantum = Math.min(65_536, size >>> 3);
    this.#counted = consumer.load();
  }

  abstract get isOpen(): boolean;
  abstract next(): boolean;
  abstract ready(): boolean;

  begin(): boolean {
    if (this.#reading) return false;
    this.#reading = true;
    this.at = this.end = this.#given = this.#began = this.consumer.load();
    return true;
  }

  get isRound(): boolean {
    return (this.at - this.#began) >>> 0 >= this.size;
  }

  giveBack(): void {
    if ((this.at - this.#given) >>> 0 < this.#quantum) return;
    this.#given = this.at;
    this.consumer.store(this.at);
  }

  finish(first: boolean): void {
    if (first) this.#reading = false;
    if (this.isOpen) this.consumer.store(this.at);
  }

  /** Bytes read since the last time this was asked. */
  bytesTaken(): number {
    if (!this.isOpen) return 0;
    const now = this.consumer.load();
    const bytes = (now - this.#counted) >>> 0;
    this.#counted = now;
    return bytes;
  }
}
