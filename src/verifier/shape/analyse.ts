/** A program's control flow, put together. */

import type { Program } from "../program.ts";
import { controlFlow } from "./check.ts";
import { componentsOf } from "./components.ts";
import type { Flow } from "./flow.ts";
import { liveRegisters } from "./live-registers.ts";
import { LD_IMM64 } from "./opcodes.ts";
import { postorder, successorsOf } from "./successors.ts";

/**
 * @param program of which `checkShape` found nothing to refuse.
 * @throws Refused when it was not asked.
 */
export function analyseFlow(program: Program): Flow {
  const marks = controlFlow(program);
  const { code, subprograms } = program;
  const successors = successorsOf(code);
  const orders = subprograms.map(({ start, end }) => postorder(successors, start, end));
  const isSecond = (slot: number): boolean => slot > 0 && code.opcode[slot] === 0 && code.opcode[slot - 1] === LD_IMM64;
  const component = componentsOf(successors, program.target.callbacksAreLoops ? marks.callsCallback : null, isSecond);
  return {
    ...marks,
    successors,
    postorders: orders,
    liveRegisters: liveRegisters(program, successors, orders),
    component,
    hasLoops: component.some((number) => number !== 0),
  };
}
