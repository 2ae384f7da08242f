/** Where reading stands in a ring of the engine's memory. A record keeps its room until the next one is asked for. */

import type { RecordCursor } from "../../record-reader.ts";
import { RECORD_HEADER, type Ring } from "../maps/ring.ts";
import type { Memory } from "../memory.ts";

export class RingCursor implements RecordCursor {
  start = 0;
  length = 0;
  readonly cpu: number;
  readonly padding = 0;
  readonly #ring: Ring;
  readonly #memory: Memory;
  readonly #isOpen: () => boolean;
  #reading = false;
  /** The record that was found last still has its room. */
  #held = false;
  /** Bytes read since `begin`. */
  #read = 0;

  constructor(ring: Ring, memory: Memory, cpu: number, isOpen: () => boolean) {
    this.#ring = ring;
    this.#memory = memory;
    this.cpu = cpu;
    this.#isOpen = isOpen;
  }

  /** The memory may have grown since it was asked for. */
  get bytes(): Uint8Array {
    return this.#memory.bytes;
  }

  get isOpen(): boolean {
    return this.#isOpen();
  }

  get isRound(): boolean {
    return this.#read >= this.#ring.size;
  }

  begin(): boolean {
    if (this.#reading) return false;
    this.#reading = true;
    this.#read = 0;
    return true;
  }

  next(): boolean {
    this.giveBack();
    const length = this.#ring.find();
    if (length < 0) return false;
    this.start = this.#ring.record;
    this.length = length;
    this.#held = true;
    return true;
  }

  giveBack(): void {
    if (!this.#held || !this.isOpen) return;
    this.#held = false;
    this.#ring.consume(this.length);
    this.#read += this.length + RECORD_HEADER;
  }

  finish(first: boolean): void {
    this.giveBack();
    if (first) this.#reading = false;
  }

  ready(): boolean {
    return this.#ring.find() >= 0;
  }
}
