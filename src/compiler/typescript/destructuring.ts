/**
 * Checks assignments to patterns, `({ a, b: s.b } = x)` and `[first, , third] = xs`: what is on the right once, then each part in turn, as in JavaScript.
 * `[a, b] = [b, a]` computes all values before it assigns the first.
 */

import type * as Syntax from "@babel/types";
import { elementAt, memberOf } from "./access.ts";
import { assignedValue, place, placedType } from "./assignments.ts";
import { present } from "./conditions.ts";
import { coerce, named, settled } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { isFresh } from "./locals.ts";
import { takeApart } from "./patterns.ts";
import { spanOf } from "./report.ts";
import type { FunctionState } from "./state.ts";
import type { Expression, Local, Place, Statement } from "./tree.ts";
import { typeName, type ValueType } from "./types.ts";

export function assignPattern(
  fn: FunctionState,
  pattern: Syntax.ObjectPattern | Syntax.ArrayPattern,
  right: Syntax.Expression,
): readonly Statement[] {
  if (pattern.type === "ArrayPattern" && right.type === "ArrayExpression") return exchanged(fn, pattern, right);
  return into(fn, pattern, expression(fn, right, null));
}

/** `[a, b] = [b, a]` */
function exchanged(fn: FunctionState, pattern: Syntax.ArrayPattern, right: Syntax.ArrayExpression): readonly Statement[] {
  const { elements } = right;
  if (elements.length !== pattern.elements.length) {
    const type = `a pattern of ${pattern.elements.length} parts`;
    fn.reporter.report("SK2109", spanOf(right), { type, expected: pattern.elements.length, found: elements.length });
    return [];
  }
  const kept: Statement[] = [];
  const parts: (() => readonly Statement[])[] = [];
  for (const [index, element] of elements.entries()) {
    const part = pattern.elements[index];
    if (element === null || element.type === "SpreadElement") {
      return refuse(fn, element ?? right, element === null ? "a hole" : "spread", "write the values out");
    }
    if (part === null || part === undefined) return refuse(fn, right, "a value that nothing takes", "leave it out on both sides");
    // Where the part has a type, its value takes that.
    const target = part.type === "Identifier" || part.type === "MemberExpression" ? place(fn, part) : null;
    const given = expression(fn, element, target === null ? null : placedType(target));
    const fitted = named(fn, target === null ? settled(fn, given) : coerce(fn, given, placedType(target)));
    if (fitted.type.kind === "error") return [];
    const isHeld = target !== null && target.kind !== "local" && holdsBytes(placedType(target));
    const value = isHeld && !isFresh(fitted) ? copied(fitted) : fitted;
    const { at } = value;
    const local: Local = { name: `value ${index + 1}`, type: value.type, mutable: false, own: false, at };
    kept.push({ kind: "declare", local, value, at });
    if (value.type.kind === "reference") fn.alias(local, value);
    const name: Expression = { kind: "local", local, type: value.type, at };
    const whole = isFresh(value) ? copied(name) : name;
    parts.push(() => (target === null ? into(fn, part, whole) : assignedValue(fn, target, whole, part)));
  }
  return [...kept, ...parts.flatMap((assign) => assign())];
}

/** A place that holds a struct or array itself: what is assigned first must not change what is assigned next. */
function holdsBytes(type: ValueType): boolean {
  return type.kind === "reference" && type.memory === "stack";
}

function copied(value: Expression): Expression {
  if (value.type.kind !== "reference") return value;
  return { kind: "copied", type: { ...value.type, memory: "stack" }, operand: value, at: value.at };
}

/** Assigns a value, or parts of it, to what a pattern names. */
function into(fn: FunctionState, pattern: Syntax.Node, value: Expression): readonly Statement[] {
  return fn.nested(pattern, [], () => {
    switch (pattern.type) {
      case "ObjectPattern":
        return taken(fn, value, (object) => pattern.properties.flatMap((part) => field(fn, part, object)));
      case "ArrayPattern":
        return taken(fn, value, (object) => elements(fn, pattern, object));
      case "Identifier":
      case "MemberExpression": {
        const target: Place | null = place(fn, pattern);
        return target === null ? [] : assignedValue(fn, target, coerce(fn, value, placedType(target)), pattern);
      }
      case "AssignmentPattern":
        return refuse(fn, pattern, "a default in destructuring", "leave it out: a field is always there");
      default:
        return refuse(fn, pattern, "this pattern", "assign to variables, fields and elements: ({ a, b: s.c } = x)");
    }
  });
}

function taken(fn: FunctionState, whole: Expression, take: (object: Expression) => readonly Statement[]): readonly Statement[] {
  return present(fn, whole) ? takeApart(fn, whole, take) : [];
}

function field(
  fn: FunctionState,
  property: Syntax.ObjectPattern["properties"][number],
  object: Expression,
): readonly Statement[] {
  if (property.type === "RestElement") return refuse(fn, property, "the rest of a struct", "name each part");
  if (property.computed || property.key.type !== "Identifier") return refuse(fn, property, "this pattern", "name the field");
  return into(fn, property.value, memberOf(fn, object, property.key, property.key));
}

function elements(fn: FunctionState, pattern: Syntax.ArrayPattern, object: Expression): readonly Statement[] {
  const { type } = object;
  if (type.kind !== "reference" || type.to.kind !== "array") {
    const instead = "take a struct apart by the names of its fields: ({ a, b } = x)";
    fn.reporter.report("SK2101", spanOf(pattern), { expected: "an array", found: typeName(type), instead });
    return [];
  }
  const { to: array } = type;
  return pattern.elements.flatMap((part, index): readonly Statement[] => {
    if (part === null) return [];
    if (part.type === "RestElement") return refuse(fn, part, "the rest of an array", "name each part");
    if (index < array.length) return into(fn, part, elementAt(object, array, index, part));
    const { length } = array;
    fn.reporter.report("SK2109", spanOf(part), { type: typeName(array), expected: length, found: pattern.elements.length });
    return [];
  });
}

function refuse(fn: FunctionState, node: Syntax.Node, what: string, instead: string): readonly Statement[] {
  fn.reporter.report("SK1101", spanOf(node), { what, instead });
  return [];
}
