/** Constants of the top level, evaluated when they are first used, and addresses written as text. */

import type * as Syntax from "@babel/types";
import { parseIpv4, parseIpv6, parseMac } from "../../btf/addresses.ts";
import { spanOf } from "./report.ts";
import type { AddressFormat, ConstantSymbol } from "./scopes.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression } from "./tree.ts";
import { type ArrayType, IPV4_ADDRESS, IPV6_ADDRESS, MAC_ADDRESS, reference } from "./types.ts";

/** The constant's value where it is used. */
export function constantOf(fn: FunctionState, constant: ConstantSymbol, node: Syntax.Identifier): Expression {
  if (constant.state === "evaluating") {
    fn.reporter.report("SK2003", spanOf(node), { name: node.name, line: constant.at.line });
    return errorAt(node);
  }
  if (constant.state === "unevaluated") {
    constant.state = "evaluating";
    constant.value = constant.evaluate();
    constant.state = "evaluated";
  }
  return constant.value === null ? errorAt(node) : ({ ...constant.value, at: spanOf(node) } as Expression);
}

const BYTES: Readonly<Record<"ipv6" | "mac", { readonly type: ArrayType; readonly kind: string; readonly example: string }>> = {
  ipv6: { type: IPV6_ADDRESS, kind: "an IPv6 address", example: "2001:db8::1" },
  mac: { type: MAC_ADDRESS, kind: "a MAC address", example: "02:00:00:00:00:01" },
};

/** `ipv4("…")`, `ipv6("…")`, `mac("…")`: known when compiling. */
export function address(fn: FunctionState, format: AddressFormat, node: Syntax.CallExpression): Expression {
  const at = spanOf(node);
  const [argument] = node.arguments;
  const example = format === "ipv4" ? "192.0.2.1" : BYTES[format].example;
  if (node.arguments.length !== 1 || argument === undefined) {
    const signature = `${format}("${example}")`;
    fn.reporter.report("SK2106", at, { what: format, expected: "one text", found: node.arguments.length, signature });
    return errorAt(node);
  }
  if (argument.type !== "StringLiteral") {
    fn.reporter.report("SK2206", spanOf(argument), { what: "the text of an address" });
    return errorAt(node);
  }
  const text = argument.value;
  const bytes = format === "ipv4" ? parseIpv4(text) : format === "ipv6" ? parseIpv6(text) : parseMac(text);
  if (bytes === null) {
    const kind = format === "ipv4" ? "an IPv4 address" : BYTES[format].kind;
    fn.reporter.report("SK3010", spanOf(argument), { text: `"${text}"`, kind, instead: `write ${format}("${example}")` });
    return errorAt(node);
  }
  if (format === "ipv4") {
    const value = bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
    return { kind: "constant", type: IPV4_ADDRESS, value, at };
  }
  return { kind: "bytes", type: reference(BYTES[format].type, "stack", false), bytes, at };
}
