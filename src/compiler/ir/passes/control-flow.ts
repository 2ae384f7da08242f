/**
 * Simplifies the graph of blocks: drops unreachable ones, joins a block with its only successor's only predecessor, sends jumps
 * past blocks that only pass on, and decides a branch on a constant argument for each jump that brings one.
 *
 * Branches that remain are never moved or merged: verifiers learn bounds from them where they stand.
 */

import { evaluateCondition } from "../arithmetic.ts";
import { graphOf } from "../canonical.ts";
import { Dominance } from "../dominance.ts";
import { predecessors, reversePostorder } from "../graph.ts";
import type { Block, BlockId, IrFunction, Target, Terminator, Value } from "../ir.ts";
import { naturalLoops } from "../loops.ts";
import { forEachOperand, forEachTerminatorOperand, mapOperands, mapTargets, mapTerminator, targets } from "../operands.ts";
import { ConstantPool, gatherConstants } from "./constants.ts";

/** Endless loops of empty blocks could be sent around for ever. */
const MOST_ROUNDS = 32;

/** True when something changed. Constants are gathered afterwards; emptied blocks may remain, unreachable. */
export function simplifyControlFlow(fn: IrFunction): boolean {
  let changed = gatherConstants(fn);
  for (let round = 0, again = true; again && round < MOST_ROUNDS; round++) {
    again = foldSameTargets(fn);
    again = threadJumps(fn) || again;
    again = shareReturns(fn) || again;
    again = joinStraightLines(fn) || again;
    changed ||= again;
  }
  return changed;
}

/** A branch whose sides are one is a jump. */
function foldSameTargets(fn: IrFunction): boolean {
  let changed = false;
  for (const block of fn.blocks) {
    const { terminator } = block;
    if (terminator.kind !== "branch" || !sameTarget(terminator.then, terminator.else)) continue;
    block.terminator = { kind: "jump", target: terminator.then, location: terminator.location };
    changed = true;
  }
  return changed;
}

function sameTarget(a: Target, b: Target): boolean {
  return a.block === b.block && a.arguments.every((argument, index) => argument === b.arguments[index]);
}

/**
 * Redirects edges into blocks without instructions, where the edge decides how the block goes on. Going around such a block must
 * leave its parameters defined wherever they are read: in its own terminator alone (then all else that its successors read is
 * defined above it, and so above the edge's source), or else only beyond its other side, which is entered through it alone.
 */
function threadJumps(fn: IrFunction): boolean {
  if (!fn.blocks.some(({ instructions, terminator }) => instructions.length === 0 && terminator.kind !== "return")) return false;
  const constants = new ConstantPool(fn);
  const graph = graphOf(fn);
  const dominance = new Dominance(graph);
  const headers = new Set(naturalLoops(graph, dominance).map(({ header }) => header));
  const readers = outsideReaders(fn);
  const entered = new Uint32Array(fn.blocks.length);
  for (const id of dominance.order) for (const successor of graph[id]!) entered[successor]!++;
  let changed = false;
  // What dominates what is known for the graph as it was. A path of the graph as it is now is one of those with the blocks left
  // out that edges were led past: whatever else stood on every path to a reader stands there still.
  const passed = new Uint8Array(fn.blocks.length);
  const forward = (from: BlockId, target: Target): Target => {
    const block = fn.blocks[target.block]!;
    if (block.instructions.length > 0) return target;
    // A loop keeps its one entry: engines translate loops with several badly, and old kernels refuse some.
    if (headers.has(target.block) && !dominance.dominates(target.block, from)) return target;
    const bind = (value: Value): Value => {
      const index = block.parameters.indexOf(value);
      return index === -1 ? value : target.arguments[index]!;
    };
    const next = decide(mapTerminator(block.terminator, bind), fn, constants);
    if (next === null || next.block === target.block) return target;
    const outside = readers[target.block]!;
    if (outside.length > 0) {
      const other = targets(block.terminator).find(({ block }) => block !== next.block)?.block;
      if (other === undefined || entered[other] !== 1 || passed[other] === 1) return target;
      if (!outside.every((reader) => dominance.dominates(other, reader))) return target;
    }
    changed = true;
    passed[target.block] = 1;
    entered[next.block]!++;
    return { block: next.block, arguments: [...next.arguments] };
  };
  for (const id of dominance.order) {
    const block = fn.blocks[id]!;
    block.terminator = mapTargets(block.terminator, (target) => forward(id, target));
  }
  return changed;
}

