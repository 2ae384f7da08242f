/** Calls of the source's functions: inlined, or of sub-programs. */

import type { Expression } from "../tree.ts";
import { writeInto } from "./expressions.ts";
import { holds } from "./kernel.ts";
import type { Cell, Lowering } from "./lowering.ts";
import { callSubprogram, runBody } from "./subprograms.ts";

/** The cell that the result is in; null when the function returns nothing. */
export function callOf(to: Lowering, value: Extract<Expression, { kind: "call" }>): Cell | null {
  return to.session.isSubprogram(value.function) ? callSubprogram(to, value) : inlineCall(to, value);
}

function inlineCall(to: Lowering, value: Extract<Expression, { kind: "call" }>): Cell | null {
  const { ir } = to;
  const { function: callee } = value;
  const location = ir.location;
  // All arguments first: a parameter's cell may be in use by an argument that calls the same function.
  const given = callee.parameters.map((parameter, index) => {
    const argument = value.arguments[index]!;
    if (parameter.type.kind === "context" || parameter.type.kind === "packet") return null;
    holds(to, parameter, argument);
    const cell = to.cell(parameter.type, parameter.name);
    writeInto(to, cell, argument);
    return cell;
  });
  callee.parameters.forEach((parameter, index) => {
    const cell = given[index];
    if (cell) to.cells.set(parameter, cell);
  });
  const result = runBody(to, callee.body, callee.result, callee.name);
  ir.location = location;
  return result;
}
