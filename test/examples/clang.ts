/**
 * The examples in C, as clang makes objects of them: with the kernel's types of data/kernels as `vmlinux.h`, so that they come out the
 * same on every machine that has clang 19 and libbpf's headers (Debian: clang-19, libbpf-dev).
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { arch } from "node:os";
import { printC } from "../../src/btf/index.ts";
import { kernelTypes } from "../../src/kernels/types.ts";

const FOLDER = new URL("../../examples/c/", import.meta.url).pathname;
const CACHE = new URL("../../node_modules/.cache/examples/", import.meta.url).pathname;
const MULTIARCH = `/usr/include/${arch() === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
const TARGET_ARCH = arch() === "arm64" ? "arm64" : "x86";

const CLANG = "clang-19";
const STRIP = "llvm-strip-19";

/** Why the examples in C cannot be compiled here, or false. */
export function noClang(): string | false {
  for (const tool of [CLANG, STRIP]) if (spawnSync(tool, ["--version"]).status !== 0) return `needs ${tool}`;
  return existsSync("/usr/include/bpf/bpf_helpers.h") ? false : "needs the headers of libbpf (libbpf-dev)";
}

/** Writes `vmlinux.h` where it is not yet: 131,000 lines take a second. */
function typesFolder(): string {
  const file = `${CACHE}vmlinux.h`;
  if (!existsSync(file)) {
    mkdirSync(CACHE, { recursive: true });
    // Renamed when it is whole: tests run beside each other.
    writeFileSync(`${file}.${process.pid}`, printC(kernelTypes("6.18")));
    renameSync(`${file}.${process.pid}`, file);
  }
  return CACHE;
}

export interface ClangObject {
  /** As `llvm-strip -g` leaves it: without DWARF, with BTF. What people ship. */
  readonly object: Uint8Array;
  /** Where it lies. */
  readonly path: string;
  /** Of clang alone. */
  readonly milliseconds: number;
}

/** @param name of an example: `firewall`. @throws Error with what clang says. */
export function compileC(name: string): ClangObject {
  const types = typesFolder();
  const path = `${CACHE}${name}.${process.pid}.o`;
  const flags = ["-O2", "-g", "-Wall", "-Werror", "-target", "bpfel", "-mcpu=v3", `-D__TARGET_ARCH_${TARGET_ARCH}`];
  const start = performance.now();
  run(CLANG, [...flags, `-I${types}`, `-I${MULTIARCH}`, "-c", `${name}.bpf.c`, "-o", path]);
  const milliseconds = performance.now() - start;
  run(STRIP, ["-g", path]);
  const object = new Uint8Array(readFileSync(path));
  if (made.size === 0) process.once("exit", removeMade);
  made.add(path);
  return { object, path, milliseconds };
}

/** Files to remove in the end. */
const made = new Set<string>();

function removeMade(): void {
  for (const path of made) rmSync(path, { force: true });
}

function run(tool: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(tool, args, { cwd: FOLDER, encoding: "utf8" });
  if (status !== 0) throw new Error(`${tool} ${args.join(" ")}: ${stderr}`);
}
