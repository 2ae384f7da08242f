/** From a file to a Spec, by its kind. The one place where front ends meet the file system. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Spec } from "./object/spec.ts";

/**
 * Compiles a `.bpf.ts` source.
 * @throws CompileError with every diagnostic; an error of the file system with its path; TypeError for another kind of file.
 */
export async function compile(path: string): Promise<Spec> {
  if (!basename(path).endsWith(".ts")) {
    throw new TypeError(`${path}: a program is a TypeScript file that ends with .bpf.ts`);
  }
  const [{ compileSource }, source] = await Promise.all([import("./compiler/compile.ts"), readFile(path, "utf8")]);
  return compileSource(source, { file: path });
}
