/**
 * What the hardware of a machine room counts: a value for each name and CPU, which the host sets. Programs read it through a perf event
 * array (`map.count(name)`, then `bpf_perf_event_read`).
 */

import type { PerfValue } from "./events.ts";

export class Counters {
  readonly #cpus: () => number;
  readonly #values = new Map<string, (PerfValue | undefined)[]>();

  /** @param cpus how many there are. */
  constructor(cpus: () => number) {
    this.#cpus = cpus;
  }

  /**
   * From now on the counter of that name (`cpu-cycles`, `instructions`, whatever) says this on a CPU. A number alone: it was enabled and
   * running all the time.
   * @throws RangeError for a CPU that is not there.
   */
  set(name: string, value: PerfValue | number | bigint, cpu = 0): void {
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= this.#cpus())
      throw new RangeError(`cpu: expected 0 to ${this.#cpus() - 1}, found ${cpu}`);
    let values = this.#values.get(name);
    if (values === undefined) this.#values.set(name, (values = []));
    values[cpu] = typeof value === "object" ? value : { counter: value, enabled: 1, running: 1 };
  }

  /** Undefined when nobody has set it. */
  read(name: string, cpu: number): PerfValue | undefined {
    return this.#values.get(name)?.[cpu];
  }

  get names(): readonly string[] {
    return [...this.#values.keys()];
  }
}
