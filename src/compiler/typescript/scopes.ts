/** What names stand for, and where they are known. */

import type {
  ArrowFunctionExpression,
  FunctionExpression,
  FunctionDeclaration as FunctionNode,
  Node,
  ObjectMethod,
} from "@babel/types";
import { nearest } from "../../nearest.ts";
import type { HelperName } from "../../uapi/helpers.ts";
import type { AtomicOp } from "../ir/ir.ts";
import type { KernelFunction } from "./kernel/functions.ts";
import type { KernelQuestion } from "./kernel/infos.ts";
import type { KernelIterator } from "./kernel/iterators.ts";
import type { KernelEnum } from "./kernel/structs.ts";
import type { KernelVariable } from "./kernel/symbols.ts";
import type { CallbackHelper } from "./library/callbacks.ts";
import type { Header } from "./library/headers.ts";
import type { Hook } from "./library/hooks.ts";
import type { MapKind } from "./library/maps.ts";
import type { ObjectFunction } from "./library/objects.ts";
import type { SpecialFunction } from "./library/special.ts";
import type { Span } from "./report.ts";
import type { ModuleState, TypeMeaning } from "./state.ts";
import type { Expression, FunctionDeclaration, GlobalDeclaration, Local, MapDeclaration } from "./tree.ts";
import type { IntType, ScalarType } from "./types.ts";

export type CallableNode = FunctionNode | ArrowFunctionExpression | FunctionExpression | ObjectMethod;

/** A function of the top level; checked when it is first called. */
export interface FunctionSymbol {
  readonly name: string;
  /** The file that it is in: its names mean what they mean there. */
  readonly module: ModuleState;
  readonly node: CallableNode;
  /** As its doc comment says: `@inline`, `@noinline`. */
  readonly inline: FunctionDeclaration["inline"];
  readonly at: Span;
  /** Of a generic function, by their type arguments. */
  readonly instances: Map<string, FunctionSymbol>;
  state: "unchecked" | "checking" | "checked" | "failed";
  declaration: FunctionDeclaration | null;
}

/** `declare function name(…): u32`: the application has it. */
export interface ExternFunction {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: IntType }[];
  readonly result: IntType;
  readonly at: Span;
}

/** A constant of the top level; evaluated when it is first used. `value` is of kind constant, literal or bytes. */
export interface ConstantSymbol {
  readonly at: Span;
  state: "unevaluated" | "evaluating" | "evaluated";
  readonly evaluate: () => Expression | null;
  value: Expression | null;
}

/** A variable or table of the top level; checked when it is first used. */
export interface GlobalSymbol {
  readonly name: string;
  readonly at: Span;
  state: "unchecked" | "checking" | "checked";
  readonly check: () => GlobalDeclaration | null;
  declaration: GlobalDeclaration | null;
}

export type Meaning =
  | { readonly kind: "local"; readonly local: Local }
  /** A let or const of this block whose declaration is further down. */
  | { readonly kind: "pending"; readonly at: Span }
  | { readonly kind: "constant"; readonly constant: ConstantSymbol }
  | { readonly kind: "enum"; readonly name: string; readonly members: ReadonlyMap<string, ConstantSymbol> }
  | { readonly kind: "map"; readonly map: MapDeclaration }
  | { readonly kind: "function"; readonly function: FunctionSymbol }
  | { readonly kind: "program" }
  | { readonly kind: "text" }
  | { readonly kind: "cast"; readonly type: ScalarType }
  | { readonly kind: "map-kind"; readonly map: MapKind }
  | { readonly kind: "hook"; readonly hook: Hook }
  /** `hook`: of a hook that an application declares. */
  | { readonly kind: "own-hook" }
  /** `structOps`: programs for the members of a struct of the kernel. */
  | { readonly kind: "struct-ops" }
  | { readonly kind: "helper"; readonly name: HelperName }
  /** `context()`: of a program whose parameters are others. */
  | { readonly kind: "own-context" }
  | { readonly kind: "zeroed" }
  | { readonly kind: "callback-helper"; readonly helper: CallbackHelper }
  | { readonly kind: "special-function"; readonly special: SpecialFunction }
  | { readonly kind: "object-function"; readonly object: ObjectFunction }
  /** `range(n)`, in `for (const i of range(n))`. */
  | { readonly kind: "range" }
  | { readonly kind: "extern"; readonly extern: ExternFunction }
  /** A constant of an enumeration of the kernel. */
  | { readonly kind: "kernel-enumerator"; readonly enum: KernelEnum; readonly index: number; readonly value: bigint }
  /** A function of the kernel. */
  | { readonly kind: "kernel-function"; readonly function: KernelFunction }
  /** What a loop goes through. */
  | { readonly kind: "kernel-iterator"; readonly iterator: KernelIterator }
  | { readonly kind: "kernel-variable"; readonly variable: KernelVariable }
  | { readonly kind: "ksym" | "kconfig" }
  | { readonly kind: "kernel-per-cpu"; readonly helper: "bpf_this_cpu_ptr" | "bpf_per_cpu_ptr" }
  /** `field`, `exists`, `sizeOf` …: what is asked about the kernel. */
  | { readonly kind: "kernel-question"; readonly question: KernelQuestion }
  /** `cast<sock>(address)` */
  | { readonly kind: "kernel-cast" }
  | { readonly kind: "header"; readonly name: string; readonly header: Header }
  | { readonly kind: "address"; readonly format: AddressFormat }
  | { readonly kind: "ipv4-mapped" }
  | { readonly kind: "network-order"; readonly name: string }
  /** What another file exports under a name; known when that file's declarations are. */
  | { readonly kind: "imported"; readonly look: () => Meaning }
  /** `import * as name`, or `export * as name`. */
  | { readonly kind: "namespace"; readonly name: string; readonly exports: Exports }
  | { readonly kind: "print" }
  /** `canLoop()` */
  | { readonly kind: "can-loop" }
  | { readonly kind: "global"; readonly global: GlobalSymbol }
  | { readonly kind: "config" }
  | { readonly kind: "atomic"; readonly name: string; readonly op: AtomicOp }
  | { readonly kind: "type-only" }
  /** Its declaration was refused: uses of it are not reported again. */
  | { readonly kind: "refused" };

