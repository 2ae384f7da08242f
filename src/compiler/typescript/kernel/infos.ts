/**
 * What programs ask about the kernel that runs them: `field(task, "loginuid")`, `exists<T>()`, `sizeOf<T>()`, `enumExists(NAME)`,
 * `enumValue(NAME)`. Each is a number that the loader puts into the program, from the types of that kernel.
 */

import type * as Syntax from "@babel/types";
import type { CoreKind } from "../../../object/spec.ts";
import { storedType, valueType } from "../annotations.ts";
import { expression, literal } from "../expressions.ts";
import { sizeOf } from "../layout.ts";
import { spanOf } from "../report.ts";
import { didYouMean, type Meaning, meaningOf } from "../scopes.ts";
import { errorAt, type FunctionState } from "../state.ts";
import type { Expression } from "../tree.ts";
import { BOOL, INTS, type KernelType, typeName } from "../types.ts";
import { fieldPath } from "./access.ts";
import type { KernelFunction } from "./functions.ts";
import { fieldNames, type KernelPath } from "./paths.ts";
import { essentialName, type KernelGuard } from "./state.ts";
import { type KernelEnum, KernelStruct, sizeOfKernel } from "./structs.ts";

export interface KernelInfo {
  readonly kind: CoreKind;
  readonly of:
    | { readonly kind: "path"; readonly path: KernelPath }
    | { readonly kind: "struct"; readonly struct: KernelStruct }
    | { readonly kind: "enumerator"; readonly enum: KernelEnum; readonly index: number };
  /** In the types that the source was compiled with. */
  readonly value: bigint;
  /** What is proven where it is true; null when nothing is. */
  readonly guard: KernelGuard | null;
}

export const KERNEL_QUESTIONS = ["field", "exists", "sizeOf", "enumExists", "enumValue"] as const;
export type KernelQuestion = (typeof KERNEL_QUESTIONS)[number];

export function kernelQuestion(fn: FunctionState, question: KernelQuestion, node: Syntax.CallExpression): Expression {
  switch (question) {
    case "field":
      return fieldExists(fn, node);
    case "exists":
    case "sizeOf":
      return aboutType(fn, question, node);
    case "enumExists":
    case "enumValue":
      return aboutEnumerator(fn, question, node);
  }
}

function usage(fn: FunctionState, node: Syntax.Node, problem: string, instead: string): Expression {
  fn.reporter.report("SK2503", spanOf(node), { problem, instead });
  return errorAt(node);
}

function fieldExists(fn: FunctionState, node: Syntax.CallExpression): Expression {
  const [objectNode, nameNode] = node.arguments;
  const instead = 'write field(task, "loginuid")';
  if (objectNode === undefined || nameNode?.type !== "StringLiteral" || node.arguments.length !== 2) {
    return usage(fn, node, "field takes a kernel pointer and the name of a field", instead);
  }
  const object = expression(fn, objectNode, null);
  const { type } = object;
  if (type.kind === "error") return object;
  if (type.kind !== "kernel" || type.to.kind !== "kernel-struct") {
    return usage(fn, objectNode, `field takes a kernel pointer, not ${typeName(type)}`, instead);
  }
  const edition = editionOf(fn, node, type);
  if (edition === null) {
    return usage(
      fn,
      node.typeArguments ?? node,
      "the type argument is an edition of the same struct",
      'write field<task_struct___old>(task, "state")',
    );
  }
  const found = fieldPath(fn, object, edition, nameNode.value);
  if (found === null) {
    const { name } = type.to;
    const declare = `declare it: /** @kernel */ interface ${name}___other { ${nameNode.value}: u32 }`;
    const hint = didYouMean(nameNode.value, fieldNames(type.to), declare);
    return usage(
      fn,
      nameNode,
      `${type.to.form} ${name} has no field ${nameNode.value} in the types that this is compiled with`,
      hint,
    );
  }
  const { kernel } = fn.module;
  kernel.uses.path(found.path);
  const info: KernelInfo = {
    kind: "field_exists",
    of: { kind: "path", path: found.path },
    value: 1n,
    guard: kernel.guardOf(found.path),
  };
  return { kind: "kernel-info", type: BOOL, info, at: spanOf(node) };
}

/** What `field<task_struct___old>(task, …)` looks at: an edition of what the pointer leads to, or that itself; null when it is neither. */
function editionOf(fn: FunctionState, node: Syntax.CallExpression, type: KernelType): KernelType | null {
  const [typeNode, more] = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  if (typeNode === undefined) return type;
  const edition = valueType(fn.module, typeNode);
  const same =
    more === undefined &&
    edition?.kind === "kernel" &&
    edition.to.kind === "kernel-struct" &&
    type.to.kind === "kernel-struct" &&
    essentialName(edition.to.name) === essentialName(type.to.name);
  return same ? { ...edition, read: type.read } : null;
}

