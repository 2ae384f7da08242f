/** The files that a program is compiled from, and when one of them changes. */

import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two looks. They cost microseconds, and see what notifications do not: network file systems, files that are replaced. */
const INTERVAL = 100;

export class Sources {
  /** How each looked when it was read. */
  #seen = new Map<string, string>();

  /**
   * Compiles, and watches what that read from here on; when it fails, also what was watched before.
   * @param compile calls `onFile` for each file, as `compile` of `skep` does.
   */
  async compiled<Result>(compile: (onFile: (path: string) => void) => Promise<Result>): Promise<Result> {
    const since = Date.now();
    const read = new Map<string, string>();
    const onFile = (path: string) => {
      // What was changed meanwhile may have been read before: it counts as changed.
      if (!read.has(path)) read.set(path, stateOf(path, since));
    };
    try {
      const result = await compile(onFile);
      this.#seen = read;
      return result;
    } catch (error) {
      this.#seen = new Map([...this.#seen, ...read]);
      throw error;
    }
  }

  /** The files that changed since they were read, once they have stayed the same for a look; none when the signal came first. */
  async changed(signal: AbortSignal): Promise<readonly string[]> {
    let before: string | null = null;
    while (!signal.aborted) {
      await sleep(INTERVAL, undefined, { signal }).catch(() => {});
      const states = [...this.#seen.keys()].map((file) => [file, stateOf(file)] as const);
      const files = states.filter(([file, state]) => this.#seen.get(file) !== state).map(([file]) => file);
      const now = files.length === 0 ? null : JSON.stringify(states);
      // An editor may write in several steps, and leave no file there between two of them.
      if (now !== null && now === before) {
        this.#seen = new Map(states);
        return files;
      }
      before = now;
    }
    return [];
  }
}

function stateOf(file: string, since = Number.POSITIVE_INFINITY): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return mtimeMs >= since ? "changed" : `${mtimeMs} ${size} ${ino}`;
  } catch {
    return "missing";
  }
}
