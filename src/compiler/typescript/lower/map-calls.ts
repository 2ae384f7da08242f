/** Lowers methods of maps that are no tables of keys to the kernel's helpers. */

import type { Value } from "../../ir/ir.ts";
import { paddingOf, sizeOf } from "../layout.ts";
import type { Expression, MapDeclaration } from "../tree.ts";
import type { StoredType } from "../types.ts";
import { scalar } from "./expressions.ts";
import type { Lowering } from "./lowering.ts";
import { argument } from "./maps.ts";
import { type Location, zero } from "./memory.ts";

type MapCall = Extract<Expression, { kind: "map-call" }>;

/** The result, where the method has one. */
export function mapCall(to: Lowering, call: MapCall): Value | null {
  switch (call.map.kind.family) {
    case "ring":
      return ringCall(to, call);
    case "perf":
      return perfCall(to, call);
    case "keyed":
      throw new TypeError(`${call.map.name}.${call.method} has an expression of its own`);
  }
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
    case "reserve":
      to.locate(at);
      return ir.call("bpf_ringbuf_reserve", [ir.map(map.name), ir.constant("i64", size), ir.constant("i64", 0)], "ptr");
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
      return succeeded(to, ir.call("bpf_ringbuf_output", [ir.map(map.name), bytes, ir.constant("i64", size), flags], "i64"));
    }
    default: {
      const what = scalar(to, given(call, 0));
      to.locate(at);
      return ir.call("bpf_ringbuf_query", [ir.map(map.name), what], "i64");
    }
  }
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
  const record = argument(to, given(call, 1), stored, "value", "direct");
  const flags = scalar(to, given(call, 2));
  to.locate(call.at);
  const bytes = record();
  const size = ir.constant("i64", sizeOf(stored));
  const result = ir.call("bpf_perf_event_output", [to.context, ir.map(call.map.name), flags, bytes, size], "i64");
  return succeeded(to, result);
}
