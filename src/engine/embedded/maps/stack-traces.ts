/**
 * BPF_MAP_TYPE_STACK_TRACE: call chains, each kept once and known by a number that its hash gives (kernel/bpf/stackmap.c).
 *
 * A value is an array of u64 addresses, innermost first, zeroes behind the last. `maxEntries` is rounded up to a power of two; two
 * chains of one number collide, and `bpf_get_stackid` says so unless it may replace.
 */

import type { MapSpec } from "../../../object/spec.ts";
import { E2BIG, EBUSY, EEXIST, ENOENT } from "./errno.ts";
import { type MapHome, MapStore } from "./store.ts";

/** Flags of `bpf_get_stackid`: trust the hash alone; replace what is there. */
export const BPF_F_FAST_STACK_CMP = 1 << 9;
export const BPF_F_REUSE_STACKID = 1 << 10;

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least));

export class StackTraceMap extends MapStore {
  /** Index in `words` of each entry's hash and number of addresses plus one (0: no entry). */
  readonly #buckets: number;

  constructor(spec: MapSpec, home: MapHome) {
    super({ ...spec, maxEntries: powerOfTwo(spec.maxEntries) }, home, { declared: spec });
    this.#buckets = this.allocate("buckets", 8 * this.maxEntries).start >>> 2;
  }

  override get count(): number {
    let count = 0;
    for (let at = this.scan(0); at >= 0; at = this.scan(at + 1)) count++;
    return count;
  }

  /**
   * `bpf_get_stackid` of a chain that lies at `addresses`: its number, or a negated error number.
   * @param depth u64 addresses there; what does not fit a value is cut off.
   */
  put(addresses: number, depth: number, flags: number): number {
    const { words, view } = this;
    const kept = Math.min(depth, this.valueSize >>> 3);
    let hash = this.seed;
    for (let at = 0; at < kept * 8; at += 4) {
      hash = Math.imul(hash ^ view.getInt32(addresses + at, true), 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    const id = (hash & (this.maxEntries - 1)) >>> 0;
    const bucket = this.#buckets + id * 2;
    if (!this.lock()) return -EBUSY;
    let result = id;
    const same = words[bucket + 1] !== 0 && words[bucket] === hash >>> 0;
    const at = this.valueAddress(id, 0);
    const equal =
      same && ((flags & BPF_F_FAST_STACK_CMP) !== 0 || (words[bucket + 1] === kept + 1 && this.#equal(at, addresses, kept)));
    if (!equal) {
      if (words[bucket + 1] !== 0 && (flags & BPF_F_REUSE_STACKID) === 0) result = -EEXIST;
      else {
        this.zero(id);
        this.copy(at, addresses, kept * 8);
        words[bucket] = hash;
        words[bucket + 1] = kept + 1;
      }
    }
    this.unlock();
    return result;
  }

  override find(key: number): number {
    const id = this.view.getUint32(key, true);
    return id < this.maxEntries && this.words[this.#buckets + id * 2 + 1] !== 0 ? id : -1;
  }

  override delete(key: number): number {
    const id = this.find(key);
    if (id < 0) return this.view.getUint32(key, true) < this.maxEntries ? -ENOENT : -E2BIG;
    this.words[this.#buckets + id * 2 + 1] = 0;
    return 0;
  }

  override take(key: number, values: number): number {
    if (!this.lock()) return -EBUSY;
    const id = this.find(key);
    if (id >= 0) {
      this.readValue(values, this.valueAddress(id, 0));
      this.words[this.#buckets + id * 2 + 1] = 0;
    }
    this.unlock();
    return id < 0 ? -ENOENT : 0;
  }

  override scan(from: number): number {
    for (let id = from; id < this.maxEntries; id++) if (this.words[this.#buckets + id * 2 + 1] !== 0) return id;
    return -1;
  }

  override keyAddress(element: number): number {
    this.view.setUint32(this.scratchKey, element, true);
    return this.scratchKey;
  }

  override clear(): void {
    this.words.fill(0, this.#buckets, this.#buckets + 2 * this.maxEntries);
  }

  #equal(one: number, other: number, depth: number): boolean {
    for (let at = 0; at < depth * 8; at += 4) {
      if (this.view.getInt32(one + at, true) !== this.view.getInt32(other + at, true)) return false;
    }
    return true;
  }
}
