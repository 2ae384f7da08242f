/**
 * What is too long for every day: the property tests with many more runs, and the fuzzers. Run: `npm run nightly`.
 * Prints a line for each and ends with status 1 when one fails.
 */

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

const JOBS: readonly {
  readonly what: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}[] = [
  { what: "100,000 damaged objects", args: ["scripts/fuzz-object.ts"] },
  { what: "100,000 damaged objects relocated, written and linked", args: ["scripts/fuzz-link.ts"] },
  {
    what: "100,000 random programs, interpreted and compiled to WebAssembly",
    args: ["scripts/fuzz-jit.ts", "--count", "100000"],
  },
  { what: "programs of a million instructions", args: ["--test", "test/jit/large.test.ts"], env: { SKEP_LONGEST: "1000000" } },
  { what: "200,000 random programs verified, and run if taken", args: ["scripts/fuzz-verifier.ts", "--count", "200000"] },
  {
    what: "20,000 damaged Specs loaded, maps that programs spoil in 1,000 ways",
    args: ["--test", "test/safety/*.test.ts"],
    env: { SKEP_SPECS: "20000", SKEP_SPOILT: "1000" },
  },
  {
    what: "40,000 damaged logs of verifiers",
    args: ["--test", "test/verifier/explain/damaged.test.ts"],
    env: { SKEP_RUNS: "40000" },
  },
  { what: "100,000 damaged BTF files", args: ["--test", "src/btf/malformed.test.ts"], env: { RUNS: "100000" } },
  {
    what: "20,000 random functions, four instruction sets",
    args: ["--test", "test/compiler/codegen.test.ts"],
    env: { SKEP_RUNS: "20000" },
  },
  {
    what: "20,000 random expressions, 100,000 damaged sources",
    args: ["--test", "test/compiler/*.test.ts"],
    env: { SKEP_EXPRESSIONS: "20000", SKEP_MUTATIONS: "100000" },
  },
];

let failed = 0;
for (const { what, args, env } of JOBS) {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`${status === 0 ? "passed" : "FAILED"}  ${what} (${seconds} s)`);
  if (status === 0) continue;
  failed++;
  console.log(stdout, stderr);
}
process.exitCode = failed === 0 ? 0 : 1;
