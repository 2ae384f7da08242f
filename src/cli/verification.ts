/** Verifying the programs of a Spec for several kernels, as data; printing is for others. */

import { lineAt } from "../object/lines.ts";
import type { LineInfo, ProgramSpec, Spec } from "../object/spec.ts";
import { check } from "../verifier/check.ts";
import type { Explanation } from "../verifier/explain/explanation.ts";
import type { Target } from "../verifier/target.ts";
import type { Difference, Verdict } from "../verifier/verdict.ts";

/** What came of one program on one kernel. */
export interface Verification {
  readonly program: ProgramSpec;
  /** The kernel's name, as `--kernel` takes it. */
  readonly kernel: string;
  /** Null when the program could not be fitted to the kernel's types: `unfit` says why. */
  readonly verdict: Verdict | null;
  readonly explanation: Explanation | null;
  readonly unfit: string | null;
}

export interface VerificationOptions {
  /** Keep the log of accepted programs, too. */
  readonly log: boolean;
  /** Count why paths were walked again. */
  readonly profile: boolean;
}

/** Where programs are to run. */
export interface Destination {
  /** As `--kernel` takes it. */
  readonly name: string;
  /** The target for one program, or why there is none. */
  targetFor(program: ProgramSpec): Promise<Target | string>;
}

/** @param spec its programs as they were compiled; CO-RE is done for each kernel. */
export async function verifyFor(
  spec: Spec,
  program: ProgramSpec,
  destination: Destination,
  options: VerificationOptions,
): Promise<Verification> {
  const kernel = destination.name;
  const target = await destination.targetFor(program);
  if (typeof target === "string") return { program, kernel, verdict: null, explanation: null, unfit: target };
  const { program: fitted, verdict, explanation, unfit } = await check(spec, program, target, options);
  return { program: fitted, kernel, verdict, explanation, unfit };
}

/** Programs of which one kernel says what others say, too: the same is shown once. */
export function grouped(results: readonly Verification[]): (readonly Verification[])[] {
  const groups = new Map<string, Verification[]>();
  for (const result of results) {
    const { explanation, unfit } = result;
    const key =
      explanation === null
        ? (unfit ?? "")
        : `${explanation.code}\n${explanation.problem}\n${explanation.at.slot}\n${explanation.reason}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [result]);
    else group.push(result);
  }
  return [...groups.values()];
}

export interface ProfileLine {
  readonly file: string | null;
  readonly line: number;
  readonly text: string;
  /** Lowest slot of the line. */
  readonly slot: number;
  /** Instructions that were walked here, on all paths. */
  readonly steps: number;
  /** The most that one of its instructions was walked. */
  readonly visits: number;
}

/** Where the steps went, by source line (by instruction where lines are not known), the most first. */
export function profileOf(program: ProgramSpec, visits: Uint32Array): ProfileLine[] {
  const lines = new Map<string, { -readonly [Key in keyof ProfileLine]: ProfileLine[Key] }>();
  let at = -1;
  for (let slot = 0; slot < visits.length; slot++) {
    while (at + 1 < program.lines.length && program.lines[at + 1]!.slot <= slot) at++;
    const count = visits[slot]!;
    if (count === 0) continue;
    const line = at < 0 ? undefined : program.lines[at];
    const key = line === undefined ? `#${slot}` : `${line.file}:${line.line}`;
    const found = lines.get(key);
    if (found === undefined) {
      lines.set(key, {
        file: line?.file ?? null,
        line: line?.line ?? 0,
        text: line?.text.trim() ?? "",
        slot,
        steps: count,
        visits: count,
      });
    } else {
      found.steps += count;
      found.visits = Math.max(found.visits, count);
    }
  }
  return [...lines.values()].sort((a, b) => b.steps - a.steps);
}

/** Reasons to walk paths again by source line and place, the most frequent first: of one line, many instructions may have the same. */
export function reasonsOf(
  program: ProgramSpec,
  differences: readonly Difference[],
): { reason: Difference; line: LineInfo | null }[] {
  const found = new Map<string, { reason: Difference; line: LineInfo | null }>();
  for (const reason of differences) {
    const line = lineAt(program.lines, reason.slot);
    const where = line === null ? `#${reason.slot}` : `${line.file}:${line.line}`;
    const key = `${where} ${reason.frame} ${reason.register} ${reason.stackOffset}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { reason, line });
    else known.reason = { ...known.reason, count: known.reason.count + reason.count };
  }
  return [...found.values()].sort((a, b) => b.reason.count - a.reason.count);
}
