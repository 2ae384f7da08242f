/** Checks calls of a map's methods; those of maps that are no tables of keys are in files of their own. */

import type * as Syntax from "@babel/types";
import { argumentsOf } from "./calls.ts";
import { coerce } from "./conversions.ts";
import { perfMethod, ringMethod } from "./events.ts";
import { expression, typed } from "./expressions.ts";
import { MAP_METHODS } from "./library/maps.ts";
import { spanOf } from "./report.ts";
import { didYouMean } from "./scopes.ts";
import { errorAt, type FunctionState } from "./state.ts";
import { placeType, storedValue } from "./structs.ts";
import type { Expression, KeyedMap, MapDeclaration } from "./tree.ts";
import { BOOL, type NullableType, readAs, reference, VOID } from "./types.ts";

/** A call of a method, and how to refuse it. */
export interface MethodCall {
  readonly fn: FunctionState;
  readonly map: MapDeclaration;
  readonly method: string;
  readonly signature: string;
  readonly property: Syntax.Identifier;
  readonly node: Syntax.CallExpression;
}

export function mapMethod(
  fn: FunctionState,
  map: MapDeclaration,
  property: Syntax.Identifier,
  node: Syntax.CallExpression,
): Expression {
  const methods = MAP_METHODS[map.kind.family];
  const method = property.name;
  const signature = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (signature === undefined) {
    const known = Object.keys(methods);
    const instead = didYouMean(method, known, `it has ${known.join(", ")}`);
    fn.reporter.report("SK3004", spanOf(property), { map: map.name, method, instead });
    return errorAt(node);
  }
  const call: MethodCall = { fn, map, method, signature, property, node };
  switch (map.kind.family) {
    case "ring":
      return ringMethod(call);
    case "perf":
      return perfMethod(call);
    case "keyed":
      return isKeyed(map) ? keyedMethod(call, map) : errorAt(node);
  }
}

export function isKeyed(map: MapDeclaration): map is KeyedMap {
  return map.key !== null && map.value !== null;
}

/** Reports that a map cannot do this. */
export function cannot({ fn, map, method, property, node }: MethodCall, instead: string): Expression {
  fn.reporter.report("SK3004", spanOf(property), { map: map.name, method, instead });
  return errorAt(node);
}

/** The nodes of a method's arguments; the last `optional` may be missing. Null with a report. */
export function methodArguments(
  { fn, map, method, signature, node }: MethodCall,
  names: readonly string[],
  optional = 0,
): readonly Syntax.Node[] | null {
  return argumentsOf(fn, node, `${map.name}.${method}`, names, signature, optional);
}

function keyedMethod(call: MethodCall, map: KeyedMap): Expression {
  const { fn, method: name, node } = call;
  const at = spanOf(node);
  const wanted = name === "set" || name === "increment" ? ["key", "value"] : ["key"];
  const values = methodArguments(call, wanted, name === "increment" ? 1 : 0);
  const [keyNode, valueNode] = values ?? [];
  if (keyNode === undefined) return errorAt(node);
  const key = storedValue(fn, keyNode, map.key);
  switch (name) {
    case "get": {
      const value = readAs(map.value, "map");
      const type =
        value.kind === "reference" ? reference(value.to, "map", true) : ({ kind: "nullable", of: value } satisfies NullableType);
      return key.type.kind === "error" ? key : { kind: "map-get", type, map, key, at };
    }
    case "has":
      return key.type.kind === "error" ? key : { kind: "map-has", type: BOOL, map, key, at };
    case "delete":
      if (map.kind.indexed) return cannot(call, "the entries of an array are always there: set it to zero");
      return key.type.kind === "error" ? key : { kind: "map-delete", type: BOOL, map, key, at };
    case "increment": {
      if (map.value.kind !== "int" || map.value.name === "Ipv4Address") {
        return cannot(call, "only maps of integers count: get the struct and add to its field");
      }
      if (map.kind.prefix) return cannot(call, "a trie finds the longest match, not the key itself: get the entry and add to it");
      if (!map.kind.perCpu && map.value.bits < 32) {
        return cannot(call, "CPUs share this map, and atomic addition needs 32 or 64 bits: make its values u32 or u64");
      }
      const value: Expression =
        valueNode === undefined
          ? { kind: "constant", type: map.value, value: 1n, at }
          : coerce(fn, expression(fn, valueNode, map.value), map.value);
      if (key.type.kind === "error" || value.type.kind === "error") return errorAt(node);
      return { kind: "map-increment", type: VOID, map, key, value, at };
    }
    default: {
      const value = valueNode === undefined ? errorAt(node) : typed(fn, valueNode, placeType(map.value));
      if (key.type.kind === "error" || value.type.kind === "error") return errorAt(node);
      return { kind: "map-set", type: BOOL, map, key, value, at };
    }
  }
}
