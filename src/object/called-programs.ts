/** Programs that others call. */

import type { Spec } from "./spec.ts";

/** Names of those that an object puts into its arrays of programs, each once: they are called (tail calls), and attached by nobody. */
export function calledPrograms({ maps }: Pick<Spec, "maps">): ReadonlySet<string> {
  return new Set(
    maps.flatMap(({ contents }) => (contents?.kind === "programs" ? contents.entries : [])).map(({ program }) => program),
  );
}
