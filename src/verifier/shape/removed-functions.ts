/**
 * Functions that no path comes to are taken out of the program after the walk; their addresses stay. Which makes the kernel fail at the
 * program's end, without a word of the log: the translation finds no function where such an address points (`jit_subprogs`), unless a
 * function that stays comes after it, whose address it then is. A program of one function that is left is not looked at.
 */

import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";
import { LD_IMM64, PSEUDO_FUNC } from "./opcodes.ts";

/** The kernel says of its own faults what they are. Since 6.16. */
const TOLD_SINCE = 616;

/** @param visits how often each slot was walked. @throws Refused */
export function checkRemovedFunctions({ code, subprograms, era }: Program, visits: Uint32Array): void {
  let last = 0;
  for (const { index, start } of subprograms) if (visits[start] !== 0) last = index;
  if (last === 0) return;
  for (let slot = 0; slot < code.length; slot++) {
    if (code.opcode[slot] !== LD_IMM64 || code.src[slot] !== PSEUDO_FUNC || visits[slot] === 0) continue;
    const target = slot + 1 + code.imm[slot]!;
    if (target < subprograms[last]!.start + 1) continue;
    refuse(era >= TOLD_SINCE ? `verifier bug: No program to jit at insn ${target} (subprog < 0)` : "", "EFAULT", slot);
  }
}
