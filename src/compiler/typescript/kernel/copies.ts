/** What lies in kernel memory as a value of the language: an array, a text or an address is copied to where it is wanted. */

import type { FunctionState } from "../state.ts";
import type { Expression } from "../tree.ts";
import { type ArrayType, type KernelType, type ReferenceType, reference, sameStored } from "../types.ts";
import { along, findMember, pathTo } from "./paths.ts";
import type { KernelStored, KernelStruct } from "./structs.ts";

/** The bytes of a place in kernel memory; null when its type is another than the place's where it is wanted. */
export function copiedFromKernel(
  fn: FunctionState,
  value: Expression,
  type: KernelType,
  target: ReferenceType,
): Expression | null {
  if (!type.embedded || target.to.kind !== "array") return null;
  const operand = type.to.kind === "kernel-struct" ? bytesOfAddress(fn, value, type, type.to) : value;
  const size = operand.type.kind === "kernel" ? copiedBytes(operand.type.to, target.to) : null;
  if (size === null) return null;
  const cut =
    operand.type.kind === "kernel" && operand.type.to.kind === "kernel-array" && operand.type.to.length > target.to.length;
  return { kind: "kernel-copy", type: reference(target.to, "stack", false), operand, size, cut, at: value.at };
}

/** Of a `struct in6_addr`, which is bytes or larger parts, the bytes. */
function bytesOfAddress(fn: FunctionState, value: Expression, type: KernelType, struct: KernelStruct): Expression {
  const outer = struct.name === "in6_addr" ? findMember(struct, "in6_u") : null;
  if (outer === null) return value;
  const base = value.kind === "kernel-field" ? value : null;
  const union = along(base?.path ?? pathTo(struct), outer);
  const inner = union.type.kind === "kernel-struct" ? findMember(union.type, "u6_addr8") : null;
  if (inner === null) return value;
  const path = along(union, inner);
  if (path.type.kind !== "kernel-array") return value;
  fn.module.kernel.uses.path(path);
  return { kind: "kernel-field", object: base?.object ?? value, path, type: { ...type, to: path.type }, at: value.at };
}

/** How many bytes of a kernel's array or address go into an array of ours, which may be longer: the rest is zero. A text may also be cut. */
function copiedBytes(from: KernelStored, to: ArrayType): number | null {
  if (from.kind !== "kernel-array" || from.length === 0) return null;
  const { element, length } = from;
  const bytes = element.kind === "int" && element.bits === 8 && to.element.kind === "int" && to.element.bits === 8;
  if (bytes && to.name === "FixedString") return Math.min(length, to.length);
  if (bytes) return length <= to.length && (to.name === null || length === to.length) ? length : null;
  const same =
    (element.kind === "int" || element.kind === "bool" || element.kind === "network") && sameStored(element, to.element);
  return same && length === to.length && element.kind === "int" ? (length * element.bits) / 8 : null;
}
