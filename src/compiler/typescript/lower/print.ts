/**
 * Lowers `print`: a format in `.rodata`, and bpf_trace_printk for up to three arguments, bpf_trace_vprintk (Linux 5.16) for more; or the helper that
 * writes it somewhere else.
 */

import type { Value } from "../../ir/ir.ts";
import { sizeOf } from "../layout.ts";
import type { Expression, PrintArgument } from "../tree.ts";
import { locate, scalar } from "./expressions.ts";
import type { Lowering } from "./lowering.ts";
import { pointer, store } from "./memory.ts";

const MOST_DIRECT = 3;
const WORD = 8;

/** With a helper of its own, what that returns. */
export function printText(to: Lowering, value: Extract<Expression, { kind: "print" }>): Value | null {
  const { ir } = to;
  const { helper, target } = value;
  const place = helper === "bpf_snprintf" && target !== null ? pointer(ir, locate(to, target, 0)) : null;
  const seq = helper === "bpf_seq_printf" && target !== null ? scalar(to, target) : null;
  const given = value.arguments.map((argument, index) => argumentOf(to, argument, index));
  to.locate(value.at);
  const format = new TextEncoder().encode(`${value.format}\0`);
  const { map, offset } = to.data.text(format);
  const head = () => [ir.mapValue(map, offset), ir.constant("i64", format.length)];
  if (helper === null && given.length <= MOST_DIRECT) {
    ir.call("bpf_trace_printk", [...head(), ...given], null);
    return null;
  }
  const size = given.length * WORD;
  const words = size === 0 ? ir.constant("ptr", 0) : to.scratch(size, "printed values");
  for (const [index, word] of given.entries()) ir.store(WORD, words, index * WORD, word);
  const values = [words, ir.constant("i64", size)];
  if (seq !== null) return ir.call("bpf_seq_printf", [seq, ...head(), ...values], "i64");
  if (place !== null && target?.type.kind === "reference" && target.type.to.kind !== "header") {
    const room = ir.constant("i64", sizeOf(target.type.to));
    return ir.call("bpf_snprintf", [place, room, ir.mapValue(map, offset), ...values], "i64");
  }
  ir.call("bpf_trace_vprintk", [...head(), ...values], null);
  return null;
}

function argumentOf(to: Lowering, { value, by }: PrintArgument, index: number): Value {
  const { ir } = to;
  if (by === "address") return addressOf(to, value, index);
  const number = scalar(to, value);
  const isSigned = value.type.kind === "int" && value.type.signed;
  return ir.typeOf(number) === "i64" ? number : ir.extend(isSigned, 32, number, "i64");
}

/** The kernel reads an address through a pointer: a number is put where one can point at. */
function addressOf(to: Lowering, value: Expression, index: number): Value {
  if (value.type.kind !== "int") return pointer(to.ir, locate(to, value, 0));
  const number = scalar(to, value);
  const address = to.scratch(sizeOf(value.type), `printed address ${index + 1}`);
  store(to.ir, value.type, { address, offset: 0, memory: "stack", align: 8 }, number);
  return address;
}
