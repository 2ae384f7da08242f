/** The text of source files that line information names: from the file where it can be read, else as far as it is quoted. */

import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { SourceLines } from "../../engine/embedded/debug/lines.ts";

/** Larger files are no sources. */
const LARGEST = 1 << 24;

export class Sources {
  readonly #folder: string;
  readonly #lines: SourceLines;
  readonly #files = new Map<string, ReadonlyMap<number, string>>();

  /** @param program the file that is debugged: sources may lie beside it. */
  constructor(program: string, lines: SourceLines) {
    this.#folder = dirname(program);
    this.#lines = lines;
  }

  /** The text of a line, or undefined. */
  line(file: string, line: number): string | undefined {
    return this.#file(file).get(line);
  }

  /** Number of the last line that is known. */
  end(file: string): number {
    return [...this.#file(file).keys()].reduce((most, line) => Math.max(most, line), 0);
  }

  #file(file: string): ReadonlyMap<number, string> {
    let lines = this.#files.get(file);
    if (lines === undefined) this.#files.set(file, (lines = this.#read(file) ?? this.#lines.quoted(file)));
    return lines;
  }

  /** The file, if it is the one that was compiled: what line information quotes must stand in it. */
  #read(file: string): ReadonlyMap<number, string> | null {
    const quoted = this.#lines.quoted(file);
    for (const path of [file, join(this.#folder, file), join(this.#folder, basename(file))]) {
      try {
        const text = readFileSync(path, "utf8");
        if (text.length > LARGEST) continue;
        const lines = new Map(text.split(/\r?\n/).map((line, index) => [index + 1, line]));
        if ([...quoted].every(([line, quote]) => quote === "" || lines.get(line)?.trim().startsWith(quote.trim()))) return lines;
      } catch {
        // Not there, or not readable: the next place, and at last what is quoted.
      }
    }
    return null;
  }
}
