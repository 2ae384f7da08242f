/**
 * Computes once what is computed again where the first result is at hand: global value numbering over the dominator tree. Pure
 * instructions only; loads are `redundant-loads.ts`'s.
 */

import { graphOf } from "../canonical.ts";
import { Dominance } from "../dominance.ts";
import type { BlockId, Instruction, IrFunction, Value } from "../ir.ts";
import { isPure, mapOperands, mapTerminator, resultOf } from "../operands.ts";
import { printInstruction } from "../print.ts";

/** True when something changed. */
export function numberValues(fn: IrFunction): boolean {
  const dominance = new Dominance(graphOf(fn));
  const replacement = new Map<Value, Value>();
  const resolve = (value: Value): Value => replacement.get(value) ?? value;
  const known = new Map<string, Value>();

  const visit = (id: BlockId): string[] => {
    const block = fn.blocks[id]!;
    const added: string[] = [];
    const kept: Instruction[] = [];
    for (const original of block.instructions) {
      const instruction = mapOperands(original, resolve);
      const result = resultOf(instruction);
      if (result === null || !isPure(instruction)) {
        kept.push(instruction);
        continue;
      }
      // The text without the result says all there is but the type.
      const key = `${fn.values[result]} ${printInstruction(instruction)}`;
      const same = known.get(key);
      if (same !== undefined) {
        replacement.set(result, same);
        continue;
      }
      known.set(key, result);
      added.push(key);
      kept.push(instruction);
    }
    block.instructions = kept;
    block.terminator = mapTerminator(block.terminator, resolve);
    return added;
  };

  // A walk over the tree that forgets, on leaving a block, what only it dominates.
  const stack = [{ id: 0, next: 0, added: visit(0) }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const child = dominance.children[top.id]![top.next++];
    if (child !== undefined) {
      stack.push({ id: child, next: 0, added: visit(child) });
    } else {
      for (const key of top.added) known.delete(key);
      stack.pop();
    }
  }
  if (replacement.size === 0) return false;
  // Arguments that go around loops were mapped before their definitions were seen.
  for (const block of fn.blocks) {
    block.instructions = block.instructions.map((instruction) => mapOperands(instruction, resolve));
    block.terminator = mapTerminator(block.terminator, resolve);
  }
  return true;
}
