/**
 * BPF_MAP_TYPE_LRU_HASH and BPF_MAP_TYPE_LRU_PERCPU_HASH: a hash map that never is full: a new entry takes the place of
 * one that was not used lately (kernel/bpf/bpf_lru_list.c).
 *
 * Used means: looked up by a program, or replaced. A lookup from user space does not count, as in the kernel, where reading out
 * a table must not change which entries survive. As there, use sets a bit in the entry and moves nothing, so that lookups take
 * no lock; unlike there, where the bit decides between an active and an inactive list, the elements themselves are a ring with a
 * hand: it passes over those that were used since it last came by, clears their bits, and takes the first without (Corbató's
 * clock, 1968). So an entry survives for at least one round of the hand after each use, and of entries never used the oldest goes.
 *
 * With `BPF_F_NO_COMMON_LRU` each CPU has entries of its own, as many as `maxEntries` divided by the CPUs, rounded up, and only
 * evicts those.
 */

import type { MapSpec } from "../../../object/spec.ts";
import { ENOMEM } from "./errno.ts";
import { BPF_F_NO_COMMON_LRU } from "./flags.ts";
import { HAND, HashMap } from "./hash.ts";
import type { MapHome } from "./store.ts";

/** Word of a node: 1 when it was used since the hand came by. */
export const USED = 2;

export class LruHashMap extends HashMap {
  constructor(spec: MapSpec, home: MapHome) {
    const pools = (spec.flags & BPF_F_NO_COMMON_LRU) === 0 ? 1 : home.cpus;
    super({ ...spec, maxEntries: Math.ceil(spec.maxEntries / pools) * pools }, home, { links: 1, pools, declared: spec });
  }

  override lookup(key: number, cpu: number): number {
    const element = this.find(key);
    if (element < 0) return 0;
    // Writing what is there already would take the line from other CPUs.
    const used = this.node(element + 1) + USED;
    if (this.words[used] === 0) this.words[used] = 1;
    return this.valueAddress(element, cpu);
  }

  protected override acquire(cpu: number): number {
    const index = this.poolCount === 1 ? 0 : cpu;
    const pool = this.pools + index * 16;
    const first = index * this.span;
    const free = this.takeFree(pool, first);
    const element = free >= 0 ? free : this.#evict(pool, first);
    if (element >= 0) this.words[this.node(element + 1) + USED] = 0;
    return element;
  }

  protected override used(element: number): void {
    this.words[this.node(element + 1) + USED] = 1;
  }

  protected override inherit(element: number, old: number): void {
    this.words[this.node(element + 1) + USED] = this.words[this.node(old + 1) + USED]!;
  }

  /** Of the pool's elements, one is a spare and the others are entries: twice round, the hand finds one. */
  #evict(pool: number, first: number): number {
    const { words } = this;
    let hand = words[pool + HAND]!;
    for (let left = 2 * this.span + 2; left > 0; left--) {
      if (hand >= this.span) hand = 0;
      const element = first + hand++;
      const node = this.node(element + 1);
      if (words[node + 1] === 0) continue;
      if (words[node + USED] !== 0) {
        words[node + USED] = 0;
        continue;
      }
      words[pool + HAND] = hand;
      this.remove(element);
      return this.takeFree(pool, first);
    }
    return -ENOMEM;
  }
}
