/** Checks struct and array literals: values for places whose type is known. */

import type * as Syntax from "@babel/types";
import { coerce } from "./conversions.ts";
import { expression, typed } from "./expressions.ts";
import { spanOf } from "./report.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression } from "./tree.ts";
import { type Field, readAs, reference, type StoredType, typeName, type ValueType } from "./types.ts";
import { unsupported } from "./unsupported.ts";

/** A value for bytes of a stored type: of its value type. */
export function storedValue(fn: FunctionState, node: Syntax.Node, type: StoredType): Expression {
  return typed(fn, node, placeType(type));
}

/** What a place of a stored type takes: for structs and arrays, a reference into any memory. */
export function placeType(type: StoredType): ValueType {
  return type.kind === "struct" || type.kind === "array" ? reference(type, null, false) : readAs(type, "stack");
}

export function structLiteral(fn: FunctionState, node: Syntax.ObjectExpression, expected: ValueType | null): Expression {
  if (expected?.kind !== "reference" || expected.to.kind !== "struct") {
    if (
      expected?.kind === "int" ||
      expected?.kind === "bool" ||
      (expected?.kind === "reference" && expected.to.kind === "array")
    ) {
      const instead = `write a value of the type ${typeName(expected)}`;
      fn.reporter.report("SK2101", spanOf(node), { expected: typeName(expected), found: "a struct", instead });
    } else if (expected?.kind !== "error") {
      fn.reporter.report("SK1101", spanOf(node), { ...unsupported(node.type) });
    }
    return errorAt(node);
  }
  const struct = expected.to;
  const names = struct.fields.map((field) => field.name).join(", ");
  const fields: { field: Field; value: Expression }[] = [];
  let good = true;
  for (const property of node.properties) {
    const named = fieldOf(fn, property);
    if (named === null) {
      good = false;
      continue;
    }
    const field = struct.fields.find((candidate) => candidate.name === named.name);
    if (field === undefined) {
      fn.reporter.report("SK2108", spanOf(named.key), { type: struct.name, name: named.name, fields: names });
      good = false;
      continue;
    }
    if (fields.some((other) => other.field === field)) {
      fn.reporter.report("SK2002", spanOf(named.key), { name: named.name, line: spanOf(node).line });
      good = false;
      continue;
    }
    const value = storedValue(fn, named.value, field.type);
    if (value.type.kind === "error") good = false;
    fields.push({ field, value });
  }
  for (const field of struct.fields) {
    const there = node.properties.some((property) => property.type === "ObjectProperty" && keyOf(property) === field.name);
    if (there || node.properties.some((property) => property.type === "SpreadElement")) continue;
    fn.reporter.report("SK2107", spanOf(node), { type: struct.name, name: field.name, fields: names });
    good = false;
  }
  if (!good) return errorAt(node);
  return { kind: "struct", type: reference(struct, "stack", false), struct, fields, at: spanOf(node) };
}

function keyOf(property: Syntax.ObjectProperty): string | null {
  if (property.computed) return null;
  return property.key.type === "Identifier"
    ? property.key.name
    : property.key.type === "StringLiteral"
      ? property.key.value
      : null;
}

function fieldOf(
  fn: FunctionState,
  property: Syntax.ObjectExpression["properties"][number],
): { name: string; key: Syntax.Node; value: Syntax.Node } | null {
  if (property.type === "ObjectProperty") {
    const name = keyOf(property);
    if (name !== null) return { name, key: property.key, value: property.value };
    fn.reporter.report("SK1101", spanOf(property), { what: "a computed field", instead: "write the field's name" });
  } else {
    const what =
      property.type === "SpreadElement"
        ? unsupported(property.type)
        : { what: "a method", instead: "write a function at the top level" };
    fn.reporter.report("SK1101", spanOf(property), what);
  }
  return null;
}

export function arrayLiteral(fn: FunctionState, node: Syntax.ArrayExpression, expected: ValueType | null): Expression {
  if (expected?.kind !== "reference" || expected.to.kind !== "array" || expected.to.name !== null) {
    if (expected?.kind === "reference" && expected.to.kind === "array") {
      const instead = expected.to.name === "MacAddress" ? 'write mac("02:00:00:00:00:01")' : 'write ipv6("2001:db8::1")';
      fn.reporter.report("SK2101", spanOf(node), { expected: typeName(expected), found: "an array", instead });
    } else if (expected?.kind !== "error") {
      fn.reporter.report("SK1101", spanOf(node), { ...unsupported(node.type) });
    }
    return errorAt(node);
  }
  const array = expected.to;
  const elements = node.elements.map((item): Expression => {
    if (item === null || item.type === "SpreadElement") {
      fn.reporter.report("SK1101", spanOf(item ?? node), {
        what: item === null ? "a hole" : "spread",
        instead: "write the elements out",
      });
      return errorAt(item ?? node);
    }
    return coerce(fn, expression(fn, item, placeType(array.element)), placeType(array.element));
  });
  if (elements.length !== array.length) {
    fn.reporter.report("SK2109", spanOf(node), { type: typeName(array), expected: array.length, found: elements.length });
    return errorAt(node);
  }
  if (elements.some((value) => value.type.kind === "error")) return errorAt(node);
  return { kind: "array", type: reference(array, "stack", false), array, elements, at: spanOf(node) };
}
