/**
 * Fuzzes the object reader: damaged copies of the fixtures (and of files named on the command line) must be read or refused
 * with an ObjectError or BtfError, soon.
 *
 *   node scripts/fuzz-object.ts [--count 100000] [--seed 0] [FILE.o …]
 */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { FIXTURES, fixture } from "../test/object/fixtures.ts";
import { attempt, mutate } from "../test/object/mutate.ts";

/** Milliseconds that no damaged file of this size may take. */
const SLOW = 2000;

const { values, positionals } = parseArgs({
  options: { count: { type: "string", default: "100000" }, seed: { type: "string", default: "0" } },
  allowPositionals: true,
});
const count = Number(values.count);
const first = Number(values.seed);
const files = new Map(Object.keys(FIXTURES).map((name) => [name, fixture(name)]));
for (const path of positionals) files.set(path, new Uint8Array(readFileSync(path)));

const totals = { read: 0, refused: 0, wrong: 0 };
let slowest = { time: 0, what: "" };
const names = [...files.keys()];
for (let index = 0; index < count; index++) {
  const name = names[index % names.length]!;
  const seed = first + index;
  const { outcome, error, time } = attempt(mutate(files.get(name)!, seed));
  totals[outcome]++;
  if (time > slowest.time) slowest = { time, what: `${name}, seed ${seed}` };
  if (outcome === "wrong" || time > SLOW) {
    totals.wrong += outcome === "wrong" ? 0 : 1;
    console.error(`${name}, seed ${seed}: ${outcome}, ${time.toFixed(0)} ms`, error ?? "");
  }
}
const memory = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(`${count} damaged files: ${totals.read} read, ${totals.refused} refused, ${totals.wrong} wrong`);
console.log(`slowest ${slowest.time.toFixed(1)} ms (${slowest.what}); ${memory} MB at most`);
process.exitCode = totals.wrong === 0 ? 0 : 1;
