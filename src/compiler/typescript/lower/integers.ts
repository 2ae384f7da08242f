/** Conversions between the integers of the language, on values of the IR. */

import type { FunctionBuilder } from "../../ir/builder.ts";
import type { Value } from "../../ir/ir.ts";
import { widens } from "../numbers.ts";
import type { BoolType, IntType } from "../types.ts";

export function convert(ir: FunctionBuilder, value: Value, from: IntType | BoolType, to: IntType): Value {
  const wide = from.kind === "int" && from.bits === 64;
  const signed = from.kind === "int" && from.signed;
  if (to.bits === 64) return wide ? value : ir.extend(signed, 32, value, "i64");
  if (to.bits === 32) return wide ? ir.extend(false, 32, value, "i32") : value;
  if (from.kind === "bool" || widens(from, to)) return value;
  return ir.extend(to.signed, to.bits, value, "i32");
}
