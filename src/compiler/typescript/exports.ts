/** What modules offer to those that import them: files of the program, and the library. */

import type * as Syntax from "@babel/types";
import { literal } from "./expressions.ts";
import { LIBRARY } from "./library/exports.ts";
import { spanOf } from "./report.ts";
import type { Exports, Meaning } from "./scopes.ts";
import type { ModuleState, TypeMeaning } from "./state.ts";

/** One name of an export list. */
type Exported =
  | { readonly kind: "own"; readonly local: string; readonly typeOnly: boolean }
  | { readonly kind: "other"; readonly from: Exports; readonly name: string; readonly typeOnly: boolean }
  | { readonly kind: "namespace"; readonly from: Exports };

/** What a file of the program exports. Names are looked up when they are asked for: files may need each other's types. */
export class ExportTable implements Exports {
  readonly title: string;
  readonly #module: ModuleState;
  readonly #names = new Map<string, Exported>();
  /** `export * from`: what has no entry of its own is looked for there. */
  readonly #stars: Exports[] = [];
  /** Names being looked up: types may be handed around in a circle in which nobody declares them. */
  readonly #open = new Set<string>();

  constructor(title: string, module: ModuleState) {
    this.title = title;
    this.#module = module;
  }

  add(name: string, exported: Exported): void {
    this.#names.set(name, exported);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Whether the file exports what it calls `local` under another name. */
  renames(local: string): boolean {
    return [...this.#names].some(([name, found]) => found.kind === "own" && found.local === local && name !== local);
  }

  addAll(from: Exports): void {
    this.#stars.push(from);
  }

  value(name: string): Meaning | null {
    return this.#guarded(`value ${name}`, () => {
      const found = this.#names.get(name);
      if (found === undefined) return first(this.#stars, (other) => other.value(name));
      if (found.kind === "namespace") return { kind: "namespace", name, exports: found.from };
      const value = found.kind === "own" ? this.#module.values.look(found.local) : found.from.value(found.name);
      return value !== null && found.typeOnly ? { kind: "type-only" } : value;
    });
  }

  type(name: string): TypeMeaning | null {
    return this.#guarded(`type ${name}`, () => {
      const found = this.#names.get(name);
      if (found === undefined) return first(this.#stars, (other) => other.type(name));
      if (found.kind === "namespace") return null;
      return found.kind === "own" ? (this.#module.types.get(found.local)?.meaning ?? null) : found.from.type(found.name);
    });
  }

  names(): readonly string[] {
    return [...this.#names.keys(), ...this.#stars.flatMap((other) => other.names())];
  }

  isPrivate(name: string): boolean {
    return this.#module.values.declaredAt(name) !== null || this.#module.types.has(name);
  }

  #guarded<T>(key: string, look: () => T | null): T | null {
    if (this.#open.has(key)) return null;
    this.#open.add(key);
    try {
      return look();
    } finally {
      this.#open.delete(key);
    }
  }
}

function first<T>(all: readonly Exports[], look: (exports: Exports) => T | null): T | null {
  for (const each of all) {
    const found = look(each);
    if (found !== null) return found;
  }
  return null;
}

/** A module of the library, as a source sees it; null when there is none of that name. */
export function libraryExports(specifier: string, node: Syntax.Node): Exports | null {
  const library = LIBRARY.get(specifier);
  if (library === undefined) return null;
  const { values, types, constants } = library;
  return {
    title: `"${specifier}"`,
    value(name) {
      const value = values.get(name);
      const number = constants.get(name);
      if (value !== undefined || number === undefined) return value ?? null;
      const constant = literal(BigInt(number), node);
      return { kind: "constant", constant: { at: spanOf(node), state: "evaluated", evaluate: () => constant, value: constant } };
    },
    type: (name) => types.get(name) ?? null,
    names: () => [...values.keys(), ...types.keys(), ...constants.keys()],
    isPrivate: () => false,
  };
}
