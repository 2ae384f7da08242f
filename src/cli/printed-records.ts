/**
 * What programs in the kernel write for user space, printed as it comes: `events: {…}`, a line each; of a perf event with its CPU. Many that come
 * at once are printed at once. Whoever reads our output slowly slows us down, not the programs: what finds no room meanwhile is counted, and told.
 */

import { once } from "node:events";
import type { Writable } from "node:stream";
import type { AnyMap, Collection } from "../engine/engine.ts";
import { toJson } from "./maps.ts";
import { counted } from "./terminal.ts";

/** Milliseconds between two looks at what was lost. */
const LOOK = 1000;

/** Maps that records come from. */
export function buffersOf({ maps }: Pick<Collection, "maps">): readonly AnyMap[] {
  return Object.values(maps).filter(({ spec }) => spec.type === "ringbuf" || spec.type === "perf_event_array");
}

export class PrintedRecords {
  readonly #stop = new AbortController();
  readonly #done: Promise<void>[] = [];
  readonly #maps: readonly AnyMap[];
  readonly #json: boolean;
  /** By map, as it was told last. */
  readonly #lost = new Map<AnyMap, number>();
  readonly #look: NodeJS.Timeout;
  readonly #output: Writable;
  readonly #messages: Writable;

  /** Buffers are open from here on, before a program can write. */
  constructor(maps: readonly AnyMap[], json: boolean, output: Writable = process.stdout, messages: Writable = process.stderr) {
    this.#json = json;
    this.#output = output;
    this.#messages = messages;
    this.#maps = maps;
    for (const map of this.#maps) {
      if (map.spec.type === "perf_event_array") map.open();
      // Of a buffer that somebody used before, what was lost then was told then.
      this.#lost.set(map, map.lost || 0);
      this.#done.push(this.#follow(map));
    }
    this.#look = setInterval(() => this.#tellLost(" so far"), LOOK);
    this.#look.unref();
  }

  /** With what came last. */
  async end(): Promise<void> {
    clearInterval(this.#look);
    this.#stop.abort();
    await Promise.all(this.#done);
    for (const map of this.#maps) {
      const rest: unknown[] = [];
      map.drain((record) => void rest.push(record));
      await this.#print(map, rest);
    }
    this.#tellLost("");
  }

  async #follow(map: AnyMap): Promise<void> {
    for await (const batch of map.batches({ signal: this.#stop.signal })) await this.#print(map, batch);
  }

  async #print({ name }: AnyMap, records: readonly unknown[]): Promise<void> {
    let text = "";
    for (const record of records) text += this.#json ? `${toJson({ map: name, record })}\n` : `${name}: ${toJson(record)}\n`;
    if (text === "" || this.#output.write(text) || this.#stop.signal.aborted) return;
    // Who wants to end does not wait for who reads.
    await once(this.#output, "drain", { signal: this.#stop.signal }).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) throw error;
    });
  }

  /** Records that found no room, where that is known. */
  #tellLost(when: string): void {
    for (const map of this.#maps) {
      const { lost } = map;
      if (!(lost > (this.#lost.get(map) ?? 0))) continue;
      this.#lost.set(map, lost);
      this.#messages.write(`skep: ${map.name}: ${counted(lost, "record")} found no room${when}\n`);
    }
  }
}
