/**
 * What looking into the kernel costs: one run of a program with the kernel's counting on and off (`skep top`, `enableStatistics`), in turns; reading
 * all programs, and their statistics alone; and the whole of `skep list programs --json` beside `bpftool -j prog`, in turns. Needs root on Linux 5.8.
 * Run: `node bench/inspect.ts`.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openLinux, probeLinux } from "../src/engine/linux/engine.ts";
import { program } from "../src/engine/linux/fixtures/programs.ts";
import { openInspector } from "../src/engine/linux/inspect/inspector.ts";
import { median, printTable } from "./measure.ts";

const PROGRAMS = 200;
const RUNS = 1_000_000;
const ROUNDS = 9;

const probe = probeLinux();
if (!probe.available) {
  console.log(`skipped: ${probe.reason}`);
  process.exit(0);
}
await using engine = await openLinux();
const programs = Array.from({ length: PROGRAMS }, (_, at) => program(`p${at}`, "xdp"));
await using collection = await engine.load({ name: "many", license: "GPL", types: null, maps: [], programs });
using inspector = await openInspector();

const one = collection.programs["p0"];
const packet = new Uint8Array(64);
const off: number[] = [];
const on: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  off.push(one?.run({ packet, repeat: RUNS }).duration ?? Number.NaN);
  using _counting = inspector.enableStatistics();
  on.push(one?.run({ packet, repeat: RUNS }).duration ?? Number.NaN);
}
const counted = inspector.program(one as object & NonNullable<typeof one>).statistics.runCount;
console.log(`one run of an empty program, as the kernel measures it (${RUNS} runs, median of ${ROUNDS} rounds in turns)`);
printTable(
  ["", "ns"],
  [
    ["not counted", median(off).toFixed(1)],
    ["counted", median(on).toFixed(1)],
    ["counting", (median(on) - median(off)).toFixed(1)],
  ],
);
// Where somebody else counts as well, the two are the same.
if (counted > RUNS * ROUNDS) console.log(`(${counted} runs were counted: somebody else has the kernel count, too)`);

function time(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
const all = Array.from({ length: ROUNDS }, () => time(() => inspector.programs()));
const abort = new AbortController();
const looks: number[] = [];
let last = performance.now();
for await (const _ of inspector.loads({ interval: 1, signal: abort.signal })) {
  looks.push(performance.now() - last - 1);
  last = performance.now();
  if (looks.length > ROUNDS) abort.abort();
}
const there = inspector.programs().length;
console.log(`\nin this process, ${there} programs (median of ${ROUNDS})`);
printTable(
  ["", "ms", "µs a program"],
  [
    ["programs()", all],
    ["a look of loads()", looks.slice(1)],
  ].map(([name, times]) => [
    name as string,
    median(times as number[]).toFixed(2),
    ((median(times as number[]) / there) * 1000).toFixed(1),
  ]),
);

const skep = fileURLToPath(new URL("../bin/skep.js", import.meta.url));
const commands: readonly (readonly [string, readonly string[]])[] = [
  ["skep list programs --json", [process.execPath, skep, "list", "programs", "--json"]],
  ["bpftool -j prog", ["bpftool", "-j", "prog"]],
];
if (spawnSync("bpftool", ["version"]).status !== 0) console.log("\nno bpftool to be beside");
else {
  const times = commands.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [at, [, [file = "", ...args]]] of commands.entries())
      times[at]?.push(time(() => spawnSync(file, args, { maxBuffer: 1 << 28 })));
  console.log(`\nwhole processes, ${there} programs (median of ${ROUNDS} rounds in turns)`);
  const [own = [], other = []] = times;
  printTable(
    ["", "ms"],
    [
      ...commands.map(([name], at) => [name, median(times[at] ?? []).toFixed(0)]),
      ["ratio", (median(own) / median(other)).toFixed(2)],
    ],
  );
}
