/** Checks struct and array literals: values for places whose type is known. */

import type * as Syntax from "@babel/types";
import { storedType, typeMeaning } from "./annotations.ts";
import { present } from "./conditions.ts";
import { coerce } from "./conversions.ts";
import { expression, typed } from "./expressions.ts";
import { DYNPTR } from "./library/objects.ts";
import { meaning } from "./numbers.ts";
import { spanOf } from "./report.ts";
import { refuseCopy } from "./special.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression } from "./tree.ts";
import { type ArrayType, type Field, readAs, reference, type StoredType, typeName, type ValueType } from "./types.ts";
import { unsupported } from "./unsupported.ts";

/** A value for bytes of a stored type: of its value type. */
export function storedValue(fn: FunctionState, node: Syntax.Node, type: StoredType): Expression {
  // A pointer that is not there yet.
  if (type.kind === "struct" && type.kptr !== undefined && node.type === "NullLiteral")
    return { kind: "struct", type: reference(type, "stack", false), struct: type, fields: [], at: spanOf(node) };
  const value = typed(fn, node, placeType(type));
  return refuseCopy(fn, value) ? errorAt(node) : value;
}

/** What a place of a stored type takes: for structs and arrays, a reference into any memory, of which a copy is made. */
export function placeType(type: StoredType): ValueType {
  return type.kind === "struct" || type.kind === "array" ? reference(type, "stack", false) : readAs(type, "stack");
}

export function structLiteral(fn: FunctionState, node: Syntax.ObjectExpression, wanted: ValueType | null): Expression {
  const [first] = node.properties;
  const base = first?.type === "SpreadElement" ? spreadOf(fn, first, wanted) : null;
  if (base?.type.kind === "error") return base;
  // The type of what is copied is the copy's.
  const expected = base !== null && wanted === null ? base.type : wanted;
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
  for (const property of base === null ? node.properties : node.properties.slice(1)) {
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
    if (value.type.kind === "error" || !fitsBits(fn, value, field)) good = false;
    fields.push({ field, value });
  }
  if (struct.union === true && base === null && fields.length !== 1 && good) {
    fn.reporter.report("SK2117", spanOf(node), { type: struct.name, found: fields.length, fields: names });
    return errorAt(node);
  }
  for (const field of struct.union === true ? [] : struct.fields) {
    const there = node.properties.some((property) => property.type === "ObjectProperty" && keyOf(property) === field.name);
    if (there || base !== null || node.properties.some((property) => property.type === "SpreadElement")) continue;
    fn.reporter.report("SK2107", spanOf(node), { type: struct.name, name: field.name, fields: names });
    good = false;
  }
  if (!good) return errorAt(node);
  const at = spanOf(node);
  const type = reference(struct, "stack", false);
  if (base === null) return { kind: "struct", type, struct, fields, at };
  if (fields.length === 0) return { kind: "copied", type, operand: base, at };
  return { kind: "struct", type, struct, fields, base, at };
}

/** A constant must fit a bit-field; of other numbers the low bits are kept. */
function fitsBits(fn: FunctionState, value: Expression, { bits }: Field): boolean {
  if (bits === undefined || value.kind !== "constant" || bits.type.kind !== "int") return true;
  const number = meaning(value.value, bits.type);
  const [min, max] = bits.type.signed
    ? [-(1n << BigInt(bits.bits - 1)), (1n << BigInt(bits.bits - 1)) - 1n]
    : [0n, (1n << BigInt(bits.bits)) - 1n];
  if (number >= min && number <= max) return true;
  fn.reporter.report("SK2201", value.at, { value: number, type: `Bits<${bits.type.name}, ${bits.bits}>`, min, max });
  return false;
}

/** `{ ...other }`: a struct that is copied, of the type that is wanted. */
function spreadOf(fn: FunctionState, node: Syntax.SpreadElement, wanted: ValueType | null): Expression {
  const value = expression(fn, node.argument, null);
  if (!present(fn, value)) return errorAt(node);
  if (value.type.kind === "reference" && value.type.to.kind === "struct") {
    return wanted?.kind === "reference" && wanted.to.kind === "struct"
      ? coerce(fn, value, { ...wanted, memory: "stack", nullable: false })
      : value;
  }
  const instead = "only structs are spread: name the fields";
  fn.reporter.report("SK2104", value.at, { operator: "...", found: typeName(value.type), instead });
  return errorAt(node);
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

/** How values of arrays with a text form are written. */
const WRITTEN: Readonly<Record<NonNullable<ArrayType["name"]>, string>> = {
  MacAddress: 'write mac("02:00:00:00:00:01")',
  Ipv6Address: 'write ipv6("2001:db8::1")',
  FixedString: 'write "text"',
};

/** `[...other]`: a copy of an array. */
function arrayCopy(fn: FunctionState, node: Syntax.SpreadElement, whole: Syntax.Node): Expression {
  const value = expression(fn, node.argument, null);
  if (!present(fn, value)) return errorAt(whole);
  if (value.type.kind === "reference" && value.type.to.kind === "array") {
    return { kind: "copied", type: reference(value.type.to, "stack", false), operand: value, at: spanOf(whole) };
  }
  const instead = "only arrays are spread here";
  fn.reporter.report("SK2104", value.at, { operator: "...", found: typeName(value.type), instead });
  return errorAt(whole);
}

export function arrayLiteral(fn: FunctionState, node: Syntax.ArrayExpression, expected: ValueType | null): Expression {
  const [first] = node.elements;
  if (first?.type === "SpreadElement" && node.elements.length === 1) return arrayCopy(fn, first, node);
  if (expected?.kind !== "reference" || expected.to.kind !== "array" || expected.to.name !== null) {
    if (expected?.kind === "reference" && expected.to.kind === "array" && expected.to.name !== null) {
      const instead = WRITTEN[expected.to.name];
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

/** `zeroed<Event>()`: a struct or array of its own whose bytes are all zero. */
export function zeroed(fn: FunctionState, node: Syntax.CallExpression): Expression {
  const [given, more] = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  const refuse = (at: Syntax.Node, problem: string) => {
    fn.reporter.report("SK3003", spanOf(at), { problem, instead: "write zeroed<Event>()" });
    return errorAt(node);
  };
  if (given === undefined || more !== undefined || node.arguments.length > 0)
    return refuse(node, "zeroed takes the type of a struct or an array, and no arguments");
  const known = given.type === "TSTypeReference" ? typeMeaning(fn.module, given.typeName) : null;
  const stored = known?.kind === "dynptr" ? DYNPTR : storedType(fn.module, given);
  if (stored === null) return errorAt(node);
  if (stored.kind !== "struct" && stored.kind !== "array")
    return refuse(given, `${typeName(stored)} is no struct, and no array: write 0`);
  return { kind: "zeroed", type: reference(stored, "stack", false), at: spanOf(node) };
}
