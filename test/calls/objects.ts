/**
 * Programs that call, in C: each leaves 16 numbers in its packet, so that engines can be compared. The objects are committed;
 * `node test/calls/objects.ts` compiles them anew (clang 19, libbpf's headers).
 */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { readObject } from "../../src/object/read.ts";
import type { Spec } from "../../src/object/spec.ts";

const FOLDER = new URL("objects/", import.meta.url).pathname;
export const RESULTS = 16;

/** By object: its programs. */
export const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  callbacks: ["loops", "array_elements", "hash_elements", "other_elements"],
  "tail-calls": ["chain", "second", "third", "again", "small", "rounds", "deeper", "chain_below"],
  dynptrs: ["local", "refused", "packet", "record"],
  buffers: ["buffer"],
  kfuncs: ["numbers", "bits", "sections"],
  locks: ["locked", "timer", "entries", "queue", "begin"],
  "user-ring": ["drain"],
  allocated: ["list", "tree", "counted", "pointer", "ends"],
  resilient: ["resilient"],
  legacy: ["functions"],
  strings: ["compare", "look", "search"],
};

export const objectPath = (name: string): string => `${FOLDER}${name}.o`;

export function objectSpec(name: string): Spec {
  return readObject(new Uint8Array(readFileSync(objectPath(name))), { name });
}

/** What the programs run on. */
export const PACKET = new Uint8Array(RESULTS * 8);

/** The verdict, then the numbers that the program left. */
export type Answers = readonly (bigint | number)[];

export function answersIn(verdict: number, packet: Uint8Array): Answers {
  const view = new DataView(packet.buffer, packet.byteOffset);
  return [verdict, ...Array.from({ length: RESULTS }, (_, index) => view.getBigInt64(index * 8, true))];
}

/** The ways in which the embedded engine runs a program. */
export const WAYS = [
  { way: "interpreted", options: { execution: "interpreter", unsafe: true } },
  { way: "generated, checked", options: { execution: "jit", unsafe: true } },
  { way: "generated, bare", options: { execution: "jit" } },
] as const;

/** Runs a program of an object in one of those ways, in an engine of its own. */
export async function runObject(name: string, program: string, { options }: (typeof WAYS)[number]): Promise<Answers> {
  await using engine = openEmbedded({ ...options, memory: 16 << 20, seed: 1 });
  await using collection = await engine.load(objectSpec(name));
  const { verdict, packet } = collection.programs[program]!.run({ packet: PACKET });
  return answersIn(verdict, packet!);
}

if (import.meta.main) {
  for (const source of readdirSync(FOLDER).filter((file) => file.endsWith(".bpf.c"))) {
    const object = source.replace(".bpf.c", ".o");
    const processor = source.startsWith("arena") ? "v4" : "v3";
    const flags = [
      "-target",
      "bpfel",
      `-mcpu=${processor}`,
      "-g",
      "-O2",
      "-Wall",
      "-Werror",
      "-fdebug-compilation-dir=.",
      "-fno-ident",
    ];
    const tools = [
      ["clang-19", ...flags, "-I/usr/include/x86_64-linux-gnu", "-c", source, "-o", object],
      ["llvm-strip-19", "-g", object],
    ];
    for (const [tool, ...args] of tools) {
      const { status, stderr } = spawnSync(tool!, args, { cwd: FOLDER, encoding: "utf8" });
      if (status !== 0) throw new Error(`${tool} ${args.join(" ")}: ${stderr}`);
    }
  }
}
