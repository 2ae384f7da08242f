/**
 * Decides branches and comparisons by what is known where they stand: by the range of what is compared, by a branch on the same values
 * before, or, for the end of a packet, by a check that reached farther (or failed sooner) from the same pointer. Where only some of
 * the edges into a block decide its branch, those are led past it (`threading.ts`).
 */

import type { BlockId, Instruction, IrFunction, Target, Value } from "../ir.ts";
import { KnowingWalk } from "../knowing-walk.ts";
import { mapOperands } from "../operands.ts";
import { ConstantPool, gatherConstants } from "./constants.ts";
import { isCopyable, type Thread, thread } from "./threading.ts";

/** True when something changed. Constants are gathered afterwards; what is no longer reached remains, unreachable. */
export function decideBranches(fn: IrFunction): boolean {
  const gathered = gatherConstants(fn);
  return new Decider(fn).run() || gathered;
}

/** What one round leads past. Each copies a block, and may make more to lead past. */
const MOST_THREADS = 16;

type Compare = Extract<Instruction, { kind: "compare" }>;

class Decider {
  readonly #fn: IrFunction;
  readonly #walk: KnowingWalk;
  readonly #constants: ConstantPool;
  readonly #threads: Thread[] = [];
  #changed = false;

  constructor(fn: IrFunction) {
    this.#fn = fn;
    this.#constants = new ConstantPool(fn);
    this.#walk = new KnowingWalk(fn);
  }

  run(): boolean {
    const { known } = this.#walk;
    this.#walk.run({
      instruction: (block, instruction) => {
        if (instruction.kind !== "compare") return;
        const holds = known.decide(instruction.condition, instruction.left, instruction.right);
        if (holds !== null) this.#replace(block, instruction, holds);
      },
      terminator: (id) => {
        const block = this.#fn.blocks[id]!;
        const { terminator } = block;
        if (terminator.kind !== "branch") return;
        const holds = known.decide(terminator.condition, terminator.left, terminator.right);
        if (holds === null) return;
        block.terminator = { kind: "jump", target: holds ? terminator.then : terminator.else, location: terminator.location };
        this.#changed = true;
      },
      edge: (from, side, target) => {
        const taken = this.#decidedBy(from, target);
        if (taken !== null) this.#threads.push({ from, side, through: target.block, taken });
      },
    });
    // Blocks that are found unreachable are the next round's.
    if (!this.#changed) {
      for (const each of this.#threads.slice(0, MOST_THREADS)) if (thread(this.#fn, each)) this.#changed = true;
    }
    return this.#changed;
  }

  /** A comparison that is known becomes the extension of a constant, which `simplify` folds. */
  #replace(id: BlockId, compare: Compare, holds: boolean): void {
    const block = this.#fn.blocks[id]!;
    const operand = this.#constants.value("i32", holds ? 1n : 0n);
    const { result, location } = compare;
    block.instructions = block.instructions.map((instruction) =>
      instruction === compare ? { kind: "extend", result, sign: false, from: 32, operand, location } : instruction,
    );
    this.#setOutcome(result, holds);
    this.#changed = true;
  }

  #setOutcome(result: Value, holds: boolean): void {
    this.#walk.known.setRange(result, holds ? { low: 1n, high: 1n } : { low: 0n, high: 0n });
  }

  /** How the branch of the block that the edge goes to ends, when the edge decides it and may be led past it. */
  #decidedBy(from: BlockId, target: Target): boolean | null {
    const block = this.#fn.blocks[target.block]!;
    const { terminator } = block;
    if (terminator.kind !== "branch" || from === target.block) return null;
    if (this.#walk.incoming[target.block]!.length < 2 || !isCopyable(this.#fn, target.block)) return null;
    if (terminator.then.block === target.block || terminator.else.block === target.block) return null;
    const bind = (value: Value): Value => {
      const index = block.parameters.indexOf(value);
      return index === -1 ? value : target.arguments[index]!;
    };
    const { known } = this.#walk;
    for (const instruction of block.instructions) {
      const bound = mapOperands(instruction, bind);
      known.define(bound);
      if (bound.kind !== "compare") continue;
      const holds = known.decide(bound.condition, bound.left, bound.right);
      if (holds !== null) this.#setOutcome(bound.result, holds);
    }
    const taken = known.decide(terminator.condition, bind(terminator.left), bind(terminator.right));
    return taken !== null && this.#mayPass(from, target.block, taken ? terminator.then : terminator.else) ? taken : null;
  }

  /**
   * A loop keeps its one entry. It may become another: where the only way in passes the test at the top of the loop, the loop may be entered behind it,
   * and is tested at its bottom.
   */
  #mayPass(from: BlockId, through: BlockId, next: Target): boolean {
    const loop = this.#walk.loops.find(({ header }) => header === through);
    if (loop === undefined) return true;
    if (loop.nodes.has(from) || !loop.nodes.has(next.block)) return false;
    const entries = this.#walk.incoming[through]!.filter((edge) => !loop.nodes.has(edge.from));
    return entries.length === 1 && this.#walk.incoming[next.block]!.length === 1;
  }
}
