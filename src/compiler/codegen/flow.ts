/** Data flow over machine code: liveness of registers, and dropping what nobody reads. */

import { BitSet } from "../ir/bit-set.ts";
import { type Liveness, solveLiveness } from "../ir/liveness.ts";
import {
  forEachDefinition,
  forEachTerminatorUse,
  forEachUse,
  isPureOperation,
  isSpill,
  type MachineFunction,
  type MachineInstruction,
  machineGraph,
  type Place,
  spillOf,
} from "./machine.ts";

/** Liveness of registers, physical and virtual. Spilled places are not registers. */
export function registerLiveness(fn: MachineFunction): Liveness {
  return placeLiveness(fn, fn.registers, (place) => (isSpill(place) ? null : place));
}

/** Liveness of whatever `number` maps places to; null for places that do not count. */
export function placeLiveness(fn: MachineFunction, size: number, number: (place: Place) => number | null): Liveness {
  const used = fn.blocks.map(() => new BitSet(size));
  const defined = fn.blocks.map(() => new BitSet(size));
  for (const [id, block] of fn.blocks.entries()) {
    const use = (place: Place): void => {
      const element = number(place);
      if (element !== null && !defined[id]!.has(element)) used[id]!.add(element);
    };
    const define = (place: Place): void => {
      const element = number(place);
      if (element !== null) defined[id]!.add(element);
    };
    for (const instruction of block.code) {
      forEachUse(instruction, use);
      forEachDefinition(instruction, define);
    }
    forEachTerminatorUse(block.end, use);
  }
  return solveLiveness(machineGraph(fn), used, defined, size);
}

/**
 * Walks a block backwards: `visit` sees each instruction with what is live after it. `live` begins as what is live after the
 * block, and is changed.
 */
export function walkBackwards(
  block: { readonly code: readonly MachineInstruction[]; readonly end: MachineFunction["blocks"][number]["end"] },
  live: BitSet,
  visit: (instruction: MachineInstruction, index: number, live: BitSet) => void,
): void {
  const use = (place: Place): void => {
    if (!isSpill(place)) live.add(place);
  };
  const define = (place: Place): void => {
    if (!isSpill(place)) live.delete(place);
  };
  forEachTerminatorUse(block.end, use);
  for (let index = block.code.length - 1; index >= 0; index--) {
    const instruction = block.code[index]!;
    visit(instruction, index, live);
    forEachDefinition(instruction, define);
    forEachUse(instruction, use);
  }
}

/** Removes operations and moves whose results nobody reads, spilled values among them; what becomes unread by that too. */
export function removeDeadCode(fn: MachineFunction): void {
  const number = (place: Place): number => (isSpill(place) ? fn.registers + spillOf(place) : place);
  for (let changed = true; changed; ) {
    changed = false;
    const live = placeLiveness(fn, fn.registers + fn.spills, number);
    for (const [id, block] of fn.blocks.entries()) {
      const kept: MachineInstruction[] = [];
      const after = live.out[id]!.copy();
      const read = (place: Place): boolean => after.has(number(place));
      forEachTerminatorUse(block.end, (place) => after.add(number(place)));
      for (let index = block.code.length - 1; index >= 0; index--) {
        let instruction = block.code[index]!;
        if (instruction.kind === "move") {
          const moves = instruction.moves.filter(({ to, from }) => read(to) && !(from.kind === "place" && from.place === to));
          if (moves.length < instruction.moves.length) {
            changed = true;
            if (moves.length === 0) continue;
            instruction = { ...instruction, moves };
          }
        } else if (isPureOperation(instruction)) {
          let needed = false;
          forEachDefinition(instruction, (place) => {
            if (read(place)) needed = true;
          });
          if (!needed) {
            changed = true;
            continue;
          }
        }
        kept.push(instruction);
        forEachDefinition(instruction, (place) => after.delete(number(place)));
        forEachUse(instruction, (place) => after.add(number(place)));
      }
      block.code = kept.reverse();
    }
  }
}
