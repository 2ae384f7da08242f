/**
 * BPF_MAP_TYPE_PERF_EVENT_ARRAY (kernel/bpf/arraymap.c): one buffer a CPU, which user space opens and a program on that CPU writes
 * (`bpf_perf_event_output`). The buffer is a ring of ring.ts in the engine's memory; its address is the value at the CPU's number.
 */

import type { Memory, Region } from "../memory.ts";
import { E2BIG, EINVAL, ENOENT, ENOSPC, EOPNOTSUPP } from "./errno.ts";
import { ReferenceArray } from "./references.ts";
import { BPF_RB_FORCE_WAKEUP, Ring, ringBytes } from "./ring.ts";

/** What an entry is that programs read instead of writing it. */
export interface CounterSource {
  /** Counted, nanoseconds enabled, nanoseconds running: u64 each; undefined when nobody counts. */
  read(): { readonly counter: number | bigint; readonly enabled: number | bigint; readonly running: number | bigint } | undefined;
}

/** The value of an entry that is a counter; buffers begin at multiples of more than that. */
const COUNTER = 1;

/** Lower half of the flags of output: this CPU's buffer. */
export const BPF_F_CURRENT_CPU = 0xffff_ffff;

export class PerfEventArrayMap extends ReferenceArray {
  readonly #rings = new Map<number, Ring>();
  readonly #opened: Region[] = [];
  readonly #counters = new Map<number, CounterSource>();

  /** The buffer of a CPU, or null when user space opened none. Hot. */
  ringAt(index: number): Ring | null {
    const start = this.referenceAt(index);
    if (start <= COUNTER) return null;
    let ring = this.#rings.get(start);
    if (ring === undefined) {
      ring = new Ring(this.memory, start);
      this.#rings.set(start, ring);
    }
    return ring;
  }

  /**
   * Opens a buffer for a CPU, or gives the one that is open.
   * @param size bytes, a power of two. @throws MapError `memory` when the engine's memory has no room for it.
   */
  open(cpu: number, size: number): Ring {
    const there = this.ringAt(cpu);
    if (there !== null) return there;
    const region = this.memory.allocate(ringBytes(size), `events of cpu ${cpu} of map ${this.name}`, this.name);
    this.#opened.push(region);
    const ring = new Ring(this.memory, region.start, size);
    this.#rings.set(region.start, ring);
    this.words[this.valueAddress(cpu, 0) >>> 2] = region.start;
    return ring;
  }

  /** Puts a counter in a CPU's place. */
  putCounter(cpu: number, counter: CounterSource): void {
    this.#counters.set(cpu, counter);
    this.words[this.valueAddress(cpu, 0) >>> 2] = COUNTER;
  }

  /** The counter of a CPU; null when its place is empty, or a buffer. */
  counterAt(index: number): CounterSource | null {
    return this.referenceAt(index) === COUNTER ? (this.#counters.get(index) ?? null) : null;
  }

  /**
   * `bpf_perf_event_output` of bytes that follow each other, and (packets) of more that lie elsewhere.
   * @param index the lower half of the flags. @returns 0, or a negated error number.
   */
  output(index: number, cpu: number, from: number, size: number, more = 0, moreSize = 0): number {
    const at = index >>> 0 === BPF_F_CURRENT_CPU ? cpu : index >>> 0;
    if (at >= this.maxEntries) return -E2BIG;
    const ring = this.ringAt(at);
    if (ring === null) return this.counterAt(at) === null ? -ENOENT : -EINVAL;
    if (at !== cpu) return -EOPNOTSUPP;
    // PERF_SAMPLE_RAW counts its length in 16 bits.
    if (size + moreSize > 0xffff - 16) return -EINVAL;
    const address = ring.reserve(size + moreSize);
    if (address === 0) return -ENOSPC;
    const { bytes }: Memory = this.memory;
    bytes.copyWithin(address, from, from + size);
    if (moreSize > 0) bytes.copyWithin(address + size, more, more + moreSize);
    ring.commit(address, BPF_RB_FORCE_WAKEUP, false);
    return 0;
  }

  override get lost(): number {
    let lost = 0;
    for (let cpu = 0; cpu < this.maxEntries; cpu++) lost += this.ringAt(cpu)?.lost ?? 0;
    return lost;
  }

  override dispose(): void {
    for (const region of this.#opened.splice(0)) this.memory.release(region);
    super.dispose();
  }
}
