/**
 * Programs of the suite that are written in C: `c/*.bpf.c`, compiled into the objects beside them by
 * `node test/verifier/suite/objects.ts` (clang 19). The objects are committed, so that nobody else needs a compiler.
 */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readObject } from "../../../src/object/read.ts";
import type { Spec } from "../../../src/object/spec.ts";
import type { Category } from "./case.ts";

const FOLDER = fileURLToPath(new URL("c/", import.meta.url));

/** By the name of the file. */
const OBJECTS: Readonly<Record<string, { readonly category: Category; readonly cpu: string }>> = {
  kptrs: { category: "kptrs", cpu: "v3" },
  graphs: { category: "kptrs", cpu: "v3" },
  sections: { category: "kptrs", cpu: "v3" },
  exceptions: { category: "exceptions", cpu: "v3" },
  trust: { category: "btf", cpu: "v3" },
  arena: { category: "arena", cpu: "v4" },
};

/** A program of the suite as verifiers take it, whoever wrote it how. */
export interface SuiteProgram {
  /** `kptrs/graphs: push` or `kptrs/graphs, not: pop leak`. */
  readonly name: string;
  readonly category: Category;
  /** What its author expects. */
  readonly expected: boolean;
  readonly spec: Spec;
  /** Name of the program in `spec`. */
  readonly program: string;
}

export function* objectPrograms(): Generator<SuiteProgram> {
  for (const [file, { category }] of Object.entries(OBJECTS)) {
    const spec = readObject(new Uint8Array(readFileSync(`${FOLDER}${file}.bpf.o`)), { name: file });
    for (const { name } of spec.programs) {
      const expected = name.startsWith("ok_");
      const what = name.slice(3).replaceAll("_", " ");
      yield { name: `${category}/${file}${expected ? "" : ", not"}: ${what}`, category, expected, spec, program: name };
    }
  }
}

if (import.meta.main) {
  for (const source of readdirSync(FOLDER).filter((file) => file.endsWith(".bpf.c"))) {
    const name = source.replace(".bpf.c", "");
    const object = `${name}.bpf.o`;
    const cpu = OBJECTS[name]?.cpu ?? "v3";
    const flags = [
      "-target",
      "bpfel",
      `-mcpu=${cpu}`,
      "-g",
      "-O2",
      "-Wall",
      "-Wno-unused",
      "-fdebug-compilation-dir=.",
      "-fno-ident",
    ];
    for (const [tool, args] of [
      ["clang-19", [...flags, "-c", source, "-o", object]],
      ["llvm-strip-19", ["-g", object]],
    ] as const) {
      const { status, stderr } = spawnSync(tool, args, { cwd: FOLDER, encoding: "utf8" });
      if (stderr !== "") console.error(stderr);
      if (status !== 0) throw new Error(`${tool} ${args.join(" ")} failed`);
    }
  }
}
