/** Who judges programs before they are loaded. */

import type { ProgramSpec, Spec } from "../../object/spec.ts";
import { VerifierError } from "../errors.ts";

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
  const refusal = verify === undefined ? unproven(program.name) : verify(program, spec);
  if (refusal === null) return "bare";
  if (unsafe) return "checked";
  throw refusal;
}

function unproven(name: string): VerifierError {
  const message = `${name}: no verifier has proven this program; open the engine with unsafe: true to run it with fuel and checked memory, or give it a verifier (verify)`;
  return new VerifierError(name, [message], message);
}
