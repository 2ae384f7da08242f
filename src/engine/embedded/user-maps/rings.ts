/** Ring buffers and perf event arrays as user space sees them: records, waited for or taken out. */

import type { Btf } from "../../../btf/btf.ts";
import type { ReusingCodec } from "../../../btf/codec.ts";
import type {
  ConsumeOptions,
  Lease,
  PerfEventArray,
  PerfLease,
  PerfOptions,
  PerfRecord,
  RecordOptions,
  ReuseOptions,
  RingBuffer,
} from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { batchesOf, consume, consumeLeased, type Readable, recordsOf, type Waiting } from "../../reading.ts";
import { countOf, type Each, type EachLease, RecordReader } from "../../record-reader.ts";
import type { PerfEventArrayMap } from "../maps/perf-events.ts";
import type { Ring } from "../maps/ring.ts";
import type { RingBufferMap } from "../maps/ring-buffer.ts";
import type { Memory } from "../memory.ts";
import type { Counters } from "../room/counters.ts";
import { UserHandle } from "./handle.ts";
import { RingCursor } from "./ring-cursor.ts";

/** Bytes of each CPU's buffer of a perf event array, where nobody says. */
const DEFAULT_BUFFER = 64 * 1024;
/** More than any ring holds. */
const ALL = 0x7fff_ffff;
/** Records after which other work of the event loop has its turn, where other threads go on writing. */
const MANY = 1024;

/** Records of some rings, in every form. */
abstract class UserRecords<Item, Leasing extends EachLease> extends UserHandle implements Readable {
  readonly #stops = new Set<() => void>();

  override close(): void {
    super.close();
    for (const stop of this.#stops) stop();
  }

  drain(each: (record: Item) => boolean | void, { reuse = false }: ReuseOptions = {}): number {
    return countOf(this.reader().pass(each as Each, ALL, reuse));
  }

  lease(each: Leasing): number {
    return countOf(this.reader().passLeased(each, ALL));
  }

  records(options: RecordOptions = {}): AsyncIterableIterator<Item> {
    return recordsOf(this, this.reader(options), options);
  }

  batches(options: RecordOptions = {}): AsyncIterableIterator<Item[]> {
    return batchesOf(this, this.reader(options), options);
  }

  async consume(each: (record: Item) => boolean | void, options: ConsumeOptions = {}): Promise<number> {
    return consume(this, this.reader(options), each as Each, options);
  }

  async consumeLeased(each: Leasing, options: RecordOptions = {}): Promise<number> {
    return consumeLeased(this, this.reader(options), each, options);
  }

  /** @internal */
  waiting(): Waiting {
    return {
      wait: async (taken) => {
        if (taken >= MANY) await new Promise((resolve) => setTimeout(resolve, 0));
        const rings = this.rings();
        if (!this.isOpen || rings.some((ring) => ring.find() >= 0)) return;
        let stop = (): void => {};
        const stopped = new Promise<void>((resolve) => {
          stop = resolve;
        });
        this.#stops.add(stop);
        await Promise.race(rings.map((ring) => ring.sleep(stopped)).concat(rings.length === 0 ? [stopped] : []));
        this.#stops.delete(stop);
      },
      wake: () => {
        for (const stop of this.#stops) stop();
      },
      [Symbol.dispose]() {},
    };
  }

  /** What reads it, opened now. @throws MapError */
  protected abstract reader(options?: RecordOptions): RecordReader;
  protected abstract rings(): readonly Ring[];
}

export class UserRing extends UserRecords<unknown, Lease> implements RingBuffer {
  readonly #ring: Ring;
  readonly #reader: RecordReader;

  constructor(map: RingBufferMap, memory: Memory, types: Btf | null, codec: ReusingCodec | null) {
    super(map, memory, types);
    this.#ring = map.ring;
    this.#reader = new RecordReader(map.name, [new RingCursor(map.ring, memory, 0, () => this.isOpen)], codec, false);
  }

  get lost(): number {
    return this.#ring.lost;
  }

  get available(): number {
    this.readable();
    return this.#ring.available;
  }

  protected override reader(): RecordReader {
    this.readable();
    return this.#reader;
  }

  protected override rings(): readonly Ring[] {
    return [this.#ring];
  }
}

export class UserPerfEvents extends UserRecords<PerfRecord, PerfLease> implements PerfEventArray {
  readonly #map: PerfEventArrayMap;
  readonly #codec: ReusingCodec | null;
  readonly #cpus: number;
  readonly #counters: Counters;
  #reader: RecordReader | null = null;

  /** @param cpus that the engine has. */
  constructor(
    map: PerfEventArrayMap,
    memory: Memory,
    types: Btf | null,
    codec: ReusingCodec | null,
    cpus: number,
    counters: Counters,
  ) {
    super(map, memory, types);
    this.#map = map;
    this.#codec = codec;
    this.#cpus = Math.min(cpus, map.maxEntries);
    this.#counters = counters;
  }

  get lost(): number {
    return this.#map.lost;
  }

  open({ bytes = DEFAULT_BUFFER, order = "cpu" }: PerfOptions = {}): void {
    this.writable();
    if (order === "time")
      throw new MapError(
        this.name,
        "unsupported",
        `${this.name}: order: the embedded engine does not know when a record was written`,
      );
    if (!Number.isInteger(bytes) || bytes < 4096 || bytes > 2 ** 30 || Math.log2(bytes) % 1 !== 0)
      throw new MapError(this.name, "invalid", `${this.name}: bytes: expected a power of two from 4096 to 1 GiB, found ${bytes}`);
    for (let cpu = 0; cpu < this.#cpus; cpu++) this.#map.open(cpu, bytes);
  }

  count(name: string): void {
    this.writable();
    if (!this.#counters.names.includes(name)) {
      const known = this.#counters.names.join(", ") || "none";
      throw new MapError(this.name, "invalid", `${this.name}: the room has no counter ${name}; set it first (it has ${known})`);
    }
    for (let cpu = 0; cpu < this.#cpus; cpu++) this.#map.putCounter(cpu, { read: () => this.#counters.read(name, cpu) });
  }

  protected override reader(options?: PerfOptions): RecordReader {
    this.readable();
    if (options !== undefined) this.open(options);
    if (this.#reader !== null) return this.#reader;
    const cursors = Array.from({ length: this.#cpus }, (_, cpu) => {
      const ring = this.#map.ringAt(cpu);
      return ring === null ? [] : [new RingCursor(ring, this.memory, cpu, () => this.isOpen)];
    }).flat();
    const reader = new RecordReader(this.name, cursors, this.#codec, true);
    // Without buffers there is nothing to read, until somebody opens them.
    if (cursors.length > 0) this.#reader = reader;
    return reader;
  }

  protected override rings(): readonly Ring[] {
    return Array.from({ length: this.#cpus }, (_, cpu) => this.#map.ringAt(cpu)).filter((ring) => ring !== null);
  }
}
