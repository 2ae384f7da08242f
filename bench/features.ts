/**
 * What asking a kernel for its features costs: `skep features --json` beside `bpftool -j feature probe` as processes, in turns, and the report
 * by itself in a process that runs already. Needs root and bpftool. Run after `npm run build`: `node bench/features.ts`.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { kernelFeatures } from "../src/engine/kernel-features.ts";
import { probeLinux } from "../src/engine/linux/engine.ts";
import { printTable } from "./measure.ts";

const ROUNDS = 21;

const probe = probeLinux();
if (!probe.available) {
  console.log(`skipped: ${probe.reason}`);
  process.exit(0);
}
const skep = [process.execPath, fileURLToPath(new URL("../bin/skep.js", import.meta.url)), "features", "--json"];
const ways: readonly (readonly [what: string, command: readonly string[]])[] = [
  ["bpftool -j feature probe", ["bpftool", "-j", "feature", "probe"]],
  ["bpftool -j feature probe full", ["bpftool", "-j", "feature", "probe", "full"]],
  ["skep features --json", skep],
  ["skep features --json --no-probe", [...skep, "--no-probe"]],
];

/** Milliseconds of a process from its start to its end; null when there is none. */
function timeOf([file = "", ...args]: readonly string[]): number | null {
  const start = performance.now();
  const { error, status } = spawnSync(file, args, { stdio: ["ignore", "pipe", "ignore"], maxBuffer: 2 ** 28 });
  return error === undefined && status === 0 ? performance.now() - start : null;
}

const times = ways.map((): number[] => []);
for (let round = 0; round < ROUNDS; round++) {
  for (const [at, [, command]] of ways.entries()) {
    const taken = timeOf(command);
    if (taken !== null) times[at]?.push(taken);
  }
}
async function report(options: Parameters<typeof kernelFeatures>[0]): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < 7; round++) {
    const start = performance.now();
    await kernelFeatures(options);
    all.push(performance.now() - start);
  }
  return Math.min(...all);
}
const fastest = (all: readonly number[] | undefined) => Math.min(...(all ?? []));
const theirs = fastest(times[0]);
const ratio = (milliseconds: number) => (times[0]?.length === 0 ? "" : (milliseconds / theirs).toFixed(2));
const row = (what: string, milliseconds: number) => [what, milliseconds.toFixed(0), ratio(milliseconds)];
console.log(
  `asking for every feature, the fastest of ${ROUNDS} processes in turns, so that what else the machine does matters least`,
);
printTable(
  ["", "ms", "of bpftool's"],
  [
    ...ways.flatMap(([what], at) => (times[at]?.length === 0 ? [[what, "not there", ""]] : [row(what, fastest(times[at]))])),
    row("kernelFeatures(), in a process that runs", await report({})),
    row("kernelFeatures({ all: true })", await report({ all: true })),
    row("kernelFeatures({ probe: false })", await report({ probe: false })),
  ],
);
