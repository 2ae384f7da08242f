/** Checks unary and binary operators: how integers meet, constant folding, comparison of numbers, addresses and null. */

import type * as Syntax from "@babel/types";
import type { Condition } from "../ir/ir.ts";
import { compareWithNull, condition, logical, negated, present } from "./conditions.ts";
import { converted, literalAs, refused, settled } from "./conversions.ts";
import { expression, literal } from "./expressions.ts";
import { unifyKernel } from "./kernel/pointers.ts";
import { sizeOf } from "./layout.ts";
import { commonType, evaluateExact, evaluateMachine, meaning, operation, promoted } from "./numbers.ts";
import { perhaps, whenThere } from "./optional.ts";
import { spanOf } from "./report.ts";
import { errorAt, type FunctionState } from "./state.ts";
import { literalComparison, textComparison } from "./strings.ts";
import type { Expression } from "./tree.ts";
import {
  BOOL,
  INTS,
  type IntType,
  IPV4_ADDRESS,
  isNullable,
  sameStored,
  typeName,
  type ValueType,
  withoutNull,
} from "./types.ts";

const ARITHMETIC = new Set(["+", "-", "*", "/", "%", "&", "|", "^"]);
const SHIFTS = new Set(["<<", ">>", ">>>"]);
const BITWISE = new Set(["&", "|", "^"]);

/** The condition that a comparison is on unsigned numbers, and on signed ones. */
const COMPARISONS: Readonly<Record<string, readonly [unsigned: Condition, signed: Condition]>> = {
  "===": ["eq", "eq"],
  "!==": ["ne", "ne"],
  "<": ["ult", "slt"],
  "<=": ["ule", "sle"],
  ">": ["ugt", "sgt"],
  ">=": ["uge", "sge"],
};

export function binary(fn: FunctionState, node: Syntax.BinaryExpression, expected: ValueType | null): Expression {
  const { operator } = node;
  if (operator === "==" || operator === "!=") {
    fn.reporter.report("SK1102", spanOf(node), { operator, instead: `${operator}=` });
    return errorAt(node);
  }
  if (ARITHMETIC.has(operator)) {
    const wanted = expected?.kind === "int" ? expected : null;
    return arithmetic(fn, operator, expression(fn, node.left, wanted), expression(fn, node.right, wanted), node);
  }
  if (SHIFTS.has(operator)) {
    return shift(fn, operator, expression(fn, node.left, expected), expression(fn, node.right, null), node, expected);
  }
  if (Object.hasOwn(COMPARISONS, operator)) return compare(fn, node);
  fn.reporter.report("SK1101", spanOf(node), {
    what: `the operator ${operator}`,
    instead: operator === "**" ? "multiply, or shift for powers of two" : "compare with ===",
  });
  return errorAt(node);
}

/** Both operands as integers of one type, or null with a report. */
export function meet(
  fn: FunctionState,
  operator: string,
  left: Expression,
  right: Expression,
): [Expression, Expression, IntType] | null {
  if (left.type.kind === "error" || right.type.kind === "error") return null;
  for (const side of [left, right]) {
    if (side.type.kind === "int" || side.kind === "literal") continue;
    refused(
      fn,
      side,
      operator,
      side.type.kind === "bool" ? "use && and || on conditions, or u32(…) for 1 or 0" : "it takes integers",
    );
    return null;
  }
  let type: IntType | null;
  if (left.type.kind === "int" && right.type.kind === "int") {
    type = commonType(left.type, right.type);
    if (type === null) {
      const [name, other] = [typeName(left.type), typeName(right.type)];
      const unsigned = left.type.signed ? right.type : left.type;
      const cast = unsigned.bits === 64 ? "i64(…) or u64(…)" : "i32(…) or u32(…), or i64(…) to hold both";
      fn.reporter.report(
        "SK2103",
        { ...right.at, line: left.at.line, column: left.at.column },
        { left: name, right: other, cast },
      );
      return null;
    }
  } else {
    const known = left.type.kind === "int" ? left.type : right.type.kind === "int" ? right.type : INTS.u32;
    type = promoted(known);
  }
  const bitwise = BITWISE.has(operator);
  const sides = [left, right].map((side) =>
    side.kind === "literal" ? literalAs(fn, side, type, bitwise) : converted(side, type),
  );
  const [a, b] = sides;
  if (a === undefined || b === undefined || a.type.kind === "error" || b.type.kind === "error") return null;
  return [a, b, type];
}

