/** Lowers what is done with locks, timers and work queues in map values. */

import type { Value } from "../../ir/ir.ts";
import { OBJECT_FUNCTIONS } from "../library/objects.ts";
import type { Expression, SpecialArgument } from "../tree.ts";
import { prepareCallback } from "./callbacks.ts";
import { locate, scalar } from "./expressions.ts";
import type { Lowering } from "./lowering.ts";
import { countWhere } from "./map-calls.ts";
import { pointer } from "./memory.ts";

function argumentOf(to: Lowering, argument: SpecialArgument): Value {
  const { ir } = to;
  switch (argument.kind) {
    case "map":
      return ir.map(argument.map.name);
    case "callback":
      return prepareCallback(to, argument.callback).address;
    case "value":
      return argument.value.type.kind === "reference" ? pointer(ir, locate(to, argument.value, 0)) : scalar(to, argument.value);
  }
}

/** What it gives as an i64; null for nothing. */
export function specialCall(to: Lowering, value: Extract<Expression, { kind: "special-call" }>): Value | null {
  const { ir } = to;
  const given = value.arguments.map((argument) => argumentOf(to, argument));
  to.locate(value.at);
  const { callee, type } = value;
  const nothing = type.kind === "void";
  if ("helper" in callee) {
    const result = ir.call(
      callee.helper,
      given,
      nothing ? null : type.kind === "reference" || type.kind === "kernel" ? "ptr" : "i64",
    );
    const [ring] = value.arguments;
    if (callee.helper === "bpf_ringbuf_reserve_dynptr" && ring?.kind === "map" && result !== null)
      countWhere(to, ring.map, "ne", result, ir.constant("i64", 0));
    if (value.moves === true) to.movePacket();
    return result;
  }
  if (OBJECT_FUNCTIONS.has(value.name)) {
    const result = nothing ? null : type.kind === "reference" ? "ptr" : "i32";
    const raw = ir.callKfunc(callee.kfunc, given, result);
    return raw !== null && type.kind === "bool" ? ir.extend(false, 8, raw, "i32") : raw;
  }
  // Besides its flags, it has a parameter that the kernel fills in.
  const hidden = callee.kfunc === "bpf_wq_set_callback_impl" ? [ir.constant("i32", 0), ir.constant("ptr", 0)] : [];
  const result = ir.callKfunc(callee.kfunc, [...given, ...hidden], "i32");
  return ir.extend(true, 32, result, "i64");
}
