/**
 * The kernel's open-coded iterators in loops: `for (const task of bpf_iter_task(null, BPF_TASK_ITER_ALL_PROCS))`. There is one of a name where the
 * kernel has `NAME_new`, `NAME_next` and `NAME_destroy`: what it takes and gives, its types say.
 */

import type * as Syntax from "@babel/types";
import { spanOf } from "../report.ts";
import type { FunctionState } from "../state.ts";
import type { Expression, Local, Statement } from "../tree.ts";
import { INTS, type ValueType } from "../types.ts";
import { givenTo, type KernelFunction, kernelFunction } from "./functions.ts";
import type { KernelStored, KernelTypes } from "./structs.ts";

export interface KernelIterator {
  readonly name: string;
  readonly create: KernelFunction;
  readonly next: KernelFunction;
  readonly destroy: KernelFunction;
  /** Bytes that it takes in the frame. */
  readonly size: number;
  /** What `next` gives the address of. */
  readonly element: KernelStored;
}

/** The iterator of that name; null when the kernel has none. */
export function kernelIterator(types: KernelTypes, name: string): KernelIterator | null {
  if (!name.startsWith("bpf_iter_")) return null;
  const [create, next, destroy] = ["new", "next", "destroy"].map((part) => kernelFunction(types, `${name}_${part}`));
  const place = create?.parameters[0]?.stored;
  if (!create || !next || !destroy || place?.kind !== "kernel-pointer" || place.to === null) return null;
  const { result, resultNumber } = next;
  const element = result?.kind === "kernel-pointer" ? (result.to ?? resultNumber) : null;
  return element === null ? null : { name, create, next, destroy, size: place.to.size, element };
}

/** As declarations for editors show it: without its place in the frame. */
export function asFunction({ name, create, element }: KernelIterator): KernelFunction {
  return { name, parameters: create.parameters.slice(1), result: null, resultNumber: null, returnsNull: false, yields: element };
}

/** What each turn of a loop gets. */
export function elementType({ element }: KernelIterator): ValueType {
  if (element.kind === "kernel-struct") return { kind: "kernel", to: element, read: "direct", nullable: false, embedded: false };
  return element.kind === "int" ? element : INTS.i32;
}

export interface Elements {
  readonly kind: "kernel";
  readonly iterator: KernelIterator;
  readonly arguments: readonly Expression[];
}

export function iterated(fn: FunctionState, iterator: KernelIterator, node: Syntax.CallExpression): Elements | null {
  const given = givenTo(fn, asFunction(iterator), node);
  if (given === null) return null;
  for (const callee of [iterator.create, iterator.next, iterator.destroy]) fn.module.kernel.calls(callee);
  return { kind: "kernel", iterator, arguments: given };
}

export function eachOf(
  { iterator, arguments: given }: Elements,
  target: Extract<Statement, { kind: "each" }>["target"],
  turn: (value: Expression) => Statement,
  node: Syntax.Node,
): Statement {
  const at = spanOf(node);
  const type = elementType(iterator);
  const local: Local = { name: "element", type, mutable: false, own: false, at };
  return { kind: "each", target, local, iterator, arguments: given, body: turn({ kind: "local", local, type, at }), at };
}
