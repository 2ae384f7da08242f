/** Checks methods of an arena: pages that programs take and give back, and pointers made of numbers. */

import type * as Syntax from "@babel/types";
import { storedType } from "./annotations.ts";
import { present } from "./conditions.ts";
import { expression, typed } from "./expressions.ts";
import { sizeOf } from "./layout.ts";
import { type MethodCall, methodArguments } from "./map-methods.ts";
import { refuseSpecial } from "./pointers.ts";
import { spanOf } from "./report.ts";
import { hasSpecial } from "./special.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression } from "./tree.ts";
import { type ArrayType, INTS, reference, type StructType, typeName, VOID } from "./types.ts";

/** The kernel's, whatever the machine's own are: it has arenas only where they are the same. */
const PAGE = 4096;

export function arenaMethod(call: MethodCall): Expression {
  switch (call.method) {
    case "allocPages":
      return allocate(call);
    case "at":
      return pointerAt(call);
    case "freePages":
      return free(call);
    default:
      return reserve(call);
  }
}

/** `heap.allocPages<Node>()`, `heap.allocPages<Node>(4)`: zeroed, or null. */
function allocate(call: MethodCall): Expression {
  const { fn, map, method, node } = call;
  const to = typeArgument(call);
  const nodes = methodArguments(call, ["pages", "address"], 2);
  if (to === null || nodes === null) return errorAt(node);
  const count = pagesOr(fn, nodes[0], to, node);
  const address = nodes[1] === undefined ? number(0n, node) : typed(fn, nodes[1], INTS.u64);
  if (count.type.kind === "error" || address.type.kind === "error") return errorAt(node);
  return { kind: "map-call", type: reference(to, "arena", true), map, method, arguments: [address, count], at: spanOf(node) };
}

/** `heap.freePages(first)`, `heap.freePages(first, 4)` */
function free(call: MethodCall): Expression {
  const { fn, map, method, node } = call;
  const [pointerNode, countNode] = methodArguments(call, ["pointer", "pages"], 1) ?? [];
  if (pointerNode === undefined) return errorAt(node);
  const pointer = expression(fn, pointerNode, null);
  const { type } = pointer;
  if (type.kind === "error") return pointer;
  if (type.kind !== "reference" || type.memory !== "arena" || type.to.kind === "header") {
    const instead = `pass what ${map.name}.allocPages gave`;
    fn.reporter.report("SK2101", pointer.at, { expected: "a pointer into the arena", found: typeName(type), instead });
    return errorAt(node);
  }
  const count = pagesOr(fn, countNode, type.to, node);
  if (!present(fn, pointer) || count.type.kind === "error") return errorAt(node);
  return { kind: "map-call", type: VOID, map, method, arguments: [pointer, count], at: spanOf(node) };
}

/** `heap.reservePages(address, 4)`: nobody is given them. 0, or an error. */
function reserve(call: MethodCall): Expression {
  const { fn, map, method, node } = call;
  const [addressNode, countNode] = methodArguments(call, ["address", "pages"]) ?? [];
  if (addressNode === undefined || countNode === undefined) return errorAt(node);
  const values = [typed(fn, addressNode, INTS.u64), typed(fn, countNode, INTS.u32)];
  if (values.some(({ type }) => type.kind === "error")) return errorAt(node);
  return { kind: "map-call", type: INTS.i32, map, method, arguments: values, at: spanOf(node) };
}

/** `heap.at<Node>(address)`: a number as the pointer that it is. */
function pointerAt(call: MethodCall): Expression {
  const { fn, node } = call;
  const to = typeArgument(call);
  const [addressNode] = methodArguments(call, ["address"]) ?? [];
  if (to === null || addressNode === undefined) return errorAt(node);
  const operand = typed(fn, addressNode, INTS.u64);
  if (operand.type.kind === "error") return operand;
  return { kind: "kernel-cast", type: reference(to, "arena", false), operand, at: spanOf(node) };
}

/** What the pages are to hold; null with a report. */
function typeArgument({ fn, map, method, node }: MethodCall): StructType | ArrayType | null {
  const [only, more] = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  const refuse = (at: Syntax.Node, problem: string) => {
    fn.reporter.report("SK3110", spanOf(at), { problem, instead: `write ${map.name}.${method}<Node>(…)` });
    return null;
  };
  if (only === undefined || more !== undefined) return refuse(node, `${method} takes the type of what the pointer leads to`);
  const stored = storedType(fn.module, only);
  if (stored === null) return null;
  if (hasSpecial(stored)) return refuseSpecial(fn.module, only);
  if (stored.kind === "array" || stored.kind === "struct") {
    fn.module.pointers.push({ at: spanOf(only), target: () => stored });
    return stored;
  }
  return refuse(only, `a pointer leads to a struct or an array, not ${typeName(stored)}`);
}

/** So many pages as are said, or as it takes. */
function pagesOr(fn: FunctionState, given: Syntax.Node | undefined, to: StructType | ArrayType, node: Syntax.Node): Expression {
  if (given !== undefined) return typed(fn, given, INTS.u32);
  return { ...number(BigInt(Math.ceil(sizeOf(to) / PAGE)), node), type: INTS.u32 };
}

function number(value: bigint, node: Syntax.Node): Extract<Expression, { kind: "constant" }> {
  return { kind: "constant", type: INTS.u64, value, at: spanOf(node) };
}
