/** What is known of one thing, a line each. */

import type { Style } from "../terminal.ts";

/** What is empty is left out. */
export type Fact = readonly [what: string, value: string];

export function renderFacts(what: string, name: string, facts: readonly Fact[], style: Style): string[] {
  const told = facts.filter(([, value]) => value !== "");
  const width = Math.max(0, ...told.map(([title]) => title.length));
  return [
    `${what}${name === "" ? "" : ` ${style.bold(name)}`}`,
    ...told.map(([title, value]) => `  ${style.dim(title.padEnd(width))}  ${value}`),
  ];
}
