/**
 * Programs on an arena: a list of 200 nodes is walked, and an entry of a hash table found and counted. Nanoseconds a run, the median of rounds in turn: in
 * this kernel (BPF_PROG_TEST_RUN, in a child process) what our compiler and what clang 19 make of the same program, and both in the embedded engine.
 *
 *     node bench/arena.ts
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { compileC } from "../src/clang/compile-c.ts";
import { openEmbedded } from "../src/engine/embedded/engine.ts";
import type { Collection, Engine } from "../src/engine/engine.ts";
import { openLinux, probeLinux } from "../src/engine/linux/engine.ts";
import type { Spec } from "../src/object/spec.ts";
import { arenaSpec } from "../test/compiler/arenas/run.ts";
import { median, printTable } from "./measure.ts";

const ROUNDS = 15;
const NODES = 200;
const RUNS = { total: 2_000, count: 50_000 } as const;
type Program = keyof typeof RUNS;
type Times = Readonly<Record<Program, readonly [ours: number, clang: number]>>;

async function measured(open: () => Promise<Engine> | Engine, ours: Spec, clang: Spec): Promise<Times> {
  await using engine = await open();
  await using first = await engine.load(ours);
  await using second = await engine.load(clang);
  const sides = [first, second] as const;
  for (const { programs } of sides) programs["build"]?.run({ context: Uint8Array.of(NODES, ...new Uint8Array(31)) });
  return { total: inTurn(sides, "total"), count: inTurn(sides, "count") };
}

function inTurn(sides: readonly [Collection, Collection], program: Program): readonly [number, number] {
  const packet = new Uint8Array(64);
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS + 3; round++) {
    for (const which of [0, 1] as const) {
      const duration = sides[which].programs[program]?.run({ packet, repeat: RUNS[program] }).duration ?? Number.NaN;
      if (round >= 3) times[which].push(duration);
    }
  }
  return [median(times[0]), median(times[1])];
}

const clang = () => compileC(join(import.meta.dirname, "../test/compiler/arenas/arenas.bpf.c"), { clang: "clang-19", cpu: 4 });

if (process.argv[2] === "kernel") {
  process.stdout.write(JSON.stringify(await measured(openLinux, arenaSpec(4), await clang())));
} else if (spawnSync("clang-19", ["--version"]).status !== 0) {
  console.log("needs clang-19");
} else {
  const rows: string[][] = [];
  const add = (where: string, times: Times) => {
    for (const [name, [ours, theirs]] of Object.entries(times))
      rows.push([`${name}, ${where}`, ours.toFixed(1), theirs.toFixed(1), (ours / theirs).toFixed(2)]);
  };
  const probe = probeLinux();
  if (probe.available) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, "kernel"], { encoding: "utf8" });
    if (status === 0) add("kernel", JSON.parse(stdout) as Times);
    else console.log(`the kernel took no part: ${stderr.trim().split("\n").at(-1)}`);
  } else console.log(`the kernel takes no part: ${probe.reason}`);
  add("embedded", await measured(() => openEmbedded({ execution: "jit", memory: 32 << 20 }), arenaSpec(4), await clang()));
  printTable(["", "ours", "clang", "ours / clang"], rows);
}
