/** Where a program stands: its hook, what that is attached to, and what its function is given there. */

import type * as Syntax from "@babel/types";
import { valueType } from "./annotations.ts";
import { kernelContext } from "./kernel/hooks.ts";
import type { KernelStruct } from "./kernel/structs.ts";
import type { KernelSignature } from "./kernel/targets.ts";
import { contextNamed } from "./library/contexts.ts";
import type { Hook } from "./library/hooks.ts";
import { spanOf } from "./report.ts";
import type { ModuleState } from "./state.ts";
import type { Expression, ProgramContext } from "./tree.ts";
import { BOOL, INTS, reference, typeName, type ValueType } from "./types.ts";

export interface ProgramSite {
  readonly hook: Hook;
  readonly target: string | null;
  readonly context: ProgramContext;
  /** What its function is given, where that is known by other means than the hook and its target. */
  readonly signature?: KernelSignature;
  /** A parameter of the struct `from` may be taken for a `to`, which begins with one: the verifier knows it as that. */
  readonly promotes?: { readonly from: KernelStruct; readonly to: KernelStruct };
  /** The type of the only parameter; null when there are as many as the target has. */
  readonly parameter: ValueType | null;
}

/** The site of `hook<T>("target", …)`; null, with a report, when it is none. */
export function programSite(
  module: ModuleState,
  hook: Hook,
  target: string | null,
  node: Syntax.CallExpression,
): ProgramSite | null {
  const { parameters } = hook;
  const [given, more] = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  const refuse = (at: Syntax.Node, problem: string, instead: string) => {
    module.reporter.report("SK3005", spanOf(at), { problem, instead });
    return null;
  };
  if (more !== undefined) return refuse(more, `${hook.name} takes one type`, `write ${hook.name}<Name>(…)`);
  switch (parameters.kind) {
    case "context":
      if (given !== undefined) return refuse(given, `the context of ${hook.name} is always the same`, "leave the type out");
      return kernelSite(module, hook, target, parameters.context);
    case "record":
      if (given !== undefined) return structSite(module, hook, target, given, "view");
      if (target?.startsWith("syscalls/sys_enter_") === true) return kernelSite(module, hook, target, "SysEnterContext");
      if (target?.startsWith("syscalls/sys_exit_") === true) return kernelSite(module, hook, target, "SysExitContext");
      return kernelSite(module, hook, target, "TracepointContext");
    case "struct":
      if (given !== undefined) return structSite(module, hook, target, given, "context");
      return { hook, target, context: { kind: "opaque" }, parameter: null };
    case "kernel": {
      if (given !== undefined) return refuse(given, `the kernel knows what ${hook.name} is given`, "leave the type out");
      const parameter = kernelContext(module.kernel, hook, target, parameters.struct(target));
      return { hook, target, context: { kind: "opaque" }, parameter };
    }
    case "replaced":
      if (given !== undefined) return refuse(given, "what is replaced has a context of its own", "leave the type out");
      return replacedSite(module, hook, target, node);
    case "positional":
      if (given !== undefined)
        return refuse(given, `the parameters of ${hook.name} have types of their own`, "leave the type out");
      return { hook, target, context: { kind: "words" }, parameter: null };
  }
}

function kernelSite(
  module: ModuleState,
  hook: Hook,
  target: string | null,
  name: Parameters<typeof contextNamed>[0],
): ProgramSite {
  const context = contextNamed(name, module.machine);
  return { hook, target, context: { kind: "kernel", context }, parameter: { kind: "context", name } };
}

/** The context of what is replaced: nothing but the annotation says which. */
function replacedSite(module: ModuleState, hook: Hook, target: string | null, node: Syntax.CallExpression): ProgramSite | null {
  const given = node.arguments.at(-1);
  const meaning = given?.type === "Identifier" ? module.values.look(given.name) : null;
  const callable = meaning?.kind === "function" ? meaning.function.node : given;
  const home = meaning?.kind === "function" ? meaning.function.module : module;
  const parameter = callable !== undefined && "params" in callable ? callable.params[0] : undefined;
  const annotation = parameter !== undefined && "typeAnnotation" in parameter ? parameter.typeAnnotation : null;
  const type = annotation?.type === "TSTypeAnnotation" ? valueType(home, annotation.typeAnnotation) : null;
  if (type?.kind === "context") return kernelSite(module, hook, target, type.name as Parameters<typeof contextNamed>[0]);
  // An unknown type was told already.
  if (annotation?.type === "TSTypeAnnotation" && type === null) return null;
  const problem = `nobody but you knows what ${target ?? "the function"} is given`;
  const instead = `annotate it as the program whose function it is has it: ${hook.name}("${target}", (ctx: XdpContext) => …)`;
  module.reporter.report("SK3005", spanOf(parameter ?? given ?? node), { problem, instead });
  return null;
}

/** A struct that the source declares, or the kernel's types do. A record of the kernel's is read field by field, and not changed. */
function structSite(
  module: ModuleState,
  hook: Hook,
  target: string | null,
  node: Syntax.TSType,
  memory: "view" | "context",
): ProgramSite | null {
  const type = valueType(module, node);
  if (type === null) return null;
  if (type.kind === "kernel" && memory === "view") {
    return { hook, target, context: { kind: "opaque" }, parameter: { ...type, read: "direct" } };
  }
  if (type.kind !== "reference" || type.nullable || type.to.kind !== "struct") {
    const instead = `write ${hook.name}<Name>(…) with an interface`;
    module.reporter.report("SK3005", spanOf(node), { problem: `the context is an interface, not ${typeName(type)}`, instead });
    return null;
  }
  const parameter = reference(type.to, memory, false);
  return {
    hook,
    target,
    context: { kind: "struct", struct: type.to },
    parameter: memory === "view" ? { ...parameter, constant: true } : parameter,
  };
}

/** The value of a positional parameter: 8 bytes of the context, of which a narrower type takes the low ones. */
export function positional(context: Expression, index: number, type: ValueType): Expression {
  const { at } = context;
  const offset = index * 8;
  if (type.kind === "kernel" && type.to.kind === "kernel-struct") {
    return { kind: "context-pointer", type: { ...type, read: "direct" }, offset, at };
  }
  const word: Expression = { kind: "member", object: context, offset, stored: INTS.u64, type: INTS.u64, constant: true, at };
  if (type.kind === "bool") {
    return { kind: "truth", type: BOOL, operand: { kind: "convert", type: INTS.u8, operand: word, at }, at };
  }
  return type.kind === "int" && type.name !== "u64" ? { kind: "convert", type, operand: word, at } : word;
}
