/** Goes through the parts of an expression of the typed tree, whatever its kind. */

import type { Expression } from "./tree.ts";

/** Calls `visit` for each expression right inside of another one, in the order in which they are computed. */
export function forEachPart(value: Expression, visit: (part: Expression) => void): void {
  for (const part of Object.values(value) as unknown[]) look(part, visit);
}

/** Parts stand in a property, in a list, or in a list of pairs with a field. */
function look(candidate: unknown, visit: (part: Expression) => void): void {
  if (Array.isArray(candidate)) {
    for (const item of candidate) {
      if (isExpression(item)) visit(item);
      else if (typeof item === "object" && item !== null && "value" in item && isExpression(item.value)) visit(item.value);
    }
  } else if (isExpression(candidate)) visit(candidate);
}

/** Types, declarations and fields have no place, or no kind of their own. */
function isExpression(candidate: unknown): candidate is Expression {
  return (
    typeof candidate === "object" &&
    candidate !== null &&
    "kind" in candidate &&
    typeof candidate.kind === "string" &&
    "type" in candidate &&
    "at" in candidate
  );
}
