/** What every program that was loaded into the embedded engine has, whatever it runs on. */

import type { ProgramSpec } from "../../../object/spec.ts";
import type { AttachOptions, Link, RunInput, RunResult } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { Executor } from "../executor.ts";
import type { LoadedProgram } from "./kind.ts";

export abstract class EmbeddedProgram<Attached extends Link> implements LoadedProgram {
  readonly name: string;
  readonly spec: ProgramSpec;
  /** For people: `xdp program firewall`. */
  readonly description: string;
  /** Where it is attached; whoever makes or ends a link keeps the books. */
  readonly links = new Set<Attached>();
  /** One a CPU: registers and what may be touched are its own. */
  protected readonly executors: readonly Executor[];
  /** Instructions that one run may take. */
  protected readonly fuel: number;
  #open = true;

  constructor(spec: ProgramSpec, executors: readonly Executor[], fuel: number) {
    this.name = spec.name;
    this.spec = spec;
    this.description = `${spec.type} program ${spec.name}`;
    this.executors = executors;
    this.fuel = fuel;
  }

  abstract run(input?: RunInput): RunResult;

  abstract attach(options?: AttachOptions): Promise<Link>;

  async close(): Promise<void> {
    this.#open = false;
    for (const link of [...this.links]) await link.detach();
  }

  /** Does something `repeat` times. @returns mean nanoseconds of one. @throws RangeError for a `repeat` that is no positive whole number. */
  protected repeated(repeat: number, round: () => void): number {
    if (!Number.isSafeInteger(repeat) || repeat < 1)
      throw new RangeError(`repeat: expected a whole number from 1 on, found ${repeat}`);
    const start = performance.now();
    for (let done = 0; done < repeat; done++) round();
    return ((performance.now() - start) * 1e6) / repeat;
  }

  /** @throws MapError `closed` */
  protected checkOpen(): void {
    if (!this.#open) throw new MapError(this.name, "closed", `${this.name}: its collection was disposed; load the Spec again`);
  }

  /** The executor of a CPU, free to run. @throws MapError `closed`; RangeError when there is no such CPU here; TypeError when it is busy. */
  protected executorOf(cpu: number): Executor {
    this.checkOpen();
    const executor = this.executors[cpu];
    if (executor === undefined) throw new RangeError(`cpu: expected 0 to ${this.executors.length - 1}, found ${cpu}`);
    if (executor.cpu.busy)
      throw new TypeError(`${this.name}: cpu ${cpu} is running a program; a print callback may not run another`);
    return executor;
  }
}
