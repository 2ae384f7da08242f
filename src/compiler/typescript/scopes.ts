/** What names stand for, and where they are known. */

import type { ArrowFunctionExpression, FunctionExpression, FunctionDeclaration as FunctionNode } from "@babel/types";
import { nearest } from "../../nearest.ts";
import type { HelperName } from "../../uapi/helpers.ts";
import type { Header } from "./library/headers.ts";
import type { Helper } from "./library/helpers.ts";
import type { Hook } from "./library/hooks.ts";
import type { MapKind } from "./library/maps.ts";
import type { Span } from "./report.ts";
import type { Expression, FunctionDeclaration, Local, MapDeclaration } from "./tree.ts";
import type { IntType, ScalarType } from "./types.ts";

export type CallableNode = FunctionNode | ArrowFunctionExpression | FunctionExpression;

/** A function of the top level; checked when it is first called. */
export interface FunctionSymbol {
  readonly name: string;
  readonly node: CallableNode;
  readonly at: Span;
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
  | { readonly kind: "helper"; readonly helper: Helper & { readonly name: HelperName } }
  | { readonly kind: "extern"; readonly extern: ExternFunction }
  | { readonly kind: "header"; readonly name: string; readonly header: Header }
  | { readonly kind: "address"; readonly format: AddressFormat }
  | { readonly kind: "type-only" }
  /** Its declaration was refused: uses of it are not reported again. */
  | { readonly kind: "refused" };

export type AddressFormat = "ipv4" | "ipv6" | "mac";

/** Names of one block, inside those of the blocks around it. */
export class Scope {
  readonly #names = new Map<string, { symbol: Meaning; at: Span }>();
  readonly #outer: Scope | null;

  constructor(outer: Scope | null) {
    this.#outer = outer;
  }

  look(name: string): Meaning | null {
    return this.#names.get(name)?.symbol ?? this.#outer?.look(name) ?? null;
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

/** The known name that a person may have meant, as a hint. */
export function didYouMean(name: string, known: Iterable<string>, otherwise: string): string {
  // Any two names of one or two letters are near each other.
  const best = name.length < 3 ? null : nearest(name, known);
  return best === null ? otherwise : `did you mean ${best}?`;
}
