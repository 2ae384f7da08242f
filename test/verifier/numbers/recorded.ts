/** What kernels were observed to know: files of record.ts. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Observed } from "./observe.ts";

export const ERAS = { "6.1": 601, "6.12": 612, "6.18": 618 } as const;

export function recordedFile(kernel: string): URL {
  return new URL(`recorded/${kernel}.txt.gz`, import.meta.url);
}

/** By the program's name. */
export function readObserved(kernel: string): Map<string, Observed> {
  const lines = gunzipSync(readFileSync(recordedFile(kernel)))
    .toString()
    .trimEnd()
    .split("\n");
  return new Map(
    lines.map((line) => {
      const tab = line.indexOf("\t");
      return [line.slice(0, tab), JSON.parse(line.slice(tab + 1)) as Observed];
    }),
  );
}
