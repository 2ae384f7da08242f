/**
 * Random numbers for `bpf_get_prandom_u32` and hash seeds: xorshift128 (Marsaglia, 2003), as the kernel's prandom a
 * generator for statistics, not for secrets. The same seed gives the same numbers.
 */
export class Random {
  #x: number;
  #y = 362_436_069;
  #z = 521_288_629;
  #w = 88_675_123;

  /** @param seed any number; its low 32 bits count. Default: another in every run. */
  constructor(seed: number = Math.random() * 2 ** 32) {
    this.#x = (seed ^ 0x9e37_79b9) | 0;
    // The first numbers of neighbouring seeds are alike.
    for (let round = 0; round < 16; round++) this.next();
  }

  /** A u32. */
  next(): number {
    const t = this.#x ^ (this.#x << 11);
    this.#x = this.#y;
    this.#y = this.#z;
    this.#z = this.#w;
    this.#w = this.#w ^ (this.#w >>> 19) ^ t ^ (t >>> 8);
    return this.#w >>> 0;
  }
}
