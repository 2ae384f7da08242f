/** Lowers a checked program to the IR. */

import type { IrFunction } from "../../ir/ir.ts";
import type { ProgramDeclaration } from "../tree.ts";
import { Lowering } from "./lowering.ts";
import { statements } from "./statements.ts";

/** @throws TooLarge when inlining makes it grow beyond all reason. */
export function lowerProgram(program: ProgramDeclaration): IrFunction {
  const to = new Lowering(program);
  statements(to, program.body.body);
  // The checker has proven that nothing gets here.
  if (!to.ir.terminated) to.ir.return(to.ir.constant("i32", 0));
  to.finish();
  return to.ir.finish();
}
