/** How clang is called for a BPF object. */

import type { CpuVersion } from "../../isa/opcodes.ts";

/** What `__TARGET_ARCH_…` is called for: the machine whose registers kprobes and uprobes see. By Node's name of it. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: "x86",
  ia32: "x86",
  arm64: "arm64",
  arm: "arm",
  riscv64: "riscv",
  ppc64: "powerpc",
  s390x: "s390",
  loong64: "loongarch",
  mips: "mips",
  mipsel: "mips",
};

export interface ClangCall {
  /** The source; `#include "x.h"` looks beside it. */
  readonly file: string;
  readonly cpu: CpuVersion;
  /** As `process.arch` says it. Programs for registers of another machine say so themselves, with `-D` in `flags`. */
  readonly architecture: string;
  /** Of the user: `-I`, `-D`, `-W…`; they come first, so they win. */
  readonly flags: readonly string[];
  /** Folders of headers that stand before those of the system. */
  readonly include: readonly string[];
  /** Folders of headers for what the system does not have. */
  readonly fallback: readonly string[];
  /** Ask for the files that were read, those of the system and of ours left out (`readDependencies`). */
  readonly dependencies: boolean;
}

/** The files that were included, as clang was called with `dependencies`: a line each on stderr, after as many dots as it is deep. */
export function readDependencies(stderr: string): readonly string[] {
  return [...stderr.matchAll(/^\.+ (.+?)\r?$/gm)].map(([, file = ""]) => file);
}

/** The object goes to stdout, and what clang has to say to stderr, a line each (diagnostics.ts reads it). */
export function clangArguments(call: ClangCall): string[] {
  const architecture = ARCHITECTURES[call.architecture];
  return [
    ...["-target", "bpf", "-O2", "-g", `-mcpu=v${call.cpu}`, "-x", "c"],
    ...call.flags,
    ...(architecture === undefined || call.flags.some((flag) => flag.startsWith("-D__TARGET_ARCH_"))
      ? []
      : [`-D__TARGET_ARCH_${architecture}`]),
    ...call.include.flatMap((folder) => ["-isystem", folder]),
    ...call.fallback.flatMap((folder) => ["-idirafter", folder]),
    // Refuses compilers that are too old, and says so first.
    ...["-include", "skep/clang.h"],
    // Some distributions turn it on for every target; this one has none.
    "-fno-stack-protector",
    // Paths in the object are relative to the folder the compiler was called in: the same on every machine.
    "-fdebug-compilation-dir=.",
    // Usual in programs for eBPF, and right there: a field of a packed header, a comparison of a packet's pointers.
    ...["-Wno-address-of-packed-member", "-Wno-compare-distinct-pointer-types"],
    ...["-fno-caret-diagnostics", "-fno-color-diagnostics", "-fdiagnostics-print-source-range-info"],
    ...(call.dependencies ? ["-H"] : []),
    ...["-c", "-o", "-", call.file],
  ];
}
