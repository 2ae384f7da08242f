/** The verifier of ours before the engine: what it accepts runs bare. Imported with the first program that is to be proven. */

import type { Btf } from "../../../btf/btf.ts";
import type { LineInfo, ProgramSpec } from "../../../object/spec.ts";
import type { Target } from "../../../verifier/target.ts";
import type { Refusal } from "../../../verifier/verdict.ts";
import { verify } from "../../../verifier/verify.ts";
import { VerifierError } from "../../errors.ts";
import type { ProgramKind } from "../programs/kind.ts";
import type { Verify } from "../verify.ts";
import { embeddedTarget } from "./target.ts";

/** @param types of the room's kernel, or null. */
export function proofs(types: Btf | null): (kind: ProgramKind) => Verify {
  const targets = new Map<ProgramKind, Target>();
  return (kind) => (program, spec) => {
    const target = targets.get(kind) ?? embeddedTarget(kind, types);
    targets.set(kind, target);
    const { refusal } = verify(spec, program, target);
    if (refusal === null) return null;
    // Only a refusal is worth the time that a log takes.
    const { log } = verify(spec, program, target, { log: true });
    return new VerifierError(program.name, log ?? [], told(program, refusal));
  };
}

/** One line: what, where, and that there is a way around it. */
function told(program: ProgramSpec, { text, slot }: Refusal): string {
  const line = slot < 0 ? undefined : lineAt(program.lines, slot);
  const where = line === undefined ? "" : ` at ${line.file}:${line.line}${line.column > 0 ? `:${line.column}` : ""}`;
  const quoted = line === undefined || line.text === "" ? "" : `, in \`${line.text}\``;
  const at = slot < 0 ? "" : ` (instruction ${slot})`;
  return `program ${program.name}: refused by the verifier${where}: ${text.split("\n").join("; ")}${quoted}${at}`;
}

function lineAt(lines: readonly LineInfo[], slot: number): LineInfo | undefined {
  return lines.findLast((line) => line.slot <= slot);
}
