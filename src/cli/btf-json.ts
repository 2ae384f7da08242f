/** Types as JSON: one array, one type a line, each as `Btf.type` decodes it. */

import type { Btf } from "../btf/btf.ts";
import { referencesOf } from "../btf/shape.ts";
import { toJson } from "./maps.ts";

/** Characters to collect before they are written. */
const CHUNK = 1 << 16;

/** All types, or those given and what they refer to, by id; in pieces, as a kernel's are 60 MB. */
export function* typesAsJson(btf: Btf, types: readonly number[] | null): Generator<string> {
  let text = "[";
  let first = true;
  for (const id of types === null ? btf.ids() : needed(btf, types)) {
    text += `${first ? "" : ","}\n${toJson(btf.type(id))}`;
    first = false;
    if (text.length < CHUNK) continue;
    yield text;
    text = "";
  }
  yield `${text}\n]\n`;
}

function needed(btf: Btf, types: readonly number[]): number[] {
  const seen = new Set<number>(types);
  // Grows while it is walked.
  for (const id of seen) for (const other of referencesOf(btf.type(id))) if (other !== 0) seen.add(other);
  return [...seen].sort((a, b) => a - b);
}
