/** Checks `export const name = xdp((ctx) => …)`, and what else programs are declared by. */

import type * as Syntax from "@babel/types";
import { storedType, valueType } from "./annotations.ts";
import { checkCallable } from "./functions.ts";
import { type Hook, ownHook } from "./library/hooks.ts";
import { type Span, spanOf } from "./report.ts";
import type { ExternFunction } from "./scopes.ts";
import type { ModuleState } from "./state.ts";
import type { ProgramDeclaration } from "./tree.ts";
import { type IntType, typeName } from "./types.ts";

/** Names are written to BTF whole; the kernel's short names are their first 15 bytes. */
const LONGEST_NAME = 127;
const LONGEST_HOOK = 100;

/** Whether the kernel can know something by this name; a report when not. */
export function nameFits(module: ModuleState, name: string, at: Span): boolean {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name.length <= LONGEST_NAME) return true;
  if (name.length > LONGEST_NAME) module.reporter.report("SK3008", at, { name: `${name.slice(0, 20)}…`, max: LONGEST_NAME });
  else {
    const instead = "use letters, digits and _ only: the kernel knows it by this name";
    module.reporter.report("SK3005", at, { problem: `${name} is no name in C`, instead });
  }
  return false;
}

export function programDeclaration(
  module: ModuleState,
  hook: Hook,
  hookName: string,
  name: string,
  node: Syntax.CallExpression,
  at: Span,
): ProgramDeclaration | null {
  const instead = `write export const ${name} = ${hookName}((ctx) => …)`;
  const [argument] = node.arguments;
  if (node.arguments.length !== 1 || argument === undefined || node.typeArguments) {
    module.reporter.report("SK3005", spanOf(node), { problem: `${hookName} takes one function`, instead });
    return null;
  }
  return programOf(module, hook, hookName, name, argument, at, instead);
}

/** `hook<HttpRequest>("http.request", (request) => …)`: for a hook that an application declares. */
export function ownProgramDeclaration(
  module: ModuleState,
  name: string,
  node: Syntax.CallExpression,
  at: Span,
): ProgramDeclaration | null {
  const instead = `write export const ${name} = hook<HttpRequest>("http.request", (request) => …)`;
  const refuse = (where: Syntax.Node, problem: string) => {
    module.reporter.report("SK3005", spanOf(where), { problem, instead });
    return null;
  };
  const [contextNode, more] = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  if (contextNode === undefined || more !== undefined)
    return refuse(node.typeArguments ?? node.callee, "hook needs the type of its context");
  const [title, argument] = node.arguments;
  if (title === undefined || argument === undefined || node.arguments.length !== 2)
    return refuse(node, "hook takes the hook's name and one function");
  if (
    title.type !== "StringLiteral" ||
    !/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/.test(title.value) ||
    title.value.length > LONGEST_HOOK
  )
    return refuse(title, "a hook's name is a string of small letters, digits, _ and dots");
  const context = storedType(module, contextNode);
  if (context === null) return null;
  if (context.kind !== "struct") return refuse(contextNode, `the context is an interface, not ${typeName(context)}`);
  return programOf(module, ownHook(title.value, context), "hook", name, argument, at, instead);
}

function programOf(
  module: ModuleState,
  hook: Hook,
  hookName: string,
  name: string,
  argument: Syntax.CallExpression["arguments"][number],
  at: Span,
  instead: string,
): ProgramDeclaration | null {
  let callable = argument.type === "ArrowFunctionExpression" || argument.type === "FunctionExpression" ? argument : null;
  if (argument.type === "Identifier") {
    const meaning = module.values.look(argument.name);
    if (meaning?.kind === "refused") return null;
    const named = meaning?.kind === "function" ? meaning.function : null;
    if (named !== null) {
      const body = checkCallable(named.module, named.node, name, { hook, hookName });
      return body !== null && nameFits(module, name, at) ? { name, hook, body, at } : null;
    }
    callable = null;
  }
  if (callable === null) {
    module.reporter.report("SK3005", spanOf(argument), { problem: `${hookName} takes one function`, instead });
    return null;
  }
  const body = checkCallable(module, callable, name, { hook, hookName });
  return body !== null && nameFits(module, name, at) ? { name, hook, body, at } : null;
}

/** `declare function name(a: u32): u32`: integers of up to 32 bits in and out. Null, with a report, when it is anything else. */
export function externFunction(module: ModuleState, name: string, node: Syntax.TSDeclareFunction): ExternFunction | null {
  const refuse = (at: Syntax.Node, problem: string) => {
    const instead = `write declare function ${name}(a: u32): u32; integers of up to 32 bits go in and come out`;
    module.reporter.report("SK3011", spanOf(at), { problem, instead });
    return null;
  };
  const integer = (at: Syntax.Node, annotation: Syntax.Node | null | undefined): IntType | null => {
    if (annotation?.type !== "TSTypeAnnotation") return refuse(at, `${name} needs types`);
    const type = valueType(module, annotation.typeAnnotation);
    if (type === null) return null;
    return type.kind === "int" && type.bits <= 32
      ? type
      : refuse(annotation, `the application cannot take or give ${typeName(type)}`);
  };
  if (node.params.length > 5) return refuse(node.params[5]!, `${name} has more than five parameters`);
  if (node.async === true || node.generator === true || node.typeParameters) return refuse(node, `${name} is no plain function`);
  const parameters: { name: string; type: IntType }[] = [];
  for (const parameter of node.params) {
    if (parameter.type !== "Identifier" || parameter.optional === true)
      return refuse(parameter, `${name} takes plain parameters`);
    const type = integer(parameter, parameter.typeAnnotation);
    if (type === null) return null;
    parameters.push({ name: parameter.name, type });
  }
  const result = integer(node, node.returnType);
  const at = node.id ? spanOf(node.id) : spanOf(node);
  return result === null || !nameFits(module, name, at) ? null : { name, parameters, result, at };
}
