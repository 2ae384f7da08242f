/** Kernels' own types, which come with the package. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { type Btf, openBtf } from "../btf/btf.ts";
import type { KernelName } from "../verifier/targets/index.ts";
import { cacheFolder, writeWhole } from "./cache.ts";

/** As `KERNELS` of the verifier, which is much to import for three names. */
const KERNELS: readonly KernelName[] = ["6.1", "6.12", "6.18"];

const opened = new Map<KernelName, Btf>();

/** Where the running kernel has its types. */
export const RUNNING = "/sys/kernel/btf/vmlinux";

/** Some milliseconds the first time in a process, and 20 the first time at all: 5 MB of types are unpacked into the user's cache. */
export function kernelTypes(name: KernelName): Btf {
  let types = opened.get(name);
  if (types === undefined) {
    types = openPacked(name);
    opened.set(name, types);
  }
  return types;
}

/** Types by name: of a kernel that comes with Skep (`6.18`), `kernel` for the running one, or a file of BTF. @throws an error of the file system; BtfError */
export function typesNamed(name: string): Btf {
  const known = KERNELS.find((kernel) => kernel === name);
  if (known !== undefined) return kernelTypes(known);
  return openBtf(new Uint8Array(readFileSync(name === "kernel" ? RUNNING : name)));
}

function openPacked(name: KernelName): Btf {
  const packed = packedTypes(name);
  // Named by what it is made from: a cache is never out of date.
  const hash = createHash("sha256").update(packed).digest("hex").slice(0, 32);
  const kept = join(cacheFolder(), "btf", hash);
  try {
    return openBtf(new Uint8Array(readFileSync(kept)));
  } catch {
    // It is not there yet, or damaged.
  }
  const types = unpackTypes(packed);
  try {
    writeWhole(kept, types);
  } catch {
    // A home that is read-only, or that is not there, must not keep anybody from compiling.
  }
  return openBtf(types);
}

/** BTF from what `packedTypes` gave. */
export function unpackTypes(packed: Uint8Array): Uint8Array {
  return new Uint8Array(brotliDecompressSync(packed));
}

/** The types as they are kept. The package's root is some folders up: how many depends on whether this file was bundled. */
export function packedTypes(name: KernelName): Uint8Array {
  for (let up = "../"; ; up += "../") {
    try {
      return readFileSync(new URL(`${up}data/kernels/${name}.btf.br`, import.meta.url));
    } catch (error) {
      if (up.length > 9) throw error;
    }
  }
}
