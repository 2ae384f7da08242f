/**
 * Functions of the kernel that programs call by name (kfuncs), typed by the kernel's BTF. What they do with references, and whether they may
 * return null, BTF does not say: that is in the table of `uapi/kernel-functions.ts`.
 */

import type * as Syntax from "@babel/types";
import { KERNEL_FUNCTIONS } from "../../../uapi/kernel-functions.ts";
import { argumentsOf } from "../calls.ts";
import { mayBeNull } from "../conversions.ts";
import { expression, typed } from "../expressions.ts";
import { sizeOf } from "../layout.ts";
import { spanOf } from "../report.ts";
import { errorAt, type FunctionState } from "../state.ts";
import type { Expression } from "../tree.ts";
import { BOOL, INTS, type KernelType, typeName, type ValueType, VOID } from "../types.ts";
import type { KernelStored, KernelStruct, KernelTypes } from "./structs.ts";

export interface KernelFunction {
  readonly name: string;
  readonly parameters: readonly KernelFunctionParameter[];
  /** As the kernel declares it; null: nothing. */
  readonly result: KernelStored | null;
  /** As `number` of parameters. */
  readonly resultNumber: KernelStored | null;
  readonly returnsNull: boolean;
  /** Of an iterator in a loop, what it goes through. */
  readonly yields?: KernelStored;
}

export interface KernelFunctionParameter {
  readonly name: string;
  readonly stored: KernelStored;
  /** Of an address, the number that lies there; loaders compare. */
  readonly number: KernelStored | null;
  /** Null may be given: the kernel names such parameters `…__nullable` or `…__opt`. */
  readonly nullable: boolean;
  /** How many bytes the parameter before it points to (`…__sz`): the compiler's to say. */
  readonly size: boolean;
}

let flags: Map<string, ReadonlySet<string>> | null = null;

/** The words of the table's lines for a function, those of all versions. */
function flagsOf(name: string): ReadonlySet<string> {
  if (flags === null) {
    flags = new Map();
    for (const line of KERNEL_FUNCTIONS.split("\n")) {
      const [function_ = "", ...words] = (line.split(" | ")[0] ?? "").split(" ");
      if (function_ !== "" && !function_.startsWith("@")) flags.set(function_, new Set(words));
    }
  }
  return flags.get(name) ?? new Set();
}

/** The function of that name; null when the kernel has none. */
export function kernelFunction(types: KernelTypes, name: string): KernelFunction | null {
  const { btf } = types;
  const id = btf.find(name, "function");
  const fn = id === undefined ? null : btf.type(id);
  const prototype = fn?.kind === "function" ? btf.type(fn.type) : null;
  if (prototype?.kind !== "prototype") return null;
  const words = flagsOf(name);
  return {
    name,
    parameters: prototype.parameters.map((parameter) => ({
      name: parameter.name,
      stored: types.stored(parameter.type),
      number: numberBehind(types, parameter.type),
      nullable: /__(nullable|opt)$/.test(parameter.name),
      size: /__szk?$/.test(parameter.name),
    })),
    result: prototype.result === 0 ? null : types.stored(prototype.result),
    resultNumber: numberBehind(types, prototype.result),
    returnsNull: words.has("null"),
  };
}

/** Of a pointer to a number, that number. */
export function numberBehind(types: KernelTypes, id: number): KernelStored | null {
  let type = types.btf.type(id);
  while (type.kind === "const" || type.kind === "volatile" || type.kind === "restrict" || type.kind === "typedef")
    type = types.btf.type(type.type);
  if (type.kind !== "pointer" || type.type === 0) return null;
  const stored = types.stored(type.type);
  return stored.kind === "int" || stored.kind === "bool" || stored.kind === "kernel-enum" ? stored : null;
}

/** `bpf_task_from_pid(1)`. A pointer and how many bytes it points to are one argument. */
export function callKernelFunction(fn: FunctionState, callee: KernelFunction, node: Syntax.CallExpression): Expression {
  const given = givenTo(fn, callee, node);
  if (given === null) return errorAt(node);
  fn.module.kernel.calls(callee);
  return { kind: "kernel-call", type: resultOf(callee), function: callee, arguments: given, at: spanOf(node) };
}

