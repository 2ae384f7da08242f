/** A program to run, and the entries its maps get before the first packet. */

import type { Collection } from "../engine/engine.ts";
import { nearest } from "../nearest.ts";
import type { Spec } from "../object/spec.ts";
import { CliError, EXIT } from "./exit.ts";
import type { Setting } from "./settings.ts";

/** What all ways to run need. */
export interface Job extends Setup {
  readonly program: string;
}

/** The same, of whatever number of programs. */
export interface Setup {
  readonly spec: Spec;
  readonly settings: readonly Setting[];
  readonly json: boolean;
  /** Rows of each map that are shown. */
  readonly top: number;
  /** In the embedded engine: run what the verifier refuses, too, with every access checked. */
  readonly unsafe: boolean;
}

/**
 * Puts what `--set` says into the maps.
 * @param kept maps that have it already, and what came since
 * @throws CliError (input) that repeats the setting; errors of the map.
 */
export function applySettings(collection: Collection, settings: readonly Setting[], kept: readonly string[] = []): void {
  for (const { map: name, key, value, text } of settings) {
    if (kept.includes(name)) continue;
    const map = collection.maps[name];
    if (map === undefined) {
      const there = Object.keys(collection.maps);
      const near = nearest(name, there);
      throw new CliError(
        EXIT.input,
        `--set ${text}: there is no map ${name}${near === null ? "" : `; did you mean ${near}?`} (there are ${there.join(", ") || "none"})`,
      );
    }
    try {
      map.set(key, value);
    } catch (cause) {
      if (cause instanceof Error && (cause.name === "ValueError" || cause.name === "MapError")) {
        throw new CliError(EXIT.input, `--set ${text}: ${cause.message}`, { cause });
      }
      throw cause;
    }
  }
}
