/**
 * Goes through a function with what is known at each point (`known.ts`): over the dominator tree, so that what a branch says holds in all
 * that it leads to. Where there are loops it goes twice: what goes round is known the second time.
 */

import { graphOf } from "./canonical.ts";
import { Dominance } from "./dominance.ts";
import type { BlockId, Instruction, IrFunction, Target } from "./ir.ts";
import { full, Knowledge, type Range, union } from "./known.ts";
import { type Loop, naturalLoops } from "./loops.ts";
import { MemoryFacts } from "./memory.ts";
import { targets } from "./operands.ts";

/** What is done where. A visitor may change an instruction, or a terminator to one of its targets, in place. */
export interface Visitor {
  instruction?(block: BlockId, instruction: Instruction): void;
  terminator?(block: BlockId): void;
  /** An edge, with what its branch says known. */
  edge?(from: BlockId, side: number, target: Target): void;
}

export class KnowingWalk {
  readonly known: Knowledge;
  readonly facts: MemoryFacts;
  readonly loops: readonly Loop[];
  readonly #fn: IrFunction;
  readonly #dominance: Dominance;
  /** Edges into each block. */
  readonly incoming: readonly { readonly from: BlockId; readonly target: Target }[][];
  /** By target: the ranges of its arguments where the jump is. */
  readonly #passed = new Map<Target, Range[]>();

  constructor(fn: IrFunction) {
    this.#fn = fn;
    this.facts = new MemoryFacts(fn);
    this.known = new Knowledge(fn, this.facts);
    const graph = graphOf(fn);
    this.#dominance = new Dominance(graph);
    this.loops = naturalLoops(graph, this.#dominance);
    this.incoming = fn.blocks.map(() => []);
    for (const [id, block] of fn.blocks.entries()) {
      if (!this.#dominance.isReachable(id)) continue;
      for (const target of targets(block.terminator)) this.incoming[target.block]!.push({ from: id, target });
    }
  }

  dominates(a: BlockId, b: BlockId): boolean {
    return this.#dominance.dominates(a, b);
  }

  run(visitor: Visitor): void {
    if (this.loops.length > 0) this.#walk({});
    this.#walk(visitor);
  }

  #walk(visitor: Visitor): void {
    const { children } = this.#dominance;
    const stack = [{ id: 0, next: 0 }];
    this.#enter(0, visitor);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      // What meets at a block stands before it: children are in reverse postorder.
      const child = children[top.id]![top.next++];
      if (child !== undefined) {
        this.#enter(child, visitor);
        stack.push({ id: child, next: 0 });
      } else {
        this.known.leave();
        stack.pop();
      }
    }
  }

  #enter(id: BlockId, visitor: Visitor): void {
    this.known.enter();
    const block = this.#fn.blocks[id]!;
    const edges = this.incoming[id]!;
    if (edges.length === 1) this.#learn(edges[0]!);
    for (const [index, parameter] of block.parameters.entries()) {
      if (this.#fn.values[parameter] === "ptr") continue;
      let range: Range | null = null;
      for (const { target } of edges) {
        // A jump back that was not walked yet may bring anything.
        const passed = this.#passed.get(target)?.[index] ?? full(this.#fn.values[parameter]!);
        range = range === null ? passed : union(range, passed);
      }
      if (range !== null) this.known.setRange(parameter, range);
    }
    // A visitor may make constants, which are put in front of the entry.
    for (const instruction of [...block.instructions]) {
      this.known.define(instruction);
      visitor.instruction?.(id, instruction);
    }
    visitor.terminator?.(id);
    for (const [side, target] of targets(block.terminator).entries()) {
      this.known.enter();
      this.#learn({ from: id, target });
      const ranges = target.arguments.map((value) => this.known.range(value));
      this.#passed.set(target, ranges);
      visitor.edge?.(id, side, target);
      this.known.leave();
    }
  }

  /** What an edge says. (A branch that a visitor decided says nothing any more.) */
  #learn({ from, target }: { from: BlockId; target: Target }): void {
    const { terminator } = this.#fn.blocks[from]!;
    if (terminator.kind !== "branch") return;
    this.known.learn(terminator.condition, terminator.left, terminator.right, terminator.then === target);
  }
}
