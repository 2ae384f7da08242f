/** The parameters of a program: its context, or what the function that it is attached to is given. */

import type * as Syntax from "@babel/types";
import { valueType } from "./annotations.ts";
import { converted } from "./conversions.ts";
import { fitsParameter, kernelSignature } from "./kernel/hooks.ts";
import { beginsWith, sameKernelStruct } from "./kernel/structs.ts";
import { signatureText } from "./kernel/targets.ts";
import { bindPattern } from "./patterns.ts";
import { type ProgramSite, positional } from "./program-sites.ts";
import { spanOf } from "./report.ts";
import type { CallableNode } from "./scopes.ts";
import type { FunctionState } from "./state.ts";
import type { Expression, Local, Statement } from "./tree.ts";
import { typeName, type ValueType } from "./types.ts";

export interface ProgramParameters {
  readonly locals: readonly Local[];
  /** What reads positional ones from the context, before the body. */
  readonly prologue: readonly Statement[];
}

/** Null, with a report, when they are not what the hook gives. */
export function programParameters(fn: FunctionState, node: CallableNode, site: ProgramSite): ProgramParameters | null {
  if (site.hook.parameters.kind === "positional") return positionalParameters(fn, node, site);
  const [parameter, more] = node.params;
  if (more !== undefined) {
    const problem = "a program has one parameter, its context";
    fn.reporter.report("SK3005", spanOf(more), { problem, instead: "write (ctx) => …" });
    return null;
  }
  if (parameter === undefined) return { locals: [], prologue: [] };
  if (parameter.type !== "ObjectPattern" && !isPlain(fn, parameter)) return null;
  const at = spanOf(parameter);
  const type = site.parameter;
  if (type === null) {
    const { hook } = site;
    const given = hook.parameters.kind === "struct";
    const problem = given
      ? `nobody says what ${hook.name} is given`
      : `the kernel's types do not say what ${hook.name} is given here`;
    const instead = given ? `write ${hook.name}<Name>(…) with an interface, or () => …` : "write () => …";
    fn.reporter.report("SK3005", at, { problem, instead });
    return null;
  }
  const annotated = annotationOf(fn, parameter);
  if (annotated === "error") return null;
  if (annotated !== null && !isContext(annotated, type)) {
    const found = typeName(annotated);
    fn.reporter.report("SK2101", at, { expected: "the context", found, instead: "leave the annotation out" });
    return null;
  }
  if (parameter.type === "ObjectPattern") {
    const local: Local = { name: "{ … }", type, mutable: false, own: false, at };
    const whole: Expression = type.kind === "context" ? { kind: "context", type, at } : { kind: "local", local, type, at };
    return { locals: [local], prologue: bindPattern(fn, parameter, whole, false) };
  }
  const local: Local = { name: parameter.name, type, mutable: false, own: false, at };
  fn.scope.set(parameter.name, { kind: "local", local }, at);
  const prologue: Statement[] = [];
  if (type.kind === "kernel") fn.context = { local, prologue, fields: new Map() };
  return { locals: [local], prologue };
}

function positionalParameters(fn: FunctionState, node: CallableNode, site: ProgramSite): ProgramParameters | null {
  const { hook, target } = site;
  const signature = site.signature ?? (target === null ? null : kernelSignature(fn.module.kernel, hook, target));
  const written = () => {
    const values = signature === null ? "" : signatureText(signature);
    return site.signature === undefined ? `write ${hook.name}("${target}", ${values} => …)` : `write ${target}: ${values} => …`;
  };
  const prologue: Statement[] = [];
  let good = true;
  for (const [index, parameter] of node.params.entries()) {
    if (!isPlain(fn, parameter)) return null;
    const at = spanOf(parameter);
    const annotated = annotationOf(fn, parameter);
    if (annotated === "error") return null;
    const known = signature?.parameters[index];
    if (signature !== null && known === undefined) {
      const problem = `${target} gives a program of ${hook.name} ${signature.parameters.length} values`;
      fn.reporter.report("SK2505", at, { problem, instead: written() });
      return null;
    }
    const type = promoted(site, annotated, known?.type ?? annotated);
    if (type === null) {
      fn.reporter.report("SK2105", at, { what: `the parameter ${parameter.name}`, instead: `write ${parameter.name}: u64` });
      good = false;
      continue;
    }
    if (type.kind !== "int" && type.kind !== "bool" && (type.kind !== "kernel" || type.to.kind !== "kernel-struct")) {
      const instead = "a parameter is a number, a bool, or a struct of the kernel's";
      fn.reporter.report("SK2101", at, { expected: "what the kernel gives", found: typeName(type), instead });
      good = false;
      continue;
    }
    if (annotated !== null && !fitsParameter(annotated, type)) {
      const problem = `${target} gives ${typeName(type)} here, not ${typeName(annotated)}`;
      fn.reporter.report("SK2505", at, { problem, instead: written() });
      good = false;
      continue;
    }
    const earlier = fn.scope.declaredAt(parameter.name);
    if (earlier !== null) fn.reporter.report("SK2002", at, { name: parameter.name, line: earlier.line });
    const word = known?.word ?? index;
    const given = positional({ kind: "context", type: { kind: "context", name: "TracingContext" }, at }, word, type);
    const value = annotated?.kind === "int" ? converted(given, annotated) : given;
    const local: Local = { name: parameter.name, type: value.type, mutable: true, own: false, at };
    fn.scope.set(parameter.name, { kind: "local", local }, at);
    prologue.push({ kind: "declare", local, value, at });
  }
  return good ? { locals: [], prologue } : null;
}

/** The struct that a parameter is annotated with, where the verifier knows it as that, and not as what it is declared to be. */
function promoted({ promotes }: ProgramSite, annotated: ValueType | null, type: ValueType | null): ValueType | null {
  if (promotes === undefined || annotated?.kind !== "kernel" || type?.kind !== "kernel") return type;
  const [wanted, declared] = [annotated.to, type.to];
  if (wanted.kind !== "kernel-struct" || declared.kind !== "kernel-struct") return type;
  const good = sameKernelStruct(declared, promotes.from) && beginsWith(promotes.to, wanted) && beginsWith(wanted, promotes.from);
  return good ? { ...type, to: wanted } : type;
}

function isPlain(fn: FunctionState, parameter: Syntax.Node): parameter is Syntax.Identifier {
  if (parameter.type === "Identifier" && parameter.optional !== true) return true;
  const [what, instead] =
    parameter.type === "ObjectPattern"
      ? ["destructuring here", "name the parameter, and take it apart in the body: const { a, b } = name"]
      : [parameter.type === "RestElement" ? "a rest parameter" : "this parameter", "write a plain parameter: name"];
  fn.reporter.report("SK1101", spanOf(parameter), { what, instead });
  return false;
}

function annotationOf(fn: FunctionState, parameter: Syntax.Identifier | Syntax.ObjectPattern): ValueType | null | "error" {
  const annotation = parameter.typeAnnotation;
  if (annotation?.type !== "TSTypeAnnotation") return null;
  return valueType(fn.module, annotation.typeAnnotation) ?? "error";
}

function isContext(given: ValueType, context: ValueType): boolean {
  if (given.kind === "kernel" && context.kind === "kernel") return given.to === context.to;
  if (given.kind === "reference" && context.kind === "reference") return given.to === context.to && !given.nullable;
  return given.kind === "context" && context.kind === "context" && given.name === context.name;
}
