/**
 * Keys of a walk, so that one that is sent back to the start shows none twice. Hot: every key of a trie goes through here, so they lie in one
 * piece of memory, found by their hash; strings in a `Set` take ten times as long.
 */

export class SeenKeys {
  readonly #keySize: number;
  /** The keys, one after the other. */
  #keys: Uint8Array;
  #count = 0;
  /** Places in `#keys`, plus one, by hash; 0: free. Its length is a power of two, at least twice the count. */
  #table = new Uint32Array(1024);
  /** How often a key was met again. */
  #again = 0;

  constructor(keySize: number) {
    this.#keySize = keySize;
    this.#keys = new Uint8Array(512 * keySize);
  }

  /** How often keys were met that were there: many more than there are keys is a walk that does not end. */
  get again(): number {
    return this.#again;
  }

  get count(): number {
    return this.#count;
  }

  /** Whether the key at `offset` is met for the first time. Hot. */
  isNew(bytes: Uint8Array, offset: number): boolean {
    if (this.#count * 2 >= this.#table.length) this.#grow();
    const size = this.#keySize;
    const mask = this.#table.length - 1;
    for (let at = hash(bytes, offset, size) & mask; ; at = (at + 1) & mask) {
      const place = this.#table[at] ?? 0;
      if (place === 0) {
        this.#keys.set(bytes.subarray(offset, offset + size), this.#count * size);
        this.#table[at] = ++this.#count;
        return true;
      }
      if (!this.#equals((place - 1) * size, bytes, offset)) continue;
      this.#again++;
      return false;
    }
  }

  #equals(own: number, bytes: Uint8Array, offset: number): boolean {
    for (let at = 0; at < this.#keySize; at++) if (this.#keys[own + at] !== bytes[offset + at]) return false;
    return true;
  }

  #grow(): void {
    const size = this.#keySize;
    const keys = new Uint8Array(this.#keys.length * 2);
    keys.set(this.#keys);
    const table = new Uint32Array(this.#table.length * 2);
    const mask = table.length - 1;
    for (let place = 0; place < this.#count; place++) {
      let at = hash(keys, place * size, size) & mask;
      while (table[at] !== 0) at = (at + 1) & mask;
      table[at] = place + 1;
    }
    this.#keys = keys;
    this.#table = table;
  }
}

/** FNV-1a (Fowler, Noll, Vo), and its upper half into the lower. */
function hash(bytes: Uint8Array, offset: number, size: number): number {
  let sum = 0x811c9dc5;
  for (let at = offset; at < offset + size; at++) sum = Math.imul(sum ^ (bytes[at] ?? 0), 0x01000193);
  return (sum ^ (sum >>> 15)) >>> 0;
}