/** What a module offers to those that import it. */
export interface Exports {
  /** The module's name for messages, in quotes. */
  readonly title: string;
  /** Null when there is no such value. */
  value(name: string): Meaning | null;
  type(name: string): TypeMeaning | null;
  names(): readonly string[];
  /** Declared, but not exported. */
  isPrivate(name: string): boolean;
}

export type AddressFormat = "ipv4" | "ipv6" | "mac";

/** Names of one block, inside those of the blocks around it. */
export class Scope {
  readonly #names = new Map<string, { symbol: Meaning; at: Span }>();
  readonly #outer: Scope | null;
  readonly #captured: ((local: Local) => void) | null;

  /** @param captured told of each local of the blocks around that is looked up from within. */
  constructor(outer: Scope | null, captured: ((local: Local) => void) | null = null) {
    this.#outer = outer;
    this.#captured = captured;
  }

  look(name: string): Meaning | null {
    const found = this.#names.get(name)?.symbol;
    if (found === undefined) {
      const outer = this.#outer?.look(name) ?? null;
      if (outer?.kind === "local") this.#captured?.(outer.local);
      return outer;
    }
    return found.kind === "imported" ? found.look() : found;
  }

  /** The name is another file's. */
  isImported(name: string): boolean {
    const found = this.#names.get(name)?.symbol;
    return found === undefined ? (this.#outer?.isImported(name) ?? false) : found.kind === "imported";
  }

  /** Where this very block declares the name. */
  declaredAt(name: string): Span | null {
    return this.#names.get(name)?.at ?? null;
  }

  set(name: string, symbol: Meaning, at: Span): void {
    this.#names.set(name, { symbol, at });
  }

  names(): string[] {
    return [...this.#names.keys(), ...(this.#outer?.names() ?? [])];
  }
}

/** What a name, or a member of a namespace (`ns.name`), stands for; null for anything else. */
export function meaningOf(scope: Scope, node: Node): Meaning | null {
  if (node.type === "Identifier") return scope.look(node.name);
  const inner = node.type === "MemberExpression" && !node.computed ? meaningOf(scope, node.object) : null;
  if (inner?.kind !== "namespace" || node.type !== "MemberExpression" || node.property.type !== "Identifier") return null;
  return inner.exports.value(node.property.name);
}

/** A name, or names with dots, as they are written. */
export function textOf(node: Node): string {
  if (node.type === "Identifier") return node.name;
  return node.type === "MemberExpression" ? `${textOf(node.object)}.${textOf(node.property)}` : "this";
}

/** Names of types of one file. */
export class TypeScope {
  readonly #names = new Map<string, { readonly meaning: TypeMeaning; readonly at: Span }>();

  readonly #outer: TypeScope | null;

  constructor(outer: TypeScope | null = null) {
    this.#outer = outer;
  }

  get(name: string): { readonly meaning: TypeMeaning; readonly at: Span } | undefined {
    const found = this.#names.get(name) ?? this.#outer?.get(name);
    if (found?.meaning.kind !== "imported") return found;
    const meaning = found.meaning.look();
    return meaning === null ? undefined : { meaning, at: found.at };
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  set(name: string, entry: { readonly meaning: TypeMeaning; readonly at: Span }): void {
    this.#names.set(name, entry);
  }

  /** Those that this file declares. */
  values(): readonly { readonly meaning: TypeMeaning; readonly at: Span }[] {
    return [...this.#names.values()].filter(({ meaning }) => meaning.kind !== "imported");
  }

  keys(): readonly string[] {
    return [...this.#names.keys(), ...(this.#outer?.keys() ?? [])];
  }
}

/** The known name that a person may have meant, as a hint. */
export function didYouMean(name: string, known: Iterable<string>, otherwise: string): string {
  // Any two names of one or two letters are near each other.
  const best = name.length < 3 ? null : nearest(name, known);
  return best === null ? otherwise : `did you mean ${best}?`;
}
