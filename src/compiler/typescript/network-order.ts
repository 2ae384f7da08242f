/**
 * `htons`, `htonl` and their kin: numbers turned between the machine's order and the network's. Fields of headers and `be16` … are turned by
 * their types; these are for what takes a number as it lies in the packet, such as `bpf_l4_csum_replace`.
 */

import type * as Syntax from "@babel/types";
import { argumentsOf } from "./calls.ts";
import { typed } from "./expressions.ts";
import { meaning } from "./numbers.ts";
import { spanOf } from "./report.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression } from "./tree.ts";
import { INTS, type IntType } from "./types.ts";

/** By name; each is its own inverse. */
export const NETWORK_ORDER: Readonly<Record<string, IntType>> = {
  htons: INTS.u16,
  ntohs: INTS.u16,
  htonl: INTS.u32,
  ntohl: INTS.u32,
};

export function networkOrder(fn: FunctionState, node: Syntax.CallExpression, name: string): Expression {
  const type = NETWORK_ORDER[name] ?? INTS.u32;
  const [argument] = argumentsOf(fn, node, name, ["value"], `${name}(value: ${type.name})`) ?? [];
  if (argument === undefined) return errorAt(node);
  const operand = typed(fn, argument, type);
  if (operand.type.kind === "error") return errorAt(node);
  const at = spanOf(node);
  if (operand.kind === "constant") return { kind: "constant", type, value: turned(meaning(operand.value, type), type.bits), at };
  return { kind: "network-order", type, operand, at };
}

function turned(value: bigint, bits: number): bigint {
  let result = 0n;
  for (let at = 0n; at < bits; at += 8n) result = (result << 8n) | ((value >> at) & 0xffn);
  return result;
}
