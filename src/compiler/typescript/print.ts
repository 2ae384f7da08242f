/** Checks ``print(`…${value}…`)``: from a template string to a format that bpf_trace_printk knows, and its arguments. */

import type * as Syntax from "@babel/types";
import { argumentsOf } from "./calls.ts";
import { present } from "./conditions.ts";
import { settled } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { meaning } from "./numbers.ts";
import { spanOf } from "./report.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression, PrintArgument } from "./tree.ts";
import { INTS, type IntType, isText, type ReferenceType, readAs, typeName, VOID } from "./types.ts";

/** What bpf_trace_vprintk takes (`MAX_BPRINTF_VARARGS` of linux/bpf.h). */
const MOST_ARGUMENTS = 12;

/** The format so far, and what fills it. */
interface Printing {
  text: string;
  readonly arguments: PrintArgument[];
}

export function print(fn: FunctionState, node: Syntax.CallExpression): Expression {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the program's text
  const usage = "print(`pid ${pid}`)";
  const [argument] = argumentsOf(fn, node, "print", ["text"], usage) ?? [];
  if (argument === undefined) return errorAt(node);
  const printing: Printing = { text: "", arguments: [] };
  let good = true;
  if (argument.type === "StringLiteral") good = addText(fn, printing, argument.value, argument);
  else if (argument.type === "TemplateLiteral") {
    for (const [index, quasi] of argument.quasis.entries()) {
      good = addText(fn, printing, quasi.value.cooked ?? "", quasi) && good;
      const inserted = argument.expressions[index];
      if (inserted !== undefined) good = addValue(fn, printing, inserted) && good;
    }
  } else {
    fn.reporter.report("SK2101", spanOf(argument), { expected: "a text", found: "something else", instead: `write ${usage}` });
    return errorAt(node);
  }
  if (printing.arguments.length > MOST_ARGUMENTS) {
    const problem = `this prints ${printing.arguments.length} values, and the kernel takes ${MOST_ARGUMENTS} at once`;
    fn.reporter.report("SK3102", spanOf(argument), { problem, instead: "print twice" });
    good = false;
  }
  return good
    ? { kind: "print", type: VOID, format: printing.text, arguments: printing.arguments, at: spanOf(node) }
    : errorAt(node);
}

/** The kernel refuses a format with other bytes than printable ASCII and white space. */
function addText(fn: FunctionState, printing: Printing, text: string, node: Syntax.Node): boolean {
  const odd = /[^\t-\r -~]/.exec(text);
  if (odd !== null) {
    const problem = `the kernel prints ASCII only, not U+${text.codePointAt(odd.index)?.toString(16).toUpperCase().padStart(4, "0")}`;
    fn.reporter.report("SK3102", spanOf(node), { problem, instead: "write it in other words" });
    return false;
  }
  printing.text += text.replaceAll("%", "%%");
  return true;
}

function addValue(fn: FunctionState, printing: Printing, node: Syntax.Node): boolean {
  const hexadecimal = hexadecimalOf(node);
  const value = settled(fn, expression(fn, hexadecimal ?? node, null));
  const { type } = value;
  if (!present(fn, value)) return false;
  const add = (text: string, argument: Expression, by: PrintArgument["by"]) => {
    printing.text += text;
    printing.arguments.push({ value: argument, by });
    return true;
  };
  if (type.kind === "int" && type.name === "Ipv4Address" && hexadecimal === null) return add("%pI4", value, "address");
  if (type.kind === "int") {
    if (value.kind === "constant") {
      printing.text += hexadecimal === null ? `${meaning(value.value, type)}` : value.value.toString(16);
      return true;
    }
    return add(formatOf(type, hexadecimal !== null), value, "number");
  }
  if (hexadecimal === null && type.kind === "bool") return add("%d", value, "number");
  // The kernel reads its own texts where they lie.
  if (hexadecimal === null && type.kind === "kernel" && type.to.kind === "kernel-array" && type.to.text) {
    return add("%s", { kind: "kernel-cast", type: INTS.u64, operand: value, at: value.at }, "number");
  }
  if (hexadecimal === null && type.kind === "reference") {
    // A helper follows no pointer into an arena.
    const near: Expression =
      type.memory === "arena" ? { kind: "copied", type: { ...type, memory: "stack" }, operand: value, at: value.at } : value;
    if (type.to.kind === "array" && type.to.name === "Ipv6Address") return add("%pI6", near, "address");
    if (isText(type)) return add("%s", near, "address");
    if (type.to.kind === "array" && type.to.name === "MacAddress") return addMac(add, value, type);
  }
  const problem = `${typeName(type)} has no text`;
  fn.reporter.report("SK3102", value.at, { problem, instead: "print its fields, which are numbers, addresses or strings" });
  return false;
}

/** The number of `number.toString(16)`. */
function hexadecimalOf(node: Syntax.Node): Syntax.Node | null {
  if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression" || node.callee.computed) return null;
  const { object, property } = node.callee;
  const [radix, more] = node.arguments;
  const isHexadecimal = radix?.type === "NumericLiteral" && radix.value === 16 && more === undefined;
  return property.type === "Identifier" && property.name === "toString" && isHexadecimal ? object : null;
}

function formatOf(type: IntType, hexadecimal: boolean): string {
  const width = type.bits === 64 ? "ll" : "";
  if (hexadecimal) return `%${width}x`;
  return `%${width}${type.signed ? "d" : "u"}`;
}

/** The kernel's formats for programs know no hardware address: six bytes. */
function addMac(
  add: (text: string, argument: Expression, by: PrintArgument["by"]) => boolean,
  object: Expression,
  type: ReferenceType,
): boolean {
  for (let offset = 0; offset < 6; offset++) {
    const byte: Expression = {
      kind: "member",
      object,
      offset,
      stored: INTS.u8,
      type: readAs(INTS.u8, type.memory ?? "stack"),
      constant: true,
      at: object.at,
    };
    add(offset === 0 ? "%02x" : ":%02x", byte, "number");
  }
  return true;
}
