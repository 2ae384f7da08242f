/**
 * Ring buffers (since 5.8): kernel/bpf/ringbuf.c. Three pieces of memory: where we are, a page that we write; where the programs are, a
 * page that they write; the records, mapped twice in a row, so that none is ever in two parts.
 *
 * A record: u32 length with two bits above it, u32 for the kernel, then the bytes, rounded up to 8. One that is being written is `busy`, and
 * all behind it wait.
 */

import type { Codec } from "../../../btf/codec.ts";
import type { RecordOptions, RingBuffer, UserRingBuffer } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { Mapping } from "../sys/transport.ts";
import { LinuxHandle } from "./handle.ts";
import type { RawMap } from "./raw-map.ts";
import { LinuxRecords } from "./records.ts";

const BUSY = 0x8000_0000;
const DISCARDED = 0x4000_0000;
const LENGTH = 0x3fff_ffff;
const HEADER = 8;
const WORDS = 2 ** 32;

/** Bytes that a record takes, header included. */
const roomFor = (length: number): number => Math.ceil((length + HEADER) / 8) * 8;

/**
 * A position: bytes since the beginning, 64 bits in the kernel's memory, a number here. Only the lower half is compared, which is exact for
 * rings of up to 2 GiB; both halves are written at once where the upper one changes, because the kernel reads them together.
 */
class Position {
  readonly #low: Uint32Array;
  readonly #whole: BigUint64Array;
  #value: number;

  constructor(memory: ArrayBuffer) {
    this.#low = new Uint32Array(memory, 0, 1);
    this.#whole = new BigUint64Array(memory, 0, 1);
    this.#value = Number(Atomics.load(this.#whole, 0));
  }

  /** As it was written here last. */
  get value(): number {
    return this.#value;
  }

  /** The lower half of what somebody else writes. Hot. */
  load(): number {
    return Atomics.load(this.#low, 0);
  }

  /** Hot. */
  store(value: number): void {
    const crosses = Math.floor(value / WORDS) !== Math.floor(this.#value / WORDS);
    this.#value = value;
    if (crosses) Atomics.store(this.#whole, 0, BigInt(value));
    else Atomics.store(this.#low, 0, value % WORDS);
  }
}

export class LinuxRingBuffer extends LinuxRecords<unknown> implements RingBuffer {
  readonly #codec: Codec | null;
  #memory: RingMemory | null = null;

  constructor(raw: RawMap, codec: Codec | null) {
    super(raw);
    this.#codec = codec;
  }

  /** Kernels do not count them: NaN. A program knows by itself: `bpf_ringbuf_reserve` gave it null. */
  get lost(): number {
    return Number.NaN;
  }

  get available(): number {
    const { consumer, producer } = this.#open();
    return (producer.load() - consumer.value) >>> 0;
  }

  records(options: RecordOptions = {}): AsyncIterableIterator<unknown> {
    this.#open();
    return this.wait(options);
  }

  drain(each: (record: unknown) => boolean | void): number {
    const { consumer, producer, bytes, headers, mask } = this.#open();
    let count = 0;
    let at = consumer.value;
    let end = producer.load();
    while ((end - at) >>> 0 > 0) {
      const place = (at % WORDS) & mask;
      const header = Atomics.load(headers, place >>> 2);
      if ((header & BUSY) !== 0) break;
      const length = header & LENGTH;
      at += roomFor(length);
      if ((header & DISCARDED) !== 0) {
        consumer.store(at);
        continue;
      }
      const start = place + HEADER;
      const record = decode(this.#codec, bytes, start, length);
      // Given back before it is shown: whoever throws or stops has had it.
      consumer.store(at);
      count++;
      if (each(record) === false) break;
      end = producer.load();
    }
    return count;
  }

  protected override hasRecords(): boolean {
    return this.available > 0;
  }

  protected override descriptors(): readonly number[] {
    return [this.fd];
  }

  override close(): void {
    super.close();
    this.#memory?.close();
    this.#memory = null;
  }

  #open(): RingMemory {
    this.raw.mustBeOpen();
    this.#memory ??= new RingMemory(this.spec.maxEntries, this.raw.kernel.transport.pageSize, (length, offset, writable) =>
      this.mapMemory(length, offset, writable),
    );
    return this.#memory;
  }
}

/** Decoded when it is as long as its type, else its bytes; copied in either case. */
export function decode(codec: Codec | null, bytes: Uint8Array, start: number, length: number): unknown {
  if (codec !== null && codec.size === length) return codec.decode(bytes, start);
  return bytes.slice(start, start + length);
}

class RingMemory {
  readonly consumer: Position;
  readonly producer: Position;
  readonly bytes: Uint8Array;
  readonly headers: Uint32Array;
  readonly mask: number;
  readonly #mappings: readonly Mapping[];

  constructor(size: number, page: number, map: (length: number, offset: number, writable: boolean) => Mapping, produces = false) {
    const mine = map(page, 0, !produces);
    let others: Mapping;
    try {
      others = map(page + size * 2, page, produces);
    } catch (error) {
      mine.unmap();
      throw error;
    }
    this.#mappings = [mine, others];
    this.consumer = new Position(mine.memory);
    this.producer = new Position(others.memory);
    this.bytes = new Uint8Array(others.memory, page);
    this.headers = new Uint32Array(others.memory, page);
    this.mask = size - 1;
  }

  close(): void {
    for (const mapping of this.#mappings) mapping.unmap();
  }
}

/** A ring buffer that programs read (since 6.1): the same, the other way round. */
export class LinuxUserRingBuffer extends LinuxHandle implements UserRingBuffer {
  readonly #codec: Codec | null;
  #memory: RingMemory | null = null;

  constructor(raw: RawMap, codec: Codec | null) {
    super(raw);
    this.#codec = codec;
  }

  get available(): number {
    const { consumer, producer } = this.#open();
    return (producer.value - consumer.load()) >>> 0;
  }

  submit(record: unknown): void {
    const { producer, bytes, headers, mask } = this.#open();
    const data = record instanceof Uint8Array ? record : this.#encode(record);
    const room = roomFor(data.length);
    if (room > mask + 1 - this.available) {
      const message = `${this.name}: no room for ${data.length} bytes: ${mask + 1} in all, ${this.available} not yet read by a program`;
      throw new MapError(this.name, "full", message);
    }
    const at = producer.value;
    const place = (at % WORDS) & mask;
    bytes.set(data, place + HEADER);
    headers[(place >>> 2) + 1] = 0;
    Atomics.store(headers, place >>> 2, data.length);
    producer.store(at + room);
  }

  override close(): void {
    this.#memory?.close();
    this.#memory = null;
  }

  #encode(record: unknown): Uint8Array {
    if (this.#codec === null)
      throw new MapError(this.name, "invalid", `${this.name}: the Spec gives its records no type; submit a Uint8Array`);
    const bytes = new Uint8Array(this.#codec.size);
    this.#codec.encode(record, bytes, 0);
    return bytes;
  }

  #open(): RingMemory {
    this.raw.mustBeOpen();
    const map = (length: number, offset: number, writable: boolean) => this.mapMemory(length, offset, writable);
    this.#memory ??= new RingMemory(this.spec.maxEntries, this.raw.kernel.transport.pageSize, map, true);
    return this.#memory;
  }
}
