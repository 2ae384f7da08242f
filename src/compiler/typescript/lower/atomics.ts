/** Lowers atomic operations on integers, and pointers, in memory. */

import type { Value } from "../../ir/ir.ts";
import { sizeOf } from "../layout.ts";
import type { Expression } from "../tree.ts";
import { placeOf, scalar } from "./expressions.ts";
import type { Lowering } from "./lowering.ts";

/** The old value; without `fetch` nobody asks for it, and the machine may have something cheaper. */
export function atomic(to: Lowering, value: Extract<Expression, { kind: "atomic" }>, fetch: boolean): Value {
  const { ir } = to;
  const { address, offset } = placeOf(to, value.target);
  const width = value.type.kind === "reference" || sizeOf(value.type) === 8 ? 8 : 4;
  const expected = value.expected === null ? null : scalar(to, value.expected);
  const operand = scalar(to, value.value);
  to.locate(value.at);
  if (value.op === "compare-exchange") {
    if (expected === null) throw new TypeError("compareExchange has nothing to compare with");
    return ir.atomic("compare-exchange", width, address, offset, operand, true, expected);
  }
  return ir.atomic(value.op, width, address, offset, operand, fetch) ?? operand;
}
