/** Ring buffers that programs write and user space reads (since 5.8). */

import type { ReusingCodec } from "../../../btf/codec.ts";
import type { Lease, RecordOptions, RingBuffer } from "../../engine.ts";
import { RecordReader } from "../../record-reader.ts";
import type { Awaited } from "../events/waiter.ts";
import type { RawMap } from "./raw-map.ts";
import { LinuxRecords } from "./records.ts";
import { RingCursor, RingMemory } from "./ring-memory.ts";

export class LinuxRingBuffer extends LinuxRecords<unknown, Lease, RecordOptions> implements RingBuffer {
  readonly #codec: ReusingCodec | null;
  #lost: (() => number) | null = null;
  /** Once somebody reads. */
  #reading: { readonly memory: RingMemory; readonly cursor: RingCursor; readonly reader: RecordReader } | null = null;

  constructor(raw: RawMap, codec: ReusingCodec | null) {
    super(raw);
    this.#codec = codec;
  }

  /** Kernels do not count them. What programs counted (object/lost-records.ts), or NaN where they do not. */
  get lost(): number {
    return this.#lost?.() ?? Number.NaN;
  }

  /** @internal Says how many records found no room. */
  countedBy(lost: () => number): void {
    this.#lost = lost;
  }

  get available(): number {
    return this.#open().memory.available;
  }

  protected override reader(): RecordReader {
    return this.#open().reader;
  }

  protected override bytesTaken(): number {
    return this.#reading?.cursor.bytesTaken() ?? 0;
  }

  protected override awaited(reader: RecordReader): Awaited {
    return { name: this.name, descriptors: [this.fd], size: this.spec.maxEntries, ready: () => reader.ready() };
  }

  override close(): void {
    super.close();
    this.#reading?.memory[Symbol.dispose]();
    this.#reading = null;
  }

  #open() {
    this.raw.mustBeOpen();
    if (this.#reading !== null) return this.#reading;
    const map = (length: number, offset: number, writable: boolean) => this.mapMemory(length, offset, writable);
    const memory = new RingMemory(this.spec.maxEntries, this.raw.kernel.transport.pageSize, false, map);
    const cursor = new RingCursor(memory);
    this.#reading = { memory, cursor, reader: new RecordReader(this.name, [cursor], this.#codec, false) };
    return this.#reading;
  }
}
