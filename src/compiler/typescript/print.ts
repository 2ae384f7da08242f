/**
 * Checks ``print(`…${value}…`)``, and templates of ``bpf_seq_printf(seq, `…`)`` and ``bpf_snprintf(text, `…`)``: from a template string to a format that
 * these helpers know, and its arguments.
 */

import type * as Syntax from "@babel/types";
import { argumentsOf } from "./calls.ts";
import { present } from "./conditions.ts";
import { settled } from "./conversions.ts";
import { expression, typed } from "./expressions.ts";
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

/** What a template became. */
export interface Template {
  readonly format: string;
  readonly arguments: readonly PrintArgument[];
}

export function print(fn: FunctionState, node: Syntax.CallExpression): Expression {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the program's text
  const usage = "print(`pid ${pid}`)";
  const [argument] = argumentsOf(fn, node, "print", ["text"], usage) ?? [];
  if (argument === undefined) return errorAt(node);
  const made = template(fn, argument, usage);
  if (made === null) return errorAt(node);
  return { kind: "print", type: VOID, helper: null, target: null, ...made, at: spanOf(node) };
}

/** A template, or a text between quotes; null with a report. */
export function template(fn: FunctionState, argument: Syntax.Node, usage: string): Template | null {
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
    return null;
  }
  if (printing.arguments.length > MOST_ARGUMENTS) {
    const problem = `this prints ${printing.arguments.length} values, and the kernel takes ${MOST_ARGUMENTS} at once`;
    fn.reporter.report("SK3102", spanOf(argument), { problem, instead: "print twice" });
    good = false;
  }
  return good ? { format: printing.text, arguments: printing.arguments } : null;
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

function addValue(fn: FunctionState, printing: Printing, written: Syntax.Node): boolean {
  const { node, width } = paddedOf(written);
  const character = characterOf(node);
  if (character !== null) return addCharacter(fn, printing, character, width);
  const hexadecimal = hexadecimalOf(node);
  const value = settled(fn, expression(fn, hexadecimal ?? decimalOf(node) ?? node, null));
  const { type } = value;
  if (!present(fn, value)) return false;
  const add = (text: string, argument: Expression, by: PrintArgument["by"]) => {
    printing.text += text.replace("%", `%${width}`);
    printing.arguments.push({ value: argument, by });
    return true;
  };
  if (type.kind === "int" && type.name === "Ipv4Address" && hexadecimal === null) return add("%pI4", value, "address");
  if (type.kind === "int") {
    if (value.kind === "constant" && width === "") {
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
    if (type.to.kind === "array" && type.to.name === "MacAddress" && width === "") return addMac(add, value, type);
  }
  const problem = `${typeName(type)} has no text`;
  fn.reporter.report("SK3102", value.at, { problem, instead: "print its fields, which are numbers, addresses or strings" });
  return false;
}

/** A method of a value that makes text: `object.name(…)`. */
interface TextMethod {
  readonly object: Syntax.Node;
  readonly name: string;
  readonly given: readonly Syntax.Node[];
}

function methodOf(node: Syntax.Node): TextMethod | null {
  if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression" || node.callee.computed) return null;
  const { object, property } = node.callee;
  return property.type === "Identifier" ? { object, name: property.name, given: node.arguments } : null;
}

/** Columns that the kernel can be asked for at most: what is wider is a mistake. */
const WIDEST = 256;

/** `value.padStart(8)`, `value.padStart(8, "0")`, `value.padEnd(8)`: the width as a format has it. */
function paddedOf(node: Syntax.Node): { readonly node: Syntax.Node; readonly width: string } {
  const method = methodOf(node);
  const [columns, filler, more] = method?.given ?? [];
  const sized = columns?.type === "NumericLiteral" && Number.isInteger(columns.value) && columns.value >= 1;
  if (method === null || !sized || columns.value > WIDEST || more !== undefined) return { node, width: "" };
  const zeroes = filler?.type === "StringLiteral" && filler.value === "0";
  const spaces = filler === undefined || (filler.type === "StringLiteral" && filler.value === " ");
  if (method.name === "padEnd" && spaces) return { node: method.object, width: `-${columns.value}` };
  if (method.name === "padStart" && (spaces || zeroes))
    return { node: method.object, width: `${zeroes ? "0" : ""}${columns.value}` };
  return { node, width: "" };
}

/** The number of `number.toString(16)`. */
function hexadecimalOf(node: Syntax.Node): Syntax.Node | null {
  const method = methodOf(node);
  const [radix, more] = method?.given ?? [];
  const isHexadecimal = radix?.type === "NumericLiteral" && radix.value === 16 && more === undefined;
  return method?.name === "toString" && isHexadecimal ? method.object : null;
}

/** The number of `number.toString()`. */
function decimalOf(node: Syntax.Node): Syntax.Node | null {
  const method = methodOf(node);
  return method?.name === "toString" && method.given.length === 0 ? method.object : null;
}

/** The number of `String.fromCharCode(number)`. */
function characterOf(node: Syntax.Node): Syntax.Node | null {
  const method = methodOf(node);
  const [code, more] = method?.given ?? [];
  const isString = method?.object.type === "Identifier" && method.object.name === "String";
  return isString && method.name === "fromCharCode" && more === undefined ? (code ?? null) : null;
}

function addCharacter(fn: FunctionState, printing: Printing, node: Syntax.Node, width: string): boolean {
  const value = typed(fn, node, INTS.u32);
  if (value.type.kind === "error") return false;
  printing.text += `%${width}c`;
  printing.arguments.push({ value, by: "number" });
  return true;
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
