/** Reading the verifier's log: which line of it decided, and which line of the source it is about. */

import type { LineInfo, ProgramSpec } from "../../../object/spec.ts";
import { VerifierError } from "../../errors.ts";
import type { SystemError } from "../sys/system-error.ts";
import { lineAt } from "./source-lines.ts";

/** `12: (85) call bpf_map_lookup_elem#1` — an instruction as the verifier comes past it. */
const INSTRUCTION = /^(\d+): \([0-9a-f]{2}\) (.*?)\s*(?:; .*)?$/;
/** What follows the verdict: statistics (`print_verification_stats`), and bookkeeping that says nothing of the cause. */
const AFTERMATH = /^(processed \d+ insns|verification time|stack depth|insns processed|mark_precise|\s*$)/;
/** Verdicts of passes that look at the code before it is walked carry the place in their text. */
const NAMED_INSTRUCTION = /\b(?:unreachable insn|insn|instruction|at insn|call at insn)[ #]?(\d+)\b/;

/** What a log comes down to. */
export interface Refusal {
  /** The verifier's own sentence, e.g. `R1 invalid mem access 'scalar'`. */
  readonly reason: string;
  /** Slot of the instruction it is about, or null. */
  readonly slot: number | null;
  /** That instruction as the verifier prints it, or null. */
  readonly instruction: string | null;
}

/** Null when the log says nothing. */
export function readLog(log: readonly string[]): Refusal | null {
  const last = log.findLastIndex(isVerdict);
  if (last < 0) return null;
  // Some verdicts take two lines: the access, and what is wrong with it.
  let start = last;
  while (start > 0 && isVerdict(log[start - 1]!)) start--;
  const reason = log
    .slice(start, last + 1)
    .map((line) => line.trim())
    .join("; ");
  const named = NAMED_INSTRUCTION.exec(reason);
  for (let i = last; i >= 0; i--) {
    const match = INSTRUCTION.exec(log[i]!);
    if (match !== null && (named === null || match[1] === named[1]))
      return { reason, slot: Number(match[1]), instruction: match[2]! };
  }
  return { reason, slot: named === null ? null : Number(named[1]), instruction: null };
}

function isVerdict(line: string): boolean {
  return !AFTERMATH.test(line) && !INSTRUCTION.test(line) && !isNoise(line);
}

/** Source lines, register states and paths between the instructions. */
function isNoise(line: string): boolean {
  return /^(; |arg#\d+ reference type|from \d+ to \d+|\d+: (R\d|safe|frame|\w+=)|func#\d+ @|Live regs before insn|last_idx|regs=|parent |caller:|callee:|returning from callee|(?:cur|old) state:| frame\d+: |Func#\d+ )/.test(
    line,
  );
}

/** @param log the kernel's log as it came: lines ended by newlines, perhaps a NUL at the end. */
export function logLines(log: string): readonly string[] {
  const lines = log.replace(/\0[\s\S]*$/, "").split("\n");
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  return lines;
}

export function verifierError(program: ProgramSpec, log: readonly string[], cause: SystemError): VerifierError {
  const refusal = readLog(log);
  const name = `program ${program.name}`;
  if (refusal === null)
    return new VerifierError(program.name, log, `${name}: the kernel refused it without a reason (${cause.code})`, { cause });
  const line = refusal.slot === null ? null : lineAt(program, refusal.slot);
  const where = line === null ? "" : ` at ${place(line)}`;
  const quoted = line === null || line.text === "" ? "" : `, in \`${line.text}\``;
  const at =
    refusal.slot === null ? "" : `instruction ${refusal.slot}${refusal.instruction === null ? "" : `: ${refusal.instruction}`}`;
  return new VerifierError(
    program.name,
    log,
    `${name}: refused by the kernel's verifier${where}: ${refusal.reason}${quoted}${at === "" ? "" : ` (${at})`}`,
    { cause },
  );
}

function place(line: LineInfo): string {
  return line.column > 0 ? `${line.file}:${line.line}:${line.column}` : `${line.file}:${line.line}`;
}
