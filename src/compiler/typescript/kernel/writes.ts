/**
 * What programs assign in the kernel's own objects: congestion control a few fields of its socket, a scheduler of its tasks. Which
 * fields, the kernel's verifier says; that a program is of a kind that may write any, and the place a number, is said here.
 */

import type { ProgramType } from "../../../uapi/program-types.ts";
import type { FunctionState } from "../state.ts";
import type { Expression, Place } from "../tree.ts";
import { typeName } from "../types.ts";

/** Types of programs that have a say in what they may write (`btf_struct_access` of the kernel). */
const WRITERS: ReadonlySet<ProgramType> = new Set<ProgramType>(["struct_ops", "xdp", "sched_cls", "sched_act"]);

export function writesKernel(type: ProgramType): boolean {
  return WRITERS.has(type);
}

type Field = Extract<Expression, { kind: "kernel-field" }>;

/** The field as a place, or what `refuse` gives. Of a function that several programs call, lowering says the rest (`storeKernelField`). */
export function kernelPlace(
  fn: FunctionState,
  target: Field,
  refuse: (what: string, instead: string) => null,
): Extract<Place, { kind: "kernel-field" }> | null {
  const { type, path } = target;
  if (fn.hook !== null && !writesKernel(fn.hook.type)) {
    return refuse("a field of the kernel's", `programs of ${fn.hook.name} only read the kernel's objects`);
  }
  if (type.kind !== "int" && type.kind !== "bool") {
    return refuse(`a field of the type ${typeName(type)}`, "numbers and bools are assigned in the kernel's objects, one by one");
  }
  if (path.bitSize > 0)
    return refuse("a bit-field of the kernel's", "its place is another in every kernel: a function of the kernel may set it");
  const { object } = target;
  if (object.type.kind === "kernel" && object.type.read === "probe") {
    return refuse("what is behind an address", "assign through a pointer that the program was given");
  }
  return target;
}
