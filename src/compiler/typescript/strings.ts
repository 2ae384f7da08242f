/**
 * Checks `FixedString<N>`: bytes in memory that end with a NUL. A text between quotes becomes one where its place says so; texts are
 * compared as far as their NULs, whatever lies behind.
 */

import type * as Syntax from "@babel/types";
import { argumentsOf } from "./calls.ts";
import { coerce, converted } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { rangeOf } from "./ranges.ts";
import { spanOf } from "./report.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression } from "./tree.ts";
import { type ArrayType, BOOL, fixedString, INTS, isText, readAs, reference, typeName, type ValueType } from "./types.ts";

/** `"bash"` in a place of a type; null, with a report, when the place wants something else. */
export function textLiteral(fn: FunctionState, node: Syntax.StringLiteral, expected: ValueType | null): Expression {
  const at = spanOf(node);
  const to = expected === null ? null : textOf(expected);
  if (to !== null) {
    const bytes = fitted(fn, node, to);
    return bytes === null ? errorAt(node) : { kind: "bytes", type: reference(to, "stack", false), bytes, at };
  }
  if (expected !== null && expected.kind !== "error") {
    const instead = `write a value of the type ${typeName(expected)}`;
    fn.reporter.report("SK2101", at, { expected: typeName(expected), found: "a text", instead });
  } else if (expected === null) {
    const instead = `use numbers, or give it a type: const x: FixedString<${encode(node).length + 1}> = …`;
    fn.reporter.report("SK1101", at, { what: "a text here", instead });
  }
  return errorAt(node);
}

/** The text type that a value has; null when it has another. */
function textOf(type: ValueType): ArrayType | null {
  if (isText(type)) return type.to;
  if (type.kind === "kernel" && type.to.kind === "kernel-array" && type.to.text && type.to.length > 0)
    return fixedString(type.to.length);
  return null;
}

export function isTextual(type: ValueType): boolean {
  return textOf(type) !== null;
}

function encode(node: Syntax.StringLiteral): Uint8Array {
  return new TextEncoder().encode(node.value);
}

/** The bytes of a text in a place of a size, zeroes behind it; null, with a report, when it does not fit. */
function fitted(fn: FunctionState, node: Syntax.StringLiteral, to: ArrayType): Uint8Array | null {
  const text = encode(node);
  if (text.includes(0)) {
    fn.reporter.report("SK3108", spanOf(node), { problem: "a text ends at its first NUL", instead: "leave \\0 out" });
    return null;
  }
  if (text.length >= to.length) {
    const problem = `${text.length} bytes and a NUL do not fit into ${typeName(to)}`;
    fn.reporter.report("SK3108", spanOf(node), { problem, instead: `write a shorter text, or FixedString<${text.length + 1}>` });
    return null;
  }
  const bytes = new Uint8Array(to.length);
  bytes.set(text);
  return bytes;
}

/** `name === "bash"`; null when neither side is a text between quotes. */
export function literalComparison(fn: FunctionState, node: Syntax.BinaryExpression): Expression | null {
  if (node.operator !== "===" && node.operator !== "!==") return null;
  const [literal, otherNode] =
    node.right.type === "StringLiteral"
      ? [node.right, node.left]
      : node.left.type === "StringLiteral"
        ? [node.left, node.right]
        : [];
  if (literal === undefined || otherNode === undefined) return null;
  const other = expression(fn, otherNode, null);
  if (other.type.kind === "error") return errorAt(node);
  return compared(fn, other, literal, false, node.operator === "!==", node);
}

/** `prefix`: only as far as the text between quotes goes, its NUL left out. */
function compared(
  fn: FunctionState,
  other: Expression,
  literal: Syntax.StringLiteral,
  prefix: boolean,
  negated: boolean,
  node: Syntax.Node,
): Expression {
  const to = textOf(other.type);
  if (to === null) {
    const instead = "numbers are compared with numbers, IPPROTO_TCP or 443; a text is compared with a FixedString";
    fn.reporter.report("SK2104", other.at, { operator: "a comparison with a text", found: typeName(other.type), instead });
    return errorAt(node);
  }
  const bytes = fitted(fn, literal, to);
  const left = coerce(fn, other, reference(to, "stack", false));
  if (bytes === null || left.type.kind === "error") return errorAt(node);
  const size = encode(literal).length + (prefix ? 0 : 1);
  if (size === 0) return { kind: "constant", type: BOOL, value: 1n, at: spanOf(node) };
  const right: Expression = {
    kind: "bytes",
    type: reference(to, "stack", false),
    bytes: bytes.slice(0, size),
    at: spanOf(literal),
  };
  return { kind: "same-bytes", type: BOOL, size, negated, left, right, at: spanOf(node) };
}

