/** `vmlinux.h`: a kernel's types as C, made when a program includes them and kept in the user's cache. */

import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { openBtf } from "../btf/btf.ts";
import { printC } from "../btf/c/print.ts";
import { packedTypes, unpackTypes } from "../kernels/btf.ts";
import { KERNELS, type KernelName } from "../verifier/targets/index.ts";

/** Raised when the printer writes other text for the same types. */
const FORMAT = 1;

/** Where the running kernel has its types. */
const RUNNING = "/sys/kernel/btf/vmlinux";

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
      mkdirSync(this.folder, { recursive: true });
      writeWhole(this.folder, text);
    } catch {
      // A home that is read-only, or that is not there, must not keep anybody from compiling.
      this.#private = mkdtempSync(join(tmpdir(), "skep-"));
      this.folder = this.#private;
      writeWhole(this.folder, text);
    }
  }

  [Symbol.dispose](): void {
    if (this.#private !== null) rmSync(this.#private, { recursive: true, force: true });
  }
}

/** Whole or not at all, also when two compile at once. */
function writeWhole(folder: string, text: string): void {
  const made = join(folder, `.${randomBytes(8).toString("hex")}`);
  try {
    writeFileSync(made, text);
    renameSync(made, join(folder, "vmlinux.h"));
  } finally {
    rmSync(made, { force: true });
  }
}

/** `$SKEP_CACHE`, else where the system keeps what can be made again. */
function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment["SKEP_CACHE"];
  if (own !== undefined && own !== "") return own;
  const xdg = environment["XDG_CACHE_HOME"];
  if (xdg?.startsWith("/")) return join(xdg, "skep");
  return process.platform === "darwin" ? join(homedir(), "Library/Caches/skep") : join(homedir(), ".cache/skep");
}
