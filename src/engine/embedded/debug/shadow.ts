/**
 * A copy of the engine's memory as the last step left it: what a step changed is where the two differ. That is how the
 * debugger knows what a helper did without being told by it.
 */

import type { Memory, Region } from "../memory.ts";
import type { Tape } from "./tape.ts";

interface Copy {
  readonly region: Region;
  /** In words of memory, half-open. */
  readonly first: number;
  readonly end: number;
  readonly words: Int32Array;
}

export class Shadow {
  readonly #memory: Memory;
  /** All of memory. */
  readonly #words: Int32Array;
  #copies: Copy[] = [];
  /** The copy that was used last: stores come in rows. */
  #last: Copy | undefined;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer);
  }

  /** Copies everything anew. */
  reset(): void {
    this.#copies = [];
    this.#last = undefined;
    this.#follow();
    for (const { words, first, end } of this.#copies) words.set(this.#words.subarray(first, end));
  }

  /**
   * Notes every word of a half-open range of addresses that differs on the tape, and copies it. What lies in no region is
   * passed over: no program gets there. Hot.
   */
  compare(start: number, end: number, tape: Tape): void {
    const copy = this.#copyAt(start);
    if (copy === undefined) return;
    compareWords(this.#words, copy, start >>> 2, (end + 3) >>> 2, tape);
  }

  /** The same for all of memory. Takes time in proportion to what maps take. */
  compareAll(tape: Tape): void {
    this.#follow();
    for (const copy of this.#copies) compareWords(this.#words, copy, copy.first, copy.end, tape);
  }

  /** Makes memory what it was: of a step that did not happen. */
  revert(): void {
    for (const { words, first, end } of this.#copies) {
      const memory = this.#words;
      for (let at = first; at < end; at++) if (memory[at] !== words[at - first]) memory[at] = words[at - first]!;
    }
  }

  /** Flips bits of a word, here and in memory. */
  flip(word: number, difference: number): void {
    this.#words[word]! ^= difference;
    const copy = this.#copyAt(word * 4);
    if (copy !== undefined) copy.words[word - copy.first]! ^= difference;
  }

  #copyAt(address: number): Copy | undefined {
    const word = address >>> 2;
    const last = this.#last;
    if (last !== undefined && word >= last.first && word < last.end) return last;
    const found = this.#copies.find(({ first, end }) => word >= first && word < end);
    if (found !== undefined) this.#last = found;
    return found;
  }

  /** Regions come and go with maps. A new one is zero, and so is its copy. */
  #follow(): void {
    const { regions } = this.#memory;
    const copies = this.#copies;
    if (copies.length === regions.length && copies.every(({ region }, index) => region === regions[index])) return;
    this.#copies = regions.map((region) => {
      const known = copies.find((copy) => copy.region === region);
      if (known !== undefined) return known;
      const first = region.start >>> 2;
      const end = (region.start + region.size + 3) >>> 2;
      return { region, first, end, words: new Int32Array(end - first) };
    });
    this.#last = undefined;
  }
}

/** Words that are compared at once: nearly twice as fast as one by one. */
const BLOCK = 8;

/** Hot: a helper call compares all of memory. */
function compareWords(memory: Int32Array, copy: Copy, from: number, to: number, tape: Tape): void {
  const { words, first } = copy;
  const end = Math.min(to, copy.end);
  let at = from;
  while (at < end) {
    while (at + BLOCK <= end && sameBlock(memory, at, words, at - first)) at += BLOCK;
    for (const stop = Math.min(at + BLOCK, end); at < stop; at++) {
      const difference = memory[at]! ^ words[at - first]!;
      if (difference === 0) continue;
      tape.note(at, difference);
      words[at - first] = memory[at]!;
    }
  }
}

function sameBlock(one: Int32Array, i: number, other: Int32Array, j: number): boolean {
  return (
    ((one[i]! ^ other[j]!) |
      (one[i + 1]! ^ other[j + 1]!) |
      (one[i + 2]! ^ other[j + 2]!) |
      (one[i + 3]! ^ other[j + 3]!) |
      (one[i + 4]! ^ other[j + 4]!) |
      (one[i + 5]! ^ other[j + 5]!) |
      (one[i + 6]! ^ other[j + 6]!) |
      (one[i + 7]! ^ other[j + 7]!)) ===
    0
  );
}
