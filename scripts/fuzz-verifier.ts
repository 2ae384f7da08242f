/**
 * Runs what the verifier takes: random programs, most of them with a thing changed. Whatever is accepted runs in the embedded engine
 * on random packets and maps, checked; no access may be at fault, and at each instruction registers and stack must lie inside of what
 * the verifier knew there. What is wrong is made small and printed.
 *
 *   node scripts/fuzz-verifier.ts [--count 100000] [--seed 0] [--why]
 *   node scripts/fuzz-verifier.ts --against guest [--kernel 6.12] [--count 2000] [--seed 0]
 *
 * `--why` tells what is refused, most frequent first. `--against guest` runs nothing, but asks a kernel of Debian's in QEMU
 * (test/guest/run.ts) for its verdicts of the same programs: none may be taken here and refused there.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { serialize } from "node:v8";
import { decode } from "../src/isa/decode.ts";
import { printProgram } from "../src/isa/print.ts";
import { verify } from "../src/verifier/verify.ts";
import { runInGuest } from "../test/guest/run.ts";
import { judge, programOf, TARGETS, targetOf } from "../test/verifier/soundness/judge.ts";
import { type Line, specOf } from "../test/verifier/soundness/lines.ts";
import type { Said } from "../test/verifier/soundness/load-in-kernel.ts";
import { minimise } from "../test/verifier/soundness/minimise.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string" },
    seed: { type: "string", default: "0" },
    why: { type: "boolean", default: false },
    against: { type: "string" },
    kernel: { type: "string", default: "6.12" },
  },
});
const first = Number(values.seed);
const ended = values.against === "guest" ? compare(Number(values.count ?? 2_000)) : await runAll(Number(values.count ?? 100_000));
process.exitCode = ended ? 0 : 1;

/** @returns whether nothing was wrong. */
async function runAll(count: number): Promise<boolean> {
  const totals = { sound: 0, refused: 0, "too long": 0, unsound: 0 };
  const reasons = new Map<string, number>();
  let steps = 0;
  const start = performance.now();
  for (let seed = first; seed < first + count; seed++) {
    const target = targetOf(seed);
    const lines = programOf(seed);
    const judgement = await judge(lines, target, seed);
    totals[judgement.kind]++;
    if (judgement.kind === "sound") steps += judgement.steps;
    if (judgement.kind === "refused") tally(reasons, judgement.why);
    if (judgement.kind !== "unsound") continue;
    const least = await minimise(lines, async (less) => (await judge(less, target, seed)).kind === "unsound");
    const still = await judge(least, target, seed);
    console.error(`seed ${seed}, ${target.name}: ${still.kind === "unsound" ? still.what : judgement.what}\n${text(least)}\n`);
  }
  if (values.why) print(reasons);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(
    `${count} programs: ${totals.sound} sound (${steps} steps), ${totals.refused} refused, ${totals["too long"]} too long, ${totals.unsound} unsound; ${seconds} s`,
  );
  return totals.unsound === 0;
}

/** @returns whether nothing is taken here and refused there. */
function compare(count: number): boolean {
  const target = TARGETS.find(({ name }) => name === values.kernel);
  if (target === undefined) throw new Error(`--kernel is one of ${TARGETS.map(({ name }) => name).join(", ")}`);
  const script = fileURLToPath(new URL("../test/verifier/soundness/load-in-kernel.ts", import.meta.url));
  const programs = Array.from({ length: count }, (_, at) => programOf(first + at, target));
  const folder = mkdtempSync(join(tmpdir(), "skep-fuzz-"));
  const file = join(folder, "specs");
  writeFileSync(file, serialize(programs.map(specOf)));
  const answers = runInGuest(target.name, script, file);
  rmSync(folder, { recursive: true });
  const totals = { agree: 0, accepted: 0, "we refuse": 0, "WE ACCEPT": 0, "the kernel broke": 0, processed: 0 };
  const stricter = new Map<string, number>();
  const said = answers.split("\n").filter((line) => line.startsWith("{"));
  if (said.length !== count) throw new Error(`the guest answered for ${said.length} of ${count} programs`);
  for (const [at, line] of said.entries()) {
    const theirs: Said = JSON.parse(line);
    const lines = programs[at]!;
    const spec = specOf(lines);
    const verdict = verify(spec, spec.programs[0]!, target);
    if (verdict.accepted) totals.accepted++;
    if (verdict.accepted === theirs.accepted) {
      totals.agree++;
      if (verdict.processed !== theirs.processed && theirs.processed >= 0) {
        totals.processed++;
        console.log(`seed ${first + at}: ${verdict.processed} instructions, the kernel ${theirs.processed}`);
      }
      continue;
    }
    // Without a word: a fault of the kernel's own, after it has verified the program.
    const kind = theirs.text === "EFAULT" ? "the kernel broke" : verdict.accepted ? "WE ACCEPT" : "we refuse";
    totals[kind]++;
    const ours = verdict.refusal === null ? "" : `${verdict.refusal.text} (slot ${verdict.refusal.slot})`;
    if (!verdict.accepted) tally(stricter, ours);
    console.log(`seed ${first + at}: ${kind}; ours: ${ours}; the kernel: ${theirs.text}\n${text(lines)}\n`);
  }
  print(stricter);
  console.log(
    `${count} programs: agree on ${totals.agree}, we refuse and ${target.name} accepts ${totals["we refuse"]}, WE ACCEPT AND IT REFUSES ${totals["WE ACCEPT"]}, it broke on ${totals["the kernel broke"]}; we accept ${totals.accepted}; other counts of instructions: ${totals.processed}`,
  );
  return totals["WE ACCEPT"] === 0;
}

function tally(reasons: Map<string, number>, why: string): void {
  const kind = why.replace(/-?\d+/g, "N").split("\n")[0]!;
  reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
}

function print(reasons: ReadonlyMap<string, number>): void {
  for (const [why, times] of [...reasons].sort((a, b) => b[1] - a[1])) console.log(String(times).padStart(6), why);
}

function text(lines: readonly Line[]): string {
  return printProgram(decode(specOf(lines).programs[0]!.code));
}
