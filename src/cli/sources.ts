/** Files that commands read: programs and types. Errors name the file. */

import { readFile } from "node:fs/promises";
import { release } from "node:os";
import type { Btf } from "../btf/btf.ts";
import { type CompileFileOptions, compile } from "../compile.ts";
import type { Diagnostic } from "../compiler/typescript/diagnostics.ts";
import type { Spec } from "../object/spec.ts";
import { CliError, EXIT } from "./exit.ts";
import { hasColours } from "./terminal.ts";

/** Errors of what a file contains: they know where in the file, but not which file. */
const CONTENT_ERRORS: ReadonlySet<string> = new Set(["ObjectError", "BtfError", "LinkError", "CoreError"]);

/** A program's file, and the kernel that is to run it. */
export interface ProgramSource {
  readonly file: string;
  /** Linux, as `6.1`; undefined for the embedded engine, or when nobody knows. */
  readonly since?: string | undefined;
}

/** A program for the kernel that runs here; for any, when that one's name is no version. */
export function forThisKernel(file: string): ProgramSource {
  return { file, since: /^\d+\.\d+/.exec(release())?.[0] };
}

export function sourceOptions({ since }: ProgramSource): CompileFileOptions {
  return since === undefined ? {} : { since };
}

/**
 * A `.bpf.ts` source, one in C, or an object as a Spec. Warnings of clang go to stderr.
 * @throws CliError (input) for an object that cannot be read; else as `compile`.
 */
export async function openSpec(path: string, options: CompileFileOptions = {}): Promise<Spec> {
  const warnings: Diagnostic[] = [];
  const spec = await naming(path, () => compile(path, { onWarning: (warning) => warnings.push(warning), ...options }));
  if (warnings.length > 0) {
    const { renderDiagnostic } = await import("../compiler/typescript/diagnostics.ts");
    const color = hasColours(process.stderr);
    process.stderr.write(warnings.map((warning) => `${renderDiagnostic(warning, { color })}\n\n`).join(""));
  }
  return spec;
}

/** What `openTypes` takes, for help texts. */
export const TYPES_HELP =
  "types are kernel (this one's), kernel:MODULE, an object file, a .bpf.ts or C source, or a file of raw BTF (also gzipped)";

const KERNEL = "/sys/kernel/btf/";

/** Types from where TYPES_HELP says. @throws CliError (input) naming the file. */
export async function openTypes(name: string): Promise<Btf> {
  if (name === "kernel" || name.startsWith("kernel:")) {
    const { openBtf } = await import("../btf/btf.ts");
    const base = openBtf(await kernelFile("vmlinux"));
    if (name === "kernel") return base;
    const module = await kernelFile(name.slice("kernel:".length));
    return naming(name, () => openBtf(module, base));
  }
  const { openBtf } = await import("../btf/btf.ts");
  if (name.endsWith(".ts") || name.endsWith(".c")) return typesOf(name, await openSpec(name), openBtf);
  let bytes: Uint8Array = await naming(name, () => readFile(name));
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = await gunzipped(name, bytes);
  return naming(name, async () => {
    if (bytes[0] !== 0x7f || bytes[1] !== 0x45) return openBtf(bytes);
    const { readObject } = await import("../object/read.ts");
    return typesOf(name, readObject(bytes, { name }), openBtf);
  });
}

function typesOf(name: string, spec: Spec, openBtf: (bytes: Uint8Array) => Btf): Btf {
  if (spec.types === null) throw new CliError(EXIT.input, `${name}: it has no types: compile with -g`);
  return openBtf(spec.types);
}

async function kernelFile(name: string): Promise<Uint8Array> {
  if (!/^[\w-]+$/.test(name))
    throw new CliError(EXIT.usage, `kernel:MODULE takes the name of a module, found ${JSON.stringify(name)}`);
  try {
    return await readFile(KERNEL + name);
  } catch (error) {
    const what = name === "vmlinux" ? "this kernel has no types" : `this kernel has no types of a module ${name}`;
    throw new CliError(EXIT.feature, `${what}: ${KERNEL}${name} cannot be read (requires Linux 5.4, CONFIG_DEBUG_INFO_BTF)`, {
      cause: error,
    });
  }
}

/** No kernel's types are larger; what unpacks to more is no such file. */
const MOST_UNPACKED = 1 << 28;

async function gunzipped(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  const { gunzipSync } = await import("node:zlib");
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_UNPACKED });
  } catch (error) {
    throw new CliError(EXIT.input, `${name}: it cannot be unpacked: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** Does something with a file's contents, and says which file it was about when that fails. */
export async function naming<Result>(file: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && CONTENT_ERRORS.has(error.name)) {
      throw new CliError(EXIT.input, `${file}: ${error.message}`, { cause: error });
    }
    // Opening a folder succeeds and reading it does not: that error has no path.
    if ((error as NodeJS.ErrnoException).code === "EISDIR")
      throw new CliError(EXIT.input, `${file}: it is a folder`, { cause: error });
    // `compile` says of which kind a file should be.
    if (error instanceof TypeError && error.message.startsWith(`${file}: `)) throw new CliError(EXIT.input, error.message);
    throw error;
  }
}

/** Writes to stdout and waits while the reader is slower. */
export async function write(text: string | Uint8Array): Promise<void> {
  if (process.stdout.write(text)) return;
  await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
}
