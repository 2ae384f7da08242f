/** What lies at which address of the kernel: /proc/kallsyms, read when somebody first asks (10 MB), and searched as it is. */

import type { Facts } from "../facts.ts";

/** Lines are `ffffffff81000000 T name`, with `\t[module]` behind for those of modules. */
export class KernelSymbols {
  readonly #facts: Facts;
  #text: Buffer = Buffer.alloc(0);
  #readAt = Number.NEGATIVE_INFINITY;
  readonly #names = new Map<bigint, string | null>();

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** The first name at exactly that address; null when there is none, or the kernel hides addresses (kernel.kptr_restrict). */
  nameAt(address: bigint): string | null {
    if (address === 0n) return null;
    const text = this.#read();
    const known = this.#names.get(address);
    if (known !== undefined) return known;
    const wanted = `${address.toString(16).padStart(16, "0")} `;
    let at = text.indexOf(wanted);
    while (at > 0 && text[at - 1] !== LINE_END) at = text.indexOf(wanted, at + 1);
    const name = at < 0 ? null : (/^\S+ \S (\S+)/.exec(text.toString("latin1", at, at + LONGEST_LINE))?.[1] ?? null);
    this.#names.set(address, name);
    return name;
  }

  /** 0 when there is no such name, or the kernel hides its address. */
  addressOf(name: string): bigint {
    const text = this.#read();
    const at = text.indexOf(` ${name}\n`);
    if (at < 0) return 0n;
    const start = text.lastIndexOf(LINE_END, at) + 1;
    return BigInt(`0x${text.toString("latin1", start, text.indexOf(0x20, start))}`);
  }

  /** As it is now, or was a second ago: programs and modules come and go. */
  #read(): Buffer {
    if (performance.now() - this.#readAt > FRESH) {
      const bytes = this.#facts.bytes("/proc/kallsyms") ?? new Uint8Array(0);
      this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#names.clear();
      this.#readAt = performance.now();
    }
    return this.#text;
  }
}

/** Milliseconds. */
const FRESH = 1000;
const LINE_END = 0x0a;
/** `KSYM_NAME_LEN` is 512. */
const LONGEST_LINE = 600;
