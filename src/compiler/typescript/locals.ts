/** Checks `const` and `let` inside of functions. */

import type * as Syntax from "@babel/types";
import { valueType } from "./annotations.ts";
import { coerce, named, settled } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { bindPattern, refuseNames } from "./patterns.ts";
import { rangeOf, setRange } from "./ranges.ts";
import { type Span, spanOf } from "./report.ts";
import type { FunctionState } from "./state.ts";
import type { Expression, Local, Statement } from "./tree.ts";
import { isAddressBytes, isNullable, isText, type Memory, type ValueType } from "./types.ts";

export function declaration(fn: FunctionState, node: Syntax.VariableDeclaration): readonly Statement[] {
  if (node.kind !== "const" && node.kind !== "let") {
    fn.reporter.report("SK1101", spanOf(node), { what: node.kind, instead: "write const, or let for what changes" });
  }
  return node.declarations.flatMap((declarator) => declare(fn, declarator, node.kind === "let"));
}

function declare(fn: FunctionState, node: Syntax.VariableDeclarator, mutable: boolean): readonly Statement[] {
  const { id, init } = node;
  if (id.type !== "Identifier") {
    if (init) return bindPattern(fn, id, expression(fn, init, null), mutable);
    refuseNames(fn, id);
    return [];
  }
  const at = spanOf(id);
  const refuse = () => {
    fn.scope.set(id.name, { kind: "refused" }, at);
    return [];
  };
  const annotation = id.typeAnnotation && id.typeAnnotation.type === "TSTypeAnnotation" ? id.typeAnnotation.typeAnnotation : null;
  const annotated = annotation === null ? null : valueType(fn.module, annotation);
  if (!init) {
    fn.reporter.report("SK1101", at, { what: "a variable without a value", instead: `give it one: let ${id.name}: u32 = 0` });
    return refuse();
  }
  const value = expression(fn, init, annotated);
  if (annotation !== null && annotated === null) return refuse();
  return give(fn, id, value, annotated, mutable);
}

/** Makes a name stand for a value. */
export function give(
  fn: FunctionState,
  id: Syntax.Identifier,
  given: Expression,
  annotated: ValueType | null,
  mutable: boolean,
): readonly Statement[] {
  const at = spanOf(id);
  const refuse = () => {
    fn.scope.set(id.name, { kind: "refused" }, at);
    return [];
  };
  let value = given;
  if (annotated !== null) value = coerce(fn, value, annotated);
  else if (mutable) value = settled(fn, value);
  if (value.type.kind === "error") return refuse();
  value = named(fn, value);
  if (value.type.kind === "error") return refuse();
  if (isReplaceable(value)) {
    // In JavaScript this name would go on to mean what the variable held; here that is overwritten.
    if (isText(value.type)) value = { kind: "copied", type: { ...value.type, memory: "stack" }, operand: value, at: value.at };
    else {
      fn.reporter.report("SK2116", value.at, { instead: copyOf(value) });
      return refuse();
    }
  }
  if (value.type.kind === "void" || (value.type.kind === "null" && annotated === null)) {
    fn.reporter.report("SK2105", at, { what: id.name, instead: `write ${id.name}: Name | null = …` });
    return refuse();
  }
  const type = declaredType(value.type, annotated);
  if (type.kind === "reference" && mutable && value.kind !== "null" && !outlives(type) && !isFresh(value)) {
    fn.reporter.report("SK2112", at, { instead: copyOf(value) });
    return refuse();
  }
  return [bind(fn, id.name, { at, type, mutable, value })].filter((statement) => statement !== null);
}

/** A reference keeps the memory of its value, which an annotation does not name. */
function declaredType(given: ValueType, annotated: ValueType | null): ValueType {
  if (annotated === null) return given;
  if (annotated.kind === "reference" && given.kind === "reference")
    return { ...annotated, memory: given.memory ?? annotated.memory };
  if (annotated.kind === "kernel" && given.kind === "kernel") return { ...annotated, read: given.read };
  return annotated;
}

/** A struct, array or text that was made for the place that it is put into. */
export function isFresh(value: Expression): boolean {
  if (value.kind === "conditional") return isFresh(value.then) && isFresh(value.otherwise);
  return (
    value.kind === "struct" ||
    value.kind === "array" ||
    value.kind === "bytes" ||
    value.kind === "copied" ||
    value.kind === "zeroed" ||
    // A text is a value, as numbers are.
    isText(value.type)
  );
}

/** Whether a value is, or is a part of, a struct that a variable holds, and that another may take the place of. */
function isReplaceable(value: Expression): boolean {
  if (value.type.kind !== "reference") return false;
  let part = value;
  while (part.kind === "member" || part.kind === "element" || part.kind === "bits") part = part.object;
  return part.kind === "local" && part.local.own && part.local.mutable;
}

/** How a copy of a value is written. */
export function copyOf({ type }: Expression): string {
  const isArray = type.kind === "reference" && type.to.kind === "array";
  return isArray ? "write [...name] for a copy" : "write { ...name } for a copy";
}

const LASTING: readonly (Memory | null)[] = ["map", "packet", "context", "arena"];

/** What may be held by a variable that changes: addresses are copied into it, but a struct made in a loop's turn is made anew, in the same bytes, in the next. */
export function outlives(type: ValueType): boolean {
  return type.kind !== "reference" || isAddressBytes(type) || LASTING.includes(type.memory);
}

function bind(
  fn: FunctionState,
  name: string,
  { at, type, mutable, value }: { at: Span; type: ValueType; mutable: boolean; value: Expression },
): Statement | null {
  // A text is memory that helpers may write to.
  const constant = value.kind === "constant" || value.kind === "literal" || (value.kind === "bytes" && !isText(type));
  if (!mutable && constant) {
    const symbol = { at, state: "evaluated" as const, evaluate: () => value, value };
    fn.scope.set(name, { kind: "constant", constant: symbol }, at);
    return null;
  }
  const made =
    value.kind === "struct" ||
    value.kind === "array" ||
    value.kind === "copied" ||
    value.kind === "bytes" ||
    value.kind === "zeroed";
  const own = made || (mutable && type.kind === "reference" && !LASTING.includes(type.memory) && isFresh(value));
  const local: Local = { name, type, mutable, own, at };
  fn.scope.set(name, { kind: "local", local }, at);
  if (type.kind === "reference") fn.alias(local, value);
  if (type.kind === "context" || type.kind === "packet") return null;
  if (!mutable && type.kind === "int") setRange(local, rangeOf(fn, value));
  if (isNullable(type) && !isNullable(value.type) && value.kind !== "null") fn.facts = new Set([...fn.facts, local]);
  if (value.kind === "present") fn.facts = new Set([...fn.facts, local]);
  return { kind: "declare", local, value, at };
}
