/**
 * Leads an edge past a branch whose outcome the edge decides: the branch's block is copied for it, and goes on where the branch would. What the
 * block defines is then defined twice; who reads it further on reads what reaches it.
 */

import type { BlockId, Instruction, IrFunction, Target, Terminator, Value } from "../ir.ts";
import { mapOperands, mapTargets, resultOf, targets, withResult } from "../operands.ts";
import { replaceReads } from "../reaching.ts";

/** A block of at most so many instructions is copied. */
const MOST_COPIED = 4;

/** The edge from a block, by which of its targets, into a block whose branch then goes to `then` or not. */
export interface Thread {
  readonly from: BlockId;
  readonly side: number;
  readonly through: BlockId;
  readonly taken: boolean;
}

/** Whether the block is short enough to be copied, and does what may be done by a copy. */
export function isCopyable(fn: IrFunction, block: BlockId): boolean {
  const { instructions } = fn.blocks[block]!;
  // Where a helper is called matters to verifiers that track what each call made.
  return instructions.length <= MOST_COPIED && instructions.every(({ kind }) => kind !== "call" && kind !== "atomic");
}

/** Leads the edge on, when it still is as it was. True when something changed. */
export function thread(fn: IrFunction, { from, side, through, taken }: Thread): boolean {
  const source = fn.blocks[from]!;
  const edge = targets(source.terminator)[side];
  const block = fn.blocks[through]!;
  if (edge === undefined || edge.block !== through || block.terminator.kind !== "branch") return false;

  const copies = new Map<Value, Value>();
  for (const [index, parameter] of block.parameters.entries()) copies.set(parameter, edge.arguments[index]!);
  const copy = (value: Value): Value => copies.get(value) ?? value;
  const instructions = block.instructions.map((instruction): Instruction => {
    const mapped = mapOperands(instruction, copy);
    const result = resultOf(instruction);
    if (result === null) return mapped;
    const fresh = fn.values.push(fn.values[result]!) - 1;
    copies.set(result, fresh);
    return withResult(mapped, fresh);
  });
  const next = taken ? block.terminator.then : block.terminator.else;
  const made =
    fn.blocks.push({
      parameters: [],
      instructions,
      terminator: {
        kind: "jump",
        target: { block: next.block, arguments: next.arguments.map(copy) },
        location: block.terminator.location,
      },
    }) - 1;
  source.terminator = redirect(source.terminator, side, { block: made, arguments: [] });
  const copied = new Set([through, made]);
  for (const [value, other] of copies) {
    const places = new Map([
      [through, value],
      [made, other],
    ]);
    replaceReads(fn, value, places, copied);
  }
  return true;
}

function redirect(terminator: Terminator, side: number, target: Target): Terminator {
  let index = 0;
  return mapTargets(terminator, (given) => (index++ === side ? target : given));
}
