/** Runs the command line as people do: a process of its own. */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `skep ARGS` in a folder, the project's by default, and waits for its end. */
export function skep(
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv; unprivileged?: boolean; cwd?: string } = {},
): Promise<Ended> {
  const own = [process.execPath, join(ROOT, "bin/skep.js"), ...args];
  // With no capability at all, but the same user: the files must stay readable.
  const [command = "", ...rest] = options.unprivileged
    ? ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--", ...own]
    : own;
  const child = spawn(command, rest, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(options.input ?? "");
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (status, signal) => done({ status, signal, stdout, stderr }));
  });
}

/** A folder of its own for a test's files, removed at the end. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "skep-"));

  /** Writes a file and returns its path. */
  file(name: string, contents: string | Uint8Array): string {
    const path = join(this.path, name);
    writeFileSync(path, contents);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