/** `+ - * / % & | ^`, also of a compound assignment. */
export function arithmetic(
  fn: FunctionState,
  operator: string,
  left: Expression,
  right: Expression,
  node: Syntax.Node,
): Expression {
  if (left.kind === "literal" && right.kind === "literal") return exact(fn, operator, left, right, node);
  const addresses = [left, right].filter((side) => side.type.kind === "int" && side.type.name === "Ipv4Address").length;
  if (addresses > 0 && !(addresses === 2 && BITWISE.has(operator))) {
    fn.reporter.report("SK2104", spanOf(node), {
      operator,
      found: "an Ipv4Address",
      instead: 'its bytes lie in network order: mask it with ipv4("255.255.255.0"), or compute on u32(…) if you know better',
    });
    return errorAt(node);
  }
  const met = meet(fn, operator, left, right);
  if (met === null) return errorAt(node);
  const [a, b, common] = met;
  const op = operation(operator, common);
  if (op === null) return errorAt(node);
  if ((operator === "/" || operator === "%") && b.kind === "constant" && b.value === 0n) {
    fn.reporter.report("SK2205", b.at);
    return errorAt(node);
  }
  const type = addresses === 2 ? IPV4_ADDRESS : common;
  const at = spanOf(node);
  if (a.kind === "constant" && b.kind === "constant") {
    return { kind: "constant", type, value: evaluateMachine(op, a.value, b.value, common), at };
  }
  return { kind: "binary", type, op, left: a, right: b, at };
}

function exact(
  fn: FunctionState,
  operator: string,
  left: Extract<Expression, { kind: "literal" }>,
  right: Extract<Expression, { kind: "literal" }>,
  node: Syntax.Node,
): Expression {
  const value = evaluateExact(operator, left.value, right.value);
  if (value === null) {
    if (operator === "/" || operator === "%") fn.reporter.report("SK2205", right.at);
    else fn.reporter.report("SK2204", right.at, { amount: right.value, max: 64, type: "a positive constant" });
    return errorAt(node);
  }
  if (value >= 1n << 64n || value < -(1n << 63n)) {
    fn.reporter.report("SK2207", spanOf(node));
    return errorAt(node);
  }
  return literal(value, node, (left.complement || right.complement) && BITWISE.has(operator));
}

/** `<< >> >>>`: in the left operand's type; the amount has any integer type. */
export function shift(
  fn: FunctionState,
  operator: string,
  left: Expression,
  right: Expression,
  node: Syntax.Node,
  expected: ValueType | null,
): Expression {
  if (left.type.kind === "error" || right.type.kind === "error") return errorAt(node);
  if (left.kind === "literal" && right.kind === "literal") return exact(fn, operator, left, right, node);
  let value = left;
  if (value.kind === "literal") {
    value = expected?.kind === "int" && expected.bits >= 32 ? literalAs(fn, value, promoted(expected)) : settled(fn, value);
  }
  if (value.type.kind === "error") return value;
  if (value.type.kind !== "int") return refused(fn, left, operator, "it takes integers");
  if (value.type.name === "Ipv4Address") {
    return refused(fn, left, operator, "its bytes lie in network order: shift u32(…) if you know better");
  }
  const type = promoted(value.type);
  // `>>>` gives the unsigned number of its width, as in JavaScript.
  const result = operator === ">>>" && type.signed ? (type.bits === 64 ? INTS.u64 : INTS.u32) : type;
  const op = operation(operator, type);
  if (op === null) return errorAt(node);
  const operand = converted(value, type);
  const at = spanOf(node);
  const fixed =
    right.kind === "literal"
      ? right.value
      : right.kind === "constant" && right.type.kind === "int"
        ? meaning(right.value, right.type)
        : null;
  if (fixed !== null) {
    if (fixed < 0n || fixed >= BigInt(type.bits)) {
      fn.reporter.report("SK2204", right.at, { amount: fixed, max: type.bits - 1, type: typeName(type) });
      return errorAt(node);
    }
    const amount: Expression = { kind: "constant", type, value: fixed, at: right.at };
    if (operand.kind === "constant") {
      return { kind: "constant", type: result, value: evaluateMachine(op, operand.value, fixed, type), at };
    }
    return { kind: "binary", type: result, op, left: operand, right: amount, at };
  }
  if (right.type.kind !== "int") return refused(fn, right, operator, "it takes integers");
  return { kind: "binary", type: result, op, left: operand, right: converted(right, type), at };
}

