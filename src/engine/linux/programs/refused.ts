/** What the kernel's verifier said no to, before anybody explained it: the explaining is much code, and read only when there is something. */

import type { ProgramSpec, Spec } from "../../../object/spec.ts";
import type { SystemError } from "../sys/system-error.ts";

/** Inside this room only: `LinuxEngine.load` makes a VerifierError of it. */
export class RefusedProgram extends Error {
  override readonly name = "RefusedProgram";
  override readonly cause: SystemError;
  readonly spec: Spec;
  readonly program: ProgramSpec;
  /** The kernel's, line by line; never empty. */
  readonly log: readonly string[];

  constructor(spec: Spec, program: ProgramSpec, log: readonly string[], cause: SystemError) {
    super(`program ${program.name}: ${log.at(-1) ?? ""}`);
    this.spec = spec;
    this.program = program;
    this.log = log;
    this.cause = cause;
  }
}

/** @param log the kernel's log as it came: lines ended by newlines, perhaps a NUL at the end. */
export function logLines(log: string): readonly string[] {
  const lines = log.replace(/\0[\s\S]*$/, "").split("\n");
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  return lines;
}
