/** Kernel pointers as values: what fits where, how two of them meet, and pointers made of numbers. */

import type * as Syntax from "@babel/types";
import { valueType } from "../annotations.ts";
import { coerce } from "../conversions.ts";
import { expression } from "../expressions.ts";
import { spanOf } from "../report.ts";
import { errorAt, type FunctionState } from "../state.ts";
import type { Expression } from "../tree.ts";
import { INTS, type KernelRead, type KernelType, typeName, type ValueType } from "../types.ts";
import { essentialName } from "./state.ts";
import { beginsWith, sameKernelStruct } from "./structs.ts";

/** Whether a kernel pointer goes where another is expected; false, with a report or without one, when it does not. */
export function fitsKernel(fn: FunctionState, value: Expression, type: KernelType, target: KernelType): boolean {
  if (!sameTarget(type, target) || (type.nullable && !target.nullable)) return false;
  if (target.read !== "direct" || type.read === "direct") return true;
  fn.reporter.report("SK2504", value.at, {
    problem: `the variable holds a ${typeName(target)} that the verifier knows, and this one it does not`,
    instead: `begin with a pointer that is only an address: let x = cast<${typeName(target)}>(u64(…))`,
  });
  return true;
}

function sameTarget(a: KernelType, b: KernelType): boolean {
  if (a.to.kind === "kernel-struct" && b.to.kind === "kernel-struct") return sameKernelStruct(a.to, b.to);
  return a.to === b.to;
}

/** `c ? a : b`: what the verifier does not know on one of the ways is not known after them. */
export function unifyKernel(a: KernelType, b: KernelType): KernelType | null {
  if (!sameTarget(a, b)) return null;
  const order: readonly KernelRead[] = ["direct", "any", "probe"];
  const read = order[Math.max(order.indexOf(a.read), order.indexOf(b.read))] ?? "probe";
  return { ...a, read, nullable: a.nullable || b.nullable, embedded: a.embedded && b.embedded };
}

/** What a function returns: an annotation does not say how it is read, what is returned does. */
export function kernelResult(result: KernelType, returned: readonly (ValueType | undefined)[]): KernelType {
  const types = returned.filter((type) => type?.kind === "kernel");
  const [first, ...others] = types;
  const common = others.reduce<KernelType | null>((all, type) => (all === null ? null : unifyKernel(all, type)), first ?? null);
  return common === null ? result : { ...result, read: common.read };
}

/** `cast<sock>(address)`: a number, or a pointer to something else, as a pointer to a kernel struct. */
export function castToKernel(fn: FunctionState, node: Syntax.CallExpression): Expression {
  const [typeNode, more] = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  const [argument] = node.arguments;
  const usage = (at: Syntax.Node, problem: string) => {
    fn.reporter.report("SK2503", spanOf(at), { problem, instead: "write cast<sock>(address)" });
    return errorAt(node);
  };
  if (typeNode === undefined || more !== undefined || argument === undefined || node.arguments.length !== 1) {
    return usage(node, "cast takes the kernel type to see, and an address");
  }
  const type = valueType(fn.module, typeNode);
  if (type === null) return errorAt(node);
  if (type.kind !== "kernel") return usage(typeNode, `cast gives pointers to kernel structs, not ${typeName(type)}`);
  const operand = expression(fn, argument, INTS.u64);
  const at = spanOf(node);
  if (operand.type.kind === "error") return operand;
  if (operand.type.kind === "kernel") {
    // Another edition of the same struct, or what it begins with, is as well known as this one; of another struct the verifier knows nothing.
    const { read, nullable, embedded } = operand.type;
    const known = isEdition(operand.type, type) || isBeginning(operand.type, type);
    return { kind: "kernel-cast", type: { ...type, read: known ? read : "probe", nullable, embedded }, operand, at };
  }
  const address = coerce(fn, operand, INTS.u64);
  if (address.type.kind === "error") return address;
  return { kind: "kernel-cast", type: { ...type, read: "probe" }, operand: address, at };
}

function isBeginning({ to: whole }: KernelType, { to: part }: KernelType): boolean {
  return whole.kind === "kernel-struct" && part.kind === "kernel-struct" && beginsWith(whole, part);
}

function isEdition(a: KernelType, b: KernelType): boolean {
  return a.to.kind === "kernel-struct" && b.to.kind === "kernel-struct" && essentialName(a.to.name) === essentialName(b.to.name);
}
