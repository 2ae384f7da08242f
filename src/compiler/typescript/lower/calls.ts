/** Inlines calls of the source's functions. */

import type { Expression } from "../tree.ts";
import { writeInto } from "./expressions.ts";
import type { Cell, Lowering } from "./lowering.ts";
import { statements } from "./statements.ts";

/** The cell that the result is in; null when the function returns nothing. */
export function inlineCall(to: Lowering, value: Extract<Expression, { kind: "call" }>): Cell | null {
  const { ir } = to;
  const { function: callee } = value;
  const location = ir.location;
  // All arguments first: a parameter's cell may be in use by an argument that calls the same function.
  const given = callee.parameters.map((parameter, index) => {
    const argument = value.arguments[index]!;
    if (parameter.type.kind === "context" || parameter.type.kind === "packet") return null;
    const cell = to.cell(parameter.type, parameter.name);
    writeInto(to, cell, argument);
    return cell;
  });
  callee.parameters.forEach((parameter, index) => {
    const cell = given[index];
    if (cell) to.cells.set(parameter, cell);
  });
  const result = callee.result.kind === "void" ? null : to.cell(callee.result, `result of ${callee.name}`);
  const end = ir.block();
  const outer = to.frame;
  to.frame = { result, end };
  statements(to, callee.body);
  if (!ir.terminated) {
    // Either nothing is returned, or the checker has proven that this end is never reached.
    if (result !== null) to.writeNull(result);
    ir.jump(end);
  }
  to.frame = outer;
  ir.seal(end);
  ir.switchTo(end);
  ir.location = location;
  return result;
}
