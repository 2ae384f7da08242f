/** From a file to a Spec, by its kind. The one place where front ends meet the file system. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { CompileCOptions } from "./clang/compile-c.ts";
import type { Diagnostic } from "./compiler/typescript/diagnostics.ts";
import type { CpuVersion } from "./isa/opcodes.ts";
import { typesNamed } from "./kernels/btf.ts";
import type { Spec } from "./object/spec.ts";
import { resolveFrom } from "./source-files.ts";

export interface CompileFileOptions {
  /** The instruction set, as `-mcpu` of clang: 3 (the default) needs Linux 5.12, 4 needs 6.6. Objects are what they are. */
  readonly cpu?: CpuVersion;
  /** The oldest Linux that is to run a TypeScript program, as `6.1`; default: none before 6.4, where loops over `range()` are concerned. */
  readonly since?: string;
  /** Whose types names of "skep/vmlinux", and `vmlinux.h`, stand for: `6.1`, `6.12`, `6.18` (the default), `kernel` (the running one's), or a file of BTF. */
  readonly vmlinux?: string;
  /** For sources in C: which clang, its flags, whose types `vmlinux.h` has (docs/c.md). */
  readonly c?: Omit<CompileCOptions, "cpu" | "onWarning" | "onFile">;
  /** Told of what compiles but looks wrong. */
  readonly onWarning?: (warning: Diagnostic) => void;
  /** Told of each file that it is compiled from: itself, what it imports or includes. Also when it does not compile. */
  readonly onFile?: (path: string) => void;
}

/**
 * Compiles a `.bpf.ts` source, or one in C (`.c`, with the clang of this machine), or reads an object file that some other compiler made
 * (ELF, whatever its name). In TypeScript, names of kernel types stand for those of Linux 6.18; loading adapts what is read to the kernel
 * that runs.
 * @throws CompileError with every diagnostic; ClangError when there is no clang for C; ObjectError or BtfError for a malformed object; an
 *   error of the file system with its path; TypeError for another kind of file.
 */
export async function compile(path: string, options: CompileFileOptions = {}): Promise<Spec> {
  const { cpu, c, since, vmlinux, onWarning, onFile } = options;
  const name = basename(path);
  if (name.endsWith(".ts")) {
    onFile?.(path);
    // The parser takes as long to load as everything else together.
    const [text] = await Promise.all([readFile(path, "utf8"), import("./compiler/compile.ts")]);
    return compileText(text, path, { cpu, since, vmlinux, onFile });
  }
  if (name.endsWith(".c")) {
    const { compileC } = await import("./clang/compile-c.ts");
    return compileC(path, {
      ...(vmlinux === undefined ? {} : { vmlinux }),
      ...c,
      ...(cpu === undefined ? {} : { cpu }),
      ...(onWarning === undefined ? {} : { onWarning }),
      ...(onFile === undefined ? {} : { onFile }),
    });
  }
  onFile?.(path);
  const bytes = await readFile(path);
  if (!name.endsWith(".o") && !isElf(bytes)) {
    throw new TypeError(`${path}: a program is a TypeScript file that ends with .bpf.ts, a C file, or an object file`);
  }
  const { readObject } = await import("./object/read.ts");
  return readObject(bytes, { name });
}

/** Compiles the text of a `.bpf.ts` file; `file` is its name, and where its imports lead from. @throws CompileError */
export async function compileText(
  text: string,
  file: string,
  {
    cpu,
    since,
    vmlinux,
    onFile,
  }: { readonly [Key in "cpu" | "since" | "vmlinux" | "onFile"]?: CompileFileOptions[Key] | undefined } = {},
): Promise<Spec> {
  const { compileSource } = await import("./compiler/compile.ts");
  const found = libraries(file, vmlinux);
  const resolve: typeof found.resolve = (specifier, from) => {
    const source = found.resolve(specifier, from);
    if (source !== null) onFile?.(source.file);
    return source;
  };
  return compileSource(text, {
    file,
    ...found,
    resolve,
    ...(cpu === undefined ? {} : { cpu }),
    ...(since === undefined ? {} : { since }),
  });
}

/**
 * What the compiler makes of a `.bpf.ts` source before instructions are chosen, as text: each program, and each function that is not inlined.
 * @throws CompileError; an error of the file system.
 */
export async function intermediate(
  path: string,
  options: { readonly optimized: boolean; readonly cpu?: CpuVersion; readonly since?: string },
): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const [{ compileToIr }, { optimize }, { printFunction }, source] = await Promise.all([
    import("./compiler/compile.ts"),
    import("./compiler/ir/optimize.ts"),
    import("./compiler/ir/print.ts"),
    readFile(path, "utf8"),
  ]);
  const { optimized, ...rest } = options;
  const functions = compileToIr(source, { file: path, ...libraries(path), ...rest });
  return [...functions.values()].map((fn) => ({ name: fn.name, text: printFunction(optimized ? optimize(fn) : fn) }));
}

/** What imports of a program lead to, and whose registers kprobes see. */
function libraries(path: string, vmlinux = "6.18") {
  const machine = process.arch === "arm64" ? "arm64" : "x86_64";
  return { machine, kernel: () => typesNamed(vmlinux), resolve: resolveFrom(path) } as const;
}

/** Whether a file begins as ELF files do. */
function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}
