/**
 * Runs what the verifier takes: random programs, most of them with a thing changed. Whatever is accepted runs in the embedded engine
 * on random packets and maps, checked; no access may be at fault, and at each instruction registers and stack must lie inside of what
 * the verifier knew there. What is wrong is made small and printed.
 *
 *   node scripts/fuzz-verifier.ts [--count 100000] [--seed 0]
 */

import { parseArgs } from "node:util";
import { decode } from "../src/isa/decode.ts";
import { printProgram } from "../src/isa/print.ts";
import { judge, programOf, targetOf } from "../test/verifier/soundness/judge.ts";
import { type Line, specOf } from "../test/verifier/soundness/lines.ts";
import { minimise } from "../test/verifier/soundness/minimise.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    seed: { type: "string", default: "0" },
    why: { type: "boolean", default: false },
  },
});
const count = Number(values.count);
const first = Number(values.seed);
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
  if (judgement.kind === "refused") {
    const why = judgement.why.replace(/-?\d+/g, "N").split("\n")[0]!;
    reasons.set(why, (reasons.get(why) ?? 0) + 1);
  }
  if (judgement.kind !== "unsound") continue;
  const least = await minimise(lines, async (less) => {
    try {
      return (await judge(less, target, seed)).kind === "unsound";
    } catch {
      return false;
    }
  });
  const still = await judge(least, target, seed);
  console.error(`seed ${seed}, ${target.name}: ${still.kind === "unsound" ? still.what : judgement.what}\n${text(least)}\n`);
}

function text(lines: readonly Line[]): string {
  return printProgram(decode(specOf(lines).programs[0]!.code));
}

if (values.why) for (const [why, times] of [...reasons].sort((a, b) => b[1] - a[1])) console.log(String(times).padStart(6), why);
const seconds = ((performance.now() - start) / 1000).toFixed(0);
console.log(
  `${count} programs: ${totals.sound} sound (${steps} steps), ${totals.refused} refused, ${totals["too long"]} too long, ${totals.unsound} unsound; ${seconds} s`,
);
process.exitCode = totals.unsound === 0 ? 0 : 1;
