/**
 * `node load-suite.ts`: a child process of record.ts, or the whole of what runs in a guest. Loads the suite's programs into the
 * kernel that runs here and prints a line of JSON for each. `--new`: those only that have no record of this kernel.
 */

import { release } from "node:os";
import { openLoader } from "./kernel.ts";
import { KERNELS, readRecorded } from "./recorded.ts";
import { suite } from "./suite/all.ts";

/** A full log of a million instructions takes the kernel seconds: it is asked for when it is short. */
const LONGEST_LOGGED = 2000;
/** Walks of a million instructions take minutes under emulation: they are left to the kernel that runs here. */
const LONGEST_IN_GUEST = 100_000;

/** A null pointer in 6.12's verifier: loading these there kills the process that does, and takes its locks with it. */
const DEADLY: readonly string[] = ["callbacks/work queues, not: a value without one"];

const loader = await openLoader();
const kernel = KERNELS.find((kernel) => release().startsWith(`${kernel}.`));
const recorded = kernel === "6.18" ? new Map() : readRecorded("6.18");
const known = kernel !== undefined && process.argv.includes("--new") ? readRecorded(kernel) : new Map();
for (const { name, spec, program: programName } of suite()) {
  if (known.has(name)) continue;
  if ((recorded.get(name)?.processed ?? 0) > LONGEST_IN_GUEST) continue;
  if (kernel === "6.12" && DEADLY.includes(name)) continue;
  const program = spec.programs.find((program) => program.name === programName);
  if (program === undefined) throw new Error(`${name}: its Spec has no program ${programName}`);
  const brief = loader.load(spec, program, 4);
  const processed = Number(/^processed (\d+) insns/m.exec(brief.log)?.[1] ?? 0);
  console.log(JSON.stringify({ name, ...(processed > LONGEST_LOGGED ? brief : loader.load(spec, program)) }));
}
