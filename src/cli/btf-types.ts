/** Types by the names that people give them. */

import type { Btf } from "../btf/btf.ts";
import type { BtfKind } from "../btf/types.ts";
import { nearest } from "../nearest.ts";
import { CliError, EXIT } from "./exit.ts";

/** What may stand before a name, and the kinds it means. */
const KEYWORDS: Readonly<Record<string, readonly BtfKind[]>> = {
  struct: ["struct", "forward"],
  union: ["union", "forward"],
  enum: ["enum", "enum64"],
  typedef: ["typedef"],
  function: ["function"],
  variable: ["variable"],
};

/** Kinds that a name alone means; what is only declared counts when nothing else has the name. */
const NAMED: readonly BtfKind[] = ["struct", "union", "enum", "enum64", "typedef", "function", "variable", "int", "float"];

export interface WantedType {
  readonly name: string;
  /** Null: any. */
  readonly kinds: readonly BtfKind[] | null;
}

/** `task_struct` or `struct task_struct`. @throws CliError (usage). */
export function parseTypeName(text: string): WantedType {
  const words = text.trim().split(/\s+/);
  const [first = "", second] = words;
  if (words.length === 1 && first !== "") return { name: first, kinds: null };
  const kinds = KEYWORDS[first];
  // Integers have names of several words.
  if (kinds === undefined) return { name: words.join(" "), kinds: null };
  if (words.length !== 2 || second === undefined) {
    throw new CliError(EXIT.usage, `--type takes a name, found ${JSON.stringify(text)}`);
  }
  return { name: second, kinds };
}

/** Ids of all types that a name means. @throws CliError (input) with the nearest name when there is none. */
export function findTypes(btf: Btf, text: string, source: string): number[] {
  const { name, kinds } = parseTypeName(text);
  const found = idsOf(btf, name, kinds ?? NAMED);
  if (found.length > 0) return found;
  const declared = kinds === null ? idsOf(btf, name, ["forward"]) : [];
  if (declared.length > 0) return declared;
  const near = nearest(name, namesOf(btf));
  throw new CliError(EXIT.input, `${source} has no type ${text}${near === null ? "" : `; did you mean ${near}?`}`);
}

function idsOf(btf: Btf, name: string, kinds: readonly BtfKind[]): number[] {
  // Without a flavour this is the index's answer; with one, those of other flavours are set aside.
  return btf.flavours(name.replace(/___[^_].*$/s, "")).filter((id) => btf.name(id) === name && kinds.includes(btf.kind(id)));
}

function* namesOf(btf: Btf): Generator<string> {
  for (const id of btf.ids()) {
    const name = btf.name(id);
    if (name !== "") yield name;
  }
}
