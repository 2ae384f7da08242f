/** What programs in the embedded engine write for user space, taken out as it comes. */

import type { AnyMap } from "../engine/engine.ts";
import { toJson } from "./maps.ts";

/** A line for each record, `events: {…}`; of a perf event with its CPU. */
export class Records {
  readonly #maps: readonly AnyMap[];
  readonly #say: (text: string) => void;

  /** Buffers are open from here on, before a program can write. */
  constructor(maps: readonly AnyMap[], say: (text: string) => void) {
    this.#maps = maps.filter(({ spec }) => spec.type === "ringbuf" || spec.type === "perf_event_array");
    for (const map of this.#maps) if (map.spec.type === "perf_event_array") map.open();
    this.#say = say;
  }

  /** There are buffers to look at. */
  get any(): boolean {
    return this.#maps.length > 0;
  }

  take(): void {
    for (const map of this.#maps) map.drain((record) => this.#say(`${map.name}: ${toJson(record)}`));
  }
}
