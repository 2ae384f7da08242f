/**
 * Variables of the kernel (`ksym<rq>("runqueues")`, or imported by name), one for all CPUs or one for each, and values of its
 * configuration (`kconfig<u32>("CONFIG_HZ")`).
 */

import type * as Syntax from "@babel/types";
import { storedType, typeMeaning, valueType } from "../annotations.ts";
import { typed } from "../expressions.ts";
import { whenThere } from "../optional.ts";
import { spanOf } from "../report.ts";
import { meaningOf } from "../scopes.ts";
import { errorAt, type FunctionState, type ModuleState } from "../state.ts";
import type { Expression } from "../tree.ts";
import { BOOL, INTS, type IntType, type KernelRead, type KernelType, type ScalarType, typeName } from "../types.ts";
import { readOf } from "./access.ts";
import type { KernelArray, KernelStored, KernelTypes } from "./structs.ts";

export interface KernelVariable {
  readonly name: string;
  readonly stored: KernelStored;
  /** The kernel's BTF knows its type: the verifier does, too. Otherwise it is an address alone. */
  readonly typed: boolean;
  /** One for each CPU. */
  readonly perCpu: boolean;
}

/** A variable that the kernel's BTF has; it has those of which each CPU has one. Null: it has none of that name. */
export function kernelVariable(types: KernelTypes, name: string): KernelVariable | null {
  const { btf } = types;
  const id = btf.find(name, "variable");
  const variable = id === undefined ? null : btf.type(id);
  if (id === undefined || variable?.kind !== "variable") return null;
  return { name, stored: types.stored(variable.type), typed: true, perCpu: isPerCpu(types, id) };
}

function isPerCpu({ btf }: KernelTypes, id: number): boolean {
  for (const section of btf.ids("section")) {
    const type = btf.type(section);
    if (type.kind === "section" && type.name.startsWith(".data..percpu") && type.variables.some((each) => each.type === id))
      return true;
  }
  return false;
}

/** `const x = ksym<T>("name")` of the top level; null, with a report, when it is none. */
export function ksymDeclaration(module: ModuleState, node: Syntax.CallExpression): KernelVariable | null {
  const [typeNode, more] = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  const [name] = node.arguments;
  if (typeNode === undefined || more !== undefined || name?.type !== "StringLiteral" || node.arguments.length !== 1) {
    const problem = "ksym takes the type of a variable and its name";
    module.reporter.report("SK2503", spanOf(node), { problem, instead: 'write ksym<u64>("jiffies")' });
    return null;
  }
  const stored = variableType(module, typeNode);
  if (stored === null) return null;
  const { types } = module.kernel;
  const known = types === null ? null : kernelVariable(types, name.value);
  return { name: name.value, stored, typed: known !== null, perCpu: known?.perCpu ?? false };
}

function variableType(module: ModuleState, node: Syntax.TSType): KernelStored | null {
  const meaning = node.type === "TSTypeReference" ? typeMeaning(module, node.typeName) : null;
  if (meaning?.kind === "kernel") return meaning.type;
  const stored = storedType(module, node);
  if (stored === null || stored.kind === "int" || stored.kind === "bool" || stored.kind === "network") return stored;
  const problem = `a variable of the kernel is a number, a bool or a struct of the kernel's, not ${typeName(stored)}`;
  module.reporter.report("SK2503", spanOf(node), { problem, instead: "import its type from skep/vmlinux" });
  return null;
}

/** What a variable's name is as a value: of a struct the address, of a number what it holds. */
export function variableValue(fn: FunctionState, variable: KernelVariable, node: Syntax.Node): Expression {
  const { name, perCpu } = variable;
  if (perCpu) {
    const problem = `each CPU has a ${name} of its own`;
    fn.reporter.report("SK2503", spanOf(node), {
      problem,
      instead: `write bpf_this_cpu_ptr(${name}), or bpf_per_cpu_ptr(${name}, cpu)`,
    });
    return errorAt(node);
  }
  return pointedTo(symbol(fn, variable, node), variable.stored, variable.typed ? "direct" : "probe", node);
}

function symbol(fn: FunctionState, variable: KernelVariable, node: Syntax.Node): Expression {
  fn.module.kernel.variables.set(variable.name, variable);
  if (variable.stored.kind === "kernel-struct") fn.module.kernel.uses.struct(variable.stored);
  return {
    kind: "kernel-symbol",
    type: pointer(variable.stored, variable.typed ? "direct" : "probe"),
    name: variable.name,
    at: spanOf(node),
  };
}

/** A pointer to a variable, whatever it is. */
function pointer(stored: KernelStored, read: KernelRead): KernelType {
  const to = stored.kind === "kernel-struct" || stored.kind === "kernel-array" ? stored : only(stored);
  return { kind: "kernel", to, read, nullable: false, embedded: false };
}

function only(element: KernelStored): KernelArray {
  return { kind: "kernel-array", element, length: 1, text: false };
}

