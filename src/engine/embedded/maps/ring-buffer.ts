/**
 * BPF_MAP_TYPE_RINGBUF, which programs write and user space reads, and BPF_MAP_TYPE_USER_RINGBUF, the other way round
 * (kernel/bpf/ringbuf.c): a map around one ring. `maxEntries` is its size in bytes.
 */

import type { MapSpec } from "../../../object/spec.ts";
import { E2BIG, EAGAIN, EBUSY, EINVAL, ENODATA, ENOTSUPP } from "./errno.ts";
import { BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP, BUSY, DISCARDED, RECORD_HEADER, Ring, ringBytes } from "./ring.ts";
import { type MapHome, MapStore } from "./store.ts";

/** Word of the header: 1 while a thread drains a user ring buffer. */
const DRAINING = 1;

/** Longest dynptr, which a sample becomes (DYNPTR_MAX_SIZE). */
const LONGEST_SAMPLE = (1 << 24) - 1;
/** Most samples that one call drains (BPF_MAX_USER_RINGBUF_SAMPLES). */
const MOST_SAMPLES = 128 * 1024;

export class RingBufferMap extends MapStore {
  readonly ring: Ring;

  constructor(spec: MapSpec, home: MapHome) {
    super(spec, home, { elements: 0 });
    const { start } = this.allocate("ring", ringBytes(spec.maxEntries));
    this.ring = this.attached ? new Ring(home.memory, start) : new Ring(home.memory, start, spec.maxEntries);
  }

  override get lost(): number {
    return this.ring.lost;
  }

  override update(_key: number, _value: number, _flags: number, _cpu: number): number {
    return -ENOTSUPP;
  }

  override delete(_key: number): number {
    return -ENOTSUPP;
  }

  /** `bpf_ringbuf_query`: data not consumed, size, consumer's and producer's position; lower halves. */
  query(what: number): number {
    const { ring } = this;
    switch (what) {
      case 0:
        return ring.available;
      case 1:
        return ring.size;
      case 2:
        return ring.consumed;
      case 3:
        return ring.produced;
      default:
        return 0;
    }
  }
}

export class UserRingBufferMap extends RingBufferMap {
  /**
   * `bpf_user_ringbuf_drain`: calls `each` with address and length of every sample, until it gives something else than 0.
   * @returns how many samples there were, or a negated error number: `-EBUSY` when another thread drains, `-EINVAL` and `-E2BIG` for
   *   what user space wrote wrongly.
   */
  drain(flags: number, each: (address: number, length: number) => number): number {
    if ((flags & ~(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)) !== 0) return -EINVAL;
    const draining = this.header + DRAINING;
    if (Atomics.compareExchange(this.words, draining, 0, 1) !== 0) return -EBUSY;
    let samples = 0;
    let taken = 0;
    try {
      for (let goOn = 0; taken < MOST_SAMPLES && goOn === 0; taken++) {
        const length = this.#peek();
        if (length === -ENODATA) break;
        if (length === -EAGAIN) continue;
        if (length < 0) return length;
        try {
          goOn = each(this.ring.record, length);
        } finally {
          this.ring.consume(length);
        }
        samples++;
      }
    } finally {
      Atomics.store(this.words, draining, 0);
      if ((flags & BPF_RB_FORCE_WAKEUP) !== 0 || ((flags & BPF_RB_NO_WAKEUP) === 0 && samples > 0)) this.ring.wake();
    }
    return samples;
  }

  /** Length of the next sample, or a negated error number: everything that user space wrote is held against what can be. */
  #peek(): number {
    const { ring } = this;
    const { available } = ring;
    if ((ring.produced & 7) !== 0) return -EINVAL;
    if (available === 0) return -ENODATA;
    const header = this.words[(ring.record - RECORD_HEADER) >>> 2]!;
    const length = header & ~(BUSY | DISCARDED);
    const whole = Math.ceil((length + RECORD_HEADER) / 8) * 8;
    if (whole > available) return -EINVAL;
    if (whole > ring.size || length > LONGEST_SAMPLE) return -E2BIG;
    if ((header & DISCARDED) !== 0) {
      ring.consume(length);
      return -EAGAIN;
    }
    return (header & BUSY) !== 0 ? -ENODATA : length;
  }
}
