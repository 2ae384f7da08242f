/**
 * Checks what follows a kernel pointer: `task.mm.pgd`, `task.comm[0]`. Members of members are one path, read at once; a
 * pointer on the way is read, and the next path begins where it leads.
 */

import type * as Syntax from "@babel/types";
import { converted } from "../conversions.ts";
import { literal } from "../expressions.ts";
import { rangeOf } from "../ranges.ts";
import { spanOf } from "../report.ts";
import { didYouMean } from "../scopes.ts";
import { errorAt, type FunctionState } from "../state.ts";
import type { Expression } from "../tree.ts";
import { INTS, type KernelType, typeName, type ValueType, withoutNull } from "../types.ts";
import { along, fieldNames, findMember, type KernelPath, pathTo } from "./paths.ts";
import { type KernelArray, type KernelStored, mayBeMissing } from "./structs.ts";

/** `object.name` of a kernel pointer that is there. */
export function kernelMember(
  fn: FunctionState,
  object: Expression,
  type: KernelType,
  property: Syntax.Identifier,
  node: Syntax.Node,
): Expression {
  const { to } = type;
  if (to.kind === "kernel-array") {
    if (property.name === "length") return literal(BigInt(to.length), node);
    return unknownField(fn, property, typeName(type), ["length"], "index it: [0]");
  }
  const found = fieldPath(fn, object, type, property.name);
  if (found === null) {
    const known = fieldNames(to);
    const otherwise =
      known.length === 0
        ? `the kernel only declares ${to.name}: what is in it is not known`
        : known.length <= 12
          ? `its fields are ${known.join(", ")}`
          : `skep types ${to.name} shows its fields; one that only other kernels have is declared by an interface ${to.name}___other with the tag @kernel`;
    return unknownField(fn, property, `${to.form} ${to.name}`, known, otherwise);
  }
  if (found.guarded && !fn.facts.has(fn.module.kernel.guardOf(found.path))) {
    fn.reporter.report("SK2502", spanOf(property), { field: property.name, struct: to.name });
    return errorAt(node);
  }
  return fieldOf(fn, found, type, property, node);
}

/** A field as it is found: from a pointer, along a path. */
interface Found {
  /** The pointer, or the part of what one leads to, that the path begins at. */
  readonly object: Expression;
  readonly path: KernelPath;
  /** It is not in every kernel: to be read only where a condition has proven that it is there. */
  readonly guarded: boolean;
}

/** Finds a field in the kernel's struct, or in the source's own editions of it; null when none has it. */
export function fieldPath(fn: FunctionState, object: Expression, { to, embedded }: KernelType, name: string): Found | null {
  if (to.kind !== "kernel-struct") return null;
  const steps = findMember(to, name);
  if (steps !== null) {
    // A part of a part is a longer path from the same pointer.
    const base = object.kind === "kernel-field" && embedded ? object : null;
    const path = along(base?.path ?? pathTo(to), steps);
    return { object: base?.object ?? object, path, guarded: path.optional };
  }
  for (const edition of fn.module.kernel.editionsOf(to)) {
    const others = edition === to ? null : findMember(edition, name);
    if (others !== null) return { object, path: along(pathTo(edition), others), guarded: true };
  }
  return null;
}

function unknownField(
  fn: FunctionState,
  property: Syntax.Identifier,
  type: string,
  known: readonly string[],
  otherwise: string,
): Expression {
  const instead = didYouMean(property.name, known, otherwise);
  fn.reporter.report("SK2009", spanOf(property), { type, name: property.name, instead });
  return errorAt(property);
}

