/** `ipv4Mapped(address)`: an IPv4 address as an IPv6 one (RFC 4291 §2.5.5.2), so that one field holds either. */

import type * as Syntax from "@babel/types";
import { argumentsOf } from "./calls.ts";
import { typed } from "./expressions.ts";
import { spanOf } from "./report.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression } from "./tree.ts";
import { type Field, INTS, IPV4_ADDRESS, IPV6_ADDRESS, reference, type StructType } from "./types.ts";

const [ZEROES, MARK, ADDRESS] = [
  { name: "zeroes", offset: 0, type: INTS.u64, constant: false },
  { name: "mark", offset: 8, type: INTS.u32, constant: false },
  { name: "address", offset: 12, type: IPV4_ADDRESS, constant: false },
] as const satisfies readonly Field[];

/** The sixteen bytes, in pieces that are stored at once. */
const PIECES: StructType = { kind: "struct", name: "ipv4_mapped", size: 16, align: 4, fields: [ZEROES, MARK, ADDRESS] };

/** 00 00 ff ff. */
const MAPPED = 0xffff_0000n;

export function ipv4Mapped(fn: FunctionState, node: Syntax.CallExpression): Expression {
  const [argument] = argumentsOf(fn, node, "ipv4Mapped", ["address"], "ipv4Mapped(address)") ?? [];
  if (argument === undefined) return errorAt(node);
  const value = typed(fn, argument, IPV4_ADDRESS);
  if (value.type.kind === "error") return errorAt(node);
  const at = spanOf(node);
  const fields = [
    { field: ZEROES, value: { kind: "constant", type: INTS.u64, value: 0n, at } },
    { field: MARK, value: { kind: "constant", type: INTS.u32, value: MAPPED, at } },
    { field: ADDRESS, value },
  ] as const;
  return { kind: "struct", type: reference(IPV6_ADDRESS, "stack", false), struct: PIECES, fields, at };
}
