/**
 * Checks the packet's end once for several headers: where a check is followed by one that reaches farther from the same pointer, and
 * whatever fails between them goes to the same place, the first may as well reach as far as the second, which is then known to hold.
 *
 * A packet that ends between the two goes there either way: so nothing may happen in between but what nobody sees.
 */

import { graphOf } from "../canonical.ts";
import { predecessors } from "../graph.ts";
import type { BlockId, Condition, IrFunction, Target, Value } from "../ir.ts";
import { MemoryFacts } from "../memory.ts";
import { branchOf, isRemovable } from "../operands.ts";
import { ConstantPool, gatherConstants } from "./constants.ts";

/** True when something changed. The second check stays, for `known-branches.ts` to decide. */
export function combinePacketChecks(fn: IrFunction): boolean {
  const gathered = gatherConstants(fn);
  const facts = new MemoryFacts(fn);
  const incoming = predecessors(graphOf(fn));
  const constants = new ConstantPool(fn);
  let changed = false;
  for (const [id, block] of fn.blocks.entries()) {
    const check = checkOf(fn, facts, id);
    if (check === null) continue;
    const farther = follow(fn, facts, incoming, check);
    if (farther <= check.offset) continue;
    const { terminator } = block;
    if (terminator.kind !== "branch") continue;
    const reach = constants.value("i64", BigInt(farther));
    const result = fn.values.push("ptr") - 1;
    const { location } = terminator;
    block.instructions.push({ kind: "binary", op: "add", result, left: check.root, right: reach, location });
    block.terminator = branchOf(terminator.condition, result, terminator.right, terminator.then, terminator.else, location);
    changed = true;
  }
  return changed || gathered;
}

interface Check {
  readonly root: Value;
  readonly end: Value;
  readonly offset: number;
  readonly present: Target;
  readonly absent: Target;
}

/** A block's branch as the check that bytes up to an offset are in the packet. */
function checkOf(fn: IrFunction, facts: MemoryFacts, id: BlockId): Check | null {
  const { terminator } = fn.blocks[id]!;
  if (terminator.kind !== "branch" || fn.values[terminator.left] !== "ptr") return null;
  const beyond: Condition = "ugt";
  if (terminator.condition !== beyond && terminator.condition !== "ule") return null;
  const end = facts.definition(terminator.right);
  if (end?.kind !== "load" || end.width !== 4 || facts.origin(terminator.left).kind !== "packet") return null;
  const { root, offset } = facts.base(terminator.left);
  const [absent, present] =
    terminator.condition === beyond ? [terminator.then, terminator.else] : [terminator.else, terminator.then];
  return { root, end: terminator.right, offset, present, absent };
}

/** How far later checks reach that the first may take on. */
function follow(fn: IrFunction, facts: MemoryFacts, incoming: readonly (readonly BlockId[])[], first: Check): number {
  let farthest = first.offset;
  let at = first.present.block;
  for (const seen = new Set<BlockId>(); !seen.has(at) && incoming[at]!.length === 1; ) {
    seen.add(at);
    const { instructions, terminator } = fn.blocks[at]!;
    if (!instructions.every(isRemovable)) return farthest;
    if (terminator.kind === "jump") {
      at = terminator.target.block;
      continue;
    }
    if (terminator.kind === "return") return farthest;
    const check = checkOf(fn, facts, at);
    if (check !== null && check.root === first.root && check.end === first.end) {
      if (!isSame(check.absent, first.absent)) return farthest;
      farthest = Math.max(farthest, check.offset);
      at = check.present.block;
    } else if (isSame(terminator.then, first.absent)) at = terminator.else.block;
    else if (isSame(terminator.else, first.absent)) at = terminator.then.block;
    else return farthest;
  }
  return farthest;
}

function isSame(a: Target, b: Target): boolean {
  return a.block === b.block && a.arguments.every((argument, index) => argument === b.arguments[index]);
}
