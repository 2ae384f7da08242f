/**
 * `node load-suite.ts [--names FILE]`: a child process of record.ts, or the whole of what runs in a guest. Loads the suite's
 * programs (those named in FILE, a line each; default all) into the kernel that runs here and prints a line of JSON for each.
 */

import { readFileSync } from "node:fs";
import { openLoader } from "./kernel.ts";
import { suite } from "./suite/all.ts";

const LONGEST_WALK = 2000;

const at = process.argv.indexOf("--names");
const wanted = at < 0 ? null : new Set(readFileSync(process.argv[at + 1]!, "utf8").split("\n"));

const loader = await openLoader();
for (const { name, spec, program: programName } of suite()) {
  if (wanted !== null && !wanted.has(name)) continue;
  const program = spec.programs.find((program) => program.name === programName);
  if (program === undefined) throw new Error(`${name}: its Spec has no program ${programName}`);
  // A full log of a million instructions takes the kernel seconds: it is asked for when it is short.
  const brief = loader.load(spec, program, 4);
  const processed = Number(/^processed (\d+) insns/m.exec(brief.log)?.[1] ?? 0);
  console.log(JSON.stringify({ name, ...(processed > LONGEST_WALK ? brief : loader.load(spec, program)) }));
}
