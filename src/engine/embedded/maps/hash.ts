/**
 * BPF_MAP_TYPE_HASH and BPF_MAP_TYPE_PERCPU_HASH: chained buckets over a pool of nodes (kernel/bpf/hashtab.c).
 *
 * As many buckets as entries, rounded up to a power of two, so a chain has one node on average when the map is full.
 * A deleted node goes to a free list and its chain closes over it: no tombstones, nothing degrades in a long run.
 *
 *     bucket   u32   first node of the chain, as element + 1; 0: empty
 *     node     u32   next in the chain, or in the free list, as element + 1
 *              u32   hash with bit 31 set; 0: free
 *              …     (least recently used kinds: a word more, see lru-hash.ts)
 *              key, padded to 4 bytes
 *
 * The hash mixes each word of the key with a secret of its own and joins the results, so that whoever chooses the keys (the
 * sources of a flood) cannot choose the chain, and a processor mixes the words side by side.
 *
 * Replacing an entry's value takes another element, a spare, and links it in the old one's place, as the kernel does: whoever
 * still holds the old value's address reads the old value, whole, until the next replacement. Per-CPU values are written in
 * place: only their CPU reads them.
 *
 * Threads look up without the lock. A node that is taken out and used again may lead a reader into another chain; the kernel
 * notices at the chain's end (`hlist_nulls`), here the count of removals says so: a miss counts only if none happened meanwhile.
 * A hit counts if the node's hash is the key's before and after comparing. What loses that race some times takes the lock.
 */

import type { MapSpec } from "../../../object/spec.ts";
import { E2BIG, EBUSY, EINVAL, ENOENT } from "./errno.ts";
import { BPF_EXIST, BPF_F_LOCK } from "./flags.ts";
import { COUNT, type MapHome, MapStore, REMOVALS } from "./store.ts";

// Words of a pool of elements, one pool a map, or (least recently used, one list a CPU) one a CPU; 64 bytes each.
const FREE = 0; // first node of the free list, as element + 1
const FRESH = 1; // how many elements of the pool were ever used
const SPARE = 2; // what replaces the next entry, as element + 1; 0: the pool's last
export const HAND = 3;
const POOL_BYTES = 64;

const LIVE = 0x8000_0000;

/** How often a reader begins again before it takes the lock. */
const TRIES = 8;

/** The finalizer of MurmurHash3 (Appleby, public domain): every bit of the input reaches every bit of the output. */
function mix(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85eb_ca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2_ae35);
  return h ^ (h >>> 16);
}

/** 2^32 divided by the golden ratio: what makes secrets of one seed. */
const GOLDEN = 0x9e37_79b9;

/** Where a hash map's parts lie, for generated code: addresses and sizes in bytes. */
export interface HashLayout {
  readonly buckets: number;
  /** Buckets less one. */
  readonly mask: number;
  readonly nodes: number;
  readonly nodeSize: number;
  /** Of the key in a node. */
  readonly keyOffset: number;
  /** What each word of a key is mixed with, then each byte behind the words. */
  readonly secrets: Int32Array;
  /** Address of the first pool, and how many there are. */
  readonly pools: number;
  readonly poolCount: number;
  /** Whether a value is replaced where it is. */
  readonly inPlace: boolean;
}

/** What a hash map is besides its Spec. */
export interface HashShape {
  /** Words between a node's hash and its key. */
  readonly links?: number;
  /** Pools that the entries are divided among. */
  readonly pools?: number;
  /** What the Spec said, where the map has another size than that. */
  readonly declared?: MapSpec;
  /** Whether a value is replaced where it is. */
  readonly inPlace?: boolean;
}

export class HashMap extends MapStore {
  /** Address of the first node and bytes of one. */
  protected readonly nodes: number;
  protected readonly nodeSize: number;
  /** Index in `words` of the first pool; words from one to the next. */
  protected readonly pools: number;
  protected readonly poolCount: number;
  /** Elements of one pool that may be entries, and with the spare. */
  protected readonly share: number;
  protected readonly span: number;
  readonly #inPlace: boolean;
  readonly #keyOffset: number;
  readonly #buckets: number;
  readonly #mask: number;
  readonly #secrets: Int32Array;
  /** The key's bytes in whole words, and in all. */
  readonly #keyWords: number;

