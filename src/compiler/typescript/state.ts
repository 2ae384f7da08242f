/** What the checker knows while it works: of the whole file, and of the function it is in. */

import type { TSInterfaceDeclaration, TSType, TSTypeParameter } from "@babel/types";
import type { Architecture } from "../../uapi/registers.ts";
import type { KernelGuard, KernelState } from "./kernel/state.ts";
import type { KernelStored } from "./kernel/structs.ts";
import type { ContextName } from "./library/contexts.ts";
import type { Hook } from "./library/hooks.ts";
import type { Bounds } from "./ranges.ts";
import { type Located, type Reporter, type Span, spanOf } from "./report.ts";
import { type FunctionSymbol, Scope, TypeScope } from "./scopes.ts";
import type { Expression, JumpTarget, Local, Statement } from "./tree.ts";
import { ERROR, type HeaderType, type StoredType, type ValueType } from "./types.ts";

/** What a type's name stands for. */
export type TypeMeaning =
  | { readonly kind: "stored"; readonly type: StoredType }
  | { readonly kind: "header"; readonly type: HeaderType }
  | { readonly kind: "context"; readonly name: ContextName }
  | { readonly kind: "packet" }
  | { readonly kind: "kernel"; readonly type: KernelStored }
  /** `Pointer<…>`: a field of a kernel type that points to another. */
  | { readonly kind: "pointer" }
  | { readonly kind: "fixed-array" }
  | { readonly kind: "fixed-string" }
  | { readonly kind: "dynptr" }
  | { readonly kind: "kptr" }
  /** `Bits`, of a field alone. */
  | { readonly kind: "bits" }
  | { readonly kind: "union" }
  | { readonly kind: "declared"; readonly declaration: DeclaredType }
  | { readonly kind: "generic"; readonly declaration: GenericType }
  /** A type argument that is a number, for the length of an array. */
  | { readonly kind: "length"; readonly value: number }
  /** What another file exports under a name; null when that has no such type. */
  | { readonly kind: "imported"; readonly look: () => TypeMeaning | null };

/** An interface or type of the source; laid out when it is first used. */
export interface DeclaredType {
  readonly name: string;
  /** The file that it is in: its names mean what they mean there. */
  readonly module: ModuleState;
  readonly node: TSInterfaceDeclaration | TSType;
  readonly at: Span;
  readonly packed: boolean;
  /** Its fields share their place. */
  readonly union?: boolean;
  state: "unresolved" | "resolving" | "resolved";
  /** Null after an error. */
  type: StoredType | null;
}

/** `interface Pair<T> { … }`, `type Pair<T> = …`: a type for each of its arguments. */
export interface GenericType {
  readonly name: string;
  readonly module: ModuleState;
  readonly node: TSInterfaceDeclaration | TSType;
  readonly parameters: readonly TSTypeParameter[];
  readonly at: Span;
  readonly packed: boolean;
  /** By their arguments. */
  readonly instances: Map<string, DeclaredType>;
  /** Instances being resolved. */
  open: number;
}

/** What a program is compiled for, the same for all of its files. */
export interface Surroundings {
  /** Whose registers `argument(n)` of a probe reads. */
  readonly machine: Architecture;
  /** The kernel's types, as far as they are used. */
  readonly kernel: KernelState;
}

/** And what its files find in the library without importing it. */
export interface Shared extends Surroundings {
  /** The function that finds arguments of USDT probes (library/usdt.ts), part of the program once it was asked for; null after a report. */
  readonly usdtArgument: () => FunctionSymbol | null;
}

/** The file being checked. */
export class ModuleState {
  readonly reporter: Reporter;
  /** As `Shared`. */
  readonly machine: Architecture;
  readonly kernel: KernelState;
  readonly usdtArgument: () => FunctionSymbol | null;
  readonly values: Scope;
  readonly types: TypeScope;
  /** It is a file as one instance of something generic sees it. */
  readonly isInstance: boolean;
  /** The functions being checked, of all files, outermost first: a callee that is among them is recursive. */
  readonly calling: FunctionSymbol[];
  /** Pointers into the arena that the file writes down. */
  readonly pointers: { readonly at: Span; readonly target: () => StoredType }[];