/** Where the terminator certainly goes, or null. */
function decide(terminator: Terminator, fn: IrFunction, constants: ConstantPool): Target | null {
  if (terminator.kind === "jump") return terminator.target;
  if (terminator.kind === "return") return null;
  const left = constants.number(terminator.left);
  const right = constants.number(terminator.right);
  if (left === null || right === null) return null;
  const bits = fn.values[terminator.left] === "i32" ? 32 : 64;
  return evaluateCondition(terminator.condition, bits, left, right) ? terminator.then : terminator.else;
}

/** Of each block, the reachable blocks that read its parameters, itself only when an instruction does. */
function outsideReaders(fn: IrFunction): readonly (readonly BlockId[])[] {
  const home = new Map<Value, BlockId>();
  for (const [id, block] of fn.blocks.entries()) for (const parameter of block.parameters) home.set(parameter, id);
  const readers: BlockId[][] = fn.blocks.map(() => []);
  for (const id of reversePostorder(graphOf(fn))) {
    const block = fn.blocks[id]!;
    const read = (value: Value): void => {
      const owner = home.get(value);
      if (owner !== undefined && readers[owner]!.at(-1) !== id) readers[owner]!.push(id);
    };
    for (const instruction of block.instructions) forEachOperand(instruction, read);
    forEachTerminatorOperand(block.terminator, (value) => {
      if (home.get(value) !== id) read(value);
    });
  }
  return readers;
}

/** Blocks that do nothing but return the same value become one. */
function shareReturns(fn: IrFunction): boolean {
  const returns = fn.blocks.filter(({ instructions, terminator }) => instructions.length === 0 && terminator.kind === "return");
  if (returns.length < 2) return false;
  const first = new Map<Value | null, BlockId>();
  const replacement = new Map<BlockId, BlockId>();
  for (const id of reversePostorder(graphOf(fn))) {
    const { instructions, parameters, terminator } = fn.blocks[id]!;
    if (id === 0 || terminator.kind !== "return" || instructions.length > 0 || parameters.length > 0) continue;
    const known = first.get(terminator.value);
    if (known === undefined) first.set(terminator.value, id);
    else replacement.set(id, known);
  }
  if (replacement.size === 0) return false;
  for (const block of fn.blocks) {
    block.terminator = mapTargets(block.terminator, (target) => {
      const other = replacement.get(target.block);
      return other === undefined ? target : { block: other, arguments: [] };
    });
  }
  return true;
}

/** Appends a block to its only predecessor, when that leads nowhere else. */
function joinStraightLines(fn: IrFunction): boolean {
  if (!fn.blocks.some(({ terminator }) => terminator.kind === "jump")) return false;
  const graph = graphOf(fn);
  const reachable = new Set(reversePostorder(graph));
  const incoming = predecessors(graph).map((list) => list.filter((block) => reachable.has(block)));
  const replacement = new Map<Value, Value>();
  const resolve = (value: Value): Value => {
    let end = value;
    for (let next = replacement.get(end); next !== undefined; next = replacement.get(end)) end = next;
    return end;
  };
  const absorbed = new Set<BlockId>();
  for (const id of reachable) {
    if (absorbed.has(id)) continue;
    const block: Block = fn.blocks[id]!;
    for (;;) {
      const { terminator } = block;
      if (terminator.kind !== "jump") break;
      const next = terminator.target.block;
      if (next === id || next === 0 || incoming[next]!.length !== 1) break;
      const joined = fn.blocks[next]!;
      for (const [index, parameter] of joined.parameters.entries()) {
        replacement.set(parameter, terminator.target.arguments[index]!);
      }
      block.instructions.push(...joined.instructions);
      block.terminator = joined.terminator;
      absorbed.add(next);
      // Nothing leads to it any more; it keeps no instructions that would define values twice.
      fn.blocks[next] = { parameters: [], instructions: [], terminator: { kind: "return", value: null, location: null } };
      for (const target of targets(block.terminator)) {
        incoming[target.block] = incoming[target.block]!.map((from) => (from === next ? id : from));
      }
    }
  }
  if (absorbed.size === 0) return false;
  if (replacement.size === 0) return true;
  for (const block of fn.blocks) {
    block.instructions = block.instructions.map((instruction) => mapOperands(instruction, resolve));
    block.terminator = mapTerminator(block.terminator, resolve);
  }
  return true;
}
