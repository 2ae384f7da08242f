/** Lowers methods of maps that are no tables of keys to the kernel's helpers. */

import type { Value } from "../../ir/ir.ts";
import { calledHelper, movesPacket } from "../called-helpers.ts";
import { paddingOf, sizeOf } from "../layout.ts";
import { MAP_HELPERS, type MapArgument, STORAGES } from "../library/map-helpers.ts";
import type { Expression, MapDeclaration } from "../tree.ts";
import type { StoredType } from "../types.ts";
import { arenaCall } from "./arena.ts";
import { scalar } from "./expressions.ts";
import type { Lowering } from "./lowering.ts";
import { argument, mapPointer } from "./maps.ts";
import { type Location, zero } from "./memory.ts";

type MapCall = Extract<Expression, { kind: "map-call" }>;

/** The result, where the method has one. */
export function mapCall(to: Lowering, call: MapCall): Value | null {
  switch (call.map.kind.family) {
    case "ring":
      return ringCall(to, call);
    case "perf":
      return perfCall(to, call);
    case "user-ring":
    case "keyed":
      throw new TypeError(`${call.map.name}.${call.method} has an expression of its own`);
    case "maps":
      return lookedUp(to, call);
    case "storage":
      return storageCall(to, call);
    case "arena":
      return arenaCall(to, call);
    default:
      return helperCall(to, call);
  }
}

/** One call of a helper, as the table says. */
function helperCall(to: Lowering, call: MapCall): Value | null {
  const { ir } = to;
  const { map, method, at } = call;
  const entry = MAP_HELPERS[map.kind.type]?.[method];
  if (entry === undefined) throw new TypeError(`no helper is ${map.kind.type}.${method}`);
  const takes = entry.takes.filter((taken) => taken !== "map");
  const ready = takes.map((taken, index) => argumentOf(to, map, taken, given(call, index)));
  to.locate(at);
  let next = 0;
  const values = entry.takes.map((taken) => (taken === "map" ? mapPointer(to, map) : (ready[next++]?.() ?? fail(call))));
  const name = calledHelper(call) ?? fail(call);
  switch (entry.gives) {
    case "nothing":
      ir.call(name, values, null);
      if (movesPacket(name)) to.movePacket();
      return null;
    case "action":
      return ir.call(name, values, "i32");
    case "number":
      return ir.call(name, values, "i64");
    default:
      return ir.compare("eq", ir.call(name, values, "i64"), ir.constant("i64", entry.gives === "one" ? 1 : 0));
  }
}

function fail(call: MapCall): never {
  throw new TypeError(`${call.map.name}.${call.method} lacks an argument`);
}

/** Computes an argument now; the result puts it where the helper finds it. */
function argumentOf(to: Lowering, map: MapDeclaration, taken: MapArgument, value: Expression): () => Value {
  if (taken === "key" && map.key !== null) return argument(to, value, map.key, "key", "direct");
  if (taken === "value" && map.value !== null) return argument(to, value, map.value, "value", "direct");
  const number = scalar(to, value);
  return () => number;
}

/** `pop` and `peek`: where the copy is, and whether there was one. */
export function copyOut(to: Lowering, call: MapCall): { readonly address: Value; readonly there: Value } {
  const { ir } = to;
  const { map, method } = call;
  const address = to.slot(sizeOf(valueType(map)), `value of ${map.name}.${method}`);
  to.locate(call.at);
  const helper = method === "pop" ? "bpf_map_pop_elem" : "bpf_map_peek_elem";
  return { address, there: succeeded(to, ir.call(helper, [mapPointer(to, map), address], "i64")) };
}

function lookedUp(to: Lowering, call: MapCall): Value {
  const { map } = call;
  if (map.key === null) return fail(call);
  const key = argument(to, given(call, 0), map.key, "key");
  to.locate(call.at);
  return to.ir.call("bpf_map_lookup_elem", [mapPointer(to, map), key()], "ptr");
}

/** `BPF_LOCAL_STORAGE_GET_F_CREATE` of linux/bpf.h. */
const CREATE = 1;

function storageCall(to: Lowering, call: MapCall): Value {
  const { ir } = to;
  const { map, method } = call;
  const storage = STORAGES[map.kind.type];
  if (storage === undefined) return fail(call);
  const object = scalar(to, given(call, 0));
  to.locate(call.at);
  if (method === "delete") return succeeded(to, ir.call(storage.delete, [mapPointer(to, map), object], "i64"));
  // Without a value to begin with, a new one is zeroes.
  const flags = ir.constant("i64", method === "getOrCreate" ? CREATE : 0);
  return ir.call(storage.get, [mapPointer(to, map), object, ir.constant("i64", 0), flags], "ptr");
}

