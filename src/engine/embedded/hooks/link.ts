/** A program at a hook: its place in the order, and what is counted there. */

import type { Link, Program } from "../../engine.ts";
import { AttachError, FaultError } from "../../errors.ts";
import type { HookProgram } from "./program.ts";
import type { HookSite } from "./site.ts";

export interface HookStatistics {
  /** How often the program was asked. */
  readonly runs: number;
  /** How often it was stopped. */
  readonly faults: number;
  /** The last of them. */
  readonly lastFault: FaultError | null;
  /** Mean nanoseconds of one run, without the encoding of its context: of each 256th run, the clock's own cost included. Null before. */
  readonly nanoseconds: number | null;
}

/** Every so many runs (a power of two) one is timed: reading the clock costs as much as a small program. */
const TIMED = 256;

export class HookLink implements Link {
  readonly description: string;
  readonly #site: HookSite;
  #program: HookProgram;
  #runs = 0;
  #faults = 0;
  #lastFault: FaultError | null = null;
  #timed = 0;
  #milliseconds = 0;

  constructor(site: HookSite, program: HookProgram) {
    this.description = `hook ${site.name} (embedded)`;
    this.#site = site;
    this.#program = program;
  }

  get program(): Program {
    return this.#program;
  }

  /** Counted since it was attached, over all programs that were in this place. */
  get statistics(): HookStatistics {
    const nanoseconds = this.#timed === 0 ? null : (this.#milliseconds * 1e6) / this.#timed;
    return { runs: this.#runs, faults: this.#faults, lastFault: this.#lastFault, nanoseconds };
  }

  /** @internal Asks the program. Hot. @throws FaultError when the hook's policy is to throw. */
  ask(onFault: number | "throw"): number {
    const runs = ++this.#runs;
    try {
      if (runs % TIMED !== 0) return this.#program.call();
      const start = performance.now();
      const verdict = this.#program.call();
      this.#milliseconds += performance.now() - start;
      this.#timed++;
      return verdict;
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      this.#faults++;
      this.#lastFault = error;
      if (onFault === "throw") throw error;
      return onFault;
    }
  }

  async update(program: Program): Promise<void> {
    if (!this.#site.links.includes(this))
      throw new AttachError(`${this.description}: the link was detached; attach the program anew`);
    const next = this.#site.programOf(program);
    if (next === null) {
      const found = `${program.name} (${program.spec.section ?? program.spec.type})`;
      throw new AttachError(`${this.description}: expected a program of the same hook and engine, found ${found}`);
    }
    // It is the other program's link now: closing this one's collection leaves it.
    this.#program.links.delete(this);
    this.#program = next;
    next.links.add(this);
  }

  async detach(): Promise<void> {
    this.#site.remove(this);
    this.#program.links.delete(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.detach();
  }
}
