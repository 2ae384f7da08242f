/** What can be known of a kernel without asking it to do anything: its types, its configuration, its version. */

import { findEnumerator } from "../../../btf/enumerators.ts";
import type { ConfigValue } from "../../kernel-config.ts";
import type { Facts } from "../facts.ts";
import { kernelConfig } from "../kernel-config.ts";
import type { KernelTypes } from "../kernel-types.ts";

export class Witness {
  readonly release: string;
  readonly #types: KernelTypes;
  readonly #config: (name: string) => ConfigValue | undefined;
  readonly #enumerations = new Map<string, ReadonlySet<string> | null>();

  constructor(facts: Facts, types: KernelTypes) {
    this.release = facts.release;
    this.#types = types;
    this.#config = kernelConfig(facts);
  }

  /** Whether the kernel tells its types. */
  get hasTypes(): boolean {
    return this.#types.vmlinux !== null;
  }

  /** Whether an enumeration has a constant; null when the kernel's types do not say. */
  enumerator(enumeration: string, name: string): boolean | null {
    return this.#names(enumeration, (btf) => btf.find(enumeration, "enum"))?.has(name) ?? null;
  }

  /** The same of an enumeration without a name, which one of its constants stands for. */
  constant(sibling: string, name: string): boolean | null {
    return this.#names(sibling, (btf) => findEnumerator(btf, sibling)?.type)?.has(name) ?? null;
  }

  #names(key: string, find: (btf: NonNullable<KernelTypes["vmlinux"]>) => number | undefined): ReadonlySet<string> | null {
    let names = this.#enumerations.get(key);
    if (names === undefined) {
      const btf = this.#types.vmlinux;
      const id = btf === null ? undefined : find(btf);
      const type = btf === null || id === undefined ? null : btf.type(id);
      names = type?.kind === "enum" ? new Set(type.values.map(({ name }) => name)) : null;
      this.#enumerations.set(key, names);
    }
    return names;
  }

  /** Whether the kernel itself, not a module, has a struct or function of that name; null when it tells no types. */
  declares(kind: "struct" | "function" | "typedef", name: string): boolean | null {
    const btf = this.#types.vmlinux;
    return btf === null ? null : btf.find(name, kind) !== undefined;
  }

  /** The number of a type, for programs that are attached to it; 0 when there is none. */
  typeId(kind: "function" | "typedef", name: string): number {
    return this.#types.vmlinux?.find(name, kind) ?? 0;
  }

  /** Whether an option of the configuration is set (`y` or `m`); null when the kernel does not tell its configuration. */
  configured(option: string): boolean | null {
    if (this.#config("CONFIG_BPF_SYSCALL") === undefined) return null;
    const value = this.#config(option);
    return value === "y" || value === "m";
  }

  /** What an option is set to; null when it is not, or the kernel does not tell. */
  config(option: string): string | null {
    const value = this.#config(option);
    return value === undefined ? null : String(value);
  }
}
