/**
 * Compares our verdicts with those that kernels gave:
 *
 *     node test/verifier/compare.ts [--kernel 6.18] [--category core] [--name TEXT] [--text] [--processed] [--states] [--log]
 *
 * Prints agreement by category, then every program that we accept and the kernel refuses, then those that we refuse and it
 * accepts. `--name` takes programs whose names contain TEXT. `--text` lists refusals that agree in other words,
 * `--processed` other counts of walked instructions, `--states` the first line at which our log leaves the kernel's.
 * `--log` prints both logs.
 */

import { parseArgs } from "node:util";
import { OurVerifier } from "./ours.ts";
import { KERNELS, type KernelName, type Recorded, readLogs, readRecorded } from "./recorded.ts";
import { comparable, firstDifference } from "./states.ts";
import { suite } from "./suite/all.ts";

const { values: options } = parseArgs({
  options: {
    kernel: { type: "string", default: "6.18" },
    category: { type: "string" },
    name: { type: "string" },
    text: { type: "boolean", default: false },
    processed: { type: "boolean", default: false },
    states: { type: "boolean", default: false },
    log: { type: "boolean", default: false },
  },
});
const kernel = options.kernel as KernelName;
if (!KERNELS.includes(kernel)) throw new Error(`--kernel is one of ${KERNELS.join(", ")}`);

const recorded = readRecorded(kernel);
const logs = options.states || options.log ? readLogs(kernel) : new Map<string, string>();
const verifier = new OurVerifier(kernel);
const wantsLog = options.states || options.log;

const unsound: string[] = [];
const strict: string[] = [];
const threw: string[] = [];
const otherText: string[] = [];
const otherCount: string[] = [];
const otherStates: string[] = [];
const tally = new Map<string, { agree: number; of: number }>();
const times: number[] = [];
let unrecorded = 0;
let statesCompared = 0;

for (const { name, category, spec, program } of suite()) {
  if (options.category !== undefined && category !== options.category) continue;
  if (options.name !== undefined && !name.includes(options.name)) continue;
  const theirs = recorded.get(name);
  if (theirs === undefined || theirs.failed !== undefined) {
    unrecorded++;
    continue;
  }
  const { verdict, threw: error, milliseconds } = verifier.ask(spec, program, { log: wantsLog });
  times.push(milliseconds);
  const count = tally.get(category) ?? { agree: 0, of: 0 };
  tally.set(category, count);
  count.of++;
  if (verdict === null) {
    threw.push(`${name}\n      ${error}\n      kernel: ${said(theirs)}`);
    continue;
  }
  const ours =
    verdict.refusal === null ? "accepts" : `${verdict.refusal.code} at ${verdict.refusal.slot}: ${verdict.refusal.text}`;
  if (verdict.accepted === theirs.accepted) count.agree++;
  else {
    const both = `${name}\n      ours:   ${oneLine(ours)}\n      kernel: ${said(theirs)}`;
    (verdict.accepted ? unsound : strict).push(both);
  }
  if (verdict.refusal !== null && !theirs.accepted && !sameText(verdict.refusal.text, theirs.text))
    otherText.push(`${name}\n      ours:   ${oneLine(verdict.refusal.text)}\n      kernel: ${oneLine(theirs.text)}`);
  if (verdict.accepted === theirs.accepted && theirs.processed >= 0 && verdict.processed !== theirs.processed)
    otherCount.push(`${name}: ${verdict.processed}, kernel ${theirs.processed}`);
  const log = logs.get(name);
  if (options.log) console.log(`── ${name}\n── ours\n${(verdict.log ?? []).join("\n")}\n── kernel\n${log ?? "(no log kept)"}`);
  if (options.states && log !== undefined && verdict.log !== null) {
    statesCompared++;
    const difference = firstDifference(comparable(verdict.log.join("\n")), comparable(log));
    if (difference !== null)
      otherStates.push(`${name}, line ${difference.line}\n      ours:   ${difference.ours}\n      kernel: ${difference.theirs}`);
  }
}

let agree = 0;
let all = 0;
for (const [category, { agree: same, of }] of tally) {
  agree += same;
  all += of;
  console.log(`${category.padEnd(12)} ${String(same).padStart(4)} / ${String(of).padEnd(4)} ${percent(same, of)}`);
}
times.sort((a, b) => a - b);
console.log(
  `${"all".padEnd(12)} ${String(agree).padStart(4)} / ${String(all).padEnd(4)} ${percent(agree, all)}   kernel ${kernel}`,
);
if (times.length > 0)
  console.log(
    `median ${times[times.length >> 1]!.toFixed(3)} ms, longest ${times.at(-1)!.toFixed(1)} ms; ${unrecorded} not recorded`,
  );
section("we accept, the kernel refuses", unsound);
section("we refuse, the kernel accepts", strict);
section("threw", threw);
if (options.text) section("refused in other words", otherText);
if (options.processed) section("other counts of walked instructions", otherCount);
if (options.states) section(`other states (of ${statesCompared} logs)`, otherStates);
process.exitCode = unsound.length > 0 ? 1 : 0;

function section(title: string, entries: readonly string[]): void {
  if (entries.length > 0) console.log(`\n${title}: ${entries.length}\n${entries.map((entry) => `  ${entry}`).join("\n")}`);
}

function said({ accepted, errno, text }: Recorded): string {
  return accepted ? "accepts" : `${errno}: ${oneLine(text)}`;
}

function oneLine(text: string): string {
  return text.replaceAll("\n", " / ");
}

/** The kernel's text may begin with lines that are none of the refusal: ours must be how it ends. */
function sameText(ours: string, theirs: string): boolean {
  return theirs === ours || theirs.endsWith(`\n${ours}`);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "" : `${((100 * part) / whole).toFixed(1).padStart(5)} %`;
}
