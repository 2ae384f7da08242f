/**
 * The objects in `fixtures/`, committed so that tests need no compiler; `node test/cli/fixtures.ts` compiles them anew
 * (clang 19).
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "fixtures");
const OBJECT_FIXTURES = join(import.meta.dirname, "../object/fixtures");

export const NAMES = ["questions", "counter", "note"] as const;

/** The path of one of them. */
export function object(name: (typeof NAMES)[number]): string {
  return join(FOLDER, `${name}.o`);
}

/** The path of an object that the reader is tested on. */
export function readerObject(name: string): string {
  return join(OBJECT_FIXTURES, `${name}.o`);
}

if (import.meta.main) {
  for (const name of NAMES) {
    const flags = [
      "-target",
      "bpfel",
      "-mcpu=v3",
      "-g",
      "-O2",
      "-Wall",
      "-Werror",
      "-Wno-unused-function",
      "-fdebug-compilation-dir=.",
    ];
    for (const [tool, args] of [
      ["clang-19", [...flags, "-fno-ident", "-c", `${name}.bpf.c`, "-o", `${name}.o`]],
      ["llvm-strip-19", ["-g", `${name}.o`]],
    ] as const) {
      const { status, stderr } = spawnSync(tool, args, { cwd: FOLDER, encoding: "utf8" });
      if (status !== 0) throw new Error(`${tool}: ${stderr}`);
    }
  }
}
