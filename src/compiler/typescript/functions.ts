/** Checks functions: each once, when it is first called; what it returns is annotated or inferred. */

import type * as Syntax from "@babel/types";
import { valueType } from "./annotations.ts";
import { coerce } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { isGeneric } from "./generics.ts";
import { checkHeld } from "./held.ts";
import { checkLocks } from "./locks.ts";
import { checkViews } from "./packet-views.ts";
import { bindPattern, boundNames } from "./patterns.ts";
import { programParameters } from "./program-parameters.ts";
import type { ProgramSite } from "./program-sites.ts";
import { endOf, type Span, spanOf } from "./report.ts";
import { checkReservations } from "./reservations.ts";
import { mayReturn, returned, settleReturns } from "./returns.ts";
import type { CallableNode, FunctionSymbol } from "./scopes.ts";
import { errorAt, FunctionState, type ModuleState } from "./state.ts";
import { statements } from "./statements.ts";
import { registersOf } from "./subprograms.ts";
import type { Expression, FunctionDeclaration, Local, Statement } from "./tree.ts";
import { isAddressBytes, typeName, type ValueType, VOID } from "./types.ts";

/** The checked function; null after an error or when it is recursive, with a report. */
export function checkFunction(symbol: FunctionSymbol, from: Span): FunctionDeclaration | null {
  const { module } = symbol;
  if (symbol.state === "checked" || symbol.state === "failed") return symbol.declaration;
  // An instance of a generic function that calls another instance of it would go on for ever, too.
  const first = module.calling.findIndex(({ node }) => node === symbol.node);
  if (first >= 0) {
    const path = [...module.calling.slice(first), symbol].map(({ name }) => name).join(" → ");
    module.reporter.report("SK2011", from, { name: symbol.name, path });
    return null;
  }
  if (isGeneric(symbol)) {
    const problem = `${symbol.name} is generic, and nothing says for which types it is used here`;
    module.reporter.report("SK2405", from, { problem, instead: "call it in a function of your own, which names the types" });
    return null;
  }
  symbol.state = "checking";
  module.calling.push(symbol);
  symbol.declaration = checkCallable(module, symbol.node, symbol.name, null, symbol.inline);
  if (symbol.declaration !== null && symbol.inline === "never") {
    const { problem } = registersOf(symbol.declaration);
    if (problem !== null) {
      module.reporter.report("SK2401", symbol.at, problem);
      symbol.declaration = null;
    }
  }
  module.calling.pop();
  symbol.state = symbol.declaration === null ? "failed" : "checked";
  return symbol.declaration;
}

/** Checks a function's parameters and body; those of a program get their types from its hook. */
export function checkCallable(
  module: ModuleState,
  node: CallableNode,
  name: string,
  site: ProgramSite | null,
  inline: FunctionDeclaration["inline"] = "auto",
): FunctionDeclaration | null {
  if (!plainFunction(module, node)) return null;
  const annotated = resultType(module, node);
  if (annotated === "error") return null;
  const verdicts = site?.hook.verdicts ?? null;
  const fn = new FunctionState(module, name, verdicts?.type ?? annotated, site?.hook ?? null);
  const given = site === null ? null : programParameters(fn, node, site);
  const parameters = site === null ? checkParameters(fn, node) : given && { ...given, defaults: [] };
  if (parameters === null) return null;
  if (site !== null && verdicts !== null && annotated !== null && !mayReturn(annotated, verdicts)) {
    module.reporter.report("SK3005", spanOf(node.returnType ?? node), {
      problem: `a program of ${site.hook.name} returns ${verdicts.type.name}`,
      instead: "leave the annotation out",
    });
    return null;
  }
  return body(fn, node, parameters, inline);
}

export function plainFunction(module: ModuleState, node: CallableNode): boolean {
  const refuse = (at: Syntax.Node, what: string, instead: string) => {
    module.reporter.report("SK1101", spanOf(at), { what, instead });
    return false;
  };
  if (node.async === true) return refuse(node, "async", "a program runs to its end at once: remove it");
  if (node.generator === true) return refuse(node, "a generator", "write a loop");
  if (node.typeParameters && !module.isInstance)
    return refuse(node.typeParameters, "a generic function here", "declare it at the top level, and call it");
  return true;
}

function resultType(module: ModuleState, node: CallableNode): ValueType | null | "error" {
  const annotation = node.returnType;
  if (annotation?.type !== "TSTypeAnnotation") return null;
  if (annotation.typeAnnotation.type === "TSTypePredicate") {
    module.reporter.report("SK1101", spanOf(annotation), { what: "a type predicate", instead: "return bool" });
    return "error";
  }
  return valueType(module, annotation.typeAnnotation) ?? "error";
}

interface Parameters {
  readonly locals: readonly Local[];
  readonly defaults: readonly (Expression | null)[];
  /** Takes apart those that are patterns. */
  readonly prologue: readonly Statement[];
}

