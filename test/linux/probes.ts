/** A process with probes of its own (fixtures/probes.c), compiled here: what USDT programs are tested on. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("fixtures/probes.c", import.meta.url));

/** For `skip`: false when there is a C compiler. */
export function compilerMissing(): string | false {
  return spawnSync("cc", ["--version"]).status === 0 ? false : "there is no C compiler (cc)";
}

/** @throws Error with what the compiler says. */
export function compileProbes(to: string): void {
  const { status, stderr } = spawnSync("cc", ["-O2", "-o", to, SOURCE], { encoding: "utf8" });
  if (status !== 0) throw new Error(`cc ${SOURCE}: ${stderr}`);
}

export class Probes implements AsyncDisposable {
  readonly file: string;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #folder: string | null;

  private constructor(file: string, folder: string | null) {
    this.file = file;
    this.#folder = folder;
    this.#child = spawn(file, { stdio: ["pipe", "pipe", "inherit"] });
    if (this.#child.stdout === null) throw new TypeError("it has no output");
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @param compiled by `compileProbes`; else it is compiled now, and removed afterwards. */
  static async start(compiled?: string): Promise<Probes> {
    if (compiled !== undefined) return new Probes(compiled, null);
    const folder = mkdtempSync(join(tmpdir(), "skep-probes-"));
    compileProbes(join(folder, "probes"));
    return new Probes(join(folder, "probes"), folder);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** It passes all of its probes once. @returns the value of its semaphore. */
  async pass(): Promise<number> {
    this.#child.stdin?.write("\n");
    return Number((await this.#answers.next()).value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.stdin?.end();
    await ended;
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true });
  }
}