  /** @param spec with `maxEntries` a multiple of the number of pools. */
  constructor(spec: MapSpec, home: MapHome, shape: HashShape = {}) {
    const perCpu = spec.type.includes("percpu");
    const inPlace = shape.inPlace ?? perCpu;
    const pools = shape.pools ?? 1;
    const { declared = spec } = shape;
    super(spec, home, { perCpu, declared, elements: spec.maxEntries + (inPlace ? 0 : pools) });
    this.#inPlace = inPlace;
    this.poolCount = pools;
    this.share = spec.maxEntries / pools;
    this.span = this.elements / pools;
    this.#keyOffset = 8 + 4 * (shape.links ?? 0);
    this.nodeSize = this.#keyOffset + Math.ceil(spec.keySize / 4) * 4;
    this.#keyWords = spec.keySize >>> 2;
    this.#secrets = Int32Array.from({ length: this.#keyWords + (spec.keySize & 3) }, (_, at) => mix(this.seed + at * GOLDEN));
    let buckets = 1;
    while (buckets < spec.maxEntries) buckets *= 2;
    this.#mask = buckets - 1;
    this.#buckets = this.allocate("buckets", 4 * buckets).start;
    this.nodes = this.allocate("nodes", this.nodeSize * this.elements).start;
    this.pools = this.allocate("pools", POOL_BYTES * pools).start >>> 2;
  }

  get layout(): HashLayout {
    const { nodes, nodeSize } = this;
    return {
      buckets: this.#buckets,
      mask: this.#mask,
      nodes,
      nodeSize,
      keyOffset: this.#keyOffset,
      secrets: this.#secrets,
      pools: (this.pools << 2) >>> 0,
      poolCount: this.poolCount,
      inPlace: this.#inPlace,
    };
  }

  /** Hot. One function each for keys of 4 and 8 bytes, the usual ones: a third faster than one for all. */
  override find(key: number): number {
    if (this.shared) return this.#findAmongThreads(key);
    return this.keySize === 4 ? this.#find4(key) : this.keySize === 8 ? this.#find8(key) : this.#findAny(key);
  }

  override update(key: number, value: number, flags: number, cpu: number): number {
    if ((flags & BPF_F_LOCK) !== 0 && this.type === "hash") return this.#updateLocked(key, value, flags & ~BPF_F_LOCK);
    if (!this.lock()) return -EBUSY;
    const element = this.#place(key, flags, cpu);
    if (element >= 0) {
      if (this.slots > 1 && this.#added) this.zero(element);
      this.writeValue(this.valueAddress(element, cpu), value);
      this.#publish(element);
    }
    this.unlock();
    return element < 0 ? element : 0;
  }

  override updateAll(key: number, values: number, flags: number): number {
    if ((flags & BPF_F_LOCK) !== 0 && this.type === "hash") return this.#updateLocked(key, values, flags & ~BPF_F_LOCK);
    if (!this.lock()) return -EBUSY;
    const element = this.#place(key, flags, 0);
    if (element >= 0) {
      for (let cpu = 0; cpu < this.slots; cpu++)
        this.writeValue(this.valueAddress(element, cpu), values + cpu * this.values.stride);
      this.#publish(element);
    }
    this.unlock();
    return element < 0 ? element : 0;
  }

  /** `BPF_F_LOCK`: an entry that is there is written where it is, under the lock in its value; another is added as ever. */
  #updateLocked(key: number, value: number, flags: number): number {
    const { fields } = this;
    if (fields === null || fields.lock < 0 || flags >>> 0 > BPF_EXIST) return -EINVAL;
    const found = this.find(key);
    if (found < 0) return this.update(key, value, flags, 0);
    const refusal = this.refuse(flags, true);
    if (refusal !== 0) return refusal;
    const at = this.valueAddress(found, 0);
    return fields.copyLocked(at, value, at) ? 0 : -EBUSY;
  }

  override delete(key: number): number {
    if (!this.lock()) return -EBUSY;
    const element = this.#findAlone(key);
    if (element >= 0) this.remove(element);
    this.unlock();
    return element < 0 ? -ENOENT : 0;
  }

  override take(key: number, values: number): number {
    if (!this.lock()) return -EBUSY;
    const element = this.#findAlone(key);
    if (element >= 0) {
      for (let cpu = 0; cpu < this.slots; cpu++)
        this.readValue(values + cpu * this.values.stride, this.valueAddress(element, cpu));
      this.remove(element);
    }
    this.unlock();
    return element < 0 ? -ENOENT : 0;
  }

