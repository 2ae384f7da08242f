/** What a function returns: the type that all of its returns have together, and for a program what its hook takes. */

import type * as Syntax from "@babel/types";
import { coerce, settled, unify } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { kernelResult } from "./kernel/pointers.ts";
import type { Verdicts } from "./library/verdicts.ts";
import { fits, meaning, representation } from "./numbers.ts";
import { spanOf } from "./report.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression } from "./tree.ts";
import { typeName, type ValueType, VOID } from "./types.ts";

/** What stands behind a `return`. A text in a program would be told to be no number; what it should have been are the hook's verdicts. */
export function returned(fn: FunctionState, node: Syntax.Expression): Expression {
  const verdicts = fn.hook?.verdicts ?? null;
  if (node.type !== "StringLiteral" || verdicts === null || verdicts.ranges === null) return expression(fn, node, fn.result);
  notVerdict(fn, { at: spanOf(node) }, JSON.stringify(node.value), verdicts);
  return errorAt(node);
}

/** Gives each return its type; the function's, or null with a report. */
export function settleReturns(fn: FunctionState): ValueType | null {
  const result = fn.result ?? inferred(fn);
  if (result === null) return null;
  const verdicts = fn.hook?.verdicts ?? null;
  for (const entry of fn.returns) {
    if (entry.value === null) {
      const silent = verdicts?.silent === true;
      if (result.kind !== "void" && !silent) fn.reporter.report("SK2303", entry.at, { name: fn.name, type: typeName(result) });
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
    entry.statement.value = verdicts === null ? coerce(fn, entry.value, result) : verdict(fn, entry.value, verdicts);
  }
  return referenceResult(fn, result);
}

function inferred(fn: FunctionState): ValueType | null {
  const given = fn.returns.map(({ value }) => value).filter((value) => value !== null);
  if (given.length === 0) return VOID;
  const settledTypes = given.map((value) => value.type);
  let common: ValueType | null = settledTypes[0] ?? VOID;
  for (const type of settledTypes.slice(1)) common = common && unify(common, type);
  if (common?.kind === "literal") {
    for (const value of given) common = common && unify(common, settled(fn, value).type);
  }
  if (common !== null && common.kind !== "null") return common;
  const last = given.at(-1);
  fn.reporter.report("SK2105", last?.at ?? { line: 1, column: 1 }, {
    what: `what ${fn.name} returns`,
    instead: `annotate the function: ${fn.name}(…): u32`,
  });
  return null;
}

/** Where the result points, when all returns agree. */
function referenceResult(fn: FunctionState, result: ValueType): ValueType {
  if (result.kind === "kernel") {
    const returned = fn.returns.map(({ statement }) => statement.value?.type);
    return kernelResult(result, returned);
  }
  if (result.kind !== "reference" || result.memory !== null) return result;
  const memories = new Set(
    fn.returns.flatMap(({ statement: { value } }) =>
      value?.type.kind === "reference" && value.kind !== "null" ? [value.type.memory] : [],
    ),
  );
  const [only] = memories;
  return memories.size === 1 && only !== undefined ? { ...result, memory: only } : result;
}

// ── programs ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a program may be annotated to return. */
export function mayReturn(annotated: ValueType, verdicts: Verdicts): boolean {
  return (
    annotated.kind === "int" || (annotated.kind === "bool" && verdicts.answer) || (annotated.kind === "void" && verdicts.silent)
  );
}

/** A value that a program returns, as the number that its hook takes. */
function verdict(fn: FunctionState, value: Expression, verdicts: Verdicts): Expression {
  const { type } = verdicts;
  if (value.kind === "literal" && !fits(value.value, type)) {
    notVerdict(fn, value, value.value, verdicts);
    return value;
  }
  if (value.type.kind === "bool" && verdicts.answer) {
    if (value.kind === "constant") return { ...value, type, value: representation(value.value, type) };
    return { kind: "convert", type, operand: value, at: value.at };
  }
  const { kind } = value.type;
  if (verdicts.ranges !== null && (kind === "bool" || kind === "reference" || kind === "null")) {
    notVerdict(fn, value, typeName(value.type), verdicts);
    return value;
  }
  const given = coerce(fn, value, type);
  checkVerdict(fn, given, verdicts);
  return given;
}

/** A constant that is no verdict would be taken for an error by the kernel. */
function checkVerdict(fn: FunctionState, value: Expression, verdicts: Verdicts): void {
  if (value.kind === "conditional") {
    checkVerdict(fn, value.then, verdicts);
    checkVerdict(fn, value.otherwise, verdicts);
    return;
  }
  if (value.kind !== "constant" || value.type.kind !== "int") return;
  const number = meaning(value.value, value.type);
  if (verdicts.ranges === null || verdicts.ranges.some(([least, most]) => number >= least && number <= most)) return;
  notVerdict(fn, value, number, verdicts);
}

function notVerdict(fn: FunctionState, { at }: Pick<Expression, "at">, value: bigint | string, verdicts: Verdicts): void {
  fn.reporter.report("SK3006", at, { value, hook: fn.hook?.section ?? fn.name, verdicts: verdicts.described });
}
