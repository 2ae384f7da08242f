/** From a C source to a Spec, with the clang of this machine and the headers that come with Skep. */

import { existsSync, readFileSync } from "node:fs";
import { clangArguments, readDependencies } from "../compiler/c/arguments.ts";
import { type ClangOutput, type LineOf, readClangOutput } from "../compiler/c/diagnostics.ts";
import { CompileError, type Diagnostic } from "../compiler/typescript/diagnostics.ts";
import type { CpuVersion } from "../isa/opcodes.ts";
import { readObject } from "../object/read.ts";
import type { LineInfo, Spec } from "../object/spec.ts";
import { packageFolder } from "../package-folder.ts";
import { ClangError, noClang } from "./errors.ts";
import { clangCandidates, OLDEST } from "./find.ts";
import { type ClangRun, runClang } from "./run.ts";
import { Vmlinux } from "./vmlinux.ts";

export interface CompileCOptions {
  /** As `-mcpu` of clang; default 3. */
  readonly cpu?: CpuVersion;
  /** Which clang, e.g. `/usr/bin/clang-19`. Default: `$SKEP_CLANG`, else the best that is found. */
  readonly clang?: string;
  /** Further arguments (`-I`, `-D`, `-W…`). Default: `$SKEP_CFLAGS`, at spaces. */
  readonly flags?: readonly string[];
  /**
   * Whose types `#include "vmlinux.h"` gives, unless there is one beside the source: `6.1`, `6.12`, `6.18`, `kernel` (the running one's) or a
   * file of BTF. Default: `$SKEP_VMLINUX`, else `6.18`. With CO-RE the program loads on others, too.
   */
  readonly vmlinux?: string;
  /** Told of what compiles but looks wrong. */
  readonly onWarning?: (warning: Diagnostic) => void;
  /** Told of each file that it was compiled from, as far as that is known; headers of the system are none of them. */
  readonly onFile?: (path: string) => void;
}

/** Compiles a C source. @throws CompileError; ClangError when there is no clang that can; an error of the file system. */
export async function compileC(path: string, options: CompileCOptions = {}): Promise<Spec> {
  // Said as for every other file; clang would say it in its own way.
  readFileSync(path);
  options.onFile?.(path);
  const { env } = process;
  const headers = packageFolder("include");
  using vmlinux = new Vmlinux(options.vmlinux ?? nonEmpty(env["SKEP_VMLINUX"]) ?? "6.18");
  const flags = options.flags ?? (env["SKEP_CFLAGS"] ?? "").split(/\s+/).filter((flag) => flag !== "");
  const call = () =>
    clangArguments({
      file: path,
      cpu: options.cpu ?? 3,
      architecture: process.arch,
      flags,
      include: [headers, vmlinux.folder],
      dependencies: options.onFile !== undefined,
      fallback: [...systemFolders(), `${headers}/fallback`],
    });
  const chosen = options.clang ?? nonEmpty(env["SKEP_CLANG"]);
  const candidates = chosen === undefined ? clangCandidates() : [chosen];
  const unfit: string[] = [];
  for (const clang of candidates) {
    let run = await started(path, clang, call());
    if (!vmlinux.made && /'vmlinux\.h' file not found/.test(run.stderr)) {
      vmlinux.make();
      run = await started(path, clang, call());
    }
    const reason = unfitness(run);
    if (reason === null) {
      const own = readDependencies(run.stderr).filter((file) => !file.startsWith(headers) && !file.startsWith(vmlinux.folder));
      for (const file of own) options.onFile?.(file);
      return finished(path, clang, run, options);
    }
    unfit.push(`${clang} ${reason}`);
  }
  throw noClang(path, unfit);
}

async function started(path: string, clang: string, args: readonly string[]): Promise<ClangRun> {
  try {
    return await runClang(clang, args);
  } catch (error) {
    throw new ClangError(`${path}: ${clang} cannot be run (${error instanceof Error ? error.message : error})`, { cause: error });
  }
}

/** Why this clang will not do, whatever the source; null when it will. */
function unfitness(run: ClangRun): string | null {
  if (run.status === 0) return null;
  if (/skep needs clang/.test(run.stderr)) return `is older than ${OLDEST}`;
  if (/unable to create target|unknown target triple|No available targets/.test(run.stderr)) return "has no BPF target";
  return null;
}

function finished(path: string, clang: string, run: ClangRun, options: CompileCOptions): Spec {
  if (run.timedOut) throw new ClangError(`${path}: ${clang} was not done in time`);
  const { errors, warnings } = readClangOutput(run.stderr, path, linesOfFiles());
  if (run.status !== 0) {
    if (errors.length === 0) throw new ClangError(`${path}: ${clang} failed: ${lastLine(run)}`);
    throw new CompileError(inOrder(errors, path));
  }
  for (const warning of warnings) options.onWarning?.(warning);
  const spec = readObject(run.object, { name: path });
  return { ...spec, programs: spec.programs.map((program) => ({ ...program, lines: program.lines.map(asNamed) })) };
}

/** A file by the name that the compiler was given; the object has it below the folder of the compiler, which we call `.`. */
function asNamed(line: LineInfo): LineInfo {
  return line.file.startsWith("./") ? { ...line, file: line.file.slice(2) } : line;
}

/** Faults of the source that was asked for come in its order; those of headers where they were found. */
function inOrder(errors: ClangOutput["errors"], path: string): Diagnostic[] {
  const own = errors.filter(({ file }) => file === path).sort((a, b) => a.line - b.line || a.column - b.column);
  return [...errors.filter(({ file }) => file !== path), ...own];
}

function lastLine({ stderr, status }: ClangRun): string {
  return stderr.trim().split("\n").at(-1) || `it ended with status ${status}`;
}

/** Lines of sources for excerpts; each file is read once, and one that cannot be read has none. */
function linesOfFiles(): LineOf {
  const files = new Map<string, readonly string[]>();
  return (file, line) => {
    let lines = files.get(file);
    if (lines === undefined) {
      try {
        lines = readFileSync(file, "utf8").split(/\r\n|\n|\r/);
      } catch {
        lines = [];
      }
      files.set(file, lines);
    }
    return lines[line - 1] ?? "";
  };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** Debian and its kin keep headers of the machine (`asm/types.h`) where a clang for another target does not look. */
function systemFolders(): string[] {
  const machine = MULTIARCH[process.arch];
  const folder = `/usr/include/${machine}`;
  return process.platform === "linux" && machine !== undefined && existsSync(folder) ? [folder] : [];
}

const MULTIARCH: Readonly<Record<string, string>> = {
  x64: "x86_64-linux-gnu",
  arm64: "aarch64-linux-gnu",
  riscv64: "riscv64-linux-gnu",
  ppc64: "powerpc64le-linux-gnu",
  s390x: "s390x-linux-gnu",
  loong64: "loongarch64-linux-gnu",
};
