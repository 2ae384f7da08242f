/**
 * BPF_MAP_TYPE_LRU_HASH and BPF_MAP_TYPE_LRU_PERCPU_HASH: a hash map that never is full: a new entry takes the place of
 * the one unused for longest (kernel/bpf/bpf_lru_list.c).
 *
 * Used means: looked up by a program, added, or replaced. A lookup from user space does not count, as in the kernel,
 * where reading out a table must not change which entries survive. The kernel approximates the order with per-CPU lists
 * and reference bits; this is the exact order, a doubly linked list through the nodes.
 */

import type { MapSpec } from "../../../object/spec.ts";
import { HashMap } from "./hash.ts";
import type { MapHome } from "./store.ts";

// Words of the header: the ends of the list, as element + 1.
const NEWEST = 8;
const OLDEST = 9;
// Words of a node.
const NEWER = 2;
const OLDER = 3;

export class LruHashMap extends HashMap {
  constructor(spec: MapSpec, home: MapHome) {
    super(spec, home, 2);
  }

  override lookup(key: number, cpu: number): number {
    const element = this.find(key);
    if (element < 0) return 0;
    this.#touch(element);
    return this.valueAddress(element, cpu);
  }

  override claim(key: number, flags: number): number {
    const element = super.claim(key, flags);
    if (element < 0) return element;
    if (this.created) this.#push(element);
    else this.#touch(element);
    return element;
  }

  protected override take(): number {
    if (this.count === this.maxEntries) this.remove(this.words[(this.handle >>> 2) + OLDEST]! - 1);
    return super.take();
  }

  protected override remove(element: number): void {
    this.#unlink(element);
    super.remove(element);
  }

  /** Moves an element to the newest end. */
  #touch(element: number): void {
    if (this.words[(this.handle >>> 2) + NEWEST] === element + 1) return;
    this.#unlink(element);
    this.#push(element);
  }

  #push(element: number): void {
    const words = this.words;
    const header = this.handle >>> 2;
    const node = this.#node(element + 1);
    const newest = words[header + NEWEST]!;
    words[node + NEWER] = 0;
    words[node + OLDER] = newest;
    if (newest === 0) words[header + OLDEST] = element + 1;
    else words[this.#node(newest) + NEWER] = element + 1;
    words[header + NEWEST] = element + 1;
  }

  #unlink(element: number): void {
    const words = this.words;
    const header = this.handle >>> 2;
    const node = this.#node(element + 1);
    const newer = words[node + NEWER]!;
    const older = words[node + OLDER]!;
    if (newer === 0) words[header + NEWEST] = older;
    else words[this.#node(newer) + OLDER] = older;
    if (older === 0) words[header + OLDEST] = newer;
    else words[this.#node(older) + NEWER] = newer;
  }

  /** Index in `words` of a link's node. */
  #node(link: number): number {
    return (this.nodes + (link - 1) * this.nodeSize) >>> 2;
  }
}