/** `array[index]` of an array in kernel memory. */
export function kernelElement(
  fn: FunctionState,
  object: Expression,
  type: KernelType & { readonly to: KernelArray },
  index: Expression,
  node: Syntax.Node,
): Expression {
  const array = type.to;
  if (index.kind !== "literal" && index.type.kind !== "int") {
    const instead = "index with an integer";
    fn.reporter.report("SK2101", index.at, { expected: "an integer", found: typeName(index.type), instead });
    return errorAt(node);
  }
  const { min, max } = rangeOf(fn, index);
  // Nobody knows where an array of unknown length ends: reading beyond it gives 0, or what lies there.
  if (min < 0n || (array.length > 0 && max >= BigInt(array.length))) {
    const mask = array.length === 0 ? 0 : 2 ** Math.floor(Math.log2(array.length)) - 1;
    fn.reporter.report("SK2113", index.at, { range: min === max ? min : `${min} … ${max}`, length: array.length, mask });
    return errorAt(node);
  }
  if (index.kind === "literal" && object.kind === "kernel-field") {
    const path = along(object.path, [{ kind: "element", of: array, index: Number(index.value) }]);
    return fieldOf(fn, { object: object.object, path, guarded: false }, type, node, node);
  }
  // Where the verifier does not know how far from its start something is, it does not know what is there.
  const value = readOf(array.element, index.kind === "literal" ? type : { read: "probe" });
  if (value === null) return unreadable(fn, node, array.element);
  const proven: Expression =
    index.kind === "literal"
      ? { kind: "constant", type: INTS.u64, value: index.value, at: index.at }
      : converted(index, INTS.u64);
  return { kind: "kernel-element", object, index: proven, stored: array.element, type: value, at: spanOf(node) };
}

function fieldOf(
  fn: FunctionState,
  { object, path }: Found,
  from: KernelType,
  property: Syntax.Node,
  node: Syntax.Node,
): Expression {
  const read = readOf(path.type, from);
  if (read === null) return unreadable(fn, property, path.type);
  fn.module.kernel.uses.path(path);
  const at = spanOf(node);
  if (property.type !== "Identifier" || read.kind !== "kernel" || !mayBeMissing(path.root, property.name)) {
    return { kind: "kernel-field", object, path, type: read, at };
  }
  const type: KernelType = { ...read, nullable: true };
  return missing(fn, property.name, { kind: "kernel-field", object, path, type, at }, type);
}

/** A field that may be null: of the program's own context it is read once, before the body. */
function missing(
  fn: FunctionState,
  name: string,
  value: Extract<Expression, { kind: "kernel-field" }>,
  type: KernelType,
): Expression {
  const { context } = fn;
  const { object, at } = value;
  if (context === null || object.kind !== "local" || object.local !== context.local) return value;
  let local = context.fields.get(name);
  if (local === undefined) {
    local = { name: `${context.local.name}.${name}`, type, mutable: false, own: false, at };
    context.fields.set(name, local);
    context.prologue.push({ kind: "declare", local, value, at });
  }
  return { kind: "local", local, type: fn.facts.has(local) ? withoutNull(type) : type, at };
}

/** The value that reading gives; null when programs have no such values. */
export function readOf(stored: KernelStored, from: Pick<KernelType, "read">): ValueType | null {
  switch (stored.kind) {
    case "int":
    case "bool":
      return stored;
    case "network":
      return stored.host;
    case "kernel-enum":
      return stored.int;
    case "kernel-pointer":
      return stored.to === null ? INTS.u64 : { kind: "kernel", to: stored.to, read: from.read, nullable: false, embedded: false };
    case "kernel-struct":
    case "kernel-array":
      return { kind: "kernel", to: stored, read: from.read, nullable: false, embedded: true };
    case "kernel-opaque":
      return null;
  }
}

function unreadable(fn: FunctionState, node: Syntax.Node, stored: KernelStored): Expression {
  const size = stored.kind === "kernel-opaque" ? stored.size : 0;
  const problem = size > 8 ? `a field of ${size} bytes is no number of the language` : "it has no type that a program could read";
  fn.reporter.report("SK2501", spanOf(node), { problem });
  return errorAt(node);
}
