/** Lowers `print`: a format in `.rodata`, and bpf_trace_printk for up to three arguments, bpf_trace_vprintk (Linux 5.16) for more. */

import type { Value } from "../../ir/ir.ts";
import { sizeOf } from "../layout.ts";
import type { Expression, PrintArgument } from "../tree.ts";
import { locate, scalar } from "./expressions.ts";
import type { Lowering } from "./lowering.ts";
import { pointer, store } from "./memory.ts";

const MOST_DIRECT = 3;
const WORD = 8;

export function printText(to: Lowering, value: Extract<Expression, { kind: "print" }>): void {
  const { ir } = to;
  const given = value.arguments.map((argument, index) => argumentOf(to, argument, index));
  to.locate(value.at);
  const format = new TextEncoder().encode(`${value.format}\0`);
  const { map, offset } = to.data.text(format);
  const head = () => [ir.mapValue(map, offset), ir.constant("i64", format.length)];
  if (given.length <= MOST_DIRECT) {
    ir.call("bpf_trace_printk", [...head(), ...given], null);
    return;
  }
  const size = given.length * WORD;
  const words = to.scratch(size, "printed values");
  for (const [index, word] of given.entries()) ir.store(WORD, words, index * WORD, word);
  ir.call("bpf_trace_vprintk", [...head(), words, ir.constant("i64", size)], null);
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