/** The argument at an index; the checker has counted them. */
function given({ arguments: values, method }: MapCall, index: number): Expression {
  const value = values[index];
  if (value === undefined) throw new TypeError(`${method} has no argument ${index}`);
  return value;
}

function valueType(map: MapDeclaration): StoredType {
  if (map.value === null) throw new TypeError(`${map.name} has no values`);
  return map.value;
}

/** A helper gives 0 when it did what it was asked for. */
function succeeded(to: Lowering, result: Value): Value {
  return to.ir.compare("eq", result, to.ir.constant("i64", 0));
}

function ringCall(to: Lowering, call: MapCall): Value | null {
  const { ir } = to;
  const { map, method, at } = call;
  const size = sizeOf(valueType(map));
  switch (method) {
    case "reserve": {
      const address = reserve(to, call);
      countWhere(to, map, "eq", address, ir.constant("ptr", 0));
      return address;
    }
    case "submit":
    case "discard": {
      const record = scalar(to, given(call, 0));
      const flags = scalar(to, given(call, 1));
      to.locate(at);
      ir.call(method === "submit" ? "bpf_ringbuf_submit" : "bpf_ringbuf_discard", [record, flags], null);
      return null;
    }
    case "output": {
      const record = argument(to, given(call, 0), valueType(map), "value", "direct");
      const flags = scalar(to, given(call, 1));
      to.locate(at);
      const bytes = record();
      const result = ir.call("bpf_ringbuf_output", [mapPointer(to, map), bytes, ir.constant("i64", size), flags], "i64");
      countWhere(to, map, "ne", result, ir.constant("i64", 0));
      return succeeded(to, result);
    }
    default: {
      const what = scalar(to, given(call, 0));
      to.locate(at);
      return ir.call("bpf_ringbuf_query", [mapPointer(to, map), what], "i64");
    }
  }
}

/** Room for a record, or null: whoever goes on where it is null counts it (`countLost`). */
export function reserve(to: Lowering, { map, at }: MapCall): Value {
  const { ir } = to;
  to.locate(at);
  const size = ir.constant("i64", sizeOf(valueType(map)));
  return ir.call("bpf_ringbuf_reserve", [mapPointer(to, map), size, ir.constant("i64", 0)], "ptr");
}

/** A record found no room in a ring: kernels do not count that. */
export function countLost(to: Lowering, ring: MapDeclaration): void {
  const { map, offset } = to.data.lost(ring.name);
  to.ir.atomic("add", 8, to.ir.mapValue(map, offset), 0, to.ir.constant("i64", 1), false);
}

/** The same where a result says so. */
export function countWhere(to: Lowering, ring: MapDeclaration, condition: "eq" | "ne", result: Value, zero: Value): void {
  const { ir } = to;
  const lost = ir.block();
  const end = ir.block();
  ir.branch(condition, result, zero, lost, end);
  ir.seal(lost);
  ir.switchTo(lost);
  countLost(to, ring);
  ir.jump(end);
  ir.seal(end);
  ir.switchTo(end);
}

/** A reservation's padding goes to user space with the rest: zeroes, where nothing else is ever written. */
export function zeroPadding(to: Lowering, { map }: MapCall, address: Value): void {
  const location: Location = { address, offset: 0, memory: "ringbuf", align: 8 };
  for (const [offset, size] of gapsOf(valueType(map), 0)) zero(to.ir, size, { ...location, offset });
}

/** The bytes that no field has, in parts and elements too: `[offset, size]`. */
function gapsOf(type: StoredType, from: number): readonly (readonly [number, number])[] {
  if (type.kind === "array") {
    const size = sizeOf(type.element);
    const inner = gapsOf(type.element, 0);
    return Array.from({ length: inner.length === 0 ? 0 : type.length }, (_, index) =>
      inner.map(([offset, gap]) => [from + index * size + offset, gap] as const),
    ).flat();
  }
  if (type.kind !== "struct") return [];
  const own = paddingOf(type).map(([start, end]) => [from + start, end - start] as const);
  return [...own, ...type.fields.flatMap((field) => gapsOf(field.type, from + field.offset))];
}

function perfCall(to: Lowering, call: MapCall): Value {
  const { ir } = to;
  const stored = valueType(call.map);
  const context = scalar(to, given(call, 0));
  const record = argument(to, given(call, 1), stored, "value", "direct");
  const flags = scalar(to, given(call, 2));
  to.locate(call.at);
  const bytes = record();
  const size = ir.constant("i64", sizeOf(stored));
  const result = ir.call("bpf_perf_event_output", [context, mapPointer(to, call.map), flags, bytes, size], "i64");
  return succeeded(to, result);
}
