/**
 * The examples in C, as clang makes objects of them: with the kernel's types of data/kernels as `vmlinux.h`, so that they come out the
 * same on every machine that has clang 19 and libbpf's headers (Debian: clang-19, libbpf-dev).
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
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
  /** Of clang alone; 0 when it was there. */
  readonly milliseconds: number;
}

/**
 * @param name of an example: `firewall`. @param fresh compiled now, not when a test needed it last: to measure it.
 * @throws Error with what clang says.
 */
export function compileC(name: string, { fresh = false }: { readonly fresh?: boolean } = {}): ClangObject {
  const types = typesFolder();
  const flags = ["-O2", "-g", "-Wall", "-Werror", "-target", "bpfel", "-mcpu=v3", `-D__TARGET_ARCH_${TARGET_ARCH}`];
  const source = readFileSync(`${FOLDER}${name}.bpf.c`);
  const key = createHash("sha256").update(source).update(flags.join()).digest("hex").slice(0, 16);
  const path = `${CACHE}${name}.${key}.o`;
  let milliseconds = 0;
  if (fresh || !existsSync(path)) {
    // Renamed when it is whole: tests run beside each other.
    const own = `${path}.${process.pid}`;
    const start = performance.now();
    run(CLANG, [...flags, `-I${types}`, `-I${MULTIARCH}`, "-c", `${name}.bpf.c`, "-o", own]);
    milliseconds = performance.now() - start;
    run(STRIP, ["-g", own]);
    renameSync(own, path);
  }
  return { object: new Uint8Array(readFileSync(path)), path, milliseconds };
}

function run(tool: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(tool, args, { cwd: FOLDER, encoding: "utf8" });
  if (status !== 0) throw new Error(`${tool} ${args.join(" ")}: ${stderr}`);
}
