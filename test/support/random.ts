/** Random numbers from a seed: what fuzzers generate from, so that a seed names a program. */

/** Mulberry32 (Ettinger, public domain). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ 0x5bd1_e995) | 0;
  }

  /** 32 bits. */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** 0 … `limit` - 1. */
  below(limit: number): number {
    return this.next() % limit;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** Once in so many times. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** Half of them at the edges of what 8, 16, 32 and 64 bits hold, the others of any length. */
  number(): bigint {
    if (this.below(2) === 0) return this.pick(EDGES);
    return BigInt.asUintN(64, ((BigInt(this.next()) << 32n) | BigInt(this.next())) >> BigInt(this.below(64)));
  }

  /** An immediate. */
  imm(): number {
    return Number(BigInt.asIntN(32, this.number()));
  }
}

const EDGES = [
  ...[0n, 1n, 2n, 7n, 31n, 32n, 33n, 63n, 64n, 0x7fn, 0x80n, 0xffffn, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn],
  ...[1n << 32n, 1n << 63n, (1n << 63n) - 1n, (1n << 64n) - 1n],
];