/** Two texts, of any sizes; null when they are none. */
export function textComparison(left: Expression, right: Expression, negated: boolean, node: Syntax.Node): Expression | null {
  const [a, b] = [textOf(left.type), textOf(right.type)];
  if (a === null || b === null || left.type.kind === "kernel" || right.type.kind === "kernel") return null;
  const at = spanOf(node);
  const size = Math.min(a.length, b.length);
  // A text that is known is compared as far as it goes.
  const known = right.kind === "bytes" ? right : left.kind === "bytes" ? left : null;
  if (known !== null) {
    const length = known.bytes.indexOf(0) + 1;
    if (length > size) return { kind: "constant", type: BOOL, value: negated ? 1n : 0n, at };
    const exact: Expression = { ...known, bytes: known.bytes.slice(0, length) };
    return { kind: "same-bytes", type: BOOL, size: length, negated, left: known === right ? left : right, right: exact, at };
  }
  return { kind: "same-text", type: BOOL, size, negated, left, right, at };
}

/** `name.startsWith("/etc")`, `name.charCodeAt(0)`; null when the object is no text. */
export function textMethod(
  fn: FunctionState,
  object: Expression,
  property: Syntax.Identifier,
  node: Syntax.CallExpression,
): Expression | null {
  const to = textOf(object.type);
  if (to === null) return null;
  switch (property.name) {
    case "startsWith": {
      const [argument] = argumentsOf(fn, node, "startsWith", ["text"], 'startsWith("text")') ?? [];
      if (argument === undefined) return errorAt(node);
      if (argument.type === "StringLiteral") return compared(fn, object, argument, true, false, node);
      fn.reporter.report("SK2206", spanOf(argument), { what: "the text of startsWith" });
      return errorAt(node);
    }
    case "charCodeAt": {
      const [argument] = argumentsOf(fn, node, "charCodeAt", ["index"], "charCodeAt(index): u8") ?? [];
      if (argument === undefined) return errorAt(node);
      const whole = coerce(fn, object, reference(to, "stack", false));
      const index = expression(fn, argument, null);
      if (whole.type.kind === "error" || index.type.kind === "error") return errorAt(node);
      return byteAt(fn, whole, to, index, node);
    }
    default: {
      const instead = "it has startsWith(text) and charCodeAt(index), and is compared by ===";
      fn.reporter.report("SK2009", spanOf(property), { type: typeName(to), name: property.name, instead });
      return errorAt(node);
    }
  }
}

function byteAt(fn: FunctionState, object: Expression, to: ArrayType, index: Expression, node: Syntax.Node): Expression {
  const at = spanOf(node);
  if (index.kind !== "literal" && index.type.kind !== "int") {
    const instead = "index with an integer";
    fn.reporter.report("SK2101", index.at, { expected: "an integer", found: typeName(index.type), instead });
    return errorAt(node);
  }
  const { min, max } = rangeOf(fn, index);
  if (min < 0n || max >= BigInt(to.length)) {
    const mask = 2 ** Math.floor(Math.log2(to.length)) - 1;
    fn.reporter.report("SK2113", index.at, { range: min === max ? min : `${min} … ${max}`, length: to.length, mask });
    return errorAt(node);
  }
  const memory = object.type.kind === "reference" ? (object.type.memory ?? "stack") : "stack";
  const byte = { stored: INTS.u8, type: readAs(INTS.u8, memory), constant: true, at } as const;
  if (index.kind === "literal") return { kind: "member", object, offset: Number(index.value), ...byte };
  return { kind: "element", object, index: converted(index, INTS.u64), array: to, ...byte };
}
