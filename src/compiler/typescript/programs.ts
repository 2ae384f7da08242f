/** Checks `export const name = xdp((ctx) => …)`: the hook, its target, and the function. */

import type * as Syntax from "@babel/types";
import { storedType } from "./annotations.ts";
import { nameFits } from "./declarations.ts";
import { checkCallable } from "./functions.ts";
import { checkTarget } from "./kernel/hooks.ts";
import { type Hook, ownHook } from "./library/hooks.ts";
import { type ProgramSite, programSite } from "./program-sites.ts";
import { type Span, spanOf } from "./report.ts";
import type { CallableNode } from "./scopes.ts";
import type { ModuleState } from "./state.ts";
import type { ProgramDeclaration } from "./tree.ts";
import { reference, typeName } from "./types.ts";

const LONGEST_HOOK = 100;

export function programDeclaration(
  module: ModuleState,
  hook: Hook,
  name: string,
  node: Syntax.CallExpression,
  at: Span,
): ProgramDeclaration | null {
  const usage = hook.target === null ? "" : `"${hook.target.example}", `;
  const instead = `write export const ${name} = ${hook.name}(${usage}(ctx) => …)`;
  const refuse = (where: Syntax.Node, problem: string) => {
    module.reporter.report("SK3005", spanOf(where), { problem, instead });
    return null;
  };
  const wanted = hook.target === null ? 1 : 2;
  const [first, second] = node.arguments;
  const body = hook.target === null ? first : second;
  if (node.arguments.length !== wanted || body === undefined) {
    const what = hook.target === null ? "one function" : `a text that names ${hook.target.what}, and one function`;
    return refuse(node, `${hook.name} takes ${what}`);
  }
  let target: string | null = null;
  if (hook.target !== null) {
    if (first?.type !== "StringLiteral") return refuse(first ?? node, `what ${hook.name} is attached to is a text`);
    target = first.value;
    if (!hook.target.pattern.test(target)) return refuse(first, `"${target}" does not name ${hook.target.what}`);
  }
  if (target !== null && first !== undefined && !checkTarget(module, hook, target, first)) return null;
  const site = programSite(module, hook, target, node);
  return site === null ? null : programOf(module, site, name, body, at, instead);
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
  const struct = storedType(module, contextNode);
  if (struct === null) return null;
  if (struct.kind !== "struct") return refuse(contextNode, `the context is an interface, not ${typeName(struct)}`);
  const site: ProgramSite = {
    hook: ownHook(title.value, struct),
    target: null,
    context: { kind: "struct", struct },
    parameter: reference(struct, "context", false),
  };
  return programOf(module, site, name, argument, at, instead);
}

/** A program with a function, or the name of one, as its body; `instead` is how to write it. */
export function programOf(
  module: ModuleState,
  site: ProgramSite,
  name: string,
  argument: Syntax.Node,
  at: Span,
  instead: string,
): ProgramDeclaration | null {
  let home = module;
  let callable: CallableNode | null =
    argument.type === "ArrowFunctionExpression" || argument.type === "FunctionExpression" || argument.type === "ObjectMethod"
      ? argument
      : null;
  if (argument.type === "Identifier") {
    const meaning = module.values.look(argument.name);
    if (meaning?.kind === "refused") return null;
    if (meaning?.kind === "function") ({ module: home, node: callable } = meaning.function);
  }
  const { hook, target, context } = site;
  if (callable === null) {
    module.reporter.report("SK3005", spanOf(argument), { problem: `${hook.name} takes one function`, instead });
    return null;
  }
  const body = checkCallable(home, callable, name, site);
  return body !== null && nameFits(module, name, at) ? { name, hook, target, context, body, at } : null;
}
