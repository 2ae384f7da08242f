/**
 * BPF_MAP_TYPE_LPM_TRIE: longest prefix match (kernel/bpf/lpm_trie.c).
 *
 * A key is a u32 prefix length in host order and 1 to 256 bytes of data, most significant bit first. A lookup, from a
 * program or from user space, finds the longest stored prefix that the key begins with; add, replace and delete take
 * exactly the prefix.
 *
 * A binary trie with compressed paths (Morrison, PATRICIA, 1968): a node stands for its first `prefix length` bits, its
 * children differ in the bit after those. Where two entries part and none ends, a branch node without value stands, so n
 * entries need at most 2n - 1 nodes and a lookup visits at most one node a bit.
 *
 *     node     u32   child whose next bit is 0, or next free node, as node + 1; 0: none
 *              u32   child whose next bit is 1
 *              u32   its entry, as element + 1; 0: a branch
 *              u32   prefix length  ┐ the key, as stored
 *              …     data           ┘
 *     shortcut u32   for each value of the first bits of data, as many as tell `maxEntries` apart and at most 16: the first node
 *                    on the way from the root whose prefix has all of them, as node + 1; 0: none
 *
 * Most lookups begin at a shortcut and end a node or two later. What is found there is the longest; where nothing is, and there are
 * entries that are shorter than a shortcut, the walk begins anew at the root. A change touches at most one shortcut.
 *
 * Replacing a value takes another element, so whoever still has the old value's address reads it whole. Threads look up without
 * the lock: a change makes the version odd while it lasts, and a walk counts only if the version was even and is the same after it.
 */

import type { MapSpec } from "../../../object/spec.ts";
import { EBUSY, EINVAL, ENOENT, ENOSPC } from "./errno.ts";
import { BPF_EXIST } from "./flags.ts";
import { COUNT, type MapHome, MapStore } from "./store.ts";

// Words of the header.
const ROOT = 1;
const FREE_NODE = 2;
const FRESH_NODE = 3;
const FREE_ELEMENT = 4;
const FRESH_ELEMENT = 5;
/** Odd while a thread changes the trie. */
const VERSION = 6;
/** Entries whose prefix is shorter than a shortcut. */
const SHORT = 7;
// Words of a node.
const ENTRY = 2;
const PREFIX = 3;

/** How often a reader begins again before it takes the lock. */
const TRIES = 64;

/** A shortcut has no more bits. */
const MOST_SHORTCUT_BITS = 16;

/** Bytes of a node before its data. */
const NODE_HEAD = 16;

/** Where a trie's parts lie, for generated code: addresses and sizes in bytes. */
export interface TrieLayout {
  readonly nodes: number;
  readonly nodeSize: number;
  readonly root: number;
  readonly shortcuts: number;
  /** Bits of data that choose a shortcut; 0: there are none. */
  readonly shortcutBits: number;
  /** How many entries are shorter than a shortcut. */
  readonly short: number;
}

export class LpmTrieMap extends MapStore {
  readonly #nodes: number;
  readonly #nodeWords: number;
  /** For each element its node, as node + 1, or 0; for a free one the next free element, in `#chain`. */
  readonly #owners: number;
  readonly #chain: number;
  readonly #dataSize: number;
  readonly #shortcuts: number;
  /** 0: there are none. */
  readonly #shortcutBits: number;

  constructor(spec: MapSpec, home: MapHome) {
    super(spec, home, { elements: spec.maxEntries + 1 });
    this.#dataSize = spec.keySize - 4;
    this.#nodeWords = (NODE_HEAD + Math.ceil(this.#dataSize / 4) * 4) >>> 2;
    this.#nodes = this.allocate("nodes", 4 * this.#nodeWords * 2 * spec.maxEntries).start >>> 2;
    this.#owners = this.allocate("entries", 8 * this.elements).start >>> 2;
    this.#chain = this.#owners + this.elements;
    this.#shortcutBits = this.#dataSize < 4 ? 0 : Math.min(32 - Math.clz32(spec.maxEntries - 1), MOST_SHORTCUT_BITS);
    this.#shortcuts = this.#shortcutBits === 0 ? 0 : this.allocate("shortcuts", 4 << this.#shortcutBits).start >>> 2;
  }

  get layout(): TrieLayout {
    return {
      nodes: this.#nodes * 4,
      nodeSize: this.#nodeWords * 4,
      root: this.handle + ROOT * 4,
      shortcuts: this.#shortcuts * 4,
      shortcutBits: this.#shortcutBits,
      short: this.handle + SHORT * 4,
    };
  }

