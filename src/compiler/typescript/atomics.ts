/** Checks `atomicAdd(place, value)` and its kin: operations on an integer in memory, or a pointer into the arena, that no other CPU comes between. */

import type * as Syntax from "@babel/types";
import type { AtomicOp } from "../ir/ir.ts";
import { place } from "./assignments.ts";
import { argumentsOf } from "./calls.ts";
import { typed } from "./expressions.ts";
import { spanOf } from "./report.ts";
import { errorAt, type FunctionState } from "./state.ts";
import { placeType } from "./structs.ts";
import type { Expression } from "./tree.ts";
import { typeName } from "./types.ts";

export function atomic(fn: FunctionState, node: Syntax.CallExpression, name: string, op: AtomicOp): Expression {
  const compares = op === "compare-exchange";
  const names = compares ? ["place", "expected", "value"] : ["place", "value"];
  const [targetNode, first, second] = argumentsOf(fn, node, name, names, `${name}(${names.join(", ")})`) ?? [];
  const valueNode = compares ? second : first;
  if (targetNode === undefined || first === undefined || valueNode === undefined) return errorAt(node);
  const target = place(fn, targetNode);
  if (target === null) return errorAt(node);
  const refuse = (problem: string, instead: string) => {
    fn.reporter.report("SK3107", target.at, { problem, instead });
    return errorAt(node);
  };
  if (target.kind !== "member" && target.kind !== "element") {
    if (target.kind === "local") return refuse("a variable of the program has no other CPU to fear", "assign it: x += 1");
    return refuse("these are some bits of an integer", "use an integer of its own");
  }
  const { stored } = target;
  const memory = target.object.type.kind === "reference" ? target.object.type.memory : null;
  if (memory === "packet" || memory === "context") return refuse("no other CPU sees this packet", "assign it: x += 1");
  if (stored.kind === "pointer" && (op === "exchange" || compares)) {
    const type = placeType(stored);
    const expected = compares ? typed(fn, first, type) : null;
    const value = typed(fn, valueNode, type);
    if (type.kind !== "reference" || value.type.kind === "error" || expected?.type.kind === "error") return errorAt(node);
    return { kind: "atomic", type, op, target, value, expected, at: spanOf(node) };
  }
  if (stored.kind !== "int" || stored.name === "Ipv4Address" || stored.bits < 32)
    return refuse(`${typeName(stored)} has no atomic operations`, "make it u32, i32, u64 or i64");
  const expected = compares ? typed(fn, first, stored) : null;
  const value = typed(fn, valueNode, stored);
  if (value.type.kind === "error" || expected?.type.kind === "error") return errorAt(node);
  return { kind: "atomic", type: stored, op, target, value, expected, at: spanOf(node) };
}
