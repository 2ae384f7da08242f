/** Checks `x ??= value`, `x &&= value` and `x ||= value`: an assignment that is made where the left side is null, true or false. */

import type * as Syntax from "@babel/types";
import { assigned } from "./assignments.ts";
import { negated } from "./conditions.ts";
import { spanOf } from "./report.ts";
import type { FunctionState } from "./state.ts";
import type { Expression, Place, Statement } from "./tree.ts";
import { walk } from "./tree-walk.ts";
import { BOOL, isNullable, typeName } from "./types.ts";

export function logicalAssignment(
  fn: FunctionState,
  target: Place,
  operator: "??" | "&&" | "||",
  right: Syntax.Node,
  node: Syntax.Node,
): readonly Statement[] {
  const test = condition(fn, target, operator, node);
  if (test === null) return [];
  if (!isPlain(target)) {
    const instead = "write if (…) and an assignment: the left side would be computed twice";
    fn.reporter.report("SK1101", target.at, { what: `${operator}= on what is computed`, instead });
    return [];
  }
  // Where x was there already it is there still; else it is as the value is.
  const [then] = assigned(fn, target, right, node);
  return then === undefined ? [] : [{ kind: "if", test, then, otherwise: null, at: spanOf(node) }];
}

/** When the assignment is made; null, with a report, when the left side has no such thing. */
function condition(fn: FunctionState, target: Place, operator: "??" | "&&" | "||", node: Syntax.Node): Expression | null {
  if (operator === "??") {
    if (isNullable(target.type)) return { kind: "is-null", type: BOOL, negated: false, operand: target, at: target.at };
    fn.reporter.report("SK2304", target.at, { what: target.kind === "local" ? target.local.name : "the left side of ??=" });
    return null;
  }
  if (target.type.kind === "bool") return operator === "&&" ? target : negated(target, target.at);
  const instead = "it takes bools: write if (…) and an assignment";
  fn.reporter.report("SK2104", spanOf(node), { operator: `${operator}=`, found: typeName(target.type), instead });
  return null;
}

/** Computing it twice does nothing twice. */
function isPlain(target: Place): boolean {
  let plain = true;
  walk(target, ({ kind }) => {
    if (kind === "call" || kind === "helper" || kind === "extern" || kind.startsWith("map-") || kind.endsWith("-call"))
      plain = false;
  });
  return plain;
}
