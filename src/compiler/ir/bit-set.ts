/** A set of small integers, for data flow: one bit each. */
export class BitSet {
  readonly #words: Uint32Array;

  /** Holds 0 … size - 1. */
  constructor(size: number) {
    this.#words = new Uint32Array((size + 31) >>> 5);
  }

  has(element: number): boolean {
    return ((this.#words[element >>> 5]! >>> (element & 31)) & 1) !== 0;
  }

  add(element: number): void {
    this.#words[element >>> 5]! |= 1 << (element & 31);
  }

  /** Adds from … to - 1. */
  addRange(from: number, to: number): void {
    for (let word = from >>> 5; word << 5 < to; word++) this.#words[word]! |= mask(word, from, to);
  }

  /** Takes away from … to - 1. */
  deleteRange(from: number, to: number): void {
    for (let word = from >>> 5; word << 5 < to; word++) this.#words[word]! &= ~mask(word, from, to);
  }

  delete(element: number): void {
    this.#words[element >>> 5]! &= ~(1 << (element & 31));
  }

  /** Adds what `other` holds; both of one size. True when something was new. */
  unite(other: BitSet): boolean {
    const from = other.#words;
    let changed = false;
    for (let index = 0; index < this.#words.length; index++) {
      const before = this.#words[index]!;
      const after = (before | from[index]!) >>> 0;
      if (after === before) continue;
      this.#words[index] = after;
      changed = true;
    }
    return changed;
  }

  /** Becomes `plus` ∪ (`from` − `without`). True when that is a change. */
  assignTransfer(plus: BitSet, from: BitSet, without: BitSet): boolean {
    let changed = false;
    for (let index = 0; index < this.#words.length; index++) {
      const after = (plus.#words[index]! | (from.#words[index]! & ~without.#words[index]!)) >>> 0;
      if (after === this.#words[index]) continue;
      this.#words[index] = after;
      changed = true;
    }
    return changed;
  }

  copy(): BitSet {
    const copy = new BitSet(this.#words.length << 5);
    copy.#words.set(this.#words);
    return copy;
  }

  /** Calls `visit` for each element, ascending. */
  forEach(visit: (element: number) => void): void {
    for (let index = 0; index < this.#words.length; index++) {
      for (let word = this.#words[index]!; word !== 0; word &= word - 1) visit((index << 5) + (31 - Math.clz32(word & -word)));
    }
  }

  toArray(): number[] {
    const elements: number[] = [];
    this.forEach((element) => {
      elements.push(element);
    });
    return elements;
  }
}

/** The bits of a word that stand for from … to - 1. */
function mask(word: number, from: number, to: number): number {
  const first = Math.max(from - (word << 5), 0);
  const end = Math.min(to - (word << 5), 32);
  return first >= end ? 0 : (-1 >>> (32 - (end - first))) << first;
}
