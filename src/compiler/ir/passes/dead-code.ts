/** Drops instructions whose results nobody reads, and block parameters likewise. Loads are dropped too: see `isRemovable`. */

import type { Instruction, IrFunction, Target, Value } from "../ir.ts";
import { forEachOperand, forEachTerminatorOperand, isRemovable, mapTargets, resultOf, targets } from "../operands.ts";

/** True when something changed. */
export function removeDeadCode(fn: IrFunction): boolean {
  const needed = needs(fn);
  let changed = false;
  for (const block of fn.blocks) {
    const isNeeded = (instruction: Instruction): boolean => {
      const result = resultOf(instruction);
      return result === null || needed[result] === 1;
    };
    if (block.instructions.every(isNeeded)) continue;
    const kept = block.instructions.flatMap((instruction) => {
      if (isNeeded(instruction)) return [instruction];
      if (isRemovable(instruction)) return [];
      // The effect stays, the result goes: an atomic operation need not fetch then.
      return instruction.kind === "atomic" || instruction.kind === "call" ? [{ ...instruction, result: null }] : [instruction];
    });
    if (
      kept.length !== block.instructions.length ||
      kept.some((instruction, index) => instruction !== block.instructions[index])
    ) {
      block.instructions = kept;
      changed = true;
    }
  }

  const unread = fn.blocks.map((block) => block.parameters.map((parameter) => needed[parameter] === 0));
  if (!unread.some((list) => list.includes(true))) return changed;
  const trim = (target: Target): Target => ({
    block: target.block,
    arguments: target.arguments.filter((_, index) => !unread[target.block]![index]),
  });
  for (const [id, block] of fn.blocks.entries()) {
    block.terminator = mapTargets(block.terminator, trim);
    const kept = block.parameters.filter((_, index) => !unread[id]![index]);
    block.parameters.splice(0, block.parameters.length, ...kept);
  }
  return true;
}

/** By value: whether an effect or a decision depends on it, through instructions and parameters. */
function needs(fn: IrFunction): Uint8Array {
  const definitions = new Array<Instruction | null>(fn.values.length).fill(null);
  /** Of a parameter, its block; and which of the block's it is. */
  const home = new Int32Array(fn.values.length).fill(-1);
  const place = new Int32Array(fn.values.length);
  const needed = new Uint8Array(fn.values.length);
  const work: Value[] = [];
  const need = (value: Value): void => {
    if (needed[value] === 1) return;
    needed[value] = 1;
    work.push(value);
  };
  const incoming: Target[][] = fn.blocks.map(() => []);
  for (const block of fn.blocks) for (const target of targets(block.terminator)) incoming[target.block]!.push(target);
  for (const [id, block] of fn.blocks.entries()) {
    for (const [index, parameter] of block.parameters.entries()) {
      home[parameter] = id;
      place[parameter] = index;
    }
    for (const instruction of block.instructions) {
      const result = resultOf(instruction);
      if (result !== null) definitions[result] = instruction;
      if (!isRemovable(instruction)) forEachOperand(instruction, need);
    }
    const { terminator } = block;
    if (terminator.kind === "branch") {
      need(terminator.left);
      need(terminator.right);
    } else if (terminator.kind === "return") {
      forEachTerminatorOperand(terminator, need);
    }
  }
  for (let value = work.pop(); value !== undefined; value = work.pop()) {
    const definition = definitions[value];
    if (definition !== null && definition !== undefined) forEachOperand(definition, need);
    else if (home[value]! >= 0) for (const target of incoming[home[value]!]!) need(target.arguments[place[value]!]!);
  }
  return needed;
}
