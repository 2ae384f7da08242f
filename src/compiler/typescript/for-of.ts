/** Checks `for (const i of range(n))` and `for (const x of array)`. */

import type * as Syntax from "@babel/types";
import { memberType } from "./access.ts";
import { present } from "./conditions.ts";
import { coerce } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { eachOf, iterated, type Elements as KernelElements } from "./kernel/iterators.ts";
import { fits, maximum, meaning, minimum } from "./numbers.ts";
import { meet } from "./operators.ts";
import { bindPattern, refuseNames } from "./patterns.ts";
import { rangeOf, setRange } from "./ranges.ts";
import { type Span, spanOf } from "./report.ts";
import { meaningOf, textOf } from "./scopes.ts";
import type { FunctionState, Jump } from "./state.ts";
import { assignedNames, single, withoutAssigned } from "./statements.ts";
import type { Expression, Local, Statement } from "./tree.ts";
import { type ArrayType, BOOL, INTS, type IntType, isNullable, type ReferenceType, typeName } from "./types.ts";

/**
 * A range between constants with so few numbers becomes a plain loop, which verifiers walk through number by number. They find the end of
 * other loops by other means (see `iterate` in tree.ts).
 */
const FEW = 1024n;

/** What is done with each number or element: declares what the source names, and checks the body. */
type Turn = (value: Expression) => Statement;

export function forOf(fn: FunctionState, node: Syntax.ForOfStatement, label: string | null): Statement {
  return fn.inBlock(() => {
    const at = spanOf(node);
    const nothing: Statement = { kind: "block", body: [], at };
    const { left } = node;
    const declarator = left.type === "VariableDeclaration" ? left.declarations[0] : undefined;
    if (node.await || left.type !== "VariableDeclaration" || declarator === undefined || left.kind === "var") {
      fn.reporter.report("SK1101", spanOf(left), { what: "this for … of", instead: "write for (const x of …)" });
      return nothing;
    }
    const pattern = declarator.id;
    const annotation = pattern.type === "Identifier" ? pattern.typeAnnotation : null;
    if (annotation?.type === "TSTypeAnnotation") {
      fn.reporter.report("SK1101", spanOf(annotation), { what: "a type annotation here", instead: "leave it out" });
      return nothing;
    }
    const source = sourceOf(fn, node.right);
    fn.facts = withoutAssigned(fn, node);
    if (source === null) {
      // The body may still have faults of its own.
      fn.inBlock(() => {
        refuseNames(fn, pattern);
        const jump: Jump = { target: { label }, loop: true, plain: true, broken: false };
        fn.jumps.push(jump);
        single(fn, node.body);
        fn.jumps.pop();
      });
      return nothing;
    }
    const jump: Jump = { target: { label }, loop: true, plain: true, broken: false };
    const head = fn.facts;
    const entered = fn.reachable;
    const mutable = left.kind === "let" || assignedIn(pattern, node.body);
    const turn: Turn = (value) => {
      fn.jumps.push(jump);
      const body = fn.inBlock((): readonly Statement[] => [
        ...bindPattern(fn, pattern, value, mutable && left.kind === "let"),
        fn.inBlock(() => single(fn, node.body)),
      ]);
      fn.jumps.pop();
      return { kind: "block", body, at };
    };
    const made =
      source.kind === "array"
        ? overArray(source, jump, turn, at)
        : source.kind === "kernel"
          ? eachOf(source, jump.target, turn, node)
          : overRange(fn, source, jump, turn, at);
    fn.facts = head;
    fn.reachable = entered;
    return made;
  });
}

function sourceOf(fn: FunctionState, node: Syntax.Expression): Elements | Numbers | KernelElements | null {
  const meaning = node.type === "CallExpression" ? meaningOf(fn.scope, node.callee) : null;
  if (node.type === "CallExpression" && meaning?.kind === "range") return numbers(fn, node);
  if (node.type === "CallExpression" && meaning?.kind === "kernel-iterator") return iterated(fn, meaning.iterator, node);
  return elements(fn, node);
}

function assignedIn(pattern: Syntax.Node, body: Syntax.Node): boolean {
  return pattern.type !== "Identifier" || assignedNames(body).has(pattern.name);
}

// ── arrays ──────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Elements {
  readonly kind: "array";
  readonly object: Expression & { readonly type: ReferenceType };
  readonly array: ArrayType;
}

const ITERABLE = "an array of fixed length, or range(n)";

function elements(fn: FunctionState, node: Syntax.Expression): Elements | null {
  if (meaningOf(fn.scope, node)?.kind === "map") {
    const instead = `write bpf_for_each_map_elem(${textOf(node)}, (map, key, value) => …)`;
    fn.reporter.report("SK2101", spanOf(node), { expected: ITERABLE, found: "a map", instead });
    return null;
  }
  const object = expression(fn, node, null);
  const { type } = object;
  if (type.kind === "error") return null;
  if (type.kind === "reference" && !type.nullable && type.to.kind === "array")
    return { kind: "array", object: { ...object, type } as Elements["object"], array: type.to };
  const instead = isNullable(type)
    ? "check it for null first"
    : "loop over a FixedArray, or over range(n), or write for (let i = 0; i < n; i++)";
  fn.reporter.report("SK2101", object.at, { expected: ITERABLE, found: typeName(type), instead });
  return null;
}

