/**
 * Writes the tables of the section "What programs may call" of docs/embedded.md: every helper and kfunc that the embedded engine has, and
 * the program types that have it. Run: `node scripts/list-calls.ts`. A test holds the page to it.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { type Argument, type Helper, KFUNC_BASE } from "../src/engine/embedded/helpers/helper.ts";
import { loadKind, PROGRAM_TYPES } from "../src/engine/embedded/programs/kinds.ts";

export const PAGE = new URL("../docs/embedded.md", import.meta.url);
const BEGIN = "<!-- written by scripts/list-calls.ts -->";
const END = "<!-- end -->";

function argument(arg: Argument): string {
  if (typeof arg === "string") return arg;
  const optional = arg.optional === true ? "?" : "";
  if ("held" in arg) return `${arg.held.name}${optional}`;
  return `${arg.memory} bytes${arg.write === true ? "!" : ""}${optional}`;
}

const prototype = ({ name, args, result }: Helper): string => `${name}(${args.map(argument).join(", ")}) → ${result}`;

/** The tables, as Markdown. */
export async function tables(): Promise<string> {
  const rows = new Map<string, { readonly kfunc: boolean; readonly types: Set<string> }>();
  for (const type of PROGRAM_TYPES) {
    const kind = await loadKind(type);
    for (const helper of kind?.helpers ?? []) {
      if (helper === undefined || !helper.name.startsWith("bpf_")) continue;
      const text = prototype(helper);
      const row = rows.get(text) ?? { kfunc: helper.id >= KFUNC_BASE, types: new Set() };
      row.types.add(type);
      rows.set(text, row);
    }
  }
  // Types that have the same: named once.
  const typesOf = (types: ReadonlySet<string>): string =>
    types.size === PROGRAM_TYPES.length ? "every type" : PROGRAM_TYPES.filter((type) => types.has(type)).join(", ");
  const table = (kfunc: boolean): string => {
    const groups = new Map<string, string[]>();
    for (const [text, row] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (row.kfunc !== kfunc) continue;
      const types = typesOf(row.types);
      groups.set(types, [...(groups.get(types) ?? []), text]);
    }
    const ordered = [...groups].sort(([a], [b]) => (a === "every type" ? -1 : b === "every type" ? 1 : a < b ? -1 : 1));
    return ordered.map(([types, list]) => `For ${types}:\n\n${list.map((text) => `- \`${text}\``).join("\n")}\n`).join("\n");
  };
  return `${BEGIN}\n\n### Helpers\n\n${table(false)}\n### Kernel functions (kfuncs)\n\n${table(true)}\n${END}`;
}

/** The page with its tables as they are now. @throws Error when the page has no place for them. */
export async function pageWithTables(page: string): Promise<string> {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/embedded.md: expected ${BEGIN} and ${END}`);
  return page.slice(0, begin) + (await tables()) + page.slice(end + END.length);
}

if (import.meta.main) writeFileSync(PAGE, await pageWithTables(readFileSync(PAGE, "utf8")));
