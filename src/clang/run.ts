/** Runs clang: no shell, a bounded time, the object in memory. */

import { spawn } from "node:child_process";

export interface ClangRun {
  /** 0: it compiled. */
  readonly status: number | null;
  readonly object: Uint8Array;
  readonly stderr: string;
  /** It was not done in time and was stopped. */
  readonly timedOut: boolean;
}

/** Milliseconds. A program of ten thousand lines takes two seconds. */
const TIMEOUT = 120_000;
/** Bytes of messages that are kept: the first ones matter. */
const MOST_MESSAGES = 1 << 20;

/** @throws an error of the operating system (ENOENT, EACCES) when it cannot be started */
export function runClang(clang: string, args: readonly string[]): Promise<ClangRun> {
  const { promise, resolve, reject } = Promise.withResolvers<ClangRun>();
  const child = spawn(clang, args, { stdio: ["ignore", "pipe", "pipe"] });
  // Not `spawn`'s own timeout, which goes on when nothing could be started.
  const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT);
  const object: Uint8Array[] = [];
  let stderr = "";
  child.stdout.on("data", (chunk: Uint8Array) => object.push(chunk));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (stderr.length < MOST_MESSAGES) stderr += text;
  });
  child.on("error", (error) => {
    clearTimeout(timer);
    reject(error);
  });
  child.on("close", (status) => {
    clearTimeout(timer);
    resolve({ status, object: Buffer.concat(object), stderr, timedOut: child.killed });
  });
  return promise;
}
