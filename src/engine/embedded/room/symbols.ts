/** The symbols of a room's kernel: what addresses are called in texts (`%ps`, `%pS`, `%pB`), as in kernel/kallsyms.c. */

export interface SymbolDescription {
  /** 0 … 2^64 - 1. */
  readonly address: number | bigint;
  readonly name: string;
  /** Bytes; default: up to the next one. */
  readonly size?: number;
  /** Of the kernel itself when absent. */
  readonly module?: string;
}

interface Known {
  readonly start: bigint;
  readonly end: bigint;
  readonly name: string;
  readonly module: string | undefined;
}

export class Symbols {
  /** In order of address. */
  readonly #known: readonly Known[];

  constructor(descriptions: readonly SymbolDescription[] = []) {
    const sorted = [...descriptions].sort((one, other) => (BigInt(one.address) < BigInt(other.address) ? -1 : 1));
    this.#known = sorted.map(({ address, name, size, module }, index) => {
      const start = BigInt(address);
      const next = sorted[index + 1];
      const end = size !== undefined ? start + BigInt(size) : next === undefined ? 1n << 64n : BigInt(next.address);
      return { start, end, name, module };
    });
  }

  /**
   * `name+0x10/0x40 [module]`, or `0x…` where nothing is known.
   * @param style `name`: without offset. `return`: of an address to which a call returns, which is behind the function when the call was
   *   its last instruction.
   */
  describe(address: bigint, style: "name" | "place" | "return"): string {
    const wanted = style === "return" ? address - 1n : address;
    let from = 0;
    let to = this.#known.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#known[middle]!.start <= wanted) from = middle + 1;
      else to = middle;
    }
    const symbol = this.#known[from - 1];
    if (symbol === undefined || wanted >= symbol.end) return `0x${address.toString(16)}`;
    const { start, end, name, module } = symbol;
    const size = (end - start).toString(16);
    const place = style === "name" ? name : `${name}+0x${(address - start).toString(16)}/0x${size}`;
    return module === undefined ? place : `${place} [${module}]`;
  }
}
