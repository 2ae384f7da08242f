/** Checks calls of a map's methods; those of maps that are no tables of keys are in files of their own. */

import type * as Syntax from "@babel/types";
import { arenaMethod } from "./arena-methods.ts";
import { elementCallback, recordCallback } from "./callbacks.ts";
import { argumentsOf } from "./calls.ts";
import { coerce } from "./conversions.ts";
import { perfMethod, ringMethod } from "./events.ts";
import { expression, typed } from "./expressions.ts";
import { MAP_METHODS } from "./library/maps.ts";
import { helperMethod, innerMethod, queueMethod, storageMethod } from "./map-calls.ts";
import { spanOf } from "./report.ts";
import { didYouMean } from "./scopes.ts";
import { errorAt, type FunctionState } from "./state.ts";
import { storedValue } from "./structs.ts";
import type { Expression, KeyedMap, MapDeclaration } from "./tree.ts";
import { BOOL, INTS, type NullableType, readAs, reference, type ValueType, VOID } from "./types.ts";

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
    case "user-ring":
      return drain(call);
    case "perf":
      return perfMethod(call);
    case "keyed":
      return isKeyed(map) ? keyedMethod(call, map) : errorAt(node);
    case "queue":
      return queueMethod(call);
    case "maps":
      return innerMethod(call);
    case "storage":
      return storageMethod(call);
    case "arena":
      return arenaMethod(call);
    default:
      return helperMethod(call);
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

/** `ring.drain((record, state) => …, state)`, Linux 6.1. */
function drain(call: MethodCall): Expression {
  const { fn, map, node } = call;
  const [callback, state] = methodArguments(call, ["callback", "state"], 1) ?? [];
  if (callback === undefined || map.value === null) return errorAt(node);
  return recordCallback(fn, map, map.value, callback, state, node);
}

/** `BPF_EXIST` of linux/bpf.h. */
const EXIST = 2n;

/** What the methods of a table take, and how many of that may be left out. */
const PARAMETERS: Readonly<Record<string, readonly [readonly string[], number]>> = {
  getOn: [["key", "cpu"], 0],
  set: [["key", "value", "flags"], 1],
  update: [["key", "value"], 0],
  increment: [["key", "value"], 1],
};

/** `map.forEach((map, key, value, state) => …, state)`, Linux 5.13. */
function forEach(call: MethodCall, map: KeyedMap): Expression {
  const { fn, node } = call;
  const [callback, state] = methodArguments(call, ["callback", "state"], 1) ?? [];
  if (callback === undefined) return errorAt(node);
  if (map.kind.prefix) return cannot(call, "the kernel goes through hashes and arrays only");
  return elementCallback(fn, map, callback, state, node);
}

function keyedMethod(call: MethodCall, map: KeyedMap): Expression {
  const { fn, method: name, node } = call;
  const at = spanOf(node);
  if (name === "forEach") return forEach(call, map);
  const [wanted, optional] = PARAMETERS[name] ?? [["key"], 0];
  const values = methodArguments(call, wanted, optional);
  const [keyNode, valueNode, flagsNode] = values ?? [];
  if (keyNode === undefined) return errorAt(node);
  const key = storedValue(fn, keyNode, map.key);
  switch (name) {
    case "get": {
      const value = readAs(map.value, "map");
      const type =
        value.kind === "reference" ? reference(value.to, "map", true) : ({ kind: "nullable", of: value } satisfies NullableType);
      return key.type.kind === "error" ? key : { kind: "map-get", type, map, key, at };
    }
    case "getOn": {
      if (!map.kind.perCpu) return cannot(call, "all CPUs share its values: write get(key)");
      const cpu = valueNode === undefined ? errorAt(node) : typed(fn, valueNode, INTS.u32);
      const value = readAs(map.value, "map");
      if (key.type.kind === "error" || cpu.type.kind === "error") return errorAt(node);
      const type: ValueType =
        value.kind === "int" || value.kind === "bool" ? { kind: "nullable", of: value } : { ...value, nullable: true };
      return { kind: "map-get", type, map, key, cpu, at };
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
      const value = valueNode === undefined ? errorAt(node) : storedValue(fn, valueNode, map.value);
      if (key.type.kind === "error" || value.type.kind === "error") return errorAt(node);
      // Only what is there: BPF_EXIST.
      const flags: Expression =
        name === "update"
          ? { kind: "constant", type: INTS.u64, value: EXIST, at }
          : flagsNode === undefined
            ? { kind: "constant", type: INTS.u64, value: 0n, at }
            : typed(fn, flagsNode, INTS.u64);
      if (flags.type.kind === "error") return flags;
      return { kind: "map-set", type: BOOL, map, key, value, flags, at };
    }
  }
}
