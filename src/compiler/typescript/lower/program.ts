/** Lowers a checked program to the IR. */

import type { IrFunction } from "../../ir/ir.ts";
import type { ProgramDeclaration } from "../tree.ts";
import { Lowering } from "./lowering.ts";
import { statements } from "./statements.ts";

/** @throws TooLarge when inlining makes it grow beyond all reason. */
export function lowerProgram(program: ProgramDeclaration): IrFunction {
  const to = new Lowering(program);
  const [parameter] = program.body.parameters;
  // The context of an application's own hook is a struct like any other.
  if (parameter?.type.kind === "reference") to.ir.write(to.cellOf(parameter).value, to.context);
  statements(to, program.body.body);
  // The checker has proven that nothing gets here.
  if (!to.ir.terminated) to.ir.return(to.ir.constant("i32", 0));
  to.finish();
  return to.ir.finish();
}
