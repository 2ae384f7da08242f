/** `skep run --watch`: compiles a program anew whenever its sources change. */

import type { Spec } from "../../object/spec.ts";
import { reportFailure } from "../failure.ts";
import { openSpec, type ProgramSource, sourceOptions } from "../sources.ts";
import { styleFor } from "../terminal.ts";
import { Sources } from "./sources.ts";
import type { Swapped } from "./swap.ts";

export class Watch<Job> {
  readonly #source: ProgramSource;
  readonly #make: (spec: Spec) => Job;
  readonly #sources = new Sources();

  /** @param make what is to run of a Spec; what it throws is told, too */
  constructor(source: ProgramSource, make: (spec: Spec) => Job) {
    this.#source = source;
    this.#make = make;
  }

  /** What there is now, or what comes when that does not compile; null when the signal came first. */
  async first(signal: AbortSignal): Promise<Job | null> {
    return (await this.#compiled()) ?? this.next(signal);
  }

  /** The next version that compiles; null when the signal came first. Those that do not are told, with what is wrong. */
  async next(signal: AbortSignal): Promise<Job | null> {
    for (;;) {
      const files = await this.#sources.changed(signal);
      if (files.length === 0) return null;
      const job = await this.#compiled();
      if (job !== null) return job;
    }
  }

  async #compiled(): Promise<Job | null> {
    try {
      return this.#make(
        await this.#sources.compiled((onFile) => openSpec(this.#source.file, { ...sourceOptions(this.#source), onFile })),
      );
    } catch (error) {
      await reportFailure(error, { verbose: false, json: false });
      process.stderr.write(`${styleFor(process.stderr).dim("waiting for a change")}\n`);
      return null;
    }
  }
}

/** What ran goes on when its successor cannot: told with why. */
export async function tellKept(error: unknown): Promise<void> {
  await reportFailure(error, { verbose: false, json: false });
  process.stderr.write(`${styleFor(process.stderr).dim("what ran before goes on; waiting for a change")}\n`);
}

/** One line on stderr: what was exchanged, and what became of each map. */
export function tellSwapped({ kept, changed, added, gone }: Swapped, twice: readonly string[], began: number): void {
  const style = styleFor(process.stderr);
  const parts = [
    ...(kept.length === 0 ? [] : [`kept ${kept.join(", ")}`]),
    ...[...changed].map(([name, why]) => `new ${name} (${why})`),
    ...(added.length === 0 ? [] : [`added ${added.join(", ")}`]),
    ...(gone.length === 0 ? [] : [`gone ${gone.join(", ")}`]),
    ...(twice.length === 0 ? [] : [`${twice.join(", ")} ran twice for a moment: kernels do not exchange programs there`]),
  ];
  const maps = parts.length === 0 ? "" : `: ${parts.join("; ")}`;
  process.stderr.write(`${style.green("exchanged")} in ${Math.round(performance.now() - began)} ms${maps}\n`);
}
