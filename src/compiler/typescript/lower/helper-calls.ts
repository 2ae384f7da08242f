/** Lowers calls of the kernel's helpers: first all arguments are computed, then they are put where the helper finds them. */

import type { Value } from "../../ir/ir.ts";
import { helperNamed } from "../library/helpers.ts";
import type { Expression, HelperArgument } from "../tree.ts";
import { locate, scalar } from "./expressions.ts";
import { type Lowering, memoryOf } from "./lowering.ts";
import { countWhere } from "./map-calls.ts";
import { argument } from "./maps.ts";
import { copy, irType, pointer } from "./memory.ts";

type HelperCall = Extract<Expression, { kind: "helper" }>;

/** The result: a number, an address, or null where there is none. */
export function helperCall(to: Lowering, call: HelperCall): Value | null {
  const { ir } = to;
  const given = call.arguments.map((each, index) => passed(to, each, index));
  to.locate(call.at);
  const result = ir.call(
    call.helper,
    given.flatMap((put) => put()),
    resultIn(call),
  );
  // Of a ring, by its helper: it may be full, too.
  const [ring] = call.arguments;
  if (call.helper === "bpf_ringbuf_output" && ring?.pass === "map" && result !== null)
    countWhere(to, ring.map, "ne", result, ir.constant("i64", 0));
  if (helperNamed(call.helper).moves) to.movePacket();
  return result;
}

function resultIn({ type }: HelperCall): "i32" | "i64" | "ptr" | null {
  if (type.kind === "void") return null;
  return type.kind === "int" || type.kind === "bool" ? irType(type) : "ptr";
}

/** Computes an argument now; the result gives what is in its registers. */
function passed(to: Lowering, given: HelperArgument, index: number): () => readonly Value[] {
  const { ir } = to;
  switch (given.pass) {
    case "number":
    case "pointer":
    case "length": {
      const isAddress = given.value.type.kind === "reference" && memoryOf(given.value) !== "arena";
      const value = isAddress ? pointer(ir, locate(to, given.value, 0)) : scalar(to, given.value);
      return () => [value];
    }
    case "map":
      return () => [ir.map(given.map.name)];
    case "stored": {
      const put = argument(to, given.value, given.stored, given.role, given.packet ? "packet" : "direct");
      return () => [put()];
    }
    case "null":
      return () => [ir.constant("ptr", 0), ...(given.sized ? [ir.constant("i64", 0)] : [])];
    case "text":
      return () => {
        const { map, offset } = to.data.text(new TextEncoder().encode(`${given.text}\0`));
        return [ir.mapValue(map, offset)];
      };
    case "bytes": {
      const put = bytes(to, given, index);
      return () => (given.sized === "type" ? [put(), ir.constant("i64", given.size)] : [put()]);
    }
  }
}

/** What the helper cannot read where it lies is copied into the frame. */
function bytes(to: Lowering, given: Extract<HelperArgument, { pass: "bytes" }>, index: number): () => Value {
  // What is known when compiling lies among the constants; a word of it is shorter to write down.
  if (given.value.kind === "bytes" && given.size > 8) {
    const known = given.value.bytes;
    return () => {
      const { map, offset } = to.data.text(known);
      return to.ir.mapValue(map, offset);
    };
  }
  const from = locate(to, given.value, 0);
  const memory = memoryOf(given.value);
  const isHidden = from.memory === "view" || memory === "view" || memory === "arena" || (memory === "packet" && !given.packet);
  if (!isHidden) {
    const address = pointer(to.ir, from);
    return () => address;
  }
  return () => {
    const address = to.scratch(given.size, `argument ${index + 1}`);
    copy(to.ir, given.size, from, { address, offset: 0, memory: "stack", align: 8 });
    return address;
  };
}
