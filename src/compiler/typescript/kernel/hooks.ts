/** What the kernel's types say of hooks: the structs that programs are given, and the parameters of what they are attached to. */

import type * as Syntax from "@babel/types";
import type { Hook } from "../library/hooks.ts";
import { widens } from "../numbers.ts";
import { spanOf } from "../report.ts";
import { didYouMean } from "../scopes.ts";
import type { ModuleState } from "../state.ts";
import type { ValueType } from "../types.ts";
import type { KernelState } from "./state.ts";
import { sameKernelStruct } from "./structs.ts";
import { contextOf, type KernelSignature, signatureOf, TYPED_SECTIONS, type TypedSection, targetsOf } from "./targets.ts";

/** A struct of the kernel as a program's context; null when there is none of that name, or no types are at hand. */
export function kernelContext(kernel: KernelState, { section }: Hook, target: string | null, name: string): ValueType | null {
  const context = kernel.types === null ? null : contextOf(kernel.types, name);
  if (context !== null) kernel.targets.set(`${section.replace(/\.s$/, "")}/${target ?? ""}`, [{ name: "ctx", type: context }]);
  return context;
}

/** What a program of the hook is given at its target; null when the kernel's types do not say. */
export function kernelSignature(kernel: KernelState, hook: Hook, target: string): KernelSignature | null {
  const section = typedSection(hook);
  if (kernel.types === null || section === null) return null;
  const signature = signatureOf(kernel.types, section, target);
  if (signature !== null) kernel.targets.set(`${section}/${target}`, signature.parameters);
  return signature;
}

/** Sleepable programs are given the same as others. */
function typedSection({ section }: Hook): TypedSection | null {
  const plain = section.replace(/\.s$/, "");
  return TYPED_SECTIONS.find((each) => each === plain) ?? null;
}

/** Where attaching looks for a name, and what such a name is called. Null: the kernel's types do not list them. */
function listed(hook: Hook): { readonly of: TypedSection | "iter"; readonly what: string } | null {
  if (hook.section === "raw_tracepoint") return { of: "tp_btf", what: "tracepoint" };
  if (hook.section.startsWith("iter")) return { of: "iter", what: "iterator" };
  const of = typedSection(hook);
  if (of === null) return null;
  return { of, what: of === "tp_btf" ? "tracepoint" : of === "lsm" || of === "lsm_cgroup" ? "LSM hook" : "function" };
}

/** Whether the kernel has what a program is to be attached to; false, with a report, when it has not. */
export function checkTarget(module: ModuleState, hook: Hook, target: string, node: Syntax.Node): boolean {
  const { types } = module.kernel;
  const known = listed(hook);
  // What is in a module of the kernel is written `module:function`, and looked for when it is loaded.
  if (types === null || known === null || target.includes(":")) return true;
  const { of, what } = known;
  const exists = of === "iter" ? types.struct(`bpf_iter__${target}`) : signatureOf(types, of, target);
  if (exists !== null) return true;
  const otherwise =
    of === "iter"
      ? `there are ${targetsOf(types, of).sort().join(", ")}`
      : "names are as in the kernel; of what a module has, write module:name, and the types of the parameters";
  const instead = didYouMean(target, targetsOf(types, of), otherwise);
  module.reporter.report("SK2506", spanOf(node), { what, name: target, instead });
  return false;
}

/** Whether a parameter may be annotated so: as it is, or as a wider number. */
export function fitsParameter(annotated: ValueType, type: ValueType): boolean {
  if (annotated.kind === "kernel" && type.kind === "kernel") {
    const [a, b] = [annotated.to, type.to];
    return a.kind === "kernel-struct" && b.kind === "kernel-struct" && sameKernelStruct(a, b);
  }
  if (annotated.kind === "int" && type.kind === "int") return annotated.name === type.name || widens(type, annotated);
  return annotated.kind === type.kind && annotated.kind === "bool";
}