function aboutType(fn: FunctionState, question: "exists" | "sizeOf", node: Syntax.CallExpression): Expression {
  const [argument] = node.arguments;
  const symbol = question === "exists" && argument !== undefined && !node.typeArguments ? meaningOf(fn.scope, argument) : null;
  if (symbol?.kind === "kernel-function" && node.arguments.length === 1) return symbolExists(fn, symbol.function, node);
  const [typeNode] = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  if (typeNode === undefined || node.arguments.length > 0 || node.typeArguments?.params.length !== 1) {
    return usage(fn, node, `${question} takes a type`, `write ${question}<task_struct>()`);
  }
  const name = typeNode.type === "TSTypeReference" && typeNode.typeName.type === "Identifier" ? typeNode.typeName.name : "";
  const meaning = fn.module.types.get(name)?.meaning;
  if (meaning?.kind === "kernel" && meaning.type.kind === "kernel-struct") {
    const struct = meaning.type;
    fn.module.kernel.uses.struct(struct);
    const exists = question === "exists";
    const info: KernelInfo = {
      kind: exists ? "type_exists" : "type_size",
      of: { kind: "struct", struct },
      value: exists ? 1n : BigInt(sizeOfKernel(struct)),
      guard: null,
    };
    return { kind: "kernel-info", type: exists ? BOOL : INTS.u32, info, at: spanOf(node) };
  }
  if (question === "exists") {
    return usage(
      fn,
      typeNode,
      "exists asks for a struct or union of the kernel",
      'import it: import type { sock } from "skep/vmlinux"',
    );
  }
  const stored = storedType(fn.module, typeNode);
  return stored === null ? errorAt(node) : literal(BigInt(sizeOf(stored)), node);
}

/** `exists(bpf_task_acquire)`: a function of the kernel that is not there has the address 0. */
function symbolExists(fn: FunctionState, callee: KernelFunction, node: Syntax.CallExpression): Expression {
  const { kernel } = fn.module;
  kernel.calls(callee);
  kernel.weak.add(callee.name);
  const at = spanOf(node);
  const type: KernelType = { kind: "kernel", to: NOTHING, read: "probe", nullable: true, embedded: false };
  return { kind: "is-null", type: BOOL, negated: true, operand: { kind: "kernel-symbol", type, name: callee.name, at }, at };
}

/** What an address of a function leads to, for a program. */
const NOTHING = new KernelStruct({ name: "", form: "struct", typedef: false, size: 0, own: true }, () => []);

function aboutEnumerator(fn: FunctionState, question: "enumExists" | "enumValue", node: Syntax.CallExpression): Expression {
  const [argument] = node.arguments;
  const meaning = argument === undefined ? null : enumeratorNamed(fn, argument);
  if (meaning === null || node.arguments.length !== 1) {
    const instead = `import it: import { BPF_MAP_TYPE_ARENA } from "skep/vmlinux", and write ${question}(BPF_MAP_TYPE_ARENA)`;
    return usage(fn, argument ?? node, `${question} takes a constant of an enumeration of the kernel`, instead);
  }
  const { enum: of, index, value } = meaning;
  fn.module.kernel.uses.enumerator(of, index);
  const exists = question === "enumExists";
  const info: KernelInfo = {
    kind: exists ? "enumval_exists" : "enumval_value",
    of: { kind: "enumerator", enum: of, index },
    value: exists ? 1n : value,
    guard: null,
  };
  return { kind: "kernel-info", type: exists ? BOOL : of.int, info, at: spanOf(node) };
}

/** `NAME`, imported; or `bpf_map_type___new.NAME` of the source's own. */
function enumeratorNamed(fn: FunctionState, node: Syntax.Node): Extract<Meaning, { kind: "kernel-enumerator" }> | null {
  if (node.type === "Identifier") {
    const meaning = fn.scope.look(node.name);
    return meaning?.kind === "kernel-enumerator" ? meaning : null;
  }
  if (node.type !== "MemberExpression" || node.object.type !== "Identifier" || node.property.type !== "Identifier") return null;
  const of = fn.module.kernel.enums.get(node.object.name);
  const { name } = node.property;
  const index = of?.values.findIndex((value) => value.name === name) ?? -1;
  const value = of?.values[index]?.value;
  return of === undefined || value === undefined ? null : { kind: "kernel-enumerator", enum: of, index, value };
}
