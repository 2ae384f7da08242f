/** A program as a loader would hand it to a kernel, the verdict, and what it means. */

import type { ProgramSpec, Spec } from "../object/spec.ts";
import type { Explanation } from "./explain/explanation.ts";
import { explainVerdict } from "./explain/verdict.ts";
import type { Target } from "./target.ts";
import type { Verdict, VerifyOptions } from "./verdict.ts";
import { verify } from "./verify.ts";

/** What came of one program on one target. */
export interface Check {
  /** As it was verified: with the target's own offsets and sizes. */
  readonly program: ProgramSpec;
  /** `Target.name`. */
  readonly target: string;
  /** Null when the program could not be fitted to the target's types: `unfit` says why. */
  readonly verdict: Verdict | null;
  /** Null exactly when it is accepted, or unfit. */
  readonly explanation: Explanation | null;
  readonly unfit: string | null;
}

/**
 * Fits a program to a target's types (CO-RE), verifies it, and explains a refusal. Suggestions are tried: they say whether they pass.
 * @param spec its programs as they were compiled.
 */
export async function check(spec: Spec, program: ProgramSpec, target: Target, options: VerifyOptions = {}): Promise<Check> {
  const fitted = await fit(spec, program, target);
  if (typeof fitted === "string") return { program, target: target.name, verdict: null, explanation: null, unfit: fitted };
  const verdict = verify(fitted.spec, fitted.program, target, options);
  const explanation = explainVerdict(fitted.spec, fitted.program, target, verdict, options);
  return { program: fitted.program, target: target.name, verdict, explanation, unfit: null };
}

/** The program with the target's own offsets and sizes; or why no loader could do that. */
async function fit(
  spec: Spec,
  program: ProgramSpec,
  target: Target,
): Promise<{ readonly spec: Spec; readonly program: ProgramSpec } | string> {
  if (program.core === undefined || program.core.length === 0) return { spec, program };
  if (target.types === null) return "it depends on kernel types (CO-RE), and this target has none";
  const { relocate } = await import("../object/core/relocate.ts");
  try {
    // An engine's own types continue a kernel's, which is what programs are fitted to.
    const adapted = relocate(spec, target.types.base ?? target.types, { programs: ({ name }) => name === program.name });
    return { spec: adapted, program: adapted.programs.find(({ name }) => name === program.name) ?? program };
  } catch (error) {
    if (error instanceof Error && (error.name === "CoreError" || error.name === "BtfError")) return error.message;
    throw error;
  }
}
