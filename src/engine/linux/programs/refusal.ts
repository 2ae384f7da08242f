/** A program that the kernel's verifier refused: its log, explained. */

import type { ProgramSpec, Spec } from "../../../object/spec.ts";
import { explainErrno } from "../../../verifier/explain/errno.ts";
import { explain } from "../../../verifier/explain/explain.ts";
import { messageOf } from "../../../verifier/explain/render/line.ts";
import { VerifierError } from "../../errors.ts";
import type { SystemError } from "../sys/system-error.ts";

/** @param log the kernel's log as it came: lines ended by newlines, perhaps a NUL at the end. */
export function logLines(log: string): readonly string[] {
  const lines = log.replace(/\0[\s\S]*$/, "").split("\n");
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  return lines;
}

/** Suggestions are not tried here: whoever shows them may do that (`explainVerdict`). */
export function verifierError(spec: Spec, program: ProgramSpec, log: readonly string[], cause: SystemError): VerifierError {
  const found = explain(log, { spec, program });
  // A log without a verdict: what is left is the number that the system call returned.
  const explanation = found.kernelText === "" ? explainErrno(cause.code, program) : found;
  return new VerifierError(program.name, log, messageOf("the kernel's verifier", program.name, explanation), {
    cause,
    explanation,
  });
}
