/** A log, line by line: instructions, states, branches taken up again, quoted source, and in the end the verdict. */

import { type LogInstruction, parseInstruction } from "./instruction.ts";
import { type LogState, parseState } from "./values.ts";

export interface SourceLine {
  readonly text: string;
  /** Since 6.10; null before. */
  readonly file: string | null;
  readonly line: number;
}

export type LogEvent =
  | {
      readonly kind: "instruction";
      readonly slot: number;
      readonly instruction: LogInstruction;
      readonly state: LogState | null;
      readonly source: SourceLine | null;
    }
  | { readonly kind: "state"; readonly state: LogState }
  | {
      readonly kind: "from";
      readonly from: number;
      readonly to: number;
      readonly state: LogState | null;
      readonly safe: boolean;
    };

export interface ReadLog {
  readonly events: readonly LogEvent[];
  /** The lines that say why it was refused, in their order; empty when it was not, or the log was cut. */
  readonly verdict: readonly string[];
  /** Names of functions by number, where the log tells them. */
  readonly functions: ReadonlyMap<number, string>;
}

/** Opcodes that the kernel does not know have none in parentheses: `2: BUG_db`. */
const INSTRUCTION = /^(\d+): (?:\([0-9a-f]{2}\) (.*)|(BUG_\w+.*))$/;
const SOURCE = /^; (.*?)(?: @ (\S.*?):(\d+))?$/;
const FROM = /^from (\d+) to (\d+)(?: \(speculative execution\))?:(.*)$/;
/** Statistics may follow a text that has no line end of its own. */
const STATISTICS = /processed \d+ insns \(limit \d+\).*$/;

/** What stands between the instructions and says nothing of the cause. */
const NOISE = [
  /^\s*$/,
  /^(?:verification time|stack depth|insns processed|max_states_per_insn|total_states|peak_states) /,
  /^mark_precise: /,
  /^(?:force_precise|propagating|frame \d+: propagating)/,
  /^(?:last_idx|regs=|parent |stack=)/,
  /^(?:func#\d+ @\d+|Func#\d+ .*(?:is global and|is safe for any args)|Validating .* func#\d+\.\.\.)/,
  /^Live regs before insn:/,
  /^\s+(?:\d+\s+)?\d+: [.0-9]{10}/,
  /^\((?:\d+,?)*\) (?:frame|live|written|stack)/,
  /^SCC (?:enter|exit)/,
  /^(?:caller:|callee:|returning from callee:|to caller at \d+:)/,
  /^(?:cur state|old state):/,
  /^(?:subprog|stack use|stack_use|Using|liveness|live stack)/i,
  /^REG INVARIANTS VIOLATION/,
  /^BTF|^Note, /,
  // What loaders leave out of a log.
  /^\s*\(?\d+ line\(s\) omitted\)?/,
];
/** May be all that there is, or a remark on the way: a verdict only when nothing else is one. */
const REMARK = /^arg#\d+ (?:reference type\('UNKNOWN '\)|has pointer tag)/;

/** A log of a million instructions is as many lines; what decided is at its end. */
const MOST_LINES = 50_000;

export function readLog(all: readonly string[]): ReadLog {
  const lines = all.length > MOST_LINES ? all.slice(-MOST_LINES) : all;
  const events: LogEvent[] = [];
  const functions = new Map<number, string>();
  let source: SourceLine | null = null;
  let verdict: string[] = [];
  let remark: string | null = null;
  let precision = false;
  for (const given of withoutIndent(lines).flatMap(unglued)) {
    const line = (given.includes("processed ") ? given.replace(STATISTICS, "") : given).replace(/\r$/, "");
    // Before 6.4 the states that precision is traced back through follow its lines: they are of instructions before.
    const isAncestor = precision && /^ (?:frame\d+: ?)?R\d/.test(line);
    precision = /^(?:last_idx|regs=)/.test(line);
    if (isAncestor) continue;
    const event = readEvent(line, source);
    if (event !== null) {
      events.push(event);
      verdict = [];
      continue;
    }
    const quoted = SOURCE.exec(line);
    if (quoted !== null) {
      source = { text: quoted[1]!.trim(), file: quoted[2] ?? null, line: Number(quoted[3] ?? 0) };
      continue;
    }
    const named = /^(?:Validating (\S+?)\(\) func#(\d+)|Func#(\d+) \('(\S+?)'\))/.exec(line);
    if (named !== null) functions.set(Number(named[2] ?? named[3]), named[1] ?? named[4]!);
    if (NOISE.some((pattern) => pattern.test(line))) continue;
    if (REMARK.test(line)) remark = line;
    else verdict.push(line.trimEnd());
  }
  if (verdict.length === 0 && remark !== null) verdict = [remark];
  return { events, verdict, functions };
}

/** Logs in other logs are indented: as far as their instructions are. */
function withoutIndent(lines: readonly string[]): readonly string[] {
  const first = lines.find((line) => /^\s*\d+: \([0-9a-f]{2}\) /.test(line));
  const indent = first === undefined ? "" : /^\s*/.exec(first)![0];
  if (indent === "") return lines;
  return lines.map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()));
}

/** At level 1 a branch that is taken up again has its state on its own line: `12: (25) if r1 > 0xa goto pc+4 17: R1=…`. */
const GLUED = /^(\d+: \([0-9a-f]{2}\) [^;]*?\S)\s+(\d+: (?:frame\d+: )?R\d+(?:_[rwD]+)?=.*)$/;

function unglued(line: string): readonly string[] {
  const match = line.includes(";") ? null : GLUED.exec(line);
  return match === null ? [line] : [match[1]!, match[2]!];
}

function readEvent(line: string, source: SourceLine | null): LogEvent | null {
  const m = INSTRUCTION.exec(line);
  if (m !== null) {
    const { text, comment } = splitComment(m[2] ?? m[3]!);
    return {
      kind: "instruction",
      slot: Number(m[1]),
      instruction: parseInstruction(text),
      state: comment === "" ? null : parseState(comment),
      source,
    };
  }
  const from = FROM.exec(line);
  if (from !== null) {
    const rest = from[3]!.trim();
    const safe = rest === "safe";
    return { kind: "from", from: Number(from[1]), to: Number(from[2]), safe, state: safe ? null : parseState(rest) };
  }
  if (/^\d+: safe$/.test(line)) return null;
  // `5: R1=…`, and after calls ` frame1: R1=…` or ` R0=…`.
  const bare = /^(?:\d+:)?\s(.*)$/.exec(line);
  const state = bare === null || /^\s+\d+: [.0-9]/.test(line) ? null : parseState(bare[1]!);
  return state === null ? null : { kind: "state", state };
}

/** The state stands behind the last `;` that is followed by one: call targets may be long, instructions contain none. */
function splitComment(text: string): { readonly text: string; readonly comment: string } {
  const at = text.indexOf(";");
  return at < 0 ? { text: text.trim(), comment: "" } : { text: text.slice(0, at).trim(), comment: text.slice(at + 1).trim() };
}
