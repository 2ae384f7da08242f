/** What a fault says, whoever ran the program: which instruction, where it came from, what was wrong with it. */

import { print } from "../../isa/print.ts";
import { lineAt } from "../../object/lines.ts";
import { helperName } from "../../uapi/helpers.ts";
import { FaultError } from "../errors.ts";
import { instructionAt, type PreparedProgram } from "./program.ts";

/** `firewall, slot 5 (firewall.bpf.ts:22), r1 = *(u16 *)(r6 +12): why` */
export function faultAt(program: PreparedProgram, slot: number, why: string): FaultError {
  const { name, lines } = program;
  const instruction = instructionAt(program, slot);
  const text = instruction === undefined ? "?" : print(instruction, { helperName });
  const line = lineAt(lines, slot);
  const where = line === null ? "" : ` (${line.file}:${line.line})`;
  return new FaultError(name, slot, `${name}, slot ${slot}${where}, ${text}: ${why}`);
}
