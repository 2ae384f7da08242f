/**
 * Talking with a child process in lines, and noticing when the kernel kills it. Programs are loaded into this kernel from child
 * processes only: a known bug of 6.18 (long loops of `x & -(y & 1)`) kills whoever loads one.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The child did not end by itself, and nobody here killed it. */
export class KernelBugError extends Error {
  override readonly name = "KernelBugError";
}

export class Conversation {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #stderr = "";
  readonly ended: Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }>;

  /** The child's three streams must be pipes. */
  constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout === null || child.stderr === null) throw new TypeError("the child's streams must be pipes");
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    child.stdin?.on("error", () => {});
    this.ended = new Promise((resolve) => child.once("close", (status, signal) => resolve({ status, signal })));
  }

  /** Sends a line and returns the answer, decoded. */
  ask(line: string): Promise<unknown> {
    this.#child.stdin?.write(`${line}\n`);
    return this.hear();
  }

  /** @throws KernelBugError when a SIGKILL that we did not send ended the child. */
  async hear(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done !== true) return JSON.parse(value);
    const { status, signal } = await this.ended;
    if (signal === "SIGKILL" && !this.#child.killed)
      throw new KernelBugError("the kernel killed the process that loaded a program: a bug of this kernel (see dmesg)");
    throw new Error(`the child ended with ${signal ?? `status ${status}`}: ${this.#stderr.trim()}`);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Says no more, which ends whoever listens, and waits for the end. */
  async end(): Promise<void> {
    this.#child.stdin?.end();
    await this.ended;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

export interface ScriptOptions {
  /** A command that runs it elsewhere: in another network namespace. */
  readonly prefix?: readonly string[];
  /** Milliseconds, after which it is ended. */
  readonly timeout?: number;
  /** Whose process it shall be. */
  readonly uid?: number;
}

/** Starts a script of ours in a process of its own. */
export function startScript(
  script: URL,
  args: readonly string[] = [],
  { prefix = [], timeout, uid }: ScriptOptions = {},
): Conversation {
  const [command = "", ...rest] = [...prefix, process.execPath, "--no-warnings", fileURLToPath(script), ...args];
  const child = spawn(command, rest, {
    stdio: ["pipe", "pipe", "pipe"],
    ...(timeout === undefined ? {} : { timeout }),
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  return new Conversation(child);
}

/** Runs a scenario of scenarios.ts in a child process and returns what it returned. `uid` is whose process it shall be. */
export async function inChild(scenario: string, uid?: number): Promise<unknown> {
  const script = new URL("./run-scenario.ts", import.meta.url);
  return startScript(script, [scenario], { timeout: 30_000, ...(uid === undefined ? {} : { uid }) }).hear();
}
