/**
 * Conditions, and what they prove: `x !== null` makes x usable where it holds. Facts are the nullable locals that are known
 * not to be null, and bounds of numbers; each condition has those that hold when it is true and those that hold when it is false.
 */

import type * as Syntax from "@babel/types";
import { mayBeNull } from "./conversions.ts";
import { perhaps, whenThere } from "./optional.ts";
import { boundsOf } from "./ranges.ts";
import { type Span, spanOf } from "./report.ts";
import { errorAt, type Fact, type FunctionState } from "./state.ts";
import type { Expression, Local } from "./tree.ts";
import { BOOL, isNullable, mayCompareWithNull, typeName } from "./types.ts";

interface Proof {
  readonly whenTrue: readonly Fact[];
  readonly whenFalse: readonly Fact[];
}

const NOTHING: Proof = { whenTrue: [], whenFalse: [] };

/** What an expression of type bool proves; read off the typed tree. */
function proofOf(test: Expression): Proof {
  switch (test.kind) {
    case "is-null": {
      const there = thereWith(test.operand);
      return test.negated ? { whenTrue: there, whenFalse: [] } : { whenTrue: [], whenFalse: there };
    }
    case "holds":
      return { whenTrue: [...thereWith(test.object), ...proofOf(test.test).whenTrue], whenFalse: [] };
    case "kernel-info":
      return test.info.guard === null ? NOTHING : { whenTrue: [test.info.guard], whenFalse: [] };
    case "not": {
      const { whenTrue, whenFalse } = proofOf(test.operand);
      return { whenTrue: whenFalse, whenFalse: whenTrue };
    }
    case "compare": {
      const [whenTrue, whenFalse] = [boundsOf(test, true), boundsOf(test, false)];
      return { whenTrue: whenTrue === null ? [] : [whenTrue], whenFalse: whenFalse === null ? [] : [whenFalse] };
    }
    case "logical": {
      const [left, right] = [proofOf(test.left), proofOf(test.right)];
      // Of `a || b` false, both are false; of `a || b` true, either is: what both prove, the right one after a failed left.
      if (test.op === "or") {
        const afterLeft = [...left.whenFalse, ...right.whenTrue];
        return {
          whenTrue: left.whenTrue.filter((local) => afterLeft.includes(local)),
          whenFalse: [...left.whenFalse, ...right.whenFalse],
        };
      }
      const afterLeft = [...left.whenTrue, ...right.whenFalse];
      return {
        whenTrue: [...left.whenTrue, ...right.whenTrue],
        whenFalse: left.whenFalse.filter((local) => afterLeft.includes(local)),
      };
    }
    default:
      return NOTHING;
  }
}

/** The locals that are not null when a value is not. */
function thereWith(value: Expression): readonly Local[] {
  if (value.kind === "local") return [value.local];
  return value.kind === "optional" ? thereWith(value.object) : [];
}

/** The facts after a condition came out as `outcome`. */
export function factsAfter(fn: FunctionState, test: Expression, outcome: boolean): ReadonlySet<Fact> {
  const proof = proofOf(test);
  const proven = outcome ? proof.whenTrue : proof.whenFalse;
  return proven.length === 0 ? fn.facts : new Set([...fn.facts, ...proven]);
}

/** Checks something that only runs when the condition came out as `outcome`. */
export function withFacts<T>(fn: FunctionState, test: Expression, outcome: boolean, check: () => T): T {
  const before = fn.facts;
  fn.facts = factsAfter(fn, test, outcome);
  try {
    return check();
  } finally {
    fn.facts = before;
  }
}

/** An expression in a condition: a bool, an integer (not 0) or a reference (not null). */
export function condition(fn: FunctionState, node: Syntax.Node): Expression {
  return fn.nested(node, errorAt(node), () => {
    if (node.type === "ParenthesizedExpression") return condition(fn, node.expression);
    if (node.type === "UnaryExpression" && node.operator === "!") {
      return negated(condition(fn, node.argument), spanOf(node));
    }
    if (node.type === "LogicalExpression" && node.operator !== "??") return logical(fn, node, condition);
    return truth(fn, perhaps(fn, node, BOOL));
  });
}

export function negated(operand: Expression, at: Span): Expression {
  if (operand.kind === "constant") return { ...operand, value: operand.value ^ 1n, at };
  return { kind: "not", type: BOOL, operand, at };
}

/** `a && b`, `a || b`; the right side knows what the left one proved. */
export function logical(
  fn: FunctionState,
  node: Syntax.LogicalExpression,
  side: (fn: FunctionState, node: Syntax.Node) => Expression,
): Expression {
  const op = node.operator === "&&" ? "and" : "or";
  const left = side(fn, node.left);
  const right = withFacts(fn, left, op === "and", () => side(fn, node.right));
  if (left.type.kind === "error" || right.type.kind === "error") return errorAt(node);
  if (left.kind === "constant" && right.kind === "constant") {
    const value = op === "and" ? left.value & right.value : left.value | right.value;
    return { kind: "constant", type: BOOL, value, at: spanOf(node) };
  }
  return { kind: "logical", type: BOOL, op, left, right, at: spanOf(node) };
}

function truth(fn: FunctionState, value: Expression): Expression {
  const { type, at } = value;
  switch (type.kind) {
    case "bool":
    case "error":
      return value;
    case "int":
      return { kind: "truth", type: BOOL, operand: value, at };
    case "literal":
      return { kind: "constant", type: BOOL, value: value.kind === "literal" && value.value !== 0n ? 1n : 0n, at };
    case "null":
      return { kind: "constant", type: BOOL, value: 0n, at };
    case "nullable":
      // What JavaScript takes for false, null and 0 alike, is one thing after `?.`, and of a bool.
      if (type.of.kind === "bool" || value.kind === "optional") {
        const { local, there } = whenThere(value);
        return { kind: "holds", type: BOOL, object: value, local, test: truth(fn, there), at };
      }
      fn.reporter.report("SK2305", at, { found: typeName(type) });
      break;
    case "reference":
      if (type.nullable) return { kind: "is-null", type: BOOL, negated: true, operand: value, at };
      fn.reporter.report("SK2304", at, { what: value.kind === "local" ? value.local.name : "this" });
      break;
    case "map":
      if (type.nullable) return { kind: "is-null", type: BOOL, negated: true, operand: value, at };
      fn.reporter.report("SK2304", at, { what: value.kind === "local" ? value.local.name : "this" });
      break;
    case "kernel":
      if (mayCompareWithNull(type)) return { kind: "is-null", type: BOOL, negated: true, operand: value, at };
      fn.reporter.report("SK2304", at, { what: value.kind === "local" ? value.local.name : "this" });
      break;
    default:
      fn.reporter.report("SK2104", at, { operator: "a condition", found: typeName(type), instead: "compare something" });
  }
  return { kind: "error", type: { kind: "error" }, at };
}

/** Comparison with null. */
export function compareWithNull(fn: FunctionState, operand: Expression, negated: boolean, node: Syntax.Node): Expression {
  const at = spanOf(node);
  if (operand.type.kind === "error") return operand;
  if (!mayCompareWithNull(operand.type)) {
    fn.reporter.report("SK2304", operand.at, {
      what: operand.kind === "local" ? operand.local.name : `this ${typeName(operand.type)}`,
    });
    return errorAt(node);
  }
  return { kind: "is-null", type: BOOL, negated, operand, at };
}

/** A value that must be there. */
export function present(fn: FunctionState, value: Expression): boolean {
  if (!isNullable(value.type)) return value.type.kind !== "error";
  mayBeNull(fn, value);
  return false;
}
