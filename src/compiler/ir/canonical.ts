/** The canonical form of a function, and its control flow as a graph. */

import { type Graph, reversePostorder } from "./graph.ts";
import type { Block, BlockId, Instruction, IrFunction, Type, Value } from "./ir.ts";
import { mapOperands, mapTargets, mapTerminator, resultOf, targets, withResult } from "./operands.ts";

/** Successors of each block, the taken side of a branch first. */
export function graphOf(fn: Pick<IrFunction, "blocks">): Graph {
  return fn.blocks.map((block) => targets(block.terminator).map((target) => target.block));
}

/**
 * The function without unreachable blocks, with blocks in reverse postorder and values numbered in the order in which
 * they are defined. Two functions that differ in numbering alone become equal.
 */
export function canonical(fn: IrFunction): IrFunction {
  const order = reversePostorder(graphOf(fn));
  const placeOf = new Map<BlockId, BlockId>(order.map((block, index) => [block, index]));
  const values: Type[] = [];
  const numberOf = new Int32Array(fn.values.length).fill(-1);
  const define = (value: Value): Value => {
    const number = values.length;
    numberOf[value] = number;
    values.push(fn.values[value]!);
    return number;
  };
  const use = (value: Value): Value => numberOf[value] ?? -1;

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
      arguments: [...target.arguments], // passes change these lists in place
    }));
    return { parameters, instructions, terminator };
  });
  return { name: fn.name, parameters, result: fn.result, blocks, values, slots: [...fn.slots] };
}
