/** Trying a suggestion: its instructions are put into the program, and the verifier looks at the result. */

import { assemble } from "../../isa/assemble.ts";
import { encode } from "../../isa/encode.ts";
import { SLOT_SIZE } from "../../isa/instruction.ts";
import type { ProgramSpec } from "../../object/spec.ts";
import { insertInstructions } from "./insert.ts";
import { leavingOf } from "./leaving.ts";
import type { Fix } from "./rules/rule.ts";

/** Whether the verifier accepts a program. */
export type Accepts = (program: ProgramSpec) => boolean;

/** True when the program passes with it, false when it does not, null when it cannot be tried. */
export function tryFix(fix: Fix, program: ProgramSpec, accepts: Accepts): boolean | null {
  const patched = patch(fix, program);
  if (patched === null) return null;
  try {
    return accepts(patched);
  } catch {
    // A verifier that fails at the patched program says nothing of the suggestion.
    return null;
  }
}

function patch(fix: Fix, program: ProgramSpec): ProgramSpec | null {
  if (fix.code === "") return null;
  const leaves = /goto exit/.test(fix.code);
  // The way out stands behind the check: `goto next; leave: r0 = …; exit; next:`.
  const way = leaves ? `\ngoto next\nleave: r0 = ${leavingOf(program.type).value}\nexit` : "";
  const text = `${fix.code.replaceAll("goto exit", "goto leave")}${way}\nnext:`;
  try {
    const code = encode(assemble(located(text, fix.slot)));
    const patched = insertInstructions(program, fix.slot, code);
    if (fix.replaces === true) patched?.code.set(NOTHING, fix.slot * SLOT_SIZE + code.length);
    return patched;
  } catch {
    return null;
  }
}

/** `goto pc+0` */
const NOTHING = [0x05, 0, 0, 0, 0, 0, 0, 0];

/** `goto @N`: to the instruction that is at slot N of the program as it was. */
function located(text: string, slot: number): string {
  const lines = text.split("\n");
  const count = lines.filter((line) => !/^\s*\w+:\s*$/.test(line)).length;
  let at = 0;
  return lines
    .map((line) => {
      const moved = line.replace(/goto @(\d+)/, (_, target: string) => {
        const to = Number(target) > slot ? Number(target) + count : Number(target);
        const distance = to - slot - at - 1;
        return `goto pc${distance < 0 ? "" : "+"}${distance}`;
      });
      if (!/^\s*\w+:\s*$/.test(line)) at++;
      return moved;
    })
    .join("\n");
}
