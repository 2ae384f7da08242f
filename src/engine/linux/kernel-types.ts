/** The types of the kernel that runs here, and of its modules. Each is read when somebody first asks: 5 MB and 10 ms that many programs do not need. */

import { type Btf, openBtf } from "../../btf/btf.ts";
import type { Facts } from "./facts.ts";

const FOLDER = "/sys/kernel/btf";

export class KernelTypes {
  readonly #facts: Facts;
  #vmlinux: Btf | null | undefined;
  readonly #modules = new Map<string, Btf | null>();

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** The kernel's own; null where it does not tell them. Since Linux 5.4, when built with CONFIG_DEBUG_INFO_BTF. */
  get vmlinux(): Btf | null {
    if (this.#vmlinux === undefined) {
      const bytes = this.#facts.bytes(`${FOLDER}/vmlinux`);
      this.#vmlinux = bytes === null ? null : openBtf(bytes);
    }
    return this.#vmlinux;
  }

  /** Names of modules whose types the kernel tells (5.11). */
  get modules(): readonly string[] {
    return this.#facts.list(FOLDER).filter((name) => name !== "vmlinux");
  }

  /** A module's types, on top of the kernel's. Null when they cannot be read: one broken module must not matter to the rest. */
  module(name: string): Btf | null {
    const known = this.#modules.get(name);
    if (known !== undefined) return known;
    const base = this.vmlinux;
    const bytes = base === null ? null : this.#facts.bytes(`${FOLDER}/${name}`);
    let types: Btf | null = null;
    try {
      if (bytes !== null && base !== null) types = openBtf(bytes, base);
    } catch {
      // Made for another base, or damaged.
    }
    this.#modules.set(name, types);
    return types;
  }
}