function compare(fn: FunctionState, node: Syntax.BinaryExpression): Expression {
  const text = literalComparison(fn, node);
  if (text !== null) return text;
  const { operator } = node;
  const equality = operator === "===" || operator === "!==";
  const isNull = node.left.type === "NullLiteral" || node.right.type === "NullLiteral";
  const side = equality && !isNull ? perhaps : expression;
  const left = side(fn, node.left, null);
  const right = side(fn, node.right, null);
  if (left.type.kind === "error" || right.type.kind === "error") return errorAt(node);
  if (equality && (left.type.kind === "null" || right.type.kind === "null")) {
    return compareWithNull(fn, left.type.kind === "null" ? right : left, operator === "!==", node);
  }
  if (equality) {
    // What is null equals nothing that is there.
    const [object, other] = isNullable(left.type) ? [left, right] : [right, left];
    if (isNullable(object.type) && !isNullable(other.type) && (object === left || isPlain(other))) {
      const { local, there } = whenThere(object);
      const test = object === left ? comparison(fn, there, other, "===", node) : comparison(fn, other, there, "===", node);
      if (test.type.kind === "error") return test;
      const holds: Expression = { kind: "holds", type: BOOL, object, local, test, at: spanOf(node) };
      return operator === "===" ? holds : negated(holds, spanOf(node));
    }
  }
  return comparison(fn, left, right, operator, node);
}

/** Whether it makes no difference when, and whether, it is computed. */
function isPlain(value: Expression): boolean {
  switch (value.kind) {
    case "constant":
    case "literal":
    case "bytes":
    case "local":
      return true;
    case "member":
    case "bits":
      return isPlain(value.object);
    default:
      return false;
  }
}

function comparison(
  fn: FunctionState,
  left: Expression,
  right: Expression,
  operator: string,
  node: Syntax.BinaryExpression,
): Expression {
  const equality = operator === "===" || operator === "!==";
  const at = spanOf(node);
  const conditions = COMPARISONS[operator];
  if (equality && conditions !== undefined && isArenaPair(left, right)) {
    return { kind: "compare", type: BOOL, condition: conditions[0], left, right, at };
  }
  if (!present(fn, left) || !present(fn, right)) return errorAt(node);
  if (conditions === undefined) return errorAt(node);
  if (equality && left.type.kind === "bool" && right.type.kind === "bool") {
    return { kind: "compare", type: BOOL, condition: conditions[0], left, right, at };
  }
  if (equality && left.type.kind === "reference" && right.type.kind === "reference") {
    const texts = textComparison(left, right, operator === "!==", node);
    if (texts !== null) return texts;
    const to = left.type.to;
    if (to.kind === "array" && to.element.kind === "int" && to.element.bits === 8 && sameStored(to, right.type.to)) {
      return { kind: "same-bytes", type: BOOL, size: sizeOf(to), negated: operator === "!==", left, right, at };
    }
    fn.reporter.report("SK2104", at, { operator, found: typeName(left.type), instead: "compare its fields" });
    return errorAt(node);
  }
  if (equality && left.type.kind === "kernel" && right.type.kind === "kernel") {
    if (unifyKernel(left.type, right.type) !== null) {
      return { kind: "compare", type: BOOL, condition: conditions[0], left, right, at };
    }
    const instead = `pointers to one type are compared: cast<${typeName(left.type)}>(…)`;
    fn.reporter.report("SK2101", right.at, { expected: typeName(left.type), found: typeName(right.type), instead });
    return errorAt(node);
  }
  if (left.kind === "literal" && right.kind === "literal") {
    return truthValue(compareExact(operator, left.value, right.value), node);
  }
  const isAddress = (side: Expression) => side.type.kind === "int" && side.type.name === "Ipv4Address";
  if (isAddress(left) || isAddress(right)) return compareAddresses(fn, left, right, operator, node);
  const met = meet(fn, operator, left, right);
  if (met === null) return errorAt(node);
  const [a, b, type] = met;
  if (a.kind === "constant" && b.kind === "constant") {
    return truthValue(compareExact(operator, meaning(a.value, type), meaning(b.value, type)), node);
  }
  return { kind: "compare", type: BOOL, condition: type.signed ? conditions[1] : conditions[0], left: a, right: b, at };
}

/** Two pointers into the arena, to structs of one type: whether they are the same, not whether the structs are. Either may be null. */
function isArenaPair({ type: left }: Expression, { type: right }: Expression): boolean {
  if (left.kind !== "reference" || right.kind !== "reference") return false;
  if (left.memory !== "arena" || right.memory !== "arena") return false;
  return left.to.kind === "struct" && sameStored(left.to, right.to);
}

