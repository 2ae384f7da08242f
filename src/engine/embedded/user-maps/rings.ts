/** Ring buffers and perf event arrays as user space sees them: records, waited for or taken out. */

import type { Btf } from "../../../btf/btf.ts";
import type { Codec } from "../../../btf/codec.ts";
import type { PerfEventArray, PerfOptions, PerfRecord, RecordOptions, RingBuffer, UserRingBuffer } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { PerfEventArrayMap } from "../maps/perf-events.ts";
import { BPF_RB_FORCE_WAKEUP, type Ring } from "../maps/ring.ts";
import type { RingBufferMap } from "../maps/ring-buffer.ts";
import type { Memory } from "../memory.ts";
import type { Counters } from "../room/counters.ts";
import { UserHandle } from "./handle.ts";

/** Bytes of each CPU's buffer of a perf event array, where nobody says. */
const DEFAULT_BUFFER = 64 * 1024;

/** What waits for records of some rings. */
abstract class UserRecords<Item> extends UserHandle {
  readonly #stops = new Set<() => void>();

  override close(): void {
    super.close();
    for (const stop of this.#stops) stop();
  }

  /** Takes out up to `most` records. */
  protected abstract collect(most: number): Item[];
  protected abstract rings(): readonly Ring[];

  protected async *wait({ signal }: RecordOptions): AsyncGenerator<Item, undefined, undefined> {
    let stop = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    this.#stops.add(stop);
    signal?.addEventListener("abort", stop);
    const isOver = (): boolean => signal?.aborted === true || !this.isOpen;
    try {
      while (!isOver()) {
        // What was taken out is yielded even when it is over meanwhile: so few that it hardly matters who stops early.
        for (const item of this.collect(1)) yield item;
        if (isOver()) return;
        const rings = this.rings();
        if (rings.some((ring) => ring.next() >= 0)) continue;
        await Promise.race(rings.map((ring) => ring.sleep(stopped)).concat(rings.length === 0 ? [stopped] : []));
      }
    } finally {
      this.#stops.delete(stop);
      signal?.removeEventListener("abort", stop);
    }
  }
}

/** A record: decoded when it is as long as its type, else its bytes. */
function decode(memory: Memory, codec: Codec | null, address: number, length: number): unknown {
  const bytes = memory.bytes.slice(address, address + length);
  return codec !== null && codec.size === length ? codec.decode(bytes, 0) : bytes;
}

export class UserRing extends UserRecords<unknown> implements RingBuffer {
  readonly #map: RingBufferMap;
  readonly #codec: Codec | null;

  constructor(map: RingBufferMap, memory: Memory, types: Btf | null, codec: Codec | null) {
    super(map, memory, types);
    this.#map = map;
    this.#codec = codec;
  }

  get lost(): number {
    return this.#map.ring.lost;
  }

  get available(): number {
    return this.#map.ring.available;
  }

  records(options: RecordOptions = {}): AsyncIterableIterator<unknown> {
    this.readable();
    return this.wait(options);
  }

  drain(each: (record: unknown) => boolean | void): number {
    this.readable();
    return this.#map.ring.drain((address, length) => each(decode(this.memory, this.#codec, address, length)));
  }

  protected override collect(most: number): unknown[] {
    const items: unknown[] = [];
    this.drain((item) => items.push(item) < most);
    return items;
  }

  protected override rings(): readonly Ring[] {
    return [this.#map.ring];
  }
}

export class UserSubmitRing extends UserHandle implements UserRingBuffer {
  readonly #map: RingBufferMap;
  readonly #codec: Codec | null;

  constructor(map: RingBufferMap, memory: Memory, types: Btf | null, codec: Codec | null) {
    super(map, memory, types);
    this.#map = map;
    this.#codec = codec;
  }

  get available(): number {
    return this.#map.ring.available;
  }

  submit(record: unknown): void {
    this.writable();
    const { ring } = this.#map;
    const bytes = record instanceof Uint8Array ? record : this.#encode(record);
    const address = ring.reserve(bytes.length);
    if (address === 0) {
      const message = `${this.name}: no room for ${bytes.length} bytes: ${ring.size} in all, ${ring.available} not yet read by a program`;
      throw new MapError(this.name, "full", message);
    }
    this.memory.bytes.set(bytes, address);
    ring.commit(address, BPF_RB_FORCE_WAKEUP, false);
  }

  #encode(record: unknown): Uint8Array {
    if (this.#codec === null)
      throw new MapError(this.name, "invalid", `${this.name}: the Spec gives its records no type; submit a Uint8Array`);
    const bytes = new Uint8Array(this.#codec.size);
    this.#codec.encode(record, bytes, 0);
    return bytes;
  }
}

export class UserPerfEvents extends UserRecords<PerfRecord> implements PerfEventArray {
  readonly #map: PerfEventArrayMap;
  readonly #codec: Codec | null;
  readonly #cpus: number;
  readonly #counters: Counters;

  /** @param cpus that the engine has. */
  constructor(map: PerfEventArrayMap, memory: Memory, types: Btf | null, codec: Codec | null, cpus: number, counters: Counters) {
    super(map, memory, types);
    this.#map = map;
    this.#codec = codec;
    this.#cpus = Math.min(cpus, map.maxEntries);
    this.#counters = counters;
  }

  get lost(): number {
    return this.#map.lost;
  }

  open({ bytes = DEFAULT_BUFFER }: PerfOptions = {}): void {
    this.writable();
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

  records(options: PerfOptions = {}): AsyncIterableIterator<PerfRecord> {
    this.readable();
    this.open(options);
    return this.wait(options);
  }

  drain(each: (record: PerfRecord) => boolean | void): number {
    this.readable();
    let count = 0;
    let ended = false;
    for (let cpu = 0; cpu < this.#cpus && !ended; cpu++) {
      const ring = this.#map.ringAt(cpu);
      if (ring === null) continue;
      count += ring.drain((address, length) => {
        ended = each({ cpu, data: decode(this.memory, this.#codec, address, length) }) === false;
        return !ended;
      });
    }
    return count;
  }

  protected override collect(most: number): PerfRecord[] {
    const items: PerfRecord[] = [];
    this.drain((item) => items.push(item) < most);
    return items;
  }

  protected override rings(): readonly Ring[] {
    return Array.from({ length: this.#cpus }, (_, cpu) => this.#map.ringAt(cpu)).filter((ring) => ring !== null);
  }
}
