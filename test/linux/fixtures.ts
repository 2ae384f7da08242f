/**
 * The objects in `fixtures/`, compiled from the sources beside them. They are committed, so that tests need no compiler;
 * `node test/linux/fixtures.ts` compiles them anew (clang 19).
 */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { readObject } from "../../src/object/read.ts";
import type { Spec } from "../../src/object/spec.ts";

const FOLDER = new URL("fixtures/", import.meta.url).pathname;

export function fixture(name: string): Spec {
  return readObject(new Uint8Array(readFileSync(`${FOLDER}${name}.bpf.o`)), { name });
}

if (import.meta.main) {
  for (const source of readdirSync(FOLDER).filter((file) => file.endsWith(".bpf.c"))) {
    const object = source.replace(/c$/, "o");
    const flags = ["-target", "bpfel", "-mcpu=v3", "-g", "-O2", "-Wall", "-Werror", "-fdebug-compilation-dir=.", "-fno-ident"];
    // For those with libbpf's headers (libbpf-dev).
    flags.push("-D__TARGET_ARCH_x86", "-idirafter", "/usr/include/x86_64-linux-gnu");
    for (const [tool, args] of [
      ["clang-19", [...flags, "-c", source, "-o", object]],
      ["llvm-strip-19", ["-g", object]],
    ] as const) {
      const { status, stderr } = spawnSync(tool, args, { cwd: FOLDER, encoding: "utf8" });
      if (status !== 0) throw new Error(`${tool} ${args.join(" ")}: ${stderr}`);
    }
  }
}
