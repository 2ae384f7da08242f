/**
 * Checks `object?.field`. In JavaScript it gives undefined, where the language has null alone; so it stands only where the two
 * are the same: left of `??`, in conditions, and in comparisons with something that is there.
 */

import type * as Syntax from "@babel/types";
import { elementOf, memberOf } from "./access.ts";
import { settled, unify } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { spanOf } from "./report.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression, Local } from "./tree.ts";
import { mayCompareWithNull, NULL, typeName, type ValueType, withoutNull } from "./types.ts";

/** An expression where null and undefined are the same. */
export function perhaps(fn: FunctionState, node: Syntax.Node, expected: ValueType | null): Expression {
  return node.type === "OptionalMemberExpression"
    ? fn.nested(node, errorAt(node), () => optional(fn, node))
    : expression(fn, node, expected);
}

/** The object in a name of its own, known to be there, for what is computed only then. */
export function whenThere(object: Expression): { readonly local: Local; readonly there: Expression } {
  const { type, at } = object;
  const local: Local = { name: "?", type, mutable: false, own: false, at };
  return { local, there: { kind: "local", local, type: withoutNull(type), at } };
}

/** `a?.b.c`: of a chain, all that follows the question mark is read only when there is something to read. */
function optional(fn: FunctionState, node: Syntax.OptionalMemberExpression): Expression {
  const steps = [node];
  let first = node;
  while (!first.optional && first.object.type === "OptionalMemberExpression") steps.unshift((first = first.object));
  const object = perhaps(fn, first.object, null);
  if (object.type.kind === "error") return object;
  if (!mayCompareWithNull(object.type)) {
    const what = object.kind === "local" ? object.local.name : `this ${typeName(object.type)}`;
    fn.reporter.report("SK2304", object.at, { what });
    return errorAt(node);
  }
  const { local, there } = whenThere(object);
  let value = there;
  for (const step of steps) {
    value =
      !step.computed && step.property.type === "Identifier"
        ? memberOf(fn, value, step.property, step)
        : elementOf(fn, value, step);
  }
  value = settled(fn, value);
  const type = unify(value.type, NULL);
  if (type === null || value.type.kind === "error") return errorAt(node);
  return { kind: "optional", type, object, local, value, at: spanOf(node) };
}
