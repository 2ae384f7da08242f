/**
 * The objects in `fixtures/`: which source each is compiled from, and how. They are committed, so that tests need no
 * compiler; `node test/object/fixtures.ts` compiles them anew (clang 19).
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FOLDER = new URL("fixtures/", import.meta.url).pathname;
const CLANG = "clang-19";
const STRIP = "llvm-strip-19";

interface Fixture {
  readonly source: string;
  readonly target: "bpfel" | "bpfeb";
  readonly flags: readonly string[];
}

const C = ["-mcpu=v3", "-g", "-O2", "-Wall", "-Werror", "-fdebug-compilation-dir=.", "-fno-ident"];

function little(source: string, ...flags: string[]): Fixture {
  return { source, target: "bpfel", flags: [...C, ...flags] };
}

/** By the name of the object, without `.o`. */
export const FIXTURES: Readonly<Record<string, Fixture>> = {
  programs: little("programs.bpf.c"),
  maps: little("maps.bpf.c"),
  globals: little("globals.bpf.c"),
  externs: little("externs.bpf.c"),
  "struct-ops": little("struct-ops.bpf.c"),
  legacy: little("legacy.bpf.c"),
  iproute2: little("iproute2.bpf.c"),
  core: little("core.bpf.c"),
  arena: little("arena.bpf.c", "-mcpu=v4"),
  exceptions: little("exceptions.bpf.c"),
  sections: little("sections.bpf.c"),
  unlinked: little("unlinked.bpf.c"),
  "programs-big": { ...little("programs.bpf.c"), target: "bpfeb" },
  "maps-big": { ...little("maps.bpf.c"), target: "bpfeb" },
  "globals-big": { ...little("globals.bpf.c"), target: "bpfeb" },
  "externs-big": { ...little("externs.bpf.c"), target: "bpfeb" },
  "core-big": { ...little("core.bpf.c"), target: "bpfeb" },
  "legacy-big": { ...little("legacy.bpf.c"), target: "bpfeb" },
  "no-types": { source: "globals.bpf.c", target: "bpfel", flags: ["-mcpu=v3", "-O2"] },
  "jump-table": { source: "jump-table.s", target: "bpfel", flags: [] },
};

export function fixturePath(name: string): string {
  return join(FOLDER, `${name}.o`);
}

export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fixturePath(name)));
}

/** The tools that compiling needs and this machine lacks; null when it has all. */
export function missingTools(): string | null {
  const missing = [CLANG, STRIP].filter((tool) => spawnSync(tool, ["--version"]).status !== 0);
  return missing.length === 0 ? null : missing.join(" and ");
}

/** Compiles a fixture and returns the object. */
export function compileFixture(name: string): Uint8Array {
  const { source, target, flags } = FIXTURES[name]!;
  const folder = mkdtempSync(join(tmpdir(), "skep-fixture-"));
  try {
    const object = join(folder, "object.o");
    run(CLANG, ["-target", target, ...flags, "-c", source, "-o", object]);
    run(STRIP, ["-g", object]);
    return new Uint8Array(readFileSync(object));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(tool: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(tool, args, { cwd: FOLDER, encoding: "utf8" });
  if (status !== 0) throw new Error(`${tool} ${args.join(" ")}: ${stderr}`);
}

if (import.meta.main) {
  const { writeFileSync } = await import("node:fs");
  for (const name of Object.keys(FIXTURES)) writeFileSync(fixturePath(name), compileFixture(name));
}
