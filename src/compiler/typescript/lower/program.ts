/** Lowers a checked program to the IR. */

import type { IrFunction } from "../../ir/ir.ts";
import type { TypeWriter } from "../btf-types.ts";
import type { DataSections } from "../data.ts";
import type { ProgramDeclaration } from "../tree.ts";
import { Lowering } from "./lowering.ts";
import { irType } from "./memory.ts";
import { type LoweredFunction, Session } from "./session.ts";
import { statements } from "./statements.ts";

export interface LoweredProgram {
  readonly main: IrFunction;
  /** Functions that it may call or have called back, each with the BTF id of its FUNC. Those that it does not reach are left out of the code. */
  readonly functions: readonly LoweredFunction[];
}

/**
 * `types` gets the types that the code refers to, `data` its variables and texts. `iterators`: the kernel has iterators of numbers (Linux 6.4).
 * @throws TooLarge when inlining makes it grow beyond all reason.
 */
export function lowerProgram(
  program: ProgramDeclaration,
  types: TypeWriter,
  data: DataSections,
  { iterators }: { readonly iterators: boolean },
): LoweredProgram {
  const session = new Session(program, types, data, iterators);
  const result = irType(program.hook.verdicts.type);
  const to = new Lowering(session, program.at, program.name, ["ptr"], result);
  const [context] = to.ir.parameters;
  if (context !== undefined) to.context = context;
  const [parameter] = program.body.parameters;
  // The context of an application's own hook is a struct like any other.
  if (parameter?.type.kind === "reference" || parameter?.type.kind === "kernel")
    to.ir.write(to.cellOf(parameter).value, to.context);
  statements(to, program.body.body);
  // The checker has proven that nothing gets here.
  if (!to.ir.terminated) to.ir.return(to.ir.constant(result, 0));
  to.finish();
  return { main: to.ir.finish(), functions: session.functions };
}
