/**
 * What of the kernel's types a module uses. The Spec's BTF has that and no more: each struct with the fields that are read, at the
 * offsets that they have in the types that the source was compiled with, from which loaders find them in the types of the
 * kernel that runs (CO-RE).
 */

import type { KernelPath } from "./paths.ts";
import type { KernelEnum, KernelStruct } from "./structs.ts";

export class KernelUses {
  readonly #members = new Map<KernelStruct, Set<number>>();
  readonly #enumerators = new Map<KernelEnum, Set<number>>();

  path(path: KernelPath): void {
    this.struct(path.root);
    for (const step of path.steps) if (step.kind === "member") this.struct(step.of).add(step.index);
  }

  /** Indices of the members of a struct that are used, which from now on is used itself. */
  struct(struct: KernelStruct): Set<number> {
    let members = this.#members.get(struct);
    if (members === undefined) this.#members.set(struct, (members = new Set()));
    return members;
  }

  enumerator(of: KernelEnum, index: number): void {
    const known = this.#enumerators.get(of);
    if (known === undefined) this.#enumerators.set(of, new Set([index]));
    else known.add(index);
  }

  isUsed(struct: KernelStruct): boolean {
    return this.#members.has(struct);
  }

  /** In ascending order. */
  membersOf(struct: KernelStruct): readonly number[] {
    return [...(this.#members.get(struct) ?? [])].sort((a, b) => a - b);
  }

  /** In ascending order; of an enumeration that is only a field's type, its first. */
  enumeratorsOf(of: KernelEnum): readonly number[] {
    return [...(this.#enumerators.get(of) ?? [0])].sort((a, b) => a - b).filter((index) => index < of.values.length);
  }

  get structs(): Iterable<KernelStruct> {
    return this.#members.keys();
  }
}
