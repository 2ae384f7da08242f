/** What kernels said of the suite's programs: the files in recorded/, and how a log becomes an entry. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Answer } from "./kernel.ts";

export const KERNELS = ["6.1", "6.12", "6.18"] as const;
export type KernelName = (typeof KERNELS)[number];

export interface Recorded {
  readonly accepted: boolean;
  /** `EACCES` …; empty when it was accepted. */
  readonly errno: string;
  /** `processed N insns`; -1 when the log does not say. */
  readonly processed: number;
  /** Refusals: what the log says at its end, lines separated by newlines. */
  readonly text: string;
  /** The kernel could not be asked: e.g. it has no map of that type. */
  readonly failed?: string;
}

const FOLDER = new URL("recorded/", import.meta.url);

/** Logs of longer programs are not kept. */
const LONGEST_LOG = 12_000;

export function readRecorded(kernel: KernelName): Map<string, Recorded> {
  const file = new URL(`${kernel}.jsonl`, FOLDER);
  if (!existsSync(file)) return new Map();
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return new Map(lines.map((line) => JSON.parse(line) as [string, Recorded]));
}

export function readLogs(kernel: KernelName): Map<string, string> {
  const file = new URL(`${kernel}.logs.json.gz`, FOLDER);
  if (!existsSync(file)) return new Map();
  return new Map(Object.entries(JSON.parse(gunzipSync(readFileSync(file)).toString()) as Record<string, string>));
}

/**
 * One line a program, so that a change of one verdict is one line of difference; sorted, so that programs which two people add
 * are seldom neighbours.
 *
 * @param names of the suite's programs: what was recorded before stays for those that have no new answer.
 */
export function writeRecorded(kernel: KernelName, answers: ReadonlyMap<string, Answer>, names: readonly string[]): void {
  const recorded = readRecorded(kernel);
  const logs = readLogs(kernel);
  for (const [name, answer] of answers) {
    recorded.set(name, recordedOf(answer));
    if (answer.log.length > 0 && answer.log.length <= LONGEST_LOG) logs.set(name, answer.log);
    else logs.delete(name);
  }
  const sorted = [...names].sort();
  const entries = <T>(of: ReadonlyMap<string, T>): [string, T][] =>
    sorted.flatMap((name) => {
      const entry = of.get(name);
      return entry === undefined ? [] : [[name, entry]];
    });
  const lines = entries(recorded).map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(new URL(`${kernel}.jsonl`, FOLDER), lines.join(""));
  const text = JSON.stringify(Object.fromEntries(entries(logs)));
  writeFileSync(new URL(`${kernel}.logs.json.gz`, FOLDER), gzipSync(text, { level: 9 }));
}

export function recordedOf({ accepted, errno, log, failed }: Answer): Recorded {
  const processed = /^processed (\d+) insns/m.exec(log)?.[1];
  return {
    accepted,
    errno,
    processed: processed === undefined ? -1 : Number(processed),
    text: accepted ? "" : refusalText(log),
    ...(failed === undefined ? {} : { failed }),
  };
}

/** The end of a log: what follows its last instruction, state or source line, at most six lines. */
export function refusalText(log: string): string {
  // One of the texts lacks its newline.
  const lines = log
    .replace(/(.)processed (\d+ insns)/, "$1\nprocessed $2")
    .trimEnd()
    .split("\n")
    .filter((line) => !IS_STATISTICS.test(line));
  const text: string[] = [];
  for (let at = lines.length - 1; at >= 0 && text.length < 6; at--) {
    const line = lines[at]!;
    if (line === "" || IS_WALK.test(line)) break;
    text.unshift(line);
  }
  return text.join("\n");
}

const IS_STATISTICS = /^(\([\d,]+\) (frame|live stack)|processed \d+ insns|verification time|stack depth|insns processed)/;
const IS_WALK =
  /^(\d+: \(|\d+: +[R;f.]|\d+: *$|\s*\d+: safe|from \d+ to \d+|; |mark_precise|parent |last_idx|regs=|func#\d|Live regs|Validating |\s*\d+: [.0-9]{10} )/;
