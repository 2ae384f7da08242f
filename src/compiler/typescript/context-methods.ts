/** Checks `ctx.argument(n)`, what a function that was probed is called with, and `context()`. */

import type * as Syntax from "@babel/types";
import { argumentsOf, callOf } from "./calls.ts";
import { coerce } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { checkFunction } from "./functions.ts";
import { argumentOffset, contextNamed } from "./library/contexts.ts";
import { spanOf } from "./report.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression } from "./tree.ts";
import { INTS } from "./types.ts";

export function argumentMethod(
  fn: FunctionState,
  object: Expression,
  property: Syntax.Identifier,
  node: Syntax.CallExpression,
): Expression {
  const { machine } = fn.module;
  const context = object.type.kind === "context" ? contextNamed(object.type.name, machine) : null;
  if (context?.name === "UsdtContext") return usdtArgument(fn, object, node);
  if (context === null || !context.registers) {
    const instead = "kprobe and uprobe have it; the context of this hook has fields";
    fn.reporter.report("SK2009", spanOf(property), { type: "the context", name: property.name, instead });
    return errorAt(node);
  }
  const [given] = argumentsOf(fn, node, "ctx.argument", ["index"], "ctx.argument(index): u64") ?? [];
  if (given === undefined) return errorAt(node);
  const index = expression(fn, given, null);
  if (index.type.kind === "error") return errorAt(node);
  const offset = index.kind === "literal" ? argumentOffset(context, machine, Number(index.value)) : null;
  if (offset === null) {
    const what = index.kind === "literal" ? `argument ${index.value}` : "an argument whose number is not a constant";
    const instead = `write a number from 0 on: ${machine} has the first arguments in registers, and others on the stack`;
    fn.reporter.report("SK1101", index.at, { what, instead });
    return errorAt(node);
  }
  return { kind: "member", object, offset, stored: INTS.u64, type: INTS.u64, constant: true, at: spanOf(node) };
}

/** Where it is the probe's note says, at run time: a call of the library's function. */
function usdtArgument(fn: FunctionState, object: Expression, node: Syntax.CallExpression): Expression {
  const [given] = argumentsOf(fn, node, "ctx.argument", ["index"], "ctx.argument(index): u64") ?? [];
  const find = fn.module.usdtArgument();
  const declaration = find === null ? null : checkFunction(find, spanOf(node));
  const [, index] = declaration?.parameters ?? [];
  if (given === undefined || declaration === null || index === undefined) return errorAt(node);
  return callOf(fn, declaration, [object, coerce(fn, expression(fn, given, index.type), index.type)], node);
}

/** `context()`: helpers take it, of programs whose parameters are those of a function. */
export function ownContext(fn: FunctionState, node: Syntax.CallExpression): Expression {
  if (argumentsOf(fn, node, "context", [], "context(): TracingContext") === null) return errorAt(node);
  const at = spanOf(node);
  if (fn.hook?.parameters.kind === "positional")
    return { kind: "context", type: { kind: "context", name: "TracingContext" }, at };
  const instead =
    fn.hook === null
      ? "call it in the program, and pass it on: (ctx: TracingContext)"
      : "use the program's parameter: (ctx) => …";
  fn.reporter.report("SK1101", at, { what: "context() here", instead });
  return errorAt(node);
}
