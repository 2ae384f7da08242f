/** Who judges programs before they are loaded. */

import type { ProgramSpec, Spec } from "../../object/spec.ts";
import type { VerifierError } from "../errors.ts";

/**
 * A verifier: null when the program can do no harm and always ends, else why not. What it accepts runs without checks, so it must
 * know this engine: its helpers, contexts and maps.
 */
export type Verify = (program: ProgramSpec, spec: Spec) => VerifierError | null;

/** How a program runs: `bare` because it is proven, or `checked`, with fuel and every access held against what it may touch. */
export type Trust = "bare" | "checked";

/**
 * @param unsafe whether programs that nobody proved may be loaded: they run checked.
 * @throws VerifierError when the program may not be loaded.
 */
export function judge(program: ProgramSpec, spec: Spec, verify: Verify | undefined, unsafe: boolean): Trust {
  // Where nobody judges, everything is unproven: that was asked for.
  const refusal = verify?.(program, spec);
  if (refusal === null) return "bare";
  if (refusal === undefined || unsafe) return "checked";
  throw refusal;
}
