/** Reads and writes some bits of an integer in memory: bit-fields of structs, parts of protocol headers. */

import type { Value } from "../../ir/ir.ts";
import type { BitField } from "../library/headers.ts";
import type { Lowering } from "./lowering.ts";
import { irType, type Location, load, store } from "./memory.ts";

/** Width of the integer that holds the bits, and of the one that it is computed in. */
function widthsOf({ unit }: BitField): { readonly unit: number; readonly machine: 32 | 64; readonly type: "i32" | "i64" } {
  const bits = unit.kind === "network" ? unit.host.bits : unit.bits;
  return bits === 64 ? { unit: bits, machine: 64, type: "i64" } : { unit: bits, machine: 32, type: "i32" };
}

/** As a value of the field's type. */
export function readBits(to: Lowering, field: BitField, place: Location): Value {
  const { ir } = to;
  const { unit, shift, bits, scale, type } = field;
  const width = widthsOf(field);
  const amount = (number: number) => ir.constant(width.type, number);
  let value = load(ir, unit, place);
  const signed = type.kind === "int" && type.signed;
  if (signed) {
    const up = width.machine - shift - bits;
    if (up > 0) value = ir.binary("shl", value, amount(up));
    value = ir.binary("ashr", value, amount(width.machine - bits));
  } else {
    if (shift > 0) value = ir.binary("lshr", value, amount(shift));
    if (shift + bits < width.unit) value = ir.binary("and", value, ir.constant(width.type, (1n << BigInt(bits)) - 1n));
  }
  if (scale !== 1) value = ir.binary("mul", value, amount(scale));
  const wanted = irType(type);
  return wanted === width.type ? value : ir.extend(signed, 32, value, wanted);
}

/** Higher bits of the value are dropped, bits around stay. */
export function writeBits(to: Lowering, field: BitField, place: Location, value: Value): void {
  const { ir } = to;
  const { unit, shift, bits } = field;
  const { type, machine } = widthsOf(field);
  const mask = ((1n << BigInt(bits)) - 1n) << BigInt(shift);
  const old = load(ir, unit, place);
  const others = ir.binary("and", old, ir.constant(type, ((1n << BigInt(machine)) - 1n) & ~mask));
  const wide = ir.typeOf(value) === type ? value : ir.extend(false, 32, value, type);
  const shifted = shift === 0 ? wide : ir.binary("shl", wide, ir.constant(type, shift));
  store(ir, unit, place, ir.binary("or", others, ir.binary("and", shifted, ir.constant(type, mask))));
}
