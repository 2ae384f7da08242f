/** C's way to write types, from the name outwards: `int (*handlers[4])(const char *name)`. */

import type { Btf } from "../btf.ts";
import { BtfError } from "../errors.ts";
import type { BtfType } from "../types.ts";
import { identifier } from "./names.ts";

/** How the type at the far end is written: `unsigned int`, `struct task_struct`, or the body of an anonymous struct. */
export type Base = (type: BtfType) => string;

/** What is left of the types that one declaration may visit: parameters that are functions multiply. */
interface Budget {
  left: number;
}

const MOST_VISITS = 1000;
/** Anonymous types are not written out when less than this is left. */
const RESERVE = 500;

/**
 * Declares `name` (or nothing, for the type alone) with a type.
 * @throws BtfError for functions, variables and sections, and for types of more than 1000 parts.
 */
export function declare(btf: Btf, id: number, name: string, base: Base): string {
  return declarator(btf, id, name, "", base, { left: MOST_VISITS });
}

/** `inner` is what is declared so far; `qualifiers` wait for the next type that can bear them. */
function declarator(btf: Btf, id: number, inner: string, qualifiers: string, base: Base, budget: Budget): string {
  if (--budget.left < 0) throw new BtfError(`expected a type of at most ${MOST_VISITS} parts, found more`, { type: id });
  const type = btf.type(id);
  const next = (target: number, declared: string, waiting = ""): string =>
    declarator(btf, target, declared, waiting, base, budget);
  switch (type.kind) {
    case "pointer":
      return next(type.type, `*${qualifiers}${inner}`);
    case "const":
    case "volatile":
    case "restrict":
      return next(type.type, inner, qualifiers.includes(type.kind) ? qualifiers : `${type.kind} ${qualifiers}`);
    case "typeTag":
      return next(type.type, inner, qualifiers);
    case "array":
      // An array has no qualifiers of its own, its elements have.
      return next(type.element, `${grouped(inner)}[${type.length}]`, qualifiers);
    case "prototype": {
      const parameters = type.parameters.map((one) => next(one.type, one.name && identifier(one.name)));
      if (type.variadic) parameters.push("...");
      return next(type.result, `${grouped(inner)}(${parameters.join(", ") || "void"})`);
    }
    case "function":
    case "variable":
    case "section":
    case "declTag":
      throw new BtfError(`expected a type of data, found ${type.kind}`, { type: type.id, typeName: type.name });
    default:
      return `${qualifiers}${base(type)}${inner === "" ? "" : " "}${inner}`.trimEnd();
  }
}

function grouped(inner: string): string {
  return inner.startsWith("*") ? `(${inner})` : inner;
}

/** Names of integers are several words: `long unsigned int`. */
export function numberName(name: string): string {
  return /^[A-Za-z_]\w*( [A-Za-z_]\w*)*$/.test(name) ? name : identifier(name);
}

/** A type in one line, for people: `const char *`, `struct { int a; }`. Anonymous types are written out. */
export function spellType(btf: Btf, id: number): string {
  return spell(btf, id, "", { left: MOST_VISITS });
}

/** The same with a name: `int (*compare)(const void *, const void *)`. */
export function spellDeclaration(btf: Btf, id: number, name: string): string {
  return spell(btf, id, name, { left: MOST_VISITS });
}

function spell(btf: Btf, id: number, name: string, budget: Budget): string {
  return declarator(btf, id, name, "", (type) => spellBase(btf, type, budget), budget);
}

function spellBase(btf: Btf, type: BtfType, budget: Budget): string {
  switch (type.kind) {
    case "struct":
    case "union": {
      if (type.name !== "") return `${type.kind} ${type.name}`;
      if (budget.left - type.members.length < RESERVE) return `${type.kind} { … }`;
      const members = type.members.map(({ name, type: member, bitSize }) => {
        return `${spell(btf, member, name, budget)}${bitSize === 0 ? "" : `: ${bitSize}`}; `;
      });
      return `${type.kind} { ${members.join("")}}`;
    }
    case "enum":
    case "enum64":
      return type.name === "" ? `enum { ${type.values.map(({ name }) => name).join(", ")} }` : `enum ${type.name}`;
    case "forward":
      return `${type.of} ${type.name}`;
    default:
      return type.name || type.kind;
  }
}
