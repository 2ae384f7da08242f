/** What a test loads: a file, a text, or a Spec that somebody made. */

import type { Spec } from "../object/spec.ts";

/**
 * - a path (or `file:` URL): `.bpf.ts` is compiled, `.o` is read. Where there is no Node, give the text instead.
 * - the text of a `.bpf.ts` file: whatever has more than one line.
 * - the bytes of an object file.
 */
export type Source = string | URL | Uint8Array | Spec;

/** @throws CompileError, ObjectError; an error of the file system with its path; TypeError for another kind of file. */
export async function specOf(source: Source): Promise<Spec> {
  if (typeof source === "string" && source.includes("\n")) return compiled(source, "test.bpf.ts");
  if (source instanceof Uint8Array) return object(source, "test");
  if (typeof source !== "string" && !(source instanceof URL)) return source;
  const bytes = fileSystem(source).readFileSync(source);
  const path = typeof source === "string" ? source : decodeURIComponent(source.pathname);
  if (path.endsWith(".ts")) return compiled(new TextDecoder().decode(bytes), path);
  const isElf = bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
  if (isElf) return object(bytes, path.split(/[\\/]/).at(-1) ?? path);
  throw new TypeError(`${path}: a program is a TypeScript file that ends with .bpf.ts, or an object file`);
}

async function compiled(text: string, file: string): Promise<Spec> {
  const { compileSource } = await import("../compiler/compile.ts");
  return compileSource(text, { file });
}

async function object(bytes: Uint8Array, name: string): Promise<Spec> {
  const { readObject } = await import("../object/read.ts");
  return readObject(bytes, { name });
}

interface FileSystem {
  readFileSync(path: string | URL): Uint8Array;
}

/** Node's own, where this runs in Node: the kit itself runs anywhere, so it imports none. Node 22.3. */
function fileSystem(path: string | URL): FileSystem {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const found = process?.getBuiltinModule?.("node:fs");
  if (found === undefined || found === null)
    throw new TypeError(`${path}: there are no files here; give the text of the program`);
  return found as FileSystem;
}
