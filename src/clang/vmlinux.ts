/** `vmlinux.h`: a kernel's types as C, made when a program includes them and kept in the user's cache. */

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBtf } from "../btf/btf.ts";
import { printC } from "../btf/c/print.ts";
import { packedTypes, RUNNING, unpackTypes } from "../kernels/btf.ts";
import { cacheFolder, writeWhole } from "../kernels/cache.ts";
import { KERNELS, type KernelName } from "../verifier/targets/index.ts";

/** Raised when the printer writes other text for the same types. */
const FORMAT = 1;

/**
 * A folder with `vmlinux.h` for the compiler to search. The file is made when somebody includes it, which takes 0.7 s for a kernel; where
 * the cache cannot be written it is made each time, in a folder that is removed with this.
 */
export class Vmlinux implements Disposable {
  /** To be searched. The file may not be there yet. */
  folder: string;
  readonly #read: () => Uint8Array;
  #private: string | null = null;

  /** @param kernel whose types: one that comes with Skep (`6.18`), `kernel` for the running one, or a file of BTF */
  constructor(kernel: string) {
    const known = KERNELS.find((name): name is KernelName => name === kernel);
    const kept = known === undefined ? readFileSync(kernel === "kernel" ? RUNNING : kernel) : packedTypes(known);
    this.#read = known === undefined ? () => kept : () => unpackTypes(kept);
    const hash = createHash("sha256")
      .update(`${FORMAT} ${known === undefined}\n`)
      .update(kept)
      .digest("hex")
      .slice(0, 32);
    // Named by what it holds: a cache is never out of date.
    this.folder = join(cacheFolder(), "vmlinux", hash);
  }

  get made(): boolean {
    return statSync(join(this.folder, "vmlinux.h"), { throwIfNoEntry: false }) !== undefined;
  }

  /** Makes the file; afterwards `folder` has it. @throws BtfError when the types are malformed */
  make(): void {
    const text = printC(openBtf(this.#read()));
    try {
      writeWhole(join(this.folder, "vmlinux.h"), text);
    } catch {
      // A home that is read-only, or that is not there, must not keep anybody from compiling.
      this.#private = mkdtempSync(join(tmpdir(), "skep-"));
      this.folder = this.#private;
      writeWhole(join(this.folder, "vmlinux.h"), text);
    }
  }

  [Symbol.dispose](): void {
    if (this.#private !== null) rmSync(this.#private, { recursive: true, force: true });
  }
}
