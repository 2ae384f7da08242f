/** Goes through the typed tree, whatever kinds of nodes it has. */

import type { Expression, Statement } from "./tree.ts";

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

type TreeNode = Expression | Statement;

/** Properties that lead out of the tree: to declarations, types and tables. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  "type", "path", "info", "configs", "stored", "field", "struct", "array", "map", "header", "hook", "function", "iterator", "local", "extern", "helper", "at", "result",
]); // biome-ignore format: a list

/** Calls `visit` with each statement and expression in some part of a tree, those of called functions not included. */
export function walk(root: unknown, visit: (node: TreeNode) => void): void {
  const open: unknown[] = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) {
      open.push(...next);
      continue;
    }
    if (next === null || typeof next !== "object" || next instanceof Uint8Array) continue;
    if ("kind" in next && typeof next.kind === "string" && "at" in next) visit(next as TreeNode);
    for (const [key, value] of Object.entries(next)) {
      if (typeof value === "object" && value !== null && !ELSEWHERE.has(key)) open.push(value);
    }
  }
}
