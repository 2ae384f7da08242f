/**
 * The twelve examples beside clang-19 -O2 (-mcpu=v3), each in TypeScript and in C with the same algorithm. `node bench/clang.ts [EXAMPLE…]` prints
 *
 * - `slots`: length of the code, in instructions of 8 bytes, of all programs;
 * - `executed`: instructions that the same input takes (test/examples/plays.ts), as the embedded engine's interpreter counts them;
 * - `bytes`: of the objects: ours as `writeObject` writes it, clang's (-g) after `llvm-strip -g`, which both ends up without DWARF
 *   and with BTF, line information and CO-RE records;
 * - `ms`: from source to object: ours warm in this process, clang's as a process, vmlinux.h included where the source includes it;
 * - `kernel ns`: one run in this machine's kernel, interleaved, median: of programs on packets by BPF_PROG_TEST_RUN, of others at their hooks, as the
 *   kernel's statistics count them, of work of a process of the benchmark's own; with --kernel, as root.
 *
 * The last line is the geometric mean of ours by clang's, over the examples that there are in both.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compile } from "../src/compile.ts";
import { readObject } from "../src/object/read.ts";
import type { Spec } from "../src/object/spec.ts";
import { writeObject } from "../src/object/write/write.ts";
import { compileC, noClang } from "../test/examples/clang.ts";
import { perform } from "../test/examples/perform.ts";
import { EXAMPLES, type ExampleName, playOf } from "../test/examples/plays.ts";
import { isWritten, sourceOf } from "../test/examples/sources.ts";
import { median, printTable } from "./measure.ts";

const WARM_UP = 20;
const ROUNDS = 41;

const PACKETS = fileURLToPath(new URL("./clang-kernel.ts", import.meta.url));
const HOOKS = fileURLToPath(new URL("./clang-hooks.ts", import.meta.url));

const slotsOf = ({ programs }: Spec): number => programs.reduce((sum, { code }) => sum + code.length / 8, 0);

/** From the text to the bytes of an object, when the compiler has been used before. */
async function warm(name: ExampleName): Promise<number> {
  const file = sourceOf(name);
  const times: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const start = performance.now();
    writeObject(await compile(file));
    if (round >= WARM_UP) times.push(performance.now() - start);
  }
  return median(times);
}

interface Measured {
  readonly clang: number;
  readonly ours: number | null;
}

const ratio = ({ clang, ours }: Measured): number | null => (ours === null ? null : ours / clang);

async function measure(name: ExampleName): Promise<Readonly<Record<string, Measured>>> {
  const { object, milliseconds } = compileC(name, { fresh: true });
  const theirs = readObject(object, { name });
  const ours = isWritten(name) ? await compile(sourceOf(name)) : null;
  const play = playOf(name);
  const executed = async (spec: Spec | null) =>
    spec === null ? null : (await perform(spec, ours ?? theirs, play, { counting: true })).instructions;
  return {
    slots: { clang: slotsOf(theirs), ours: ours === null ? null : slotsOf(ours) },
    executed: { clang: (await executed(theirs)) ?? 0, ours: await executed(ours) },
    bytes: { clang: object.length, ours: ours === null ? null : writeObject(ours).length },
    ms: { clang: milliseconds, ours: ours === null ? null : await warm(name) },
  };
}

const missing = noClang();
if (missing !== false) throw new Error(`bench/clang.ts ${missing}`);

const wanted = process.argv.slice(2).filter((each) => !each.startsWith("-"));
const names = EXAMPLES.filter((name) => wanted.length === 0 || wanted.includes(name));
const results = new Map<ExampleName, Readonly<Record<string, Measured>>>();
for (const name of names) results.set(name, await measure(name));

if (process.argv.includes("--kernel")) {
  const written = names.filter(isWritten);
  const onPackets = written.filter((name) => playOf(name).packets !== undefined);
  const child = (command: string, ...args: readonly string[]): Record<string, Measured> => {
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 24 });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  };
  const atHooks = written.filter((name) => playOf(name).packets === undefined);
  const times = {
    ...child(process.execPath, "--no-warnings", PACKETS, ...onPackets),
    ...child(
      "unshare",
      "-n",
      "sh",
      "-c",
      'ip link set lo up && exec "$0" "$@"',
      process.execPath,
      "--no-warnings",
      HOOKS,
      ...atHooks,
    ),
  };
  for (const [name, time] of Object.entries(times))
    results.set(name as ExampleName, { ...results.get(name as ExampleName), "kernel ns": time });
}

const COLUMNS = ["slots", "executed", "bytes", "ms", ...(process.argv.includes("--kernel") ? ["kernel ns"] : [])];
const number = (column: string, value: number): string =>
  column === "ms" || column === "kernel ns" ? value.toFixed(1) : String(Math.round(value));

const rows = [...results].map(([name, measured]) => [
  name,
  ...COLUMNS.flatMap((column) => {
    const each = measured[column];
    if (each === undefined) return ["-", "-", "-"];
    const by = ratio(each);
    return [number(column, each.clang), each.ours === null ? "-" : number(column, each.ours), by === null ? "-" : by.toFixed(2)];
  }),
]);
const means = COLUMNS.flatMap((column) => {
  const ratios = [...results.values()].flatMap((measured) => {
    const by = measured[column] === undefined ? null : ratio(measured[column]);
    return by === null ? [] : [by];
  });
  return ["", "", Math.exp(ratios.reduce((sum, by) => sum + Math.log(by), 0) / ratios.length).toFixed(2)];
});
printTable(
  ["example", ...COLUMNS.flatMap((column) => [`${column} clang`, "ours", "ratio"])],
  [...rows, ["geometric mean", ...means]],
);
