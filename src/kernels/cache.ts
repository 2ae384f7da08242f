/** Files that can be made again, kept from one run to the next: whole or not at all, named by what they are made of. */

import { randomBytes } from "node:crypto";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** `$SKEP_CACHE`, else where the system keeps what can be made again. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment["SKEP_CACHE"];
  if (own !== undefined && own !== "") return own;
  const xdg = environment["XDG_CACHE_HOME"];
  if (xdg?.startsWith("/")) return join(xdg, "skep");
  return process.platform === "darwin" ? join(homedir(), "Library/Caches/skep") : join(homedir(), ".cache/skep");
}

/** Writes a file and the folders around it, also when two do so at once. @throws an error of the file system */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  const made = join(folder, `.${randomBytes(8).toString("hex")}`);
  try {
    writeFileSync(made, content);
    renameSync(made, path);
  } finally {
    rmSync(made, { force: true });
  }
}