function truthValue(value: boolean, node: Syntax.Node): Expression {
  return { kind: "constant", type: BOOL, value: value ? 1n : 0n, at: spanOf(node) };
}

/** Addresses are equal or not; which is less would depend on the machine. */
function compareAddresses(
  fn: FunctionState,
  left: Expression,
  right: Expression,
  operator: string,
  node: Syntax.BinaryExpression,
): Expression {
  const equality = operator === "===" || operator === "!==";
  const sides = [left, right].map((side) => (side.kind === "literal" ? literalAs(fn, side, IPV4_ADDRESS) : side));
  const [a, b] = sides;
  if (a === undefined || b === undefined || a.type.kind === "error" || b.type.kind === "error") return errorAt(node);
  const numbers = [a, b].every((side) => side.type.kind === "int" && side.type.bits === 32 && !side.type.signed);
  if (!equality || !numbers) {
    const other = a.type.kind === "int" && a.type.name === "Ipv4Address" ? b : a;
    fn.reporter.report("SK2104", spanOf(node), {
      operator,
      found: equality ? `an Ipv4Address and ${typeName(other.type)}` : "an Ipv4Address",
      instead: equality ? 'compare with ipv4("…")' : "its bytes lie in network order: only === and !== mean something",
    });
    return errorAt(node);
  }
  const [l, r] = [converted(a, INTS.u32), converted(b, INTS.u32)];
  return { kind: "compare", type: BOOL, condition: operator === "===" ? "eq" : "ne", left: l, right: r, at: spanOf(node) };
}

function compareExact(operator: string, left: bigint, right: bigint): boolean {
  switch (operator) {
    case "===":
      return left === right;
    case "!==":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    default:
      return left >= right;
  }
}

export function unary(fn: FunctionState, node: Syntax.UnaryExpression, expected: ValueType | null): Expression {
  const { operator } = node;
  const at = spanOf(node);
  if (operator === "!") return negated(condition(fn, node.argument), at);
  if (operator !== "-" && operator !== "+" && operator !== "~") {
    fn.reporter.report("SK1101", at, {
      what: operator,
      instead: operator === "delete" ? "write map.delete(key)" : "remove it",
    });
    return errorAt(node);
  }
  const operand = expression(fn, node.argument, expected);
  if (operand.type.kind === "error") return operand;
  if (operand.kind === "literal") {
    if (operator === "+") return operand;
    return operator === "-" ? literal(-operand.value, node) : literal(~operand.value, node, true);
  }
  if (operand.type.kind !== "int") return refused(fn, operand, operator, "it takes an integer");
  const address = operand.type.name === "Ipv4Address";
  const type = promoted(operand.type);
  const value = converted(operand, type);
  if (operator === "+") return value;
  if (operator === "-") {
    if (!type.signed) {
      const instead = `cast it to ${type.bits === 64 ? "i64" : "i32"} first, or write 0 - x for the wrapped number`;
      return refused(fn, operand, "unary -", instead);
    }
    return minus(value, type, at);
  }
  const ones: Expression = { kind: "constant", type, value: type.bits === 64 ? (1n << 64n) - 1n : 0xffff_ffffn, at };
  const result = address ? IPV4_ADDRESS : type;
  if (value.kind === "constant") {
    return { ...value, type: result, value: evaluateMachine("xor", value.value, ones.value, type) };
  }
  return { kind: "binary", type: result, op: "xor", left: value, right: ones, at };
}

function minus(value: Expression, type: IntType, at: Expression["at"]): Expression {
  if (value.kind === "constant") return { ...value, value: evaluateMachine("sub", 0n, value.value, type), at };
  return { kind: "binary", type, op: "sub", left: { kind: "constant", type, value: 0n, at }, right: value, at };
}

/** `&&` and `||` as a value: both sides are bools, so that it is the same as in JavaScript. */
export function logicalValue(fn: FunctionState, node: Syntax.LogicalExpression): Expression {
  let told = false;
  return logical(fn, node, (state, side) => {
    const value = expression(state, side, BOOL);
    if (value.type.kind === "bool" || value.type.kind === "error") return value;
    // Of `x || 0`, one side tells.
    if (told) return errorAt(side);
    told = true;
    if (node.operator === "||" && isNullable(value.type)) {
      const what = value.kind === "local" ? value.local.name : `this ${typeName(withoutNull(value.type))}`;
      state.reporter.report("SK2301", value.at, { what, instead: "write ?? for what stands for null: x ?? 0" });
      return errorAt(side);
    }
    return refused(state, value, node.operator, "compare the sides (… !== 0), or choose with ?:");
  });
}
