/** Kernels' own types, which come with the package. */

import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { type Btf, openBtf } from "../btf/btf.ts";
import type { KernelName } from "../verifier/targets/index.ts";

const opened = new Map<KernelName, Btf>();

/** About 20 ms the first time, for 5 MB of types. */
export function kernelTypes(name: KernelName): Btf {
  let types = opened.get(name);
  if (types === undefined) {
    types = openBtf(unpackTypes(packedTypes(name)));
    opened.set(name, types);
  }
  return types;
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
