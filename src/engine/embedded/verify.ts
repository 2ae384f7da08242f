/** Who judges programs before they are loaded. */

import type { ProgramSpec, Spec } from "../../object/spec.ts";
import type { Conditions } from "../../verifier/verdict.ts";
import { VerifierError } from "../errors.ts";

/**
 * A verifier: null when the program can do no harm and always ends, else why not. What it accepts runs without checks, so it must
 * know this engine: its helpers, contexts and maps.
 */
export type Verify = (program: ProgramSpec, spec: Spec) => VerifierError | null;

/** Ours, which also says what its proof leaves to the engine. */
export type Prove = (program: ProgramSpec, spec: Spec) => VerifierError | Conditions;

/** How a program runs: `bare` because it is proven, or `checked`, with fuel and every access held against what it may touch. */
export type Trust = "bare" | "checked";

export interface Judgement {
  readonly trust: Trust;
  /** Null where nobody proved it, or somebody whose proof leaves nothing. */
  readonly conditions: Conditions | null;
}

/**
 * @param spec its maps as they are in this engine.
 * @param unsafe whether programs that nobody proved may be loaded: they run checked.
 * @throws VerifierError when the program may not be loaded.
 */
export function judge(program: ProgramSpec, spec: Spec, verify: Verify | Prove | undefined, unsafe: boolean): Judgement {
  // Where nobody judges, everything is unproven: that was asked for.
  const found = verify?.(program, spec);
  if (found === null) return { trust: "bare", conditions: null };
  if (found instanceof VerifierError || found === undefined) {
    if (found === undefined || unsafe) return { trust: "checked", conditions: null };
    throw found;
  }
  return { trust: "bare", conditions: found };
}
