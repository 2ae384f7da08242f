/** Checks `switch` on integers, and on texts, which are compared with one case after the other. */

import type * as Syntax from "@babel/types";
import { coerce, converted, refused, settled } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { meaning, promoted } from "./numbers.ts";
import { spanOf } from "./report.ts";
import type { FunctionState, Jump } from "./state.ts";
import { statements, withoutAssigned } from "./statements.ts";
import { isTextual, literalComparison } from "./strings.ts";
import type { Expression, Statement, SwitchCase } from "./tree.ts";
import { INTS, type IntType } from "./types.ts";

export function switchStatement(fn: FunctionState, node: Syntax.SwitchStatement): Statement {
  const at = spanOf(node);
  let value = settled(fn, expression(fn, node.discriminant, null));
  let type: IntType = INTS.u32;
  const texts = isTextual(value.type) ? textCases(fn, node, value) : null;
  if (texts !== null) value = texts.number;
  else if (value.type.kind === "int") {
    type = value.type.name === "Ipv4Address" ? value.type : promoted(value.type);
    value = converted(value, type);
  } else {
    value = refused(fn, value, "switch", "it takes integers and texts: write if … else");
  }
  const start = withoutAssigned(fn, node);
  const entered = fn.reachable;
  const jump: Jump = { target: { label: null }, loop: false, plain: true, broken: false };
  const seen = new Set<bigint>();
  const cases: SwitchCase[] = [];
  let hasDefault = false;
  fn.jumps.push(jump);
  fn.reachable = false;
  for (const branch of node.cases) {
    hasDefault ||= !branch.test;
    const key = branch.test ? (texts === null ? caseValue(fn, branch.test, type) : (texts.keys.get(branch) ?? null)) : null;
    if (key !== null && seen.has(key)) {
      fn.reporter.report("SK2306", spanOf(branch.test ?? branch), { value: meaning(key, type) });
    }
    if (key !== null) seen.add(key);
    fn.reachable = entered;
    fn.facts = start;
    const declares = branch.consequent.find((inner) => inner.type === "VariableDeclaration");
    if (declares !== undefined) {
      fn.reporter.report("SK1101", spanOf(declares), {
        what: "a declaration directly in a case",
        instead: "put the case in braces: case 1: { … }",
      });
    }
    const body = fn.inBlock(() => statements(fn, branch.consequent));
    if (key !== null || !branch.test) cases.push({ value: key, body });
  }
  fn.jumps.pop();
  const fallsOut = node.cases.length === 0 || fn.reachable;
  fn.reachable = entered && (fallsOut || jump.broken || !hasDefault);
  fn.facts = start;
  return { kind: "switch", target: jump.target, value, cases, at };
}

/** Null, with a report, when it is no constant of the type. */
function caseValue(fn: FunctionState, node: Syntax.Expression, type: IntType): bigint | null {
  const given = coerce(fn, expression(fn, node, type), type);
  if (given.kind === "constant") return given.value;
  if (given.type.kind !== "error") fn.reporter.report("SK2206", spanOf(node), { what: "a case" });
  return null;
}

/** Texts of cases as numbers in their order, and the number of the one that a text is. */
function textCases(
  fn: FunctionState,
  node: Syntax.SwitchStatement,
  text: Expression,
): { readonly number: Expression; readonly keys: ReadonlyMap<Syntax.SwitchCase, bigint> } {
  const at = spanOf(node);
  const constant = (value: bigint): Expression => ({ kind: "constant", type: INTS.u32, value, at });
  const keys = new Map<Syntax.SwitchCase, bigint>();
  const tests: Expression[] = [];
  const seen = new Set<string>();
  const isNamed = text.kind === "local" || text.kind === "member" || text.kind === "kernel-field";
  if (!isNamed) {
    const instead = "give it a name first: const name = …";
    fn.reporter.report("SK2104", text.at, { operator: "switch", found: "a text that is made here", instead });
  }
  for (const branch of isNamed ? node.cases : []) {
    const { test } = branch;
    if (!test) continue;
    if (test.type !== "StringLiteral") {
      if (expression(fn, test, text.type).type.kind !== "error") fn.reporter.report("SK2206", spanOf(test), { what: "a case" });
      continue;
    }
    if (seen.has(test.value)) fn.reporter.report("SK2306", spanOf(test), { value: JSON.stringify(test.value) });
    seen.add(test.value);
    const equal = literalComparison(fn, comparison(node.discriminant, test));
    if (equal === null || equal.type.kind === "error") continue;
    keys.set(branch, BigInt(tests.length));
    tests.push(equal);
  }
  const number = tests.reduceRight<Expression>(
    // biome-ignore lint/suspicious/noThenProperty: a node of the tree, and no promise
    (otherwise, test, index) => ({ kind: "conditional", type: INTS.u32, test, then: constant(BigInt(index)), otherwise, at }),
    constant(BigInt(tests.length)),
  );
  return { number, keys };
}

/** `left === right`, where the case stands. */
function comparison(left: Syntax.Expression, right: Syntax.StringLiteral): Syntax.BinaryExpression {
  return { type: "BinaryExpression", operator: "===", left, right, ...(right.loc ? { loc: right.loc } : {}) };
}
