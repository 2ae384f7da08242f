/** Which clang there is on this machine. */

import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The oldest that knows what programs need: type tags (clang 14). */
export const OLDEST = 14;

/** Where Homebrew keeps the LLVM that is not Apple's: not on the path, because it would hide theirs. */
const HOMEBREW = ["/opt/homebrew/opt/llvm/bin/clang", "/usr/local/opt/llvm/bin/clang"];

/**
 * Clangs to try, the best first: `clang`, which somebody chose, then `clang-21` … `clang-14`, and newer ones, by their number. Which version
 * `clang` is, and whether one knows BPF, shows when it is called.
 */
export function clangCandidates(environment: NodeJS.ProcessEnv = process.env): string[] {
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const plain = folders.map((folder) => join(folder, "clang")).find(isExecutable);
  const numbered = new Map<number, string>();
  for (const folder of folders) {
    for (const name of namesIn(folder)) {
      const version = Number(/^clang-(\d+)$/.exec(name)?.[1] ?? 0);
      if (version >= OLDEST && !numbered.has(version) && isExecutable(join(folder, name)))
        numbered.set(version, join(folder, name));
    }
  }
  const newest = [...numbered].sort(([a], [b]) => b - a).map(([, path]) => path);
  const homebrew = process.platform === "darwin" ? HOMEBREW.filter(isExecutable) : [];
  return [...(plain === undefined ? [] : [plain]), ...newest, ...homebrew];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Of a path, some folders are often not there.
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
