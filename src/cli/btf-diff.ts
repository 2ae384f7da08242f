/** What `skep btf diff` prints. */

import type { Btf } from "../btf/btf.ts";
import { type DiffKind, diffBtf, type Field, type PartChange, type TypeChange } from "../btf/diff.ts";
import { parseTypeName } from "./btf-types.ts";
import { CliError, EXIT } from "./exit.ts";
import { count, counted, type Style } from "./terminal.ts";

/** Changes of all types, or of those named. @throws CliError (input) for a name that neither side has. */
export function diffTypes(from: Btf, to: Btf, names: readonly string[], sources: readonly [string, string]): TypeChange[] {
  if (names.length === 0) return diffBtf(from, to);
  const wanted = names.map(parseTypeName);
  for (const { name } of wanted) {
    if (from.find(name) === undefined && to.find(name) === undefined) {
      throw new CliError(EXIT.input, `neither ${sources[0]} nor ${sources[1]} has a type ${name}`);
    }
  }
  const isWanted = (kind: DiffKind, name: string) =>
    wanted.some((one) => one.name === name && (one.kinds === null || one.kinds.includes(kind)));
  return diffBtf(from, to).filter(({ kind, name }) => isWanted(kind, name));
}

/** A type a paragraph: `+` what is new, `-` what is gone, `~` what is another. */
export function renderChanges(changes: readonly TypeChange[], style: Style, options: { verbose: boolean }): string {
  const out: string[] = [];
  const totals = { added: 0, removed: 0, changed: 0 };
  for (const change of changes) {
    totals[change.change]++;
    const name = `${change.kind} ${change.name}`;
    if (change.change === "changed") out.push(style.yellow(`~ ${name}`), ...parts(change.parts, style, options.verbose));
    else out.push(change.change === "added" ? style.green(`+ ${name}`) : style.red(`- ${name}`));
  }
  const { added, removed, changed } = totals;
  out.push(style.dim(`${count(added)} added, ${count(removed)} removed, ${count(changed)} changed`));
  return `${out.join("\n")}\n`;
}

function parts(all: readonly PartChange[], style: Style, verbose: boolean): string[] {
  const out: string[] = [];
  let moved = 0;
  for (const part of all) {
    if (part.part === "size") out.push(`    size ${part.from} → ${part.to}`);
    else if (part.part === "type") out.push(`    ${part.from} → ${part.to}`);
    else if (part.part === "enumerator") out.push(enumerator(part, style));
    else if (part.change === "changed") {
      if (part.from.type === part.to.type && part.from.bitSize === part.to.bitSize && !verbose) moved++;
      else out.push(`  ~ ${part.name}: ${fieldChange(part.from, part.to)}`);
    } else {
      const text = `${part.name}: ${part.field.type} at ${place(part.field)}`;
      out.push(part.change === "added" ? style.green(`  + ${text}`) : style.red(`  - ${text}`));
    }
  }
  if (moved > 0) out.push(style.dim(`    ${counted(moved, "field")} moved`));
  return out;
}

function enumerator({ name, from, to }: PartChange & { part: "enumerator" }, style: Style): string {
  if (from === null) return style.green(`  + ${name} = ${to}`);
  if (to === null) return style.red(`  - ${name} = ${from}`);
  return `  ~ ${name}: ${from} → ${to}`;
}

function fieldChange(from: Field, to: Field): string {
  const type = from.type === to.type ? from.type : `${from.type} → ${to.type}`;
  return place(from) === place(to) ? `${type} at ${place(from)}` : `${type} at ${place(from)} → ${place(to)}`;
}

/** Bytes, and bits where there are such: `1256`, `8 bit 3, 2 bits wide`. */
function place({ bitOffset, bitSize }: Field): string {
  const byte = Math.floor(bitOffset / 8);
  return bitSize === 0 && bitOffset % 8 === 0 ? `${byte}` : `${byte} bit ${bitOffset % 8}, ${bitSize} wide`;
}