function checkParameters(fn: FunctionState, node: CallableNode): Parameters | null {
  const locals: Local[] = [];
  const defaults: (Expression | null)[] = [];
  const prologue: Statement[] = [];
  let good = true;
  for (const given of node.params) {
    const assigned = given.type === "AssignmentPattern" ? given : null;
    const parameter = assigned?.left ?? given;
    const at = spanOf(parameter);
    const isPattern = parameter.type === "ObjectPattern" || parameter.type === "ArrayPattern";
    if ((parameter.type !== "Identifier" && !isPattern) || (parameter.type === "Identifier" && parameter.optional === true)) {
      const what = parameter.type === "RestElement" ? "a rest parameter" : "this parameter";
      fn.reporter.report("SK1101", at, { what, instead: "write a plain parameter: name: type" });
      good = false;
      continue;
    }
    const name = parameter.type === "Identifier" ? parameter.name : `pattern${locals.length + 1}`;
    const annotation = parameter.typeAnnotation;
    const type = annotation?.type === "TSTypeAnnotation" ? valueType(fn.module, annotation.typeAnnotation) : null;
    if (annotation?.type !== "TSTypeAnnotation") {
      fn.reporter.report("SK2105", at, { what: `the parameter ${name}`, instead: `write ${name}: u32` });
    }
    if (type === null || type.kind === "void") {
      good = false;
      continue;
    }
    for (const id of boundNames(parameter)) {
      const earlier = fn.scope.declaredAt(id.name);
      if (earlier !== null) fn.reporter.report("SK2002", spanOf(id), { name: id.name, line: earlier.line });
    }
    // Whoever calls may pass any memory: that of a header is the packet's.
    const copied = isAddressBytes(type) && !type.nullable ? ({ ...type, memory: "stack" } as const) : null;
    const own = copied !== null;
    const local: Local = { name, type: copied ?? type, mutable: !own, own, at };
    locals.push(local);
    if (isPattern) {
      const whole: Expression =
        type.kind === "context" || type.kind === "packet"
          ? { kind: "context", type, at }
          : { kind: "local", local, type: local.type, at };
      prologue.push(...bindPattern(fn, parameter, whole, false));
    } else fn.scope.set(name, { kind: "local", local }, at);
    const otherwise = assigned === null ? null : defaultValue(fn, name, type, assigned.right);
    if (otherwise?.type.kind === "error") good = false;
    defaults.push(otherwise);
  }
  return good ? { locals, defaults, prologue } : null;
}

/** A constant, of the top level: what each caller that gives no argument means. */
function defaultValue(fn: FunctionState, name: string, type: ValueType, node: Syntax.Expression): Expression {
  const outside = new FunctionState(fn.module, name, null, null);
  const value = coerce(outside, expression(outside, node, type), type);
  const inner = value.kind === "present" ? value.operand : value;
  if (inner.kind === "constant" || inner.kind === "bytes" || inner.kind === "null" || inner.type.kind === "error") return value;
  fn.reporter.report("SK2206", value.at, { what: `the default of ${name}` });
  return errorAt(node);
}

/** The body of a callback, whose parameters are known from elsewhere. */
export function callableBody(
  fn: FunctionState,
  node: CallableNode,
  locals: readonly Local[],
  inline: FunctionDeclaration["inline"],
): FunctionDeclaration | null {
  return body(fn, node, { locals, defaults: locals.map(() => null), prologue: [] }, inline);
}

function body(
  fn: FunctionState,
  node: CallableNode,
  parameters: Parameters,
  inline: FunctionDeclaration["inline"],
): FunctionDeclaration | null {
  const declaration = uncheckedBody(fn, node, parameters, inline);
  // One fault often makes others: a record that could not be submitted is not forgotten.
  if (declaration !== null && !fn.reporter.failed) {
    checkReservations(fn.reporter, declaration);
    checkLocks(fn.reporter, declaration);
    checkHeld(fn.reporter, declaration);
    checkViews(fn.reporter, declaration);
  }
  return declaration;
}

function uncheckedBody(
  fn: FunctionState,
  node: CallableNode,
  { locals: parameters, defaults, prologue }: Parameters,
  inline: FunctionDeclaration["inline"],
): FunctionDeclaration | null {
  const at = spanOf(node);
  const made = (result: ValueType, checked: readonly Statement[]): FunctionDeclaration => {
    const body = prologue.length === 0 ? checked : [...prologue, ...checked];
    return { name: fn.name, inline, parameters, defaults, result, assigned: fn.assigned, body, at };
  };
  if (node.body.type !== "BlockStatement") {
    // (ctx) => XDP_PASS
    const value = returned(fn, node.body);
    // (ctx) => hits.increment(1)
    if (fn.hook?.verdicts.silent === true && isForEffect(value)) return made(VOID, [{ kind: "evaluate", value, at: value.at }]);
    fn.returns.push({ value, at: value.at, statement: { kind: "return", at: value.at, value } });
    fn.reachable = false;
    const result = settleReturns(fn);
    return result === null
      ? null
      : made(
          result,
          fn.returns.map(({ statement }) => statement),
        );
  }
  for (const directive of node.body.directives) {
    fn.reporter.report("SK1101", spanOf(directive), { what: "a directive", instead: "remove it" });
  }
  const block = node.body;
  const checked = statements(fn, block.body);
  const result = settleReturns(fn);
  if (result === null) return null;
  if (fn.reachable && result.kind !== "void" && fn.hook?.verdicts.silent !== true) {
    const instead = fn.hook === null ? "add a return at its end" : `return one at its end: ${fn.hook.verdicts.described}`;
    fn.reporter.report("SK2302", endOf(block), {
      name: fn.name,
      type: fn.hook === null ? typeName(result) : "a verdict",
      instead,
    });
    return null;
  }
  return made(result, checked);
}

/** What a program whose hook asks for nothing may have as its only expression: a JavaScript function would throw it away. */
function isForEffect({ type }: Expression): boolean {
  return type.kind === "void" || type.kind === "bool" || type.kind === "nullable" || type.kind === "reference";
}
