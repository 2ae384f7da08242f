/**
 * Holds generated code against the interpreter on random programs, for a night: bare and checked, structured and dispatched, in plain
 * and in shared memory.
 *
 *   node scripts/fuzz-jit.ts [--count 100000] [--seed 0]
 */

import { parseArgs } from "node:util";
import { compare } from "../test/jit/differential.ts";

const { values } = parseArgs({
  options: { count: { type: "string", default: "100000" }, seed: { type: "string", default: "0" } },
});
const count = Number(values.count);
const first = Number(values.seed);
const totals = { same: 0, endless: 0, different: 0 };
const start = performance.now();
for (let seed = first; seed < first + count; seed++) {
  const verdict = compare(seed);
  if (typeof verdict === "string") totals[verdict]++;
  else {
    totals.different++;
    console.error(verdict.difference);
  }
}
const seconds = ((performance.now() - start) / 1000).toFixed(0);
console.log(`${count} programs: ${totals.same} the same, ${totals.endless} endless, ${totals.different} different; ${seconds} s`);
process.exitCode = totals.different === 0 ? 0 : 1;
