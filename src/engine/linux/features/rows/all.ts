/** What is asked of a kernel, one row each; `judge.ts` makes answers of them. */

import type { Row } from "../judge.ts";
import { mapFlags, mapTypes } from "./maps.ts";
import { attachTypes, programFlags, programTypes } from "./programs.ts";
import { commands, hooks, instructions, linkTypes, others } from "./rest.ts";
import type { Sources } from "./sources.ts";
import { kindsOfTypes } from "./types.ts";

export function allRows(sources: Sources): readonly Row[] {
  return [
    ...programTypes(sources),
    ...mapTypes(sources),
    ...attachTypes(sources),
    ...linkTypes(),
    ...commands(),
    ...mapFlags(sources),
    ...programFlags(sources),
    ...instructions(sources),
    ...kindsOfTypes(sources),
    ...hooks(sources),
    ...others(sources),
  ];
}
