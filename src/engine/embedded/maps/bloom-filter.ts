/**
 * BPF_MAP_TYPE_BLOOM_FILTER: a set that may say that it has what it has not, but never forgets (kernel/bpf/bloom_filter.c).
 *
 * As many bits as the kernel takes: `maxEntries` × hash functions × 7/5, rounded up to a power of two, at least 64; so that with
 * `maxEntries` values in it about one answer in thirty is a false "there" (five functions). Hash functions are one function with
 * as many seeds. Threads need no lock: bits are only ever set, atomically.
 */

import type { MapSpec } from "../../../object/spec.ts";
import { EINVAL, ENOENT, EOPNOTSUPP } from "./errno.ts";
import { BPF_ANY } from "./flags.ts";
import { COUNT, type MapHome, MapStore } from "./store.ts";

/** Hash functions, where the low four bits of `map_extra` say none. */
const DEFAULT_FUNCTIONS = 5;

export class BloomFilterMap extends MapStore {
  readonly #functions: number;
  readonly #mask: number;
  /** Index in `words` of the first bits. */
  readonly #bits: number;

  constructor(spec: MapSpec, home: MapHome) {
    super(spec, home, { elements: 0 });
    this.#functions = Number(spec.extra ?? 0n) & 0xf || DEFAULT_FUNCTIONS;
    const bits = Math.floor((spec.maxEntries * this.#functions) / 5) * 7;
    let size = 64;
    while (size < bits && size < 2 ** 32) size *= 2;
    this.#mask = (size - 1) >>> 0;
    this.#bits = this.allocate("bits", size / 8).start >>> 2;
  }

  override push(value: number, flags: number): number {
    if (flags !== BPF_ANY) return -EINVAL;
    for (let index = 0; index < this.#functions; index++) {
      const bit = this.#hash(value, index);
      const word = this.#bits + (bit >>> 5);
      if (this.shared) Atomics.or(this.words, word, 1 << (bit & 31));
      else this.words[word]! |= 1 << (bit & 31);
    }
    this.add(COUNT, 1);
    return 0;
  }

  /** Whether it may have the value: 0, or `-ENOENT` when it surely has not. */
  override peek(value: number): number {
    for (let index = 0; index < this.#functions; index++) {
      const bit = this.#hash(value, index);
      if ((this.words[this.#bits + (bit >>> 5)]! & (1 << (bit & 31))) === 0) return -ENOENT;
    }
    return 0;
  }

  override delete(_key: number): number {
    return -EOPNOTSUPP;
  }

  override clear(): void {
    this.words.fill(0, this.#bits, this.#bits + ((this.#mask + 1) >>> 5 || 2 ** 27));
    this.words[this.header + COUNT] = 0;
  }

  /** MurmurHash3 of 32 bits (Appleby, public domain) over the value, cut to the number of bits. */
  #hash(value: number, index: number): number {
    const { view, valueSize } = this;
    let h = this.seed + index;
    let at = 0;
    for (; at + 4 <= valueSize; at += 4) h = round(h, view.getInt32(value + at, true));
    for (; at < valueSize; at++) h = round(h, view.getUint8(value + at));
    h ^= valueSize;
    h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
    return ((h ^ (h >>> 16)) & this.#mask) >>> 0;
  }
}

function round(h: number, word: number): number {
  let k = Math.imul(word, 0xcc9e_2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b87_3593);
  const mixed = h ^ k;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe654_6b64) | 0;
}
