/** Checks methods of maps that are one call of a helper, queues' copies, storages of kernel objects, and maps of maps. */

import type * as Syntax from "@babel/types";
import { numberOr } from "./events.ts";
import { expression, typed } from "./expressions.ts";
import { isContext } from "./helper-calls.ts";
import { essentialName } from "./kernel/state.ts";
import { MAP_HELPERS, type MapArgument, STORAGES } from "./library/map-helpers.ts";
import { cannot, type MethodCall, methodArguments } from "./map-methods.ts";
import { spanOf } from "./report.ts";
import { errorAt } from "./state.ts";
import { placeType, storedValue } from "./structs.ts";
import type { Expression } from "./tree.ts";
import { BOOL, INTS, type StoredType, typeName, type ValueType, VOID } from "./types.ts";

/** Whatever the table says of a method. */
export function helperMethod(call: MethodCall): Expression {
  const { map, method, node } = call;
  const helper = MAP_HELPERS[map.kind.type]?.[method];
  if (helper === undefined) return errorAt(node);
  const takes = helper.takes.filter((taken) => taken !== "map");
  const optional = takes.at(-1) === "flags" ? 1 : 0;
  const given = methodArguments(call, takes, optional);
  if (given === null) return errorAt(node);
  const values = takes.map((taken, index) => argumentOf(call, taken, given[index]));
  if (values.some((value) => value.type.kind === "error")) return errorAt(node);
  if (typeof helper.helper !== "string") {
    const context = values.find((value) => value.type.kind === "context")?.type;
    const name = context?.kind === "context" ? context.name : null;
    if (name === null || helper.helper[name] === undefined) {
      const contexts = Object.keys(helper.helper).join(", ");
      return cannot(call, `programs with a ${contexts} can do this`);
    }
  }
  const type: ValueType = { success: BOOL, one: BOOL, action: INTS.u32, number: INTS.i64, nothing: VOID }[helper.gives];
  return { kind: "map-call", type, map, method, arguments: values, at: spanOf(node) };
}

function argumentOf(call: MethodCall, taken: MapArgument, given: Syntax.Node | undefined): Expression {
  const { fn, map, node } = call;
  if (taken === "flags") return numberOr(call, given, 0n);
  if (given === undefined) return errorAt(node);
  switch (taken) {
    case "context":
      return contextArgument(call, given);
    case "index":
      return typed(fn, given, INTS.u32);
    default: {
      const stored = taken === "key" ? map.key : map.value;
      return stored === null ? errorAt(node) : storedValue(fn, given, stored);
    }
  }
}

/** `ctx`: helpers take from it what they need, the packet, the registers, the socket. */
export function contextArgument({ fn }: MethodCall, given: Syntax.Node): Expression {
  const context = expression(fn, given, null);
  const { type } = context;
  if (type.kind === "error" || isContext(context)) return context;
  const instead = "pass what the program is given, ctx";
  fn.reporter.report("SK2101", context.at, { expected: "the context", found: typeName(type), instead });
  return errorAt(given);
}

/** `pop()` and `peek()` copy a value out. */
export function queueMethod(call: MethodCall): Expression {
  const { map, method, node } = call;
  if (method === "push") return helperMethod(call);
  if (map.value === null || methodArguments(call, []) === null) return errorAt(node);
  return { kind: "map-call", type: copied(map.value), map, method, arguments: [], at: spanOf(node) };
}

/** A value that was copied into the frame, or null. */
function copied(stored: StoredType): ValueType {
  const type = placeType(stored);
  if (type.kind === "reference") return { ...type, memory: "stack", nullable: true };
  return type.kind === "int" || type.kind === "bool" ? { kind: "nullable", of: type } : type;
}

/** `get getOrCreate delete` of what a kernel object carries. */
export function storageMethod(call: MethodCall): Expression {
  const { fn, map, method, node } = call;
  const [objectNode] = methodArguments(call, ["object"]) ?? [];
  const storage = STORAGES[map.kind.type];
  if (objectNode === undefined || storage === undefined || map.value === null) return errorAt(node);
  const object = expression(fn, objectNode, null);
  const { type } = object;
  if (type.kind === "error") return errorAt(node);
  const struct =
    type.kind === "kernel" && type.to.kind === "kernel-struct"
      ? essentialName(type.to.name)
      : type.kind === "reference" && type.memory === "view" && type.to.kind === "struct"
        ? type.to.name
        : null;
  const isNull = (type.kind === "kernel" || type.kind === "reference") && type.nullable;
  if (struct === null || !storage.structs.includes(struct) || isNull) {
    const instead = isNull
      ? "check for null first"
      : `pass a pointer that the verifier knows, such as bpf_get_current_task_btf()`;
    fn.reporter.report("SK2101", object.at, { expected: storage.structs[0] ?? "an object", found: typeName(type), instead });
    return errorAt(node);
  }
  const at = spanOf(node);
  if (method === "delete") return { kind: "map-call", type: BOOL, map, method, arguments: [object], at };
  const value = placeType(map.value);
  if (value.kind !== "reference") return errorAt(node);
  return { kind: "map-call", type: { ...value, memory: "map", nullable: true }, map, method, arguments: [object], at };
}

/** `get(key)` of a map of maps. */
export function innerMethod(call: MethodCall): Expression {
  const { fn, map, method, node } = call;
  const [keyNode] = methodArguments(call, ["key"]) ?? [];
  if (keyNode === undefined || map.key === null || map.inner === null) return errorAt(node);
  const key = storedValue(fn, keyNode, map.key);
  if (key.type.kind === "error") return key;
  return {
    kind: "map-call",
    type: { kind: "map", map: map.inner, nullable: true },
    map,
    method,
    arguments: [key],
    at: spanOf(node),
  };
}
