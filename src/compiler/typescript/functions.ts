/** Checks functions: each once, when it is first called; what it returns is annotated or inferred. */

import type * as Syntax from "@babel/types";
import { valueType } from "./annotations.ts";
import { coerce, settled, unify } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { type Hook, isStruct } from "./library/hooks.ts";
import { fits, meaning } from "./numbers.ts";
import { endOf, type Span, spanOf } from "./report.ts";
import { checkReservations } from "./reservations.ts";
import type { CallableNode, FunctionSymbol } from "./scopes.ts";
import { errorAt, FunctionState, type ModuleState } from "./state.ts";
import { statements } from "./statements.ts";
import { registersOf } from "./subprograms.ts";
import type { Expression, FunctionDeclaration, Local } from "./tree.ts";
import { type IntType, isAddressBytes, reference, typeName, type ValueType, VOID } from "./types.ts";

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
  program: { readonly hook: Hook; readonly hookName: string } | null,
  inline: FunctionDeclaration["inline"] = "auto",
): FunctionDeclaration | null {
  if (!plainFunction(module, node)) return null;
  const annotated = resultType(module, node);
  if (annotated === "error") return null;
  const result = program?.hook.result ?? annotated;
  const fn = new FunctionState(module, name, result, program?.hook ?? null);
  const parameters = checkParameters(fn, node, program?.hookName ?? null);
  if (parameters === null) return null;
  if (program !== null && annotated !== null && annotated.kind !== "int") {
    const type = program.hook.result.name;
    module.reporter.report("SK3005", spanOf(node.returnType ?? node), {
      problem: `a program of ${program.hookName} returns ${type}`,
      instead: "leave the annotation out",
    });
    return null;
  }
  const declaration = body(fn, node, parameters, inline);
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

function checkParameters(fn: FunctionState, node: CallableNode, hookName: string | null): Parameters | null {
  const locals: Local[] = [];
  const defaults: (Expression | null)[] = [];
  let good = true;
  for (const given of node.params) {
    const assigned = given.type === "AssignmentPattern" && hookName === null ? given : null;
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
    let type: ValueType | null = hookName === null ? null : contextType(fn.hook, hookName);
    if (annotation && annotation.type === "TSTypeAnnotation") {
      const given = valueType(fn.module, annotation.typeAnnotation);
      if (given !== null && type !== null && !isContext(given, type)) {
        const instead = "leave the annotation out";
        fn.reporter.report("SK2101", at, { expected: "the context", found: typeName(given), instead });
        good = false;
      }
      type = given?.kind === "reference" && type?.kind === "reference" ? type : given;
    } else if (type === null) {
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
  if (hookName !== null && node.params.length > 1) {
    fn.reporter.report("SK3005", spanOf(node.params[1]!), {
      problem: "a program has one parameter, its context",
      instead: "write (ctx) => …",
    });
    return null;
  }
  return good ? { locals, defaults } : null;
}

/** What the parameter of a program is. */
function contextType(hook: Hook | null, hookName: string): ValueType {
  return hook !== null && isStruct(hook.context)
    ? reference(hook.context, "context", false)
    : { kind: "context", hook: hookName };
}

function isContext(given: ValueType, context: ValueType): boolean {
  if (given.kind === "reference" && context.kind === "reference") return given.to === context.to && !given.nullable;
  return given.kind === "context" && context.kind === "context";
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
  inline: FunctionDeclaration["inline"],
): FunctionDeclaration | null {
  const at = spanOf(node);
  if (node.body.type !== "BlockStatement") {
    // (ctx) => XDP_PASS
    const value = expression(fn, node.body, fn.result);
    fn.returns.push({ value, at: value.at, statement: { kind: "return", at: value.at, value } });
    fn.reachable = false;
    const result = settleReturns(fn);
    const statements = fn.returns.map(({ statement }) => statement);
    return result === null
      ? null
      : { name: fn.name, inline, parameters, defaults, result, assigned: fn.assigned, body: statements, at };
  }
  for (const directive of node.body.directives) {
    fn.reporter.report("SK1101", spanOf(directive), { what: "a directive", instead: "remove it" });
  }
  const block = node.body;
  const checked = statements(fn, block.body);
  const result = settleReturns(fn);
  if (result === null) return null;
  if (fn.reachable && result.kind !== "void") {
    fn.reporter.report("SK2302", endOf(block), { name: fn.name, type: typeName(result) });
    return null;
  }
  return { name: fn.name, inline, parameters, defaults, result, assigned: fn.assigned, body: checked, at };
}

/** Gives each return its type; the function's, or null with a report. */
function settleReturns(fn: FunctionState): ValueType | null {
  const values = fn.returns.map(({ value }) => value);
  let result = fn.result;
  if (result === null) {
    const given = values.filter((value) => value !== null);
    if (given.length === 0) return VOID;
    const settledTypes = given.map((value) => value.type);
    let common: ValueType | null = settledTypes[0] ?? VOID;
    for (const type of settledTypes.slice(1)) common = common && unify(common, type);
    if (common?.kind === "literal") {
      for (const value of given) common = common && unify(common, settled(fn, value).type);
    }
    if (common === null || common.kind === "null") {
      const last = given.at(-1);
      fn.reporter.report("SK2105", last?.at ?? { line: 1, column: 1 }, {
        what: `what ${fn.name} returns`,
        instead: `annotate the function: ${fn.name}(…): u32`,
      });
      return null;
    }
    result = common;
  }
  for (const entry of fn.returns) {
    if (entry.value === null) {
      if (result.kind !== "void") fn.reporter.report("SK2303", entry.at, { name: fn.name, type: typeName(result) });
      continue;
    }
    if (result.kind === "void") {
      if (entry.value.type.kind === "error") continue;
      fn.reporter.report("SK2101", entry.at, {
        expected: "nothing",
        found: typeName(entry.value.type),
        instead: "write return without a value",
      });
      continue;
    }
    if (
      fn.hook !== null &&
      fn.hook.verdicts !== null &&
      entry.value.kind === "literal" &&
      !fits(entry.value.value, fn.hook.result)
    ) {
      notVerdict(fn, entry.value, entry.value.value, fn.hook);
      continue;
    }
    const value = coerce(fn, entry.value, result);
    if (fn.hook !== null) checkVerdict(fn, value, fn.hook);
    entry.statement.value = value;
  }
  return referenceResult(fn, result);
}

/** Where the result points, when all returns agree. */
function referenceResult(fn: FunctionState, result: ValueType): ValueType {
  if (result.kind !== "reference" || result.memory !== null) return result;
  const memories = new Set(
    fn.returns.flatMap(({ statement: { value } }) =>
      value?.type.kind === "reference" && value.kind !== "null" ? [value.type.memory] : [],
    ),
  );
  const [only] = memories;
  return memories.size === 1 && only !== undefined ? { ...result, memory: only } : result;
}

/** A constant that is no verdict would be taken for an error by the kernel. */
function checkVerdict(fn: FunctionState, value: Expression, hook: Hook): void {
  if (value.kind === "conditional") {
    checkVerdict(fn, value.then, hook);
    checkVerdict(fn, value.otherwise, hook);
    return;
  }
  if (value.kind !== "constant" || value.type.kind !== "int") return;
  const verdict = meaning(value.value, value.type as IntType);
  if (hook.verdicts === null || verdict < BigInt(hook.verdicts.length)) return;
  notVerdict(fn, value, verdict, hook);
}

function notVerdict(fn: FunctionState, { at }: Expression, value: bigint, hook: Hook): void {
  fn.reporter.report("SK3006", at, { value, hook: hook.section, verdicts: hook.verdicts?.join(", ") ?? "" });
}
