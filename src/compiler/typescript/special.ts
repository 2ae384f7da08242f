/** Checks what is done with fields that the kernel keeps something in: `bpf_spin_lock(v.lock)`, `bpf_timer_start(v.timer, 1000)`. */

import type * as Syntax from "@babel/types";
import { checkCallback } from "./callbacks.ts";
import { argumentsOf } from "./calls.ts";
import { expression, typed } from "./expressions.ts";
import { DYNPTR } from "./library/objects.ts";
import { SPECIAL_TYPES, type SpecialFunction } from "./library/special.ts";
import { spanOf } from "./report.ts";
import { meaningOf, textOf } from "./scopes.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression, MapDeclaration, SpecialArgument } from "./tree.ts";
import { INTS, type StoredType, type StructType, typeName, VOID } from "./types.ts";

export function specialCall(fn: FunctionState, special: SpecialFunction, node: Syntax.CallExpression): Expression {
  const { name, parameters, signature, field } = special;
  const optional = parameters.filter((parameter) => parameter.startsWith("optional")).length;
  const names = ["field", ...parameters];
  const [fieldNode, ...nodes] = argumentsOf(fn, node, name, names, signature, optional) ?? [];
  if (fieldNode === undefined) return errorAt(node);
  const place = expression(fn, fieldNode, null);
  if (place.type.kind === "error") return place;
  const struct = containing(place);
  if (place.type.kind !== "reference" || place.type.to !== SPECIAL_TYPES[field] || struct === null) {
    const instead = `give a value of a map such a field (${field}), and pass that: ${signature}`;
    fn.reporter.report("SK2101", place.at, { expected: `a ${field} in a map's value`, found: typeName(place.type), instead });
    return errorAt(node);
  }
  const given: SpecialArgument[] = [{ kind: "value", value: place }];
  for (const [index, parameter] of parameters.entries()) {
    const argument = argumentOf(fn, special, parameter, nodes[index], struct, node);
    if (argument === null) return errorAt(node);
    given.push(argument);
  }
  const type = special.result === null ? VOID : INTS.i64;
  return { kind: "special-call", type, name, callee: special.callee, arguments: given, at: spanOf(node) };
}

/** The struct around a field that lies in a map, or in what may be one. */
function containing(place: Expression): StructType | null {
  if (place.kind !== "member" || place.object.type.kind !== "reference") return null;
  const { to, memory } = place.object.type;
  return to.kind === "struct" && (memory === "map" || memory === null) ? to : null;
}

function argumentOf(
  fn: FunctionState,
  special: SpecialFunction,
  parameter: SpecialFunction["parameters"][number],
  node: Syntax.Node | undefined,
  struct: StructType,
  call: Syntax.CallExpression,
): SpecialArgument | null {
  if (parameter === "map") {
    const meaning = node === undefined ? null : meaningOf(fn.scope, node);
    if (meaning?.kind === "map" && meaning.map.value !== null && holds(meaning.map.value, struct))
      return { kind: "map", map: meaning.map };
    if (meaning?.kind !== "refused") {
      const found = node === undefined ? "nothing" : textOf(node);
      const instead = `pass the map whose values are ${struct.name}`;
      fn.reporter.report("SK2101", spanOf(node ?? call), { expected: "the map that the field is in", found, instead });
    }
    return null;
  }
  if (parameter === "later") {
    const map = mapOf(fn, struct, special, call);
    if (map === null || node === undefined || map.key === null || map.value === null) return null;
    const callback = checkCallback(fn, node, {
      what: special.name,
      gives: [
        { kind: "map", name: "map", map },
        { kind: "pointer", name: "key", stored: map.key, constant: true },
        { kind: "pointer", name: "value", stored: map.value, constant: false },
      ],
      state: null,
      later: true,
    });
    return callback === null ? null : { kind: "callback", callback };
  }
  const type = parameter === "optional u32" ? INTS.u32 : INTS.u64;
  if (node === undefined) return { kind: "value", value: { kind: "constant", type, value: 0n, at: spanOf(call) } };
  const value = typed(fn, node, type);
  return value.type.kind === "error" ? null : { kind: "value", value };
}

/** The map that a value lies in: known when only one has such values. */
function mapOf(
  fn: FunctionState,
  struct: StructType,
  special: SpecialFunction,
  call: Syntax.CallExpression,
): MapDeclaration | null {
  const maps = new Set<MapDeclaration>();
  for (const name of fn.module.values.names()) {
    const meaning = fn.module.values.look(name);
    if (meaning?.kind === "map" && meaning.map.value !== null && holds(meaning.map.value, struct)) maps.add(meaning.map);
  }
  const [only] = maps;
  if (only !== undefined && maps.size === 1) return only;
  const found = maps.size === 0 ? "no map of this file" : `${maps.size} maps of this file`;
  fn.reporter.report("SK2406", spanOf(call), {
    problem: `${found} ${maps.size === 1 ? "has" : "have"} values of ${struct.name}, and ${special.name} calls back with an entry of one`,
    instead: "declare the map in this file, with a type for its values that no other map has",
  });
  return null;
}

/** Whether values of the type are or contain the struct. */
function holds(type: StoredType, struct: StructType): boolean {
  if (type === struct) return true;
  return type.kind === "struct" && type.fields.some((field) => holds(field.type, struct));
}

/** Whether values of the type may not be copied: the kernel would refuse to read them. */
export function hasSpecial(type: StoredType): boolean {
  if (type.kind === "array") return hasSpecial(type.element);
  return type.kind === "struct" && (type.special !== undefined || type.fields.some((field) => hasSpecial(field.type)));
}

/** Reports a copy of something that has a lock, timer or work in it; a literal makes a new one. */
export function refuseCopy(fn: FunctionState, value: Expression): boolean {
  if (value.kind === "struct" || value.kind === "array" || value.type.kind !== "reference") return false;
  const { to, memory } = value.type;
  if (to === DYNPTR) {
    const instead = "bpf_dynptr_clone(dynptr, other) makes another one";
    fn.reporter.report("SK2406", value.at, { problem: "a dynptr is known by its one name, and is not copied", instead });
    return true;
  }
  if (to.kind === "header" || memory === "stack" || !hasSpecial(to)) return false;
  fn.reporter.report("SK2406", value.at, {
    problem: `${typeName(to)} has a lock, a timer or work in it, and is not copied`,
    instead: "copy the fields that you need: { lock: {}, count: value.count }",
  });
  return true;
}
