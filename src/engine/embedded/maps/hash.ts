/**
 * BPF_MAP_TYPE_HASH and BPF_MAP_TYPE_PERCPU_HASH: chained buckets over a pool of nodes (kernel/bpf/hashtab.c).
 *
 * As many buckets as entries, rounded up to a power of two, so a chain has one node on average when the map is full.
 * A deleted node goes to a free list and its chain closes over it: no tombstones, nothing degrades in a long run.
 *
 *     bucket   u32   first node of the chain, as element + 1; 0: empty
 *     node     u32   next in the chain, or in the free list, as element + 1
 *              u32   hash with bit 31 set; 0: free
 *              …     (least recently used kinds: two more words, see lru-hash.ts)
 *              key, padded to 4 bytes
 *
 * The hash mixes one word of the key after the other with a seed of the engine's, so that whoever chooses the keys (the
 * sources of a flood) cannot choose the chain.
 */

import type { MapSpec } from "../../../object/spec.ts";
import { E2BIG, ENOENT } from "./errno.ts";
import { COUNT, type MapHome, MapStore } from "./store.ts";

// Words of the header.
const FREE = 1; // first node of the free list, as element + 1
const FRESH = 2; // elements from here on were never used

const LIVE = 0x8000_0000;

/** The finalizer of MurmurHash3 (Appleby, public domain): every bit of the input reaches every bit of the output. */
function mix(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85eb_ca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2_ae35);
  return h ^ (h >>> 16);
}

/** Where a hash map's parts lie, for generated code that looks up by itself: addresses and sizes in bytes. */
export interface HashLayout {
  readonly buckets: number;
  /** Buckets less one. */
  readonly mask: number;
  readonly nodes: number;
  readonly nodeSize: number;
  /** Of the key in a node. */
  readonly keyOffset: number;
  readonly seed: number;
}

export class HashMap extends MapStore {
  /** Address of the first node and bytes of one. */
  protected readonly nodes: number;
  protected readonly nodeSize: number;
  readonly #keyOffset: number;
  readonly #buckets: number;
  readonly #mask: number;
  /** The key's bytes in whole words, and in all. */
  readonly #keyWords: number;

  /** @param links words between a node's hash and its key, for kinds that keep more. */
  constructor(spec: MapSpec, home: MapHome, links = 0) {
    super(spec, home, spec.type === "percpu_hash" || spec.type === "lru_percpu_hash");
    this.#keyOffset = 8 + 4 * links;
    this.nodeSize = this.#keyOffset + Math.ceil(spec.keySize / 4) * 4;
    this.#keyWords = spec.keySize >>> 2;
    let buckets = 1;
    while (buckets < spec.maxEntries) buckets *= 2;
    this.#mask = buckets - 1;
    this.#buckets = this.allocate("buckets", 4 * buckets).start;
    this.nodes = this.allocate("nodes", this.nodeSize * spec.maxEntries).start;
  }

