/** Checks functions: each once, when it is first called; what it returns is annotated or inferred. */

import type * as Syntax from "@babel/types";
import { valueType } from "./annotations.ts";
import { coerce } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { programParameters } from "./program-parameters.ts";
import type { ProgramSite } from "./program-sites.ts";
import { endOf, type Span, spanOf } from "./report.ts";
import { checkReservations } from "./reservations.ts";
import { mayReturn, settleReturns } from "./returns.ts";
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
  if (symbol.state === "checking") {
    const path = [...module.calling.slice(module.calling.indexOf(symbol)), symbol].map(({ name }) => name).join(" → ");
    module.reporter.report("SK2011", from, { name: symbol.name, path });
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
  const parameters = site === null ? checkParameters(fn, node) : given && { locals: given.locals, defaults: [] };
  if (parameters === null) return null;
  if (site !== null && verdicts !== null && annotated !== null && !mayReturn(annotated, verdicts)) {
    module.reporter.report("SK3005", spanOf(node.returnType ?? node), {
      problem: `a program of ${site.hook.name} returns ${verdicts.type.name}`,
      instead: "leave the annotation out",
    });
    return null;
  }
  const declaration = body(fn, node, parameters, given?.prologue ?? [], inline);
  // One fault often makes others: a record that could not be submitted is not forgotten.
  if (declaration !== null && !module.reporter.failed) checkReservations(module.reporter, declaration);
  return declaration;
}

function plainFunction(module: ModuleState, node: CallableNode): boolean {
  const refuse = (at: Syntax.Node, what: string, instead: string) => {
    module.reporter.report("SK1101", spanOf(at), { what, instead });
    return false;
  };
  if (node.async === true) return refuse(node, "async", "a program runs to its end at once: remove it");
  if (node.generator === true) return refuse(node, "a generator", "write a loop");
  if (node.typeParameters) return refuse(node.typeParameters, "a generic function", "write a function for each type");
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
}

function checkParameters(fn: FunctionState, node: CallableNode): Parameters | null {
  const locals: Local[] = [];
  const defaults: (Expression | null)[] = [];
  let good = true;
  for (const given of node.params) {
    const assigned = given.type === "AssignmentPattern" ? given : null;
    const parameter = assigned?.left ?? given;
    const at = spanOf(parameter);
    if (parameter.type !== "Identifier" || parameter.optional === true) {
      const [what, instead] =
        parameter.type === "ObjectPattern"
          ? ["destructuring here", "name the parameter, and take it apart in the body: const { a, b } = name"]
          : [parameter.type === "RestElement" ? "a rest parameter" : "this parameter", "write a plain parameter: name: type"];
      fn.reporter.report("SK1101", at, { what, instead });
      good = false;
      continue;
    }
    const annotation = parameter.typeAnnotation;
    const type = annotation?.type === "TSTypeAnnotation" ? valueType(fn.module, annotation.typeAnnotation) : null;
    if (annotation?.type !== "TSTypeAnnotation") {
      fn.reporter.report("SK2105", at, { what: `the parameter ${parameter.name}`, instead: `write ${parameter.name}: u32` });
    }
    if (type === null || type.kind === "void") {
      good = false;
      continue;
    }
    const earlier = fn.scope.declaredAt(parameter.name);
    if (earlier !== null) fn.reporter.report("SK2002", at, { name: parameter.name, line: earlier.line });
    // Whoever calls may pass any memory: that of a header is the packet's.
    const copied = isAddressBytes(type) && !type.nullable ? ({ ...type, memory: "stack" } as const) : null;
    const own = copied !== null;
    const local: Local = { name: parameter.name, type: copied ?? type, mutable: !own, own, at };
    fn.scope.set(parameter.name, { kind: "local", local }, at);
    locals.push(local);
    const otherwise = assigned === null ? null : defaultValue(fn, parameter.name, type, assigned.right);
    if (otherwise?.type.kind === "error") good = false;
    defaults.push(otherwise);
  }
  return good ? { locals, defaults } : null;
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

function body(
  fn: FunctionState,
  node: CallableNode,
  { locals: parameters, defaults }: Parameters,
  prologue: readonly Statement[],
  inline: FunctionDeclaration["inline"],
): FunctionDeclaration | null {
  const at = spanOf(node);
  const made = (result: ValueType, checked: readonly Statement[]): FunctionDeclaration => {
    const body = prologue.length === 0 ? checked : [...prologue, ...checked];
    return { name: fn.name, inline, parameters, defaults, result, assigned: fn.assigned, body, at };
  };
  if (node.body.type !== "BlockStatement") {
    // (ctx) => XDP_PASS
    const value = expression(fn, node.body, fn.result);
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
    fn.reporter.report("SK2302", endOf(block), { name: fn.name, type: typeName(result) });
    return null;
  }
  return made(result, checked);
}

/** What a program whose hook asks for nothing may have as its only expression: a JavaScript function would throw it away. */
function isForEffect({ type }: Expression): boolean {
  return type.kind === "void" || type.kind === "bool" || type.kind === "nullable" || type.kind === "reference";
}
