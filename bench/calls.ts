/**
 * What calls cost, beside the kernel's JIT: nanoseconds for each call, medians. Run: `node bench/calls.ts`.
 *
 * The same object on both sides (`bench/programs/calls.bpf.c`). The kernel measures itself (BPF_PROG_TEST_RUN by bpftool, 10,000 runs in
 * a child with mounts of its own); ours is `program.run({ repeat })`, bare. An empty program's time is taken off on either side. `loop`,
 * `iterator` and `each` go 1,000 rounds, `locks` takes a lock 100 times, `tails` makes 33 tail calls.
 */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openEmbedded } from "../src/engine/embedded/engine.ts";
import { readObject } from "../src/object/read.ts";
import { measureInKernel } from "../test/kernel/run-object.ts";
import { noKernel } from "../test/object/load-with-bpftool.ts";
import { median, printTable } from "./measure.ts";

const OBJECT = join(import.meta.dirname, "programs/calls.o");
const CALLS = { loop: 1000, iterator: 1000, each: 1000, tails: 33, locks: 100 } as const;
const ROUNDS = 7;
const REPEAT = 2_000;
const PACKET = new Uint8Array(128);

if (process.argv.includes("--compile")) {
  const flags = ["-target", "bpfel", "-mcpu=v3", "-g", "-O2", "-Wall", "-Werror", "-fdebug-compilation-dir=.", "-fno-ident"];
  const source = [...flags, "-I/usr/include/x86_64-linux-gnu", "-c", "calls.bpf.c", "-o", "calls.o"];
  for (const [tool, args] of [
    ["clang-19", source],
    ["llvm-strip-19", ["-g", "calls.o"]],
  ] as const) {
    const { status, stderr } = spawnSync(tool, args, { cwd: join(import.meta.dirname, "programs"), encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  }
}

await using engine = openEmbedded({ memory: 16 << 20 });
await using collection = await engine.load(readObject(new Uint8Array(readFileSync(OBJECT)), { name: "calls" }));

function embedded(name: string): number {
  const program = collection.programs[name]!;
  const times = Array.from({ length: ROUNDS + 3 }, () => program.run({ packet: PACKET, repeat: REPEAT }).duration);
  return median(times.slice(3));
}

const lacking = noKernel();
const kernel = (name: string): number =>
  lacking ? Number.NaN : median(Array.from({ length: 3 }, () => measureInKernel(OBJECT, name, PACKET, 10_000)));

const [ourEmpty, kernelEmpty] = [embedded("empty"), kernel("empty")];
const rows = Object.entries(CALLS).map(([name, calls]) => {
  const ours = (embedded(name) - ourEmpty) / calls;
  const theirs = (kernel(name) - kernelEmpty) / calls;
  return [name, ours.toFixed(2), theirs.toFixed(2), (ours / theirs).toFixed(2)];
});
printTable(["ns a call", "embedded", "kernel", "ratio"], rows);
if (lacking) console.log(`without the kernel: ${lacking}`);
