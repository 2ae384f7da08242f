/**
 * The record of a run: for each step the words that it changed, as (which word, old XOR new). Applied once more, a step's
 * record takes it back; applied again, it is done again. So nothing is ever executed twice, and going back is exact for
 * every instruction and every helper, whatever the time, the random numbers and the host's own state are.
 *
 *     record   u32   n, number of pairs
 *              n ×   u32 word, u32 difference
 *              u32   n once more, for reading backwards
 *
 * Records lie in chunks; when all of them would take more than the limit, the oldest chunk is forgotten.
 */

interface Chunk {
  readonly words: Uint32Array;
  used: number;
  steps: number;
}

/** A step's record: pairs of (word, difference) from `start` to `end` in `words`. */
export interface StepRecord {
  readonly words: Uint32Array;
  readonly start: number;
  readonly end: number;
}

const LARGEST_CHUNK = 1 << 18;
const SMALLEST_CHUNK = 1 << 10;

export class Tape {
  /** Steps from the beginning of the run to where the tape stands. */
  time = 0;
  /** The earliest time that it can go back to, and the latest that was ever reached. */
  oldest = 0;
  newest = 0;

  /** Words of all chunks at most. */
  readonly #limit: number;
  readonly #chunkWords: number;
  #chunks: Chunk[] = [];
  /** Where the tape stands: before this word of this chunk. */
  #chunk = 0;
  #at = 0;
  /** The pairs of the step that is being recorded. */
  #pending = new Uint32Array(256);
  #count = 0;

  /** @param limit bytes, from 64 KiB on. */
  constructor(limit: number) {
    this.#limit = Math.floor(limit / 4);
    this.#chunkWords = Math.max(SMALLEST_CHUNK, Math.min(LARGEST_CHUNK, this.#limit >>> 4));
  }

  /** Bytes that the record takes now. */
  get size(): number {
    return this.#chunks.reduce((sum, { words }) => sum + words.byteLength, 0);
  }

  /** Notes a word of the step that is being recorded. Hot. */
  note(word: number, difference: number): void {
    if (this.#count === this.#pending.length) {
      const larger = new Uint32Array(this.#pending.length * 2);
      larger.set(this.#pending);
      this.#pending = larger;
    }
    this.#pending[this.#count++] = word;
    this.#pending[this.#count++] = difference;
  }

  /** The step that was noted is done; the tape must stand at its end. Hot. */
  commit(): void {
    const count = this.#count;
    const size = count + 2;
    this.#count = 0;
    this.time++;
    this.newest = this.time;
    let chunk = this.#chunks[this.#chunk];
    if (chunk === undefined || chunk.used + size > chunk.words.length) {
      chunk = this.#append(size);
      if (chunk === undefined) return;
    }
    const { words } = chunk;
    let at = chunk.used;
    words[at++] = count >>> 1;
    const pending = this.#pending;
    for (let index = 0; index < count; index++) words[at++] = pending[index]!;
    words[at++] = count >>> 1;
    chunk.used = this.#at = at;
    chunk.steps++;
  }

  /** What was noted of the step so far. */
  eachNoted(use: (word: number, difference: number) => void): void {
    for (let at = 0; at < this.#count; at += 2) use(this.#pending[at]!, this.#pending[at + 1]!);
  }

  /** Drops what was noted of a step that did not happen. */
  discard(): void {
    this.#count = 0;
  }

  /** The record of the step before, and moves before it; null at the oldest. */
  back(): StepRecord | null {
    const record = this.last();
    if (record === null) return null;
    this.time--;
    this.#at = record.start - 1;
    return record;
  }

  /** The record of the next step, and moves behind it; null at the newest. */
  forward(): StepRecord | null {
    if (this.time === this.newest) return null;
    let chunk = this.#chunks[this.#chunk]!;
    if (this.#at === chunk.used) {
      chunk = this.#chunks[++this.#chunk]!;
      this.#at = 0;
    }
    const start = this.#at + 1;
    const end = start + chunk.words[this.#at]! * 2;
    this.time++;
    this.#at = end + 1;
    return { words: chunk.words, start, end };
  }

  /** The record of the step that led here; null at the oldest. */
  last(): StepRecord | null {
    if (this.time === this.oldest) return null;
    if (this.#at === 0) {
      this.#chunk--;
      this.#at = this.#chunks[this.#chunk]!.used;
    }
    const { words } = this.#chunks[this.#chunk]!;
    const end = this.#at - 1;
    return { words, start: end - words[end]! * 2, end };
  }

  /** A new run. */
  clear(): void {
    this.#chunks = [];
    this.#chunk = this.#at = this.#count = 0;
    this.time = this.oldest = this.newest = 0;
  }

  /** A chunk with room for `size` words, at the end; undefined when the limit has no room for them at all. */
  #append(size: number): Chunk | undefined {
    const length = Math.max(this.#chunkWords, size);
    if (length > this.#limit) {
      this.#chunks = [];
      this.#chunk = this.#at = 0;
      this.oldest = this.time;
      return undefined;
    }
    let total = this.#chunks.reduce((sum, { words }) => sum + words.length, length);
    while (total > this.#limit) {
      const forgotten = this.#chunks.shift()!;
      total -= forgotten.words.length;
      this.oldest += forgotten.steps;
    }
    const chunk = { words: new Uint32Array(length), used: 0, steps: 0 };
    this.#chunks.push(chunk);
    this.#chunk = this.#chunks.length - 1;
    this.#at = 0;
    return chunk;
  }
}