/** What a pointer to a variable leads to: of a struct or array the pointer, of a number its value. */
function pointedTo(object: Expression, stored: KernelStored, read: KernelRead, node: Syntax.Node): Expression {
  const at = spanOf(node);
  if (stored.kind === "kernel-struct" || stored.kind === "kernel-array") return { ...object, at };
  const type = readOf(stored, { read });
  if (type === null) return errorAt(node);
  const index: Expression = { kind: "constant", type: INTS.u64, value: 0n, at };
  return { kind: "kernel-element", object, index, stored, type, at };
}

/** `bpf_this_cpu_ptr(runqueues)`, `bpf_per_cpu_ptr(runqueues, cpu)`: of a number its value; the latter is null when there is no such CPU. */
export function perCpu(
  fn: FunctionState,
  helper: "bpf_this_cpu_ptr" | "bpf_per_cpu_ptr",
  node: Syntax.CallExpression,
): Expression {
  const [variableNode, cpuNode] = node.arguments;
  const isOther = helper === "bpf_per_cpu_ptr";
  const meaning = variableNode === undefined ? null : meaningOf(fn.scope, variableNode);
  if (
    meaning?.kind !== "kernel-variable" ||
    (cpuNode !== undefined) !== isOther ||
    node.arguments.length > 2 ||
    !meaning.variable.perCpu
  ) {
    const instead = `import one: import { runqueues } from "skep/vmlinux", and write ${helper}(runqueues${isOther ? ", cpu" : ""})`;
    const problem = `${helper} takes a variable of the kernel that each CPU has${isOther ? ", and a CPU's number" : ""}`;
    fn.reporter.report("SK2503", spanOf(node), { problem, instead });
    return errorAt(node);
  }
  const { variable } = meaning;
  const cpu = cpuNode === undefined ? null : typed(fn, cpuNode, INTS.u32);
  if (cpu?.type.kind === "error") return cpu;
  const at = spanOf(node);
  const type: KernelType = { ...pointer(variable.stored, "direct"), nullable: isOther };
  const object: Expression = { kind: "kernel-per-cpu", type, helper, symbol: symbol(fn, variable, node), cpu, at };
  if (variable.stored.kind === "kernel-struct" || variable.stored.kind === "kernel-array") return object;
  if (!isOther) return pointedTo(object, variable.stored, "direct", node);
  const { local, there } = whenThere(object);
  const value = pointedTo(there, variable.stored, "direct", node);
  if (value.type.kind !== "int" && value.type.kind !== "bool") return errorAt(node);
  return { kind: "optional", type: { kind: "nullable", of: value.type }, object, local, value, at };
}

// ── configuration ───────────────────────────────────────────────────────────────────────────────────────────────────

export interface KernelConfig {
  readonly name: string;
  readonly type: ScalarType;
}

/** What of the kernel's configuration is asked for, and where it lies when the kernel has said it: as in objects of clang. */
export class KernelConfigs {
  readonly #known = new Map<string, KernelConfig>();

  /** False when it is asked for as another type elsewhere. */
  add(config: KernelConfig): boolean {
    const known = this.#known.get(config.name);
    if (known === undefined) this.#known.set(config.name, config);
    return known === undefined || typeName(known.type) === typeName(config.type);
  }

  /** By size, large ones first, then by name. Complete when all files are checked. */
  placed(): readonly (KernelConfig & { readonly offset: number; readonly size: number })[] {
    const sized = [...this.#known.values()].map((config) => ({
      ...config,
      size: config.type.kind === "bool" ? 1 : config.type.bits / 8,
    }));
    sized.sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
    let offset = 0;
    return sized.map((config) => {
      const placed = { ...config, offset };
      offset += config.size;
      return placed;
    });
  }
}

/** `kconfig<u32>("CONFIG_HZ")`: a number of the kernel's configuration, put in when the program is loaded. */
export function kconfigValue(fn: FunctionState, node: Syntax.CallExpression): Expression {
  const [typeNode, more] = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  const [name] = node.arguments;
  const usage = (problem: string) => {
    fn.reporter.report("SK2503", spanOf(node), {
      problem,
      instead: 'write kconfig<u32>("CONFIG_HZ"), or kconfig<bool>("CONFIG_BPF_JIT")',
    });
    return errorAt(node);
  };
  if (name?.type !== "StringLiteral" || node.arguments.length !== 1 || more !== undefined)
    return usage("kconfig takes the name of an option");
  if (!/^(CONFIG_[A-Z0-9_a-z]+|LINUX_[A-Z_]+)$/.test(name.value)) return usage("options begin with CONFIG_");
  const type = typeNode === undefined ? INTS.u64 : valueType(fn.module, typeNode);
  if (type === null) return errorAt(node);
  if (type.kind !== "int" && type.kind !== "bool") return usage(`an option is a number or a bool, not ${typeName(type)}`);
  const { configs } = fn.module.kernel;
  const plain: ScalarType = type.kind === "bool" ? BOOL : (type satisfies IntType);
  if (!configs.add({ name: name.value, type: plain })) return usage(`${name.value} is asked for as two types`);
  return { kind: "kernel-config", type: plain, name: name.value, configs, at: spanOf(node) };
}
