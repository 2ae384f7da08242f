/** From a file to a Spec, by its kind. The one place where front ends meet the file system. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { kernelTypes } from "./kernels/btf.ts";
import type { Spec } from "./object/spec.ts";
import { resolveFrom } from "./source-files.ts";

/**
 * Compiles a `.bpf.ts` source, or reads an object file that some other compiler made (ELF, whatever its name).
 * Names of kernel types stand for those of Linux 6.18; loading adapts what is read to the kernel that runs.
 * @throws CompileError with every diagnostic; ObjectError or BtfError for a malformed object; an error of the file system
 *   with its path; TypeError for another kind of file.
 */
export async function compile(path: string): Promise<Spec> {
  const name = basename(path);
  if (name.endsWith(".ts")) {
    const [{ compileSource }, source] = await Promise.all([import("./compiler/compile.ts"), readFile(path, "utf8")]);
    return compileSource(source, { file: path, kernel: () => kernelTypes("6.18"), resolve: resolveFrom(path) });
  }
  const bytes = await readFile(path);
  if (!name.endsWith(".o") && !isElf(bytes)) {
    throw new TypeError(`${path}: a program is a TypeScript file that ends with .bpf.ts, or an object file`);
  }
  const { readObject } = await import("./object/read.ts");
  return readObject(bytes, { name });
}

/** Whether a file begins as ELF files do. */
function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}
