/** Drops instructions whose results nobody reads, and block parameters likewise. Loads are dropped too: see `isRemovable`. */

import type { IrFunction, Target, Value } from "../ir.ts";
import { forEachOperand, forEachTerminatorOperand, isRemovable, mapTargets, resultOf, targets } from "../operands.ts";

/** True when something changed. */
export function removeDeadCode(fn: IrFunction): boolean {
  const needed = needs(fn);
  let changed = false;
  for (const block of fn.blocks) {
    const kept = block.instructions.flatMap((instruction) => {
      const result = resultOf(instruction);
      if (result === null || needed.has(result)) return [instruction];
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

  const unread = fn.blocks.map((block) => block.parameters.map((parameter) => !needed.has(parameter)));
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

/** Every value that an effect or a decision depends on, through instructions and parameters. */
function needs(fn: IrFunction): Set<Value> {
  const definitions = new Map<Value, () => void>();
  const needed = new Set<Value>();
  const work: Value[] = [];
  const need = (value: Value): void => {
    if (needed.has(value)) return;
    needed.add(value);
    work.push(value);
  };
  const incoming: Target[][] = fn.blocks.map(() => []);
  for (const block of fn.blocks) for (const target of targets(block.terminator)) incoming[target.block]!.push(target);
  for (const [id, block] of fn.blocks.entries()) {
    for (const [index, parameter] of block.parameters.entries()) {
      definitions.set(parameter, () => {
        for (const target of incoming[id]!) need(target.arguments[index]!);
      });
    }
    for (const instruction of block.instructions) {
      const result = resultOf(instruction);
      if (result !== null) definitions.set(result, () => forEachOperand(instruction, need));
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
  for (let value = work.pop(); value !== undefined; value = work.pop()) definitions.get(value)?.();
  return needed;
}