  override find(key: number): number {
    return this.shared ? this.#findAmongThreads(key) : this.#find(key);
  }

  #findAmongThreads(key: number): number {
    const version = this.header + VERSION;
    for (let tries = TRIES; tries > 0; tries--) {
      const before = Atomics.load(this.words, version);
      if ((before & 1) !== 0) continue;
      const element = this.#find(key);
      if (Atomics.load(this.words, version) === before) return element;
    }
    if (!this.lock()) return -1;
    const element = this.#find(key);
    this.unlock();
    return element;
  }

  #find(key: number): number {
    const { words } = this;
    const length = this.view.getUint32(key, true);
    if (length > this.#dataSize * 8) return -1;
    const bits = this.#shortcutBits;
    if (bits !== 0) {
      if (length >= bits) {
        const found = this.#walk(words[this.#shortcut(key)]!, key, length);
        if (found >= 0) return found;
      }
      if (words[this.header + SHORT] === 0) return -1;
    }
    return this.#walk(words[this.header + ROOT]!, key, length);
  }

  /** The element of the longest prefix on the way down from a node, or -1. */
  #walk(first: number, key: number, length: number): number {
    const { words } = this;
    const bits = this.#dataSize * 8;
    if (bits === 32) return this.#walk32(first, length, this.view.getInt32(key + 4, false));
    let found = 0;
    let prefix = 0;
    let link = first;
    while (link !== 0) {
      const node = this.#node(link);
      const known = prefix;
      prefix = words[node + PREFIX]!;
      // Prefixes grow on the way down; where another thread is at work, or memory was spoilt, they may not.
      if (link !== first && prefix <= known) break;
      if (this.#common(node, key, known, Math.min(prefix, length)) < prefix) break;
      if (words[node + ENTRY] !== 0) found = words[node + ENTRY]!;
      if (prefix === bits) break;
      link = words[node + this.#bit(key + 4, prefix)]!;
    }
    return found - 1;
  }

  /** Index in `words` of the shortcut of a key that has as many bits. */
  #shortcut(key: number): number {
    return this.#shortcuts + (this.view.getUint32(key + 4, false) >>> (32 - this.#shortcutBits));
  }

  override update(key: number, value: number, flags: number, _cpu: number): number {
    if (!this.#begin()) return -EBUSY;
    const result = this.#insert(key, value, flags);
    this.#end();
    return result;
  }

  #insert(key: number, value: number, flags: number): number {
    const { words } = this;
    const bits = this.#dataSize * 8;
    const length = this.view.getUint32(key, true);
    if (flags >>> 0 > BPF_EXIST || length > bits) return -EINVAL;

    // Down to where the key is, or where it parts from what is there. `slot` is the word that points at `node`, `above` its prefix.
    const shortcutBits = this.#shortcutBits;
    const shortcut = shortcutBits === 0 || length < shortcutBits ? -1 : this.#shortcut(key);
    let slot = shortcut >= 0 && this.#leads(shortcut, key, length) ? shortcut : this.header + ROOT;
    let above = -1;
    let node = -1;
    let prefix = 0;
    let common = 0;
    while (words[slot] !== 0) {
      node = this.#node(words[slot]!);
      const known = prefix;
      prefix = words[node + PREFIX]!;
      if (prefix <= above) throw this.spoilt();
      common = this.#common(node, key, known, Math.min(prefix, length));
      if (common !== prefix || prefix === length) break;
      slot = node + this.#bit(key + 4, prefix);
      above = prefix;
    }
    const there = words[slot]!;
    const same = there !== 0 && common === prefix && prefix === length;
    const present = same && words[node + ENTRY] !== 0;
    const refusal = this.refuse(flags, present);
    if (refusal !== 0) return refusal;
    if (!present && this.count >= this.maxEntries) return -ENOSPC;

    const element = this.#takeElement();
    if (element < 0) return element;
    this.writeValue(this.valueAddress(element, 0), value);
    if (!present && length < shortcutBits) words[this.header + SHORT]!++;
    if (same) {
      const old = words[node + ENTRY]!;
      this.#adopt(node, element, key);
      if (old !== 0) this.#releaseElement(old - 1);
      return 0;
    }
    const added = this.#takeNode();
    this.#adopt(added, element, key);
    let first = added;
    if (there === 0) {
      words[slot] = this.#link(added);
    } else if (common === length) {
      words[added + this.#bit((node << 2) + NODE_HEAD, length)] = there;
      words[slot] = this.#link(added);
    } else {
      const branch = this.#takeNode();
      this.#store(branch, key);
      words[branch + PREFIX] = common;
      const side = this.#bit(key + 4, common);
      words[branch + side] = this.#link(added);
      words[branch + 1 - side] = there;
      words[slot] = this.#link(branch);
      if (common >= shortcutBits) first = branch;
    }
    // What was there and has all the bits of a shortcut while the branch has not keeps its own.
    if (above < shortcutBits && shortcut >= 0) words[shortcut] = this.#link(first);
    return 0;
  }

  /** Whether a key is at the node of a shortcut or below, so that nothing changes above. */
  #leads(shortcut: number, key: number, length: number): boolean {
    const link = this.words[shortcut]!;
    if (link === 0) return false;
    const node = this.#node(link);
    const prefix = this.words[node + PREFIX]!;
    return prefix <= length && this.#common(node, key, 0, prefix) === prefix;
  }

  /** Takes the lock and makes the version odd. */
  #begin(): boolean {
    if (!this.lock()) return false;
    if (this.shared) Atomics.add(this.words, this.header + VERSION, 1);
    return true;
  }

  #end(): void {
    if (this.shared) Atomics.add(this.words, this.header + VERSION, 1);
    this.unlock();
  }

  override delete(key: number): number {
    if (!this.#begin()) return -EBUSY;
    const result = this.#remove(key);
    this.#end();
    return result;
  }

  #remove(key: number): number {
    const { words } = this;
    const length = this.view.getUint32(key, true);
    if (length > this.#dataSize * 8) return -EINVAL;
    let slot = this.header + ROOT;
    let parent = -1;
    let parentSlot = -1;
    // The prefixes of what holds `slot` and `parentSlot`.
    let above = -1;
    let aboveParent = -1;
    let node = -1;
    let prefix = 0;
    while (words[slot] !== 0) {
      node = this.#node(words[slot]!);
      const known = prefix;
      prefix = words[node + PREFIX]!;
      if (prefix <= above) throw this.spoilt();
      if (this.#common(node, key, known, Math.min(prefix, length)) !== prefix) return -ENOENT;
      if (prefix === length) break;
      parent = node;
      parentSlot = slot;
      slot = node + this.#bit(key + 4, prefix);
      aboveParent = above;
      above = prefix;
    }
    if (words[slot] === 0 || words[node + ENTRY] === 0) return -ENOENT;

    this.#releaseElement(words[node + ENTRY]! - 1);
    words[node + ENTRY] = 0;
    const shortcutBits = this.#shortcutBits;
    const shortcut = shortcutBits === 0 || length < shortcutBits ? -1 : this.#shortcut(key);
    if (length < shortcutBits) words[this.header + SHORT]!--;
    const left = words[node]!;
    const right = words[node + 1]!;
    if (left !== 0 && right !== 0) return 0; // it stays, as a branch
    words[slot] = left !== 0 ? left : right;
    if (shortcut >= 0 && above < shortcutBits) words[shortcut] = words[slot]!;
    this.#releaseNode(node);
    // A branch that lost one of its two sides stands for nothing any more.
    if (words[slot] === 0 && parent >= 0 && words[parent + ENTRY] === 0) {
      words[parentSlot] = words[parent] !== 0 ? words[parent]! : words[parent + 1]!;
      if (shortcut >= 0 && above >= shortcutBits && aboveParent < shortcutBits) words[shortcut] = words[parentSlot]!;
      this.#releaseNode(parent);
    }
    return 0;
  }

  override scan(from: number): number {
    const fresh = Math.min(this.words[(this.handle >>> 2) + FRESH_ELEMENT]!, this.elements);
    for (let element = from; element < fresh; element++) if (this.words[this.#owners + element] !== 0) return element;
    return -1;
  }

  override keyAddress(element: number): number {
    return ((this.#node(this.words[this.#owners + element]!) + PREFIX) << 2) >>> 0;
  }

  /** By nodes, in which entries stay when their values are replaced. */
  override gather(position: number): number {
    const { words, gathered } = this;
    gathered.length = 0;
    const fresh = Math.min(words[this.header + FRESH_NODE]!, 2 * this.maxEntries);
    for (let link = position + 1; link <= fresh; link++) {
      const entry = words[this.#node(link) + ENTRY]!;
      if (entry === 0 || entry > this.elements || words[this.#owners + entry - 1] !== link) continue;
      gathered.push(entry - 1);
      return link;
    }
    return -1;
  }

  override clear(): void {
    if (!this.#begin()) return;
    this.words.fill(0, this.#owners, this.#chain);
    this.words.fill(0, this.header + COUNT, this.header + FRESH_ELEMENT + 1);
    this.words[this.header + SHORT] = 0;
    if (this.#shortcutBits !== 0) this.words.fill(0, this.#shortcuts, this.#shortcuts + (1 << this.#shortcutBits));
    this.#end();
  }

  /** `#walk` for IPv4: the same with the data in one word. Hot. */
  #walk32(first: number, length: number, wanted: number): number {
    const { words, view } = this;
    let found = 0;
    let link = first;
    let known = -1;
    while (link !== 0) {
      const node = this.#node(link);
      const prefix = words[node + PREFIX]!;
      if (prefix > length || prefix <= known) break;
      known = prefix;
      if (Math.clz32(view.getInt32(((node << 2) >>> 0) + NODE_HEAD, false) ^ wanted) < prefix) break;
      if (words[node + ENTRY] !== 0) found = words[node + ENTRY]!;
      if (prefix === 32) break;
      link = words[node + ((wanted >>> (31 - prefix)) & 1)]!;
    }
    return found - 1;
  }

  /** Makes a node the place of an entry. */
  #adopt(node: number, element: number, key: number): void {
    this.words[node + ENTRY] = element + 1;
    this.words[this.#owners + element] = this.#link(node);
    this.#store(node, key);
  }

  #store(node: number, key: number): void {
    this.copy(((node + PREFIX) << 2) >>> 0, key, this.keySize);
  }

  /**
   * How many of the first `limit` bits of a node's data and of a key's agree, of which the first `known` do: those of the
   * node's parent. So a walk compares each bit about once, however many nodes it visits. Hot.
   */
  #common(node: number, key: number, known: number, limit: number): number {
    const view = this.view;
    const a = ((node << 2) >>> 0) + NODE_HEAD;
    const b = key + 4;
    const whole = this.#dataSize & ~3;
    // From the word that holds the first unknown bit; behind the whole words, from the first of the bytes.
    let at = Math.min((known >>> 5) * 4, whole);
    let bits = at * 8;
    for (; at < whole; at += 4, bits += 32) {
      if (bits >= limit) return limit;
      const difference = view.getInt32(a + at, false) ^ view.getInt32(b + at, false);
      if (difference !== 0) return Math.min(bits + Math.clz32(difference), limit);
    }
    for (; at < this.#dataSize; at++, bits += 8) {
      if (bits >= limit) return limit;
      const difference = view.getUint8(a + at) ^ view.getUint8(b + at);
      if (difference !== 0) return Math.min(bits + Math.clz32(difference) - 24, limit);
    }
    return limit;
  }

  #bit(data: number, index: number): 0 | 1 {
    if (index >= this.#dataSize * 8) throw this.spoilt();
    return ((this.view.getUint8((data >>> 0) + (index >>> 3)) >>> (7 - (index & 7))) & 1) as 0 | 1;
  }

  /** Index in `words` of a link's node, and back. */
  #node(link: number): number {
    if (link > 2 * this.maxEntries) throw this.spoilt();
    return this.#nodes + (link - 1) * this.#nodeWords;
  }

  #link(node: number): number {
    return (node - this.#nodes) / this.#nodeWords + 1;
  }

  #takeNode(): number {
    const words = this.words;
    const header = this.handle >>> 2;
    let link = words[header + FREE_NODE]!;
    if (link !== 0) words[header + FREE_NODE] = words[this.#node(link)]!;
    else link = ++words[header + FRESH_NODE]!;
    const node = this.#node(link);
    for (let at = node + this.#nodeWords - 1; at >= node; at--) words[at] = 0;
    return node;
  }

  #releaseNode(node: number): void {
    const header = this.handle >>> 2;
    this.words[node] = this.words[header + FREE_NODE]!;
    this.words[header + FREE_NODE] = this.#link(node);
  }

  #takeElement(): number {
    const words = this.words;
    const header = this.handle >>> 2;
    const free = words[header + FREE_ELEMENT]!;
    let element = free - 1;
    if (free !== 0) words[header + FREE_ELEMENT] = words[this.#chain + element]!;
    else {
      element = words[header + FRESH_ELEMENT]!;
      if (element >= this.elements) return -ENOSPC;
      words[header + FRESH_ELEMENT] = element + 1;
    }
    words[header + COUNT]!++;
    return element;
  }

  #releaseElement(element: number): void {
    const words = this.words;
    const header = this.handle >>> 2;
    words[this.#owners + element] = 0;
    words[this.#chain + element] = words[header + FREE_ELEMENT]!;
    words[header + FREE_ELEMENT] = element + 1;
    words[header + COUNT]!--;
  }
}