/** The arguments of a call; null after a report. */
export function givenTo(fn: FunctionState, callee: KernelFunction, node: Syntax.CallExpression): readonly Expression[] | null {
  const { name, parameters } = callee;
  const asked = parameters.filter(({ size }) => !size);
  const described = asked.map((parameter) => `${parameter.name}: ${parameterText(parameter)}`);
  const names = asked.map((parameter) => parameter.name);
  const values = argumentsOf(fn, node, name, names, `${name}(${described.join(", ")})`);
  if (values === null) return null;
  const given: Expression[] = [];
  for (const parameter of parameters) {
    if (parameter.size) {
      const before = given.at(-1);
      const bytes = before?.type.kind === "reference" && before.type.to.kind !== "header" ? sizeOf(before.type.to) : 0;
      given.push({ kind: "constant", type: INTS.u32, value: BigInt(bytes), at: spanOf(node) });
      continue;
    }
    const value = values[asked.indexOf(parameter)];
    if (value === undefined) return null;
    given.push(argument(fn, callee, parameter, value));
  }
  return given.some(({ type }) => type.kind === "error") ? null : given;
}

function parameterText({ stored, nullable }: KernelFunctionParameter): string {
  const text = stored.kind === "kernel-pointer" ? (stored.to?.name ?? "a struct or array") : typeName(seen(stored));
  return nullable ? `${text} | null` : text;
}

function argument(
  fn: FunctionState,
  callee: KernelFunction,
  { name, stored, nullable }: KernelFunctionParameter,
  node: Syntax.Node,
): Expression {
  if (stored.kind !== "kernel-pointer") return typed(fn, node, seen(stored));
  const value = expression(fn, node, null);
  const { type } = value;
  if (type.kind === "error") return value;
  if (type.kind === "null" && nullable) return { ...value, kind: "null", type: { kind: "null" } };
  if ((type.kind === "reference" || type.kind === "kernel") && type.nullable && !nullable) {
    mayBeNull(fn, value);
    return errorAt(node);
  }
  // Memory of the program's own, its context, and what `void *` takes: what is allowed there, the verifier knows.
  if (type.kind === "reference" && type.memory === "arena") {
    const instead = "pass a copy: { ...name }";
    fn.reporter.report("SK3112", value.at, { problem: `${callee.name} does not read what lies in the arena`, instead });
    return errorAt(node);
  }
  if (type.kind === "reference" || type.kind === "context") return value;
  if (type.kind === "kernel") {
    if (stored.to === null || (type.to.kind === "kernel-struct" && type.to.name === stored.to.name))
      return known(fn, callee, value, type);
  }
  if (stored.to === null && type.kind === "int" && type.bits === 64) return value;
  const expected = stored.to?.name ?? "a pointer";
  const instead = `${callee.name} takes ${expected} for ${name}`;
  fn.reporter.report("SK2101", value.at, { expected, found: typeName(type), instead });
  return errorAt(node);
}

/** What is only an address is no pointer that the kernel would trust. */
function known(fn: FunctionState, { name }: KernelFunction, value: Expression, type: KernelType): Expression {
  if (type.read !== "probe") return value;
  const problem = `${name} takes a pointer that the verifier knows, and this one is an address`;
  const instead = "take it from the parameters of a typed hook, or from a function of the kernel that returns one";
  fn.reporter.report("SK2504", value.at, { problem, instead });
  return errorAt({});
}

function resultOf({ result, returnsNull }: KernelFunction): ValueType {
  if (result === null) return VOID;
  const type = seen(result);
  return type.kind === "kernel" ? { ...type, nullable: returnsNull } : type;
}

function seen(stored: KernelStored): ValueType {
  switch (stored.kind) {
    case "int":
      return stored;
    case "bool":
      return BOOL;
    case "network":
      return stored.host;
    case "kernel-enum":
      return stored.int;
    case "kernel-pointer":
      return stored.to === null ? INTS.u64 : { kind: "kernel", to: stored.to, read: "direct", nullable: false, embedded: false };
    default:
      return INTS.u64;
  }
}

/** Structs that its prototype names: they are in the Spec's types, so that loaders find the same function. */
export function structsOf({ parameters, result }: KernelFunction): readonly KernelStruct[] {
  return [...parameters.map(({ stored }) => stored), ...(result === null ? [] : [result])].flatMap((stored) =>
    stored.kind === "kernel-pointer" && stored.to !== null ? [stored.to] : [],
  );
}
