/** Which programs of a Spec a command means. */

import { nearest } from "../nearest.ts";
import { calledPrograms } from "../object/called-programs.ts";
import type { ProgramSpec, Spec } from "../object/spec.ts";
import { CliError, EXIT } from "./exit.ts";

/** @throws CliError (usage) that lists the programs there are. */
export function selectPrograms(spec: Spec, names: readonly string[]): readonly ProgramSpec[] {
  return names.map((name) => {
    const program = spec.programs.find((candidate) => candidate.name === name);
    if (program !== undefined) return program;
    const there = spec.programs.map((candidate) => candidate.name);
    const near = nearest(name, there);
    throw new CliError(
      EXIT.usage,
      `${spec.name} has no program ${name}${near === null ? "" : `; did you mean ${near}?`} (it has ${there.join(", ") || "none"})`,
    );
  });
}

/** The program named, or the only one there is. @throws CliError (usage). */
export function selectProgram(spec: Spec, name: string | undefined): ProgramSpec {
  const [program, ...others] = name === undefined ? spec.programs : selectPrograms(spec, [name]);
  if (program === undefined)
    throw new CliError(EXIT.usage, `${spec.name} has no program: export one, e.g. export const main = xdp((ctx) => XDP_PASS)`);
  if (others.length > 0) {
    throw new CliError(
      EXIT.usage,
      `${spec.name} has ${others.length + 1} programs; choose one with --program: ${spec.programs.map((one) => one.name).join(", ")}`,
    );
  }
  return program;
}

/** The program, and those that its object puts into arrays of programs. */
export function neededBy(program: string, spec: Spec): readonly string[] {
  return [...new Set([program, ...calledPrograms(spec)])];
}