  get layout(): HashLayout {
    const { nodes, nodeSize } = this;
    return { buckets: this.#buckets, mask: this.#mask, nodes, nodeSize, keyOffset: this.#keyOffset, seed: this.seed };
  }

  /** Hot. One function each for keys of 4 and 8 bytes, the usual ones: a third faster than one for all. */
  find(key: number): number {
    return this.keySize === 4 ? this.#find4(key) : this.keySize === 8 ? this.#find8(key) : this.#findAny(key);
  }

  claim(key: number, flags: number): number {
    const found = this.find(key);
    const refusal = this.refuse(flags, found >= 0);
    if (refusal !== 0) return refusal;
    this.created = found < 0;
    if (found >= 0) return found;

    const element = this.take();
    if (element < 0) return element;
    const node = this.nodes + element * this.nodeSize;
    const hash = this.#hash(key);
    const bucket = this.#bucket(hash);
    const words = this.words;
    words[node >>> 2] = words[bucket]!;
    words[(node >>> 2) + 1] = hash | LIVE;
    this.copy(node + this.#keyOffset, key, this.keySize);
    words[bucket] = element + 1;
    words[(this.handle >>> 2) + COUNT]!++;
    return element;
  }

  delete(key: number): number {
    const element = this.find(key);
    if (element < 0) return -ENOENT;
    this.remove(element);
    return 0;
  }

  scan(from: number): number {
    const words = this.words;
    const fresh = words[(this.handle >>> 2) + FRESH]!;
    for (let element = from; element < fresh; element++) {
      if (words[((this.nodes + element * this.nodeSize) >>> 2) + 1] !== 0) return element;
    }
    return -1;
  }

  keyAddress(element: number): number {
    return this.nodes + element * this.nodeSize + this.#keyOffset;
  }

  clear(): void {
    for (let element = this.scan(0); element >= 0; element = this.scan(element + 1)) this.remove(element);
  }

  /** An element for a new entry, or a negated error number: `-E2BIG` when all are used. */
  protected take(): number {
    const words = this.words;
    const header = this.handle >>> 2;
    const free = words[header + FREE]!;
    if (free !== 0) {
      words[header + FREE] = words[(this.nodes + (free - 1) * this.nodeSize) >>> 2]!;
      return free - 1;
    }
    const fresh = words[header + FRESH]!;
    if (fresh === this.maxEntries) return -E2BIG;
    words[header + FRESH] = fresh + 1;
    return fresh;
  }

  /** Takes an element out of its chain and puts it on the free list. */
  protected remove(element: number): void {
    const words = this.words;
    const header = this.handle >>> 2;
    const node = (this.nodes + element * this.nodeSize) >>> 2;
    let link = this.#bucket(words[node + 1]!);
    while (words[link] !== element + 1) link = (this.nodes + (words[link]! - 1) * this.nodeSize) >>> 2;
    words[link] = words[node]!;
    words[node + 1] = 0;
    words[node] = words[header + FREE]!;
    words[header + FREE] = element + 1;
    words[header + COUNT]!--;
  }

  /** Index in `words` of a hash's bucket. */
  #bucket(hash: number): number {
    return (this.#buckets >>> 2) + (hash & this.#mask);
  }

  #find4(key: number): number {
    const { words, nodes, nodeSize } = this;
    const keyWord = this.#keyOffset >>> 2;
    const wanted = this.view.getUint32(key, true);
    let next = words[this.#bucket(mix(this.seed ^ wanted))]!;
    while (next !== 0) {
      const node = (nodes + (next - 1) * nodeSize) >>> 2;
      if (words[node + keyWord] === wanted) return next - 1;
      next = words[node]!;
    }
    return -1;
  }

  #find8(key: number): number {
    const { words, view, nodes, nodeSize } = this;
    const keyWord = this.#keyOffset >>> 2;
    const low = view.getUint32(key, true);
    const high = view.getUint32(key + 4, true);
    let next = words[this.#bucket(mix(mix(this.seed ^ low) ^ high))]!;
    while (next !== 0) {
      const node = (nodes + (next - 1) * nodeSize) >>> 2;
      if (words[node + keyWord] === low && words[node + keyWord + 1] === high) return next - 1;
      next = words[node]!;
    }
    return -1;
  }

  /** Compares hashes first: most keys that are not the wanted one are told apart by their hash alone. */
  #findAny(key: number): number {
    const { words, nodes, nodeSize } = this;
    const hash = this.#hash(key);
    const tagged = (hash | LIVE) >>> 0;
    let next = words[this.#bucket(hash)]!;
    while (next !== 0) {
      const node = nodes + (next - 1) * nodeSize;
      if (words[(node >>> 2) + 1] === tagged && this.#equal(node + this.#keyOffset, key)) return next - 1;
      next = words[node >>> 2]!;
    }
    return -1;
  }

  /** Whether the key of a node, at `stored` (a multiple of 4), is the one at `key`. */
  #equal(stored: number, key: number): boolean {
    const { words, view } = this;
    const first = stored >>> 2;
    const whole = this.#keyWords;
    for (let word = 0; word < whole; word++) if (words[first + word] !== view.getUint32(key + word * 4, true)) return false;
    for (let at = whole * 4; at < this.keySize; at++) if (view.getUint8(stored + at) !== view.getUint8(key + at)) return false;
    return true;
  }

  /** 31 bits: the words of the key one after the other, then what is left of it byte by byte. */
  #hash(key: number): number {
    const { view } = this;
    const end = key + this.#keyWords * 4;
    let h = this.seed;
    for (let at = key; at < end; at += 4) h = mix(h ^ view.getInt32(at, true));
    for (let at = end; at < key + this.keySize; at++) h = mix(h ^ view.getUint8(at));
    return h & ~LIVE;
  }
}
