/** Orders of blocks, predecessors, and the canonical numbering of a function. */

import type { Block, BlockId, Instruction, IrFunction, Type, Value } from "./ir.ts";
import { mapOperands, mapTargets, mapTerminator, resultOf, targets, withResult } from "./operands.ts";

/**
 * The reachable blocks, every block before the blocks it leads to, loops aside. Of a branch, the `then` side comes
 * directly after it where the graph allows.
 */
export function reversePostorder(fn: Pick<IrFunction, "blocks">): BlockId[] {
  const order: BlockId[] = [];
  const seen = new Uint8Array(fn.blocks.length);
  // An explicit stack: a long chain of `if` must not overflow ours.
  const stack: { block: BlockId; successors: readonly BlockId[]; next: number }[] = [];
  const enter = (block: BlockId): void => {
    seen[block] = 1;
    // The side visited last comes first in the reverse.
    const successors = targets(fn.blocks[block]!.terminator)
      .map((target) => target.block)
      .reverse();
    stack.push({ block, successors, next: 0 });
  };
  enter(0);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const successor = top.successors[top.next++];
    if (successor === undefined) {
      order.push(top.block);
      stack.pop();
    } else if (seen[successor] === 0) enter(successor);
  }
  return order.reverse();
}

/** Blocks that lead to each block, ascending; a branch with both sides to one block is listed once. */
export function predecessors(fn: Pick<IrFunction, "blocks">): BlockId[][] {
  const lists: BlockId[][] = fn.blocks.map(() => []);
  for (const [id, block] of fn.blocks.entries()) {
    for (const target of targets(block.terminator)) {
      const list = lists[target.block]!;
      if (list.at(-1) !== id) list.push(id);
    }
  }
  return lists;
}

/**
 * The function without unreachable blocks, with blocks in reverse postorder and values numbered in the order in which
 * they are defined. Two functions that differ in numbering alone become equal.
 */
export function canonical(fn: IrFunction): IrFunction {
  const order = reversePostorder(fn);
  const placeOf = new Map<BlockId, BlockId>(order.map((block, index) => [block, index]));
  const values: Type[] = [];
  const numberOf = new Map<Value, Value>();
  const define = (value: Value): Value => {
    const number = values.length;
    numberOf.set(value, number);
    values.push(fn.values[value]!);
    return number;
  };
  const use = (value: Value): Value => numberOf.get(value) ?? -1;

  const parameters = fn.parameters.map(define);
  // Two walks: a loop's block may read what a block later in the order defines only through its parameters, but a
  // terminator's arguments may name values that the walk has not met.
  const defined = order.map((id) => {
    const block = fn.blocks[id]!;
    return {
      block,
      parameters: block.parameters.map(define),
      results: block.instructions.map((instruction) => {
        const result = resultOf(instruction);
        return result === null ? null : define(result);
      }),
    };
  });
  const blocks = defined.map(({ block, parameters, results }): Block => {
    const instructions = block.instructions.map((instruction, index): Instruction => {
      const result = results[index];
      const mapped = mapOperands(instruction, use);
      return result === null || result === undefined ? mapped : withResult(mapped, result);
    });
    const terminator = mapTargets(mapTerminator(block.terminator, use), (target) => ({
      block: placeOf.get(target.block) ?? -1,
      arguments: target.arguments,
    }));
    return { parameters, instructions, terminator };
  });
  return { name: fn.name, parameters, result: fn.result, blocks, values, slots: fn.slots };
}