function overArray({ object, array }: Elements, jump: Jump, turn: Turn, at: Span): Statement {
  const index: Local = { name: "index", type: INTS.u32, mutable: true, own: false, at };
  const found: Local = { name: "elements", type: object.type, mutable: false, own: false, at };
  const once = object.kind !== "local";
  const where: Expression = once ? { kind: "local", local: found, type: object.type, at } : object;
  const position: Expression = {
    kind: "convert",
    type: INTS.u64,
    operand: { kind: "local", local: index, type: INTS.u32, at },
    at,
  };
  setRange(index, { min: 0n, max: BigInt(array.length) - 1n });
  const constant = object.type.constant === true;
  const type = memberType(array.element, object.type);
  const element: Expression = {
    kind: "element",
    object: where,
    index: position,
    array,
    stored: array.element,
    type,
    constant,
    at,
  };
  const body = turn(element);
  const initial: Statement[] = [declareAs(index, zero(INTS.u32, at), at)];
  if (once) initial.push({ kind: "declare", local: found, value: object, at });
  return counting(index, BigInt(array.length), initial, body, jump, at);
}

// ── ranges ──────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Numbers {
  readonly kind: "range";
  readonly type: IntType;
  readonly from: Expression;
  readonly to: Expression;
}

function numbers(fn: FunctionState, node: Syntax.CallExpression): Numbers | null {
  const [first, second] = node.arguments;
  if (first === undefined || node.arguments.length > 2 || node.typeArguments) {
    const signature = "range(to), range(from, to)";
    fn.reporter.report("SK2106", spanOf(node), {
      what: "range",
      expected: "1 or 2 arguments",
      found: node.arguments.length,
      signature,
    });
    return null;
  }
  const at = spanOf(node);
  const given = [first, second].flatMap((bound) => (bound === undefined ? [] : [expression(fn, bound, null)]));
  for (const bound of given) {
    if (!present(fn, bound)) return null;
    if (bound.kind === "literal" || (bound.type.kind === "int" && bound.type.name !== "Ipv4Address")) continue;
    fn.reporter.report("SK2101", bound.at, {
      expected: "an integer",
      found: typeName(bound.type),
      instead: "range counts integers",
    });
    return null;
  }
  const nought: Expression = { kind: "literal", type: { kind: "literal" }, value: 0n, complement: false, at };
  const [from, to] = given.length === 2 ? [given[0]!, given[1]!] : [nought, given[0]!];
  if (from.kind === "literal" && to.kind === "literal") {
    const type = [INTS.u32, INTS.i32, INTS.u64, INTS.i64].find((one) => fits(from.value, one) && fits(to.value, one));
    if (type === undefined) {
      fn.reporter.report("SK2207", to.at);
      return null;
    }
    return { kind: "range", type, from: coerce(fn, from, type), to: coerce(fn, to, type) };
  }
  const met = meet(fn, "range", from, to);
  return met === null ? null : { kind: "range", from: met[0], to: met[1], type: met[2] };
}

function overRange(fn: FunctionState, { from, to, type }: Numbers, jump: Jump, turn: Turn, at: Span): Statement {
  const [low, high] = [rangeOf(fn, from), rangeOf(fn, to)];
  const local: Local = { name: "number", type, mutable: false, own: false, at };
  const max = high.max - 1n;
  setRange(local, low.min <= max ? { min: low.min, max } : { min: minimum(type), max: maximum(type) });
  const body = turn({ kind: "local", local, type, at });
  setRange(local, null);
  if (from.kind === "constant" && to.kind === "constant") {
    const count = meaning(to.value, type) - meaning(from.value, type);
    if (count <= FEW) return counting(local, meaning(to.value, type), [declareAs(local, from, at)], body, jump, at);
  }
  // What verifiers see of a number that an iterator gave is that it is one: where the end is known they are told.
  const end = to.kind === "constant" ? to : null;
  return { kind: "iterate", target: jump.target, local, from, to, end, body, at };
}

// ── loops ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function declareAs(local: Local, value: Expression, at: Span): Statement {
  return { kind: "declare", local, value, at };
}

function zero(type: IntType, at: Span): Expression {
  return { kind: "constant", type, value: 0n, at };
}

/** `for (…; counter < end; counter++)` */
function counting(counter: Local, end: bigint, initial: readonly Statement[], body: Statement, jump: Jump, at: Span): Statement {
  if (counter.type.kind !== "int") throw new TypeError("a loop counts integers");
  const type = counter.type;
  const read: Expression = { kind: "local", local: counter, type, at };
  const bits = type.bits === 64 ? 64 : 32;
  const test: Expression = {
    kind: "compare",
    type: BOOL,
    condition: type.signed ? "slt" : "ult",
    left: read,
    right: { kind: "constant", type, value: BigInt.asUintN(bits, end), at },
    at,
  };
  const step: Statement = {
    kind: "update",
    target: { kind: "local", local: counter, type, at },
    op: "add",
    type,
    value: { kind: "constant", type, value: 1n, at },
    at,
  };
  return { kind: "loop", target: jump.target, initial, test, update: [step], body, atEnd: false, at };
}
