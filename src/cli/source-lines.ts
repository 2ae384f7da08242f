/** Source files by the names that compilers noted, read when somebody wants to see their lines. */

import { readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";

/** Larger files are no sources. */
const LARGEST = 1 << 24;

/** @param beside a file beside which sources may lie when they are not where their names say: an object. */
export function sourceReader(beside?: string): (file: string) => readonly string[] | null {
  const known = new Map<string, readonly string[] | null>();
  return (file) => {
    let lines = known.get(file);
    if (lines === undefined) {
      lines = read(file) ?? (beside === undefined || isAbsolute(file) ? null : read(resolve(dirname(beside), file)));
      known.set(file, lines);
    }
    return lines;
  };
}

function read(path: string): readonly string[] | null {
  try {
    const text = readFileSync(path);
    return text.length > LARGEST ? null : text.toString("utf8").split("\n");
  } catch {
    // Where a program was compiled is often another machine: the text that came with its instructions is shown.
    return null;
  }
}