  constructor(
    reporter: Reporter,
    { machine, kernel, usdtArgument }: Shared,
    calling: FunctionSymbol[] = [],
    whole: ModuleState | null = null,
  ) {
    this.reporter = reporter;
    this.machine = machine;
    this.kernel = kernel;
    this.usdtArgument = usdtArgument;
    this.calling = calling;
    this.values = whole?.values ?? new Scope(null);
    this.types = new TypeScope(whole?.types ?? null);
    this.isInstance = whole !== null;
    this.pointers = whole?.pointers ?? [];
  }

  /** The same file, with further names for types. */
  withTypes(names: ReadonlyMap<string, TypeMeaning>): ModuleState {
    const instance = new ModuleState(this.reporter, this, this.calling, this);
    for (const [name, meaning] of names) instance.types.set(name, { meaning, at: { line: 1, column: 1 } });
    return instance;
  }
}

/** Nesting of statements and expressions that the checker and the lowering can follow. */
const DEEPEST = 200;

export interface Jump {
  readonly target: JumpTarget;
  /** What `continue` may go to; a switch and a labelled block take only `break`. */
  readonly loop: boolean;
  /** A `break` or `continue` without a label goes to the innermost that has this set. */
  readonly plain: boolean;
  broken: boolean;
}

/** The context of a program. A field that may be null is read into a name of its own, so that what is checked is what is used. */
export interface KernelContext {
  readonly local: Local;
  readonly prologue: Statement[];
  readonly fields: Map<string, Local>;
}

/** What a condition proves: a local is not null or within bounds, or the kernel has something. */
export type Fact = Local | KernelGuard | Bounds;

/** The function being checked, or a constant of the top level. */
export class FunctionState {
  readonly module: ModuleState;
  readonly reporter: Reporter;
  readonly name: string;
  /** As annotated, or as the hook demands; null when it is to be inferred. */
  readonly result: ValueType | null;
  /** Of a program: its constants are checked as verdicts. */
  readonly hook: Hook | null;
  readonly returns: { value: Expression | null; readonly at: Span; readonly statement: ReturnStatement }[] = [];
  readonly jumps: Jump[] = [];
  /** Locals through which something was assigned. */
  readonly assigned = new Set<Local>();
  readonly #aliases = new Map<Local, Local>();
  /** Of a program that is given a struct of the kernel's: what of it is read once, before the body. */
  context: KernelContext | null = null;
  scope: Scope;
  /** Nullable locals that are known not to be null here, and what of the kernel is known to exist. */
  facts: ReadonlySet<Fact> = new Set();
  /** False after return, break, continue and endless loops. */
  reachable = true;
  #depth = 0;

  constructor(module: ModuleState, name: string, result: ValueType | null, hook: Hook | null) {
    this.module = module;
    this.reporter = module.reporter;
    this.name = name;
    this.result = result;
    this.hook = hook;
    this.scope = new Scope(module.values);
  }

  /** A name for what is reached through another one: assigning through it is assigning through that. */
  alias(local: Local, value: Expression): void {
    const root = rootOf(value);
    if (root !== null) this.#aliases.set(local, root);
  }

  /** Something is assigned in what `target` is a part of. */
  assigns(target: Expression): void {
    for (let local = rootOf(target); local !== null; local = this.#aliases.get(local) ?? null) {
      if (this.assigned.has(local)) return;
      this.assigned.add(local);
    }
  }

  /** Checks a part of a node, unless that is nested too deeply. */
  nested<T>(node: Located, tooDeep: T, check: () => T): T {
    if (this.#depth >= DEEPEST) {
      this.reporter.report("SK1002", spanOf(node));
      return tooDeep;
    }
    this.#depth++;
    try {
      return check();
    } finally {
      this.#depth--;
    }
  }

  /** Checks something in a block of its own. */
  inBlock<T>(check: () => T): T {
    const outer = this.scope;
    this.scope = new Scope(outer);
    try {
      return check();
    } finally {
      this.scope = outer;
    }
  }
}

export type ReturnStatement = { kind: "return"; at: Span; value: Expression | null } & Extract<Statement, { kind: "return" }>;

/** The local that a place is reached through. */
function rootOf(value: Expression): Local | null {
  let part = value;
  while (part.kind === "member" || part.kind === "element" || part.kind === "bits") part = part.object;
  return part.kind === "local" ? part.local : null;
}

/** Stands where something was refused. */
export function errorAt(node: Located): Expression {
  return { kind: "error", type: ERROR, at: spanOf(node) };
}
