/** Takes structs and arrays apart: `const { a, b: { c } } = x`, `const [first, , third] = xs`, and the same as parameters and in `for … of`. */

import type * as Syntax from "@babel/types";
import { elementAt, memberOf } from "./access.ts";
import { present } from "./conditions.ts";
import { give } from "./locals.ts";
import { spanOf } from "./report.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression, Local, Statement } from "./tree.ts";
import { typeName } from "./types.ts";

/** Makes the names of a pattern stand for a value, or for parts of it: that once, then each part in turn. */
export function bindPattern(fn: FunctionState, pattern: Syntax.Node, value: Expression, mutable: boolean): readonly Statement[] {
  return fn.nested(pattern, [], () => {
    switch (pattern.type) {
      case "Identifier":
        return give(fn, pattern, value, null, mutable);
      case "ObjectPattern":
        return taken(fn, pattern, value, (object) => pattern.properties.flatMap((part) => field(fn, part, object, mutable)));
      case "ArrayPattern":
        return taken(fn, pattern, value, (object) => elements(fn, pattern, object, mutable));
      default:
        return refuse(fn, pattern, pattern.type === "AssignmentPattern" ? "a default in destructuring" : "this pattern");
    }
  });
}

function refuse(fn: FunctionState, pattern: Syntax.Node, what: string): readonly Statement[] {
  const instead =
    pattern.type === "AssignmentPattern"
      ? "leave it out: a field is always there"
      : "name each part: const { a, b: c } = x, const [first, second] = xs";
  fn.reporter.report("SK1101", spanOf(pattern), { what, instead });
  refuseNames(fn, pattern);
  return [];
}

function taken(
  fn: FunctionState,
  pattern: Syntax.Node,
  whole: Expression,
  take: (object: Expression) => readonly Statement[],
): readonly Statement[] {
  if (present(fn, whole)) return takeApart(fn, whole, take);
  refuseNames(fn, pattern);
  return [];
}

/** The whole has a name before its parts are taken. */
export function takeApart(
  fn: FunctionState,
  whole: Expression,
  take: (object: Expression) => readonly Statement[],
): readonly Statement[] {
  const { type, at } = whole;
  if (type.kind !== "reference" || whole.kind === "local") return take(whole);
  const local: Local = { name: "{ … }", type, mutable: false, own: false, at };
  fn.alias(local, whole);
  return [{ kind: "declare", local, value: whole, at }, ...take({ kind: "local", local, type, at })];
}

function field(
  fn: FunctionState,
  property: Syntax.ObjectPattern["properties"][number],
  object: Expression,
  mutable: boolean,
): readonly Statement[] {
  if (property.type === "RestElement") return refuse(fn, property, "the rest of a struct");
  if (property.computed || property.key.type !== "Identifier") return refuse(fn, property, "this pattern");
  return bindPattern(fn, property.value, memberOf(fn, object, property.key, property.key), mutable);
}

function elements(fn: FunctionState, pattern: Syntax.ArrayPattern, object: Expression, mutable: boolean): readonly Statement[] {
  const { type } = object;
  if (type.kind !== "reference" || type.to.kind !== "array") {
    const instead = "take a struct apart by the names of its fields: const { a, b } = x";
    fn.reporter.report("SK2101", spanOf(pattern), { expected: "an array", found: typeName(type), instead });
    refuseNames(fn, pattern);
    return [];
  }
  const { to: array } = type;
  return pattern.elements.flatMap((element, index): readonly Statement[] => {
    if (element === null) return [];
    if (element.type === "RestElement") return refuse(fn, element, "the rest of an array");
    if (index < array.length) return bindPattern(fn, element, elementAt(object, array, index, element), mutable);
    const { length } = array;
    fn.reporter.report("SK2109", spanOf(element), { type: typeName(array), expected: length, found: pattern.elements.length });
    return bindPattern(fn, element, errorAt(element), mutable);
  });
}

/** The names that a pattern binds. */
export function boundNames(pattern: Syntax.Node): readonly Syntax.Identifier[] {
  const names: Syntax.Identifier[] = [];
  const open: Syntax.Node[] = [pattern];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.type === "Identifier") names.push(node);
    else if (node.type === "ObjectPattern") open.push(...node.properties.toReversed());
    else if (node.type === "ObjectProperty") open.push(node.value);
    else if (node.type === "ArrayPattern") open.push(...node.elements.filter((element) => element !== null).reverse());
    else if (node.type === "AssignmentPattern") open.push(node.left);
    else if (node.type === "RestElement") open.push(node.argument);
  }
  return names;
}

/** So that uses of a refused pattern's names are not reported again. */
export function refuseNames(fn: FunctionState, pattern: Syntax.Node): void {
  for (const id of boundNames(pattern)) fn.scope.set(id.name, { kind: "refused" }, spanOf(id));
}
