/** What a room knows of its tracepoints: the formats that somebody gave, and those that need no description. */

import { builtInFormat, parseFormat, type TracepointFormat } from "../contexts/tracepoint.ts";

export class Formats {
  readonly #formats = new Map<string, TracepointFormat>();

  constructor(texts: Readonly<Record<string, string>> = {}) {
    for (const [event, text] of Object.entries(texts)) this.describe(event, text);
  }

  /**
   * @param event with its category: `sched/sched_switch`.
   * @param text of its `format` file in tracefs. @throws RangeError when it is none.
   */
  describe(event: string, text: string): void {
    this.#formats.set(event, parseFormat(text));
  }

  /** Null when nobody described it. */
  find(event: string): TracepointFormat | null {
    return this.#formats.get(event) ?? builtInFormat(event);
  }
}
