/** A program that the kernel's verifier refused: its log, explained. */

import { explainErrno } from "../../../verifier/explain/errno.ts";
import { explain } from "../../../verifier/explain/explain.ts";
import { messageOf } from "../../../verifier/explain/render/line.ts";
import { VerifierError } from "../../errors.ts";
import type { RefusedProgram } from "./refused.ts";

/** Suggestions are not tried here: whoever shows them may do that (`explainVerdict`). */
export function verifierError({ spec, program, log, cause }: RefusedProgram): VerifierError {
  const found = explain(log, { spec, program });
  // A log without a verdict: what is left is the number that the system call returned.
  const explanation = found.kernelText === "" ? explainErrno(cause.code, program) : found;
  return new VerifierError(program.name, log, messageOf("the kernel's verifier", program.name, explanation), {
    cause,
    explanation,
  });
}
