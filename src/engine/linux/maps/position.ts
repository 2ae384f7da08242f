/** Positions in buffers that kernel and user space share. */

const WORDS = 2 ** 32;

/**
 * Bytes since the beginning, a `u64` that both read. Here it is its lower half, as a signed number, which is all that is ever compared:
 * buffers hold at most 2 GiB. What we write ourselves is written as a whole where the upper half changes, because the
 * kernel reads both at once; so positions are exact for as long as the kernel's are.
 */
export class Position {
  readonly #halves: Int32Array;
  readonly #whole: BigInt64Array;

  constructor(memory: ArrayBuffer, offset = 0) {
    this.#halves = new Int32Array(memory, offset, 2);
    this.#whole = new BigInt64Array(memory, offset, 1);
  }

  /** Hot. */
  load(): number {
    return Atomics.load(this.#halves, 0);
  }

  /** From where it is to not more than 2 GiB further. Nobody else writes it. Hot. */
  store(value: number): void {
    const from = this.#halves[0] ?? 0;
    if (value >>> 0 >= from >>> 0) Atomics.store(this.#halves, 0, value);
    else Atomics.store(this.#whole, 0, BigInt((this.#halves[1] ?? 0) + 1) * BigInt(WORDS) + BigInt(value >>> 0));
  }
}
