/** What a compilation knows of the kernel's types: shared by all files of a program. */

import type { Btf } from "../../../btf/btf.ts";
import { type KernelFunction, structsOf } from "./functions.ts";
import type { KernelPath } from "./paths.ts";
import { describePath } from "./paths.ts";
import { type KernelEnum, type KernelStruct, KernelTypes } from "./structs.ts";
import { KernelConfigs, type KernelVariable } from "./symbols.ts";
import type { KernelParameter } from "./targets.ts";
import { KernelUses } from "./uses.ts";

/** Something that only some kernels have. Where a condition has proven that this one does, it is a fact. Compared by identity. */
export interface KernelGuard {
  readonly kind: "guard";
  /** What exists, e.g. `task_struct.loginuid`. */
  readonly subject: string;
}

export class KernelState {
  /** Null when whoever compiles has no kernel's types at hand. */
  readonly types: KernelTypes | null;
  readonly uses = new KernelUses();
  /** Enumerations that the source declares (`@kernel`), by name. */
  readonly enums = new Map<string, KernelEnum>();
  /** Names that sources import: for declarations of what is used. */
  readonly imported = {
    variables: new Map<string, KernelVariable>(),
    types: new Set<string>(),
    constants: new Map<string, bigint>(),
    functions: new Map<string, KernelFunction>(),
  };
  /** What programs are attached to whose parameters the kernel's types say, as sections name it. */
  readonly targets = new Map<string, readonly Pick<KernelParameter, "name" | "type">[]>();
  /** Functions of the kernel that are called or asked for, by name. */
  readonly functions = new Map<string, KernelFunction>();
  /** Variables of the kernel that are used, by name. */
  readonly variables = new Map<string, KernelVariable>();
  readonly configs = new KernelConfigs();
  /** Functions and variables of the kernel of which is asked whether they are there: a program loads without them. */
  readonly weak = new Set<string>();
  readonly #declared = new Map<string, KernelStruct[]>();
  readonly #guards = new Map<string, KernelGuard>();

  constructor(open: (() => Btf) | null) {
    this.types = open === null ? null : new KernelTypes(open);
  }

  /** A function of the kernel is called. */
  calls(callee: KernelFunction): void {
    this.functions.set(callee.name, callee);
    for (const struct of structsOf(callee)) this.uses.struct(struct);
  }

  /** A struct of the source's own (`@kernel`): an edition of the kernel's struct of that name, without flavour. */
  declare(struct: KernelStruct): void {
    const name = essentialName(struct.name);
    const known = this.#declared.get(name);
    if (known === undefined) this.#declared.set(name, [struct]);
    else known.push(struct);
  }

  /** The source's own editions of a struct. */
  editionsOf({ name }: KernelStruct): readonly KernelStruct[] {
    return this.#declared.get(essentialName(name)) ?? [];
  }

  /** The fact that a field exists, whatever edition of its struct it is read through. */
  guardOf(path: KernelPath): KernelGuard {
    const text = describePath(path);
    return this.guard(`${essentialName(path.root.name)}${text.slice(path.root.name.length)}`);
  }

  guard(subject: string): KernelGuard {
    let guard = this.#guards.get(subject);
    if (guard === undefined) this.#guards.set(subject, (guard = { kind: "guard", subject }));
    return guard;
  }
}

/** `task_struct___old` → `task_struct`: the flavour begins with the last `___` that has other characters on both sides. */
export function essentialName(name: string): string {
  return /^(.*[^_])___[^_]/s.exec(name)?.[1] ?? name;
}