  override scan(from: number): number {
    const words = this.words;
    for (let element = from; element < this.elements; element++) {
      if (words[((this.nodes + element * this.nodeSize) >>> 2) + 1] !== 0) return element;
      // Behind what was never used there may still be a spare in use.
      if (this.poolCount === 1 && element >= words[this.pools + FRESH]! && element < this.share) element = this.share - 1;
    }
    return -1;
  }

  /** A bucket is a group: an entry never leaves its bucket. */
  override gather(position: number): number {
    const { words, gathered } = this;
    gathered.length = 0;
    for (let bucket = position; bucket <= this.#mask; bucket++) {
      let next = words[(this.#buckets >>> 2) + bucket]!;
      for (let left = this.elements; next !== 0; left--) {
        if (left === 0 || next > this.elements) throw this.spoilt();
        const node = this.node(next);
        // An entry is of one bucket, so that all chains together are no longer than there are entries.
        if ((words[node + 1]! & this.#mask) === bucket) gathered.push(next - 1);
        next = words[node]!;
      }
      if (gathered.length > 0) return bucket + 1;
    }
    return -1;
  }

  override keyAddress(element: number): number {
    return this.nodes + element * this.nodeSize + this.#keyOffset;
  }

  override clear(): void {
    if (!this.lock()) return;
    for (let element = this.scan(0); element >= 0; element = this.scan(element + 1)) this.remove(element);
    this.unlock();
  }

  // ── with the lock held ────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether `#place` found no entry; which one it found, where another element is to take its place, or -1. */
  #added = false;
  #replaced = -1;
  #hashed = 0;

  /** An element to write the key's value to, before `#publish` makes it the key's; or a negated error number. */
  #place(key: number, flags: number, cpu: number): number {
    const found = this.#findAlone(key);
    const refusal = this.refuse(flags, found >= 0);
    if (refusal !== 0) return refusal;
    this.#added = found < 0;
    this.#replaced = -1;
    if (found >= 0) {
      this.used(found);
      if (this.#inPlace) return found;
    }
    let element: number;
    if (found < 0) {
      element = this.acquire(cpu);
      if (element < 0) return element;
    } else {
      const pool = this.pool(found);
      const spare = this.words[pool + SPARE]!;
      element = spare === 0 ? Math.floor(found / this.span) * this.span + this.share : spare - 1;
      this.#replaced = found;
    }
    this.#hashed = this.#hash(key);
    this.copy(this.nodes + element * this.nodeSize + this.#keyOffset, key, this.keySize);
    return element;
  }

  /** What `#place` gave becomes what lookups find. */
  #publish(element: number): void {
    if (this.#inPlace && !this.#added) return;
    const { words } = this;
    const node = this.node(element + 1);
    const bucket = this.#bucket(this.#hashed);
    this.#store(node, words[bucket]!);
    this.#store(node + 1, this.#hashed | LIVE);
    this.#store(bucket, element + 1);
    words[this.header + COUNT]!++;
    const old = this.#replaced;
    if (old < 0) return;
    this.inherit(element, old);
    this.unlink(old);
    words[this.pool(old) + SPARE] = old + 1;
  }

  /** An element for a new entry, or a negated error number: `-E2BIG` when all are used. */
  protected acquire(_cpu: number): number {
    return this.takeFree(this.pools, 0);
  }

  /** From a pool whose elements begin at `first`. */
  protected takeFree(pool: number, first: number): number {
    const words = this.words;
    const free = words[pool + FREE]!;
    if (free !== 0) {
      words[pool + FREE] = words[this.node(free)]!;
      return free - 1;
    }
    const fresh = words[pool + FRESH]!;
    if (fresh >= this.share) return -E2BIG;
    words[pool + FRESH] = fresh + 1;
    return first + fresh;
  }

  /** Takes an element out of its chain and puts it on the free list. */
  protected remove(element: number): void {
    this.unlink(element);
    const pool = this.pool(element);
    this.words[this.node(element + 1)] = this.words[pool + FREE]!;
    this.words[pool + FREE] = element + 1;
  }

  /** Takes an element out of its chain. */
  protected unlink(element: number): void {
    const words = this.words;
    const node = this.node(element + 1);
    let link = this.#bucket(words[node + 1]!);
    for (let left = this.elements; words[link] !== element + 1 && left > 0; left--) link = this.node(words[link]!);
    this.#store(link, words[node]!);
    this.#store(node + 1, 0);
    this.releaseFields(element);
    words[this.header + COUNT]!--;
    if (this.shared) Atomics.add(words, this.header + REMOVALS, 1);
  }

  /** An entry was replaced, or is about to be; and what the new element has of the old. For kinds that follow use. */
  protected used(_element: number): void {}
  protected inherit(_element: number, _old: number): void {}

  /** Index in `words` of a link's node, and of an element's pool. */
  protected node(link: number): number {
    return (this.nodes + (link - 1) * this.nodeSize) >>> 2;
  }

  protected pool(element: number): number {
    return this.poolCount === 1 ? this.pools : this.pools + Math.floor(element / this.span) * (POOL_BYTES >>> 2);
  }

  /** A word that lookups of other threads follow. */
  #store(index: number, word: number): void {
    if (this.shared) Atomics.store(this.words, index, word);
    else this.words[index] = word;
  }

  // ── looking up ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Index in `words` of a hash's bucket. */
  #bucket(hash: number): number {
    return (this.#buckets >>> 2) + (hash & this.#mask);
  }

  #find4(key: number): number {
    const { words, nodes, nodeSize } = this;
    const keyWord = this.#keyOffset >>> 2;
    const wanted = this.view.getUint32(key, true);
    let next = words[this.#bucket(mix(this.#secrets[0]! ^ wanted))]!;
    for (let left = this.elements; next !== 0 && left > 0; left--) {
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
    let next = words[this.#bucket(mix(this.#secrets[0]! ^ low) ^ mix(this.#secrets[1]! ^ high))]!;
    for (let left = this.elements; next !== 0 && left > 0; left--) {
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
    for (let left = this.elements; next !== 0 && left > 0; left--) {
      const node = nodes + (next - 1) * nodeSize;
      if (words[(node >>> 2) + 1] === tagged && this.#equal(node + this.#keyOffset, key)) return next - 1;
      next = words[node >>> 2]!;
    }
    return -1;
  }

  /** Whoever holds the lock sees what is there. */
  #findAlone(key: number): number {
    return this.keySize === 4 ? this.#find4(key) : this.keySize === 8 ? this.#find8(key) : this.#findAny(key);
  }

  #findAmongThreads(key: number): number {
    const { words } = this;
    const hash = this.#hash(key);
    const tagged = (hash | LIVE) >>> 0;
    for (let tries = TRIES; tries > 0; tries--) {
      const removals = Atomics.load(words, this.header + REMOVALS);
      let next = Atomics.load(words, this.#bucket(hash));
      for (let left = this.elements; next !== 0 && left > 0; left--) {
        const node = this.node(next);
        if (
          Atomics.load(words, node + 1) === tagged &&
          this.#equal((node << 2) + this.#keyOffset, key) &&
          Atomics.load(words, node + 1) === tagged
        )
          return next - 1;
        next = Atomics.load(words, node);
      }
      if (Atomics.load(words, this.header + REMOVALS) === removals) return -1;
    }
    if (!this.lock()) return -1;
    const element = this.#findAlone(key);
    this.unlock();
    return element;
  }

  /** Whether the key of a node, at `stored` (a multiple of 4), is the one at `key`. */
  #equal(stored: number, key: number): boolean {
    const { words, view } = this;
    const first = stored >>> 2;
    const whole = this.#keyWords;
    for (let word = 0; word < whole; word++) if (words[first + word] !== view.getUint32(key + word * 4, true)) return false;
    for (let at = whole * 4; at < this.keySize; at++) if (view.getUint8(first * 4 + at) !== view.getUint8(key + at)) return false;
    return true;
  }

  /** 31 bits: of the words of the key, then of what is left of it byte by byte. */
  #hash(key: number): number {
    const { view } = this;
    const secrets = this.#secrets;
    const words = this.#keyWords;
    let h = 0;
    for (let word = 0; word < words; word++) h ^= mix(secrets[word]! ^ view.getInt32(key + word * 4, true));
    for (let at = words; at < secrets.length; at++) h ^= mix(secrets[at]! ^ view.getUint8(key + words * 3 + at));
    return h & ~LIVE;
  }
}
