/** Checks `switch` on integers. */

import type * as Syntax from "@babel/types";
import { coerce, converted, refused, settled } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { meaning, promoted } from "./numbers.ts";
import { spanOf } from "./report.ts";
import type { FunctionState, Jump } from "./state.ts";
import { statements, withoutAssigned } from "./statements.ts";
import type { Statement, SwitchCase } from "./tree.ts";
import { INTS, type IntType } from "./types.ts";

export function switchStatement(fn: FunctionState, node: Syntax.SwitchStatement): Statement {
  const at = spanOf(node);
  let value = settled(fn, expression(fn, node.discriminant, null));
  let type: IntType = INTS.u32;
  if (value.type.kind === "int") {
    type = value.type.name === "Ipv4Address" ? value.type : promoted(value.type);
    value = converted(value, type);
  } else {
    value = refused(fn, value, "switch", "it takes integers: write if … else");
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
    const key = branch.test ? caseValue(fn, branch.test, type) : null;
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
