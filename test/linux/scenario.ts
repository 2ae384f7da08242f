/**
 * What the tests of this folder do to the live kernel happens in processes of their own: `node x.scenarios.ts NAME` does one and prints
 * what came of it. What this file gives them: a process to observe, variables, and what they leave open.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmdirSync } from "node:fs";
import type { BpfMap, Collection } from "../../src/engine/engine.ts";
import { kernelDescriptors } from "../kernel/census.ts";
import { type Conversation, startScript } from "../kernel/child.ts";

/** A process that does what it is told (target.ts). */
export class Target implements AsyncDisposable {
  readonly pid: number;
  readonly #talk: Conversation;

  private constructor(pid: number, talk: Conversation) {
    this.pid = pid;
    this.#talk = talk;
  }

  /** @param prefix a command that runs it elsewhere: in another network namespace. */
  static async start(prefix: readonly string[] = []): Promise<Target> {
    const talk = startScript(new URL("./target.ts", import.meta.url), [], { prefix });
    return new Target(Number(await talk.hear()), talk);
  }

  do(what: string): Promise<unknown> {
    return this.#talk.ask(what);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#talk.kill("SIGTERM");
    await this.#talk.ended;
  }
}

/** The map of a section of variables, whose one value is an object of them. */
export class Variables {
  readonly #map: BpfMap<number, Record<string, unknown>>;

  constructor(collection: Collection, section = ".bss") {
    const map = Object.values(collection.maps).find(({ spec }) => spec.section === section);
    if (map === undefined) throw new RangeError(`no variables in ${section}`);
    this.#map = map as unknown as BpfMap<number, Record<string, unknown>>;
  }

  get(name: string): unknown {
    return this.#map.get(0)?.[name];
  }

  set(name: string, value: unknown): void {
    this.#map.set(0, { ...this.#map.get(0), [name]: value });
  }

  /** How often the place of `hits` was counted. */
  hits(at: number): number {
    return Number((this.get("hits") as bigint[])[at]);
  }
}

/** Removes a control group, which the kernel needs a moment for until it is empty. */
export async function removeGroup(folder: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      rmdirSync(folder);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Runs the scenario that the command line names; prints what it returned, and the descriptors that it left. */
export async function main(scenarios: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  const [, , name = ""] = process.argv;
  const scenario = scenarios[name];
  if (scenario === undefined) throw new RangeError(`no scenario ${name}; there are ${Object.keys(scenarios).join(", ")}`);
  const before = kernelDescriptors();
  const result = await scenario();
  const text = JSON.stringify({ result, left: kernelDescriptors().slice(before.length) }, (_, value) =>
    typeof value === "bigint" ? Number(value) : value,
  );
  process.stdout.write(`${text}\n`);
  process.exit(0);
}

/** The same from the test's side. @throws KernelBugError when the kernel killed the process. */
export async function runScenario(
  file: string,
  name: string,
  prefix: readonly string[] = [],
): Promise<{ result: unknown; left: string[] }> {
  const talk = startScript(new URL(file, import.meta.url), [name], { prefix, timeout: 60_000 });
  return (await talk.hear()) as { result: unknown; left: string[] };
}

/** Runs scenarios of a file, each in its process: what it returned. It fails where one left something open. */
export const scenariosOf =
  <Result = unknown>(file: string) =>
  async (name: string, prefix: readonly string[] = []): Promise<Result> => {
    const { result, left } = await runScenario(file, name, prefix);
    assert.deepEqual(left, [], "everything was closed");
    return result as Result;
  };

/** What bpftool prints. @throws Error with what it says when it fails. */
export function bpftool<Answer = Readonly<Record<string, unknown>>>(...args: readonly string[]): Answer {
  const { status, stdout, stderr } = spawnSync("bpftool", ["-j", ...args], { encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`bpftool ${args.join(" ")}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as Answer;
}

/** Numbers of all links in the kernel, as bpftool sees them: those of others, too. Null without bpftool. */
export function kernelLinks(): number[] | null {
  const { status, stdout } = spawnSync("bpftool", ["-j", "link", "show"], { encoding: "utf8" });
  return status === 0 ? (JSON.parse(stdout || "[]") as { id: number }[]).map(({ id }) => id) : null;
}
