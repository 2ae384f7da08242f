/**
 * How long CO-RE relocation, writing and linking take. `node bench/core.ts` prints a table; medians of 9 rounds. Needs the types
 * of a running kernel; the large object is our fixture's programs 400 times over.
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { openBtf } from "../src/btf/btf.ts";
import { relocate } from "../src/object/core/relocate.ts";
import { link } from "../src/object/link/link.ts";
import { readObject } from "../src/object/read.ts";
import type { Spec } from "../src/object/spec.ts";
import { writeObject } from "../src/object/write/write.ts";
import { median, printTable } from "./measure.ts";

const ROUNDS = 9;
const COPIES = 400;
const fixtures = resolve(import.meta.dirname, "../test/object/core/fixtures");
const bytes = readFileSync("/sys/kernel/btf/vmlinux");

const small = readObject(readFileSync(resolve(fixtures, "vmlinux.bpf.o")), { name: "vmlinux" });
const large = copies(small);
const largeFile = writeObject(large);
const pair = ["main.o", "library.o"].map((name) => ({
  name,
  bytes: readFileSync(resolve(import.meta.dirname, "../test/object/link/fixtures", name)),
}));

/** The programs of a Spec many times over, under other names. */
function copies(spec: Spec): Spec {
  const programs = Array.from({ length: COPIES }, (_, copy) =>
    spec.programs.map((program) => ({
      ...program,
      name: `${program.name}_${copy}`,
      functions: program.functions.map((each) => (each.slot === 0 ? { ...each, name: `${each.name}_${copy}` } : each)),
    })),
  );
  return { ...spec, programs: programs.flat() };
}

function relocations({ programs }: Spec): number {
  return programs.reduce((count, { core = [] }) => count + core.length, 0);
}

const warm = openBtf(bytes);
const cases: readonly (readonly [string, number, string, () => unknown])[] = [
  ["open the kernel's types and relocate", relocations(small), "relocations", () => relocate(small, openBtf(bytes))],
  ["relocate, types opened before", relocations(small), "relocations", () => relocate(small, warm)],
  ["relocate a large object", relocations(large), "relocations", () => relocate(large, warm)],
  ["write a large object", largeFile.length, "bytes", () => writeObject(large)],
  ["read it again", largeFile.length, "bytes", () => readObject(largeFile)],
  ["link it", largeFile.length, "bytes", () => link([{ name: "large.o", bytes: largeFile }])],
  ["link two small objects", pair.reduce((sum, { bytes }) => sum + bytes.length, 0), "bytes", () => link(pair)],
];

printTable(
  [`task (${ROUNDS} rounds, Node ${process.versions.node})`, "size", "median ms"],
  cases.map(([name, size, unit, run]) => {
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const start = performance.now();
      run();
      if (round > 0) times.push(performance.now() - start);
    }
    return [name, `${size} ${unit}`, median(times).toFixed(2)];
  }),
);
