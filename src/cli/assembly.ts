/** Instructions of a program as text, in the kernel's notation, each under the source line it came from. */

import { print } from "../isa/print.ts";
import { instructionsOf } from "../object/requirements/instructions.ts";
import type { ProgramSpec } from "../object/spec.ts";
import { helperName } from "../uapi/helpers.ts";
import type { Style } from "./terminal.ts";
import { counted } from "./terminal.ts";

/** Listing by slot; references to maps and externs are names, what CO-RE will change is noted. */
export function assembly(program: ProgramSpec, style: Style): string {
  const references = new Map<number, string>(
    program.relocations.map(({ slot, map, offset, kind }) => [slot, kind === "map" ? `map ${map}` : `map ${map}[0] + ${offset}`]),
  );
  const calls = new Map<number, string>();
  for (const { slot, kind, name } of program.externs ?? []) {
    if (kind === "call") calls.set(slot, name);
    else references.set(slot, `extern ${name}`);
  }
  const core = new Map((program.core ?? []).map((relocation) => [relocation.slot, relocation]));
  const lines = new Map(program.lines.map((line) => [line.slot, line]));
  const functions = new Map(program.functions.map(({ slot, name }) => [slot, name]));
  const out = [
    `${style.bold(program.name)} ${style.dim(`${program.section}, ${counted(program.code.length / 8, "instruction")}`)}`,
  ];
  let shown = "";
  for (const [slot, instruction] of instructionsOf(program.code)) {
    const name = functions.get(slot);
    if (name !== undefined && slot > 0) out.push(style.bold(`${name}:`));
    const line = lines.get(slot);
    const place = line === undefined ? "" : `${line.file}:${line.line}`;
    if (line !== undefined && place !== shown) {
      out.push(style.dim(`; ${line.text} @ ${place}`));
      shown = place;
    }
    const reference = references.get(slot);
    const called = calls.get(slot);
    let text = print(instruction, { helperName });
    if (reference !== undefined) text = `r${instruction.dst} = ${reference}`;
    else if (called !== undefined) text = `call ${called}`;
    const relocation = core.get(slot);
    if (relocation !== undefined)
      text += style.dim(`  ; CO-RE ${relocation.kind} of type ${relocation.type} at ${relocation.access}`);
    out.push(`${String(slot).padStart(4)}: ${text}`);
  }
  return `${out.join("\n")}\n`;
}
