/** Register allocation: from virtual registers to r0 … r9 and the frame. */

import { color } from "./color.ts";
import { commute } from "./commute.ts";
import { CodegenError } from "./errors.ts";
import { removeDeadCode } from "./flow.ts";
import { Interference } from "./interference.ts";
import { FIRST_VIRTUAL, isSpill, type MachineFunction, mapEnd, mapPlaces, type Register } from "./machine.ts";
import { rematerializable, spill } from "./spill.ts";

/** Spilling shortens what lives long, so few rounds settle it; this many mean a fault in the allocator. */
const MOST_ROUNDS = 64;

/** Making a value anew costs an instruction where reloading costs one too, but never a store nor frame bytes. */
const ANEW_DISCOUNT = 0.25;

/** Changes `fn` in place: afterwards its places are r0 … r9 and spills. */
export function allocate(fn: MachineFunction): void {
  removeDeadCode(fn);
  commute(fn);
  const temporary = new Set<Register>();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    removeDeadCode(fn);
    const graph = new Interference(fn);
    const anew = rematerializable(fn);
    const cost = graph.weight.map((weight, register) => {
      if (temporary.has(register)) return Number.POSITIVE_INFINITY;
      return anew.has(register) ? weight * ANEW_DISCOUNT : weight;
    });
    const { colors, spilled } = color(graph, cost);
    if (spilled.length > 0) {
      spill(fn, spilled, temporary);
      continue;
    }
    const place = (register: number): number => (isSpill(register) ? register : colors[register]!);
    for (const block of fn.blocks) {
      block.code = block.code.map((instruction) => mapPlaces(instruction, place));
      block.end = mapEnd(block.end, place);
    }
    fn.registers = FIRST_VIRTUAL;
    return;
  }
  throw new CodegenError(fn.name, `register allocation did not settle in ${MOST_ROUNDS} rounds`);
}
