/**
 * Decides branches and comparisons by what is known where they stand: by the range of what is compared, by a branch on the same values
 * before, or, for the end of a packet, by a check that reached farther (or failed sooner) from the same pointer. Where only some of
 * the edges into a block decide its branch, those are led past it (`threading.ts`).
 */

import { graphOf } from "../canonical.ts";
import { Dominance } from "../dominance.ts";
import type { BlockId, Condition, Instruction, IrFunction, Target, Terminator, Value } from "../ir.ts";
import { full, Knowledge, type Range, union } from "../known.ts";
import { naturalLoops } from "../loops.ts";
import { MemoryFacts } from "../memory.ts";
import { mapOperands, targets } from "../operands.ts";
import { ConstantPool, gatherConstants } from "./constants.ts";
import { isCopyable, type Thread, thread } from "./threading.ts";

/** True when something changed. Constants are gathered afterwards; what is no longer reached remains, unreachable. */
export function decideBranches(fn: IrFunction): boolean {
  const gathered = gatherConstants(fn);
  return new Decider(fn).run() || gathered;
}

/** What one round leads past. Each copies a block, and may make more to lead past. */
const MOST_THREADS = 16;

type Comparison = { readonly condition: Condition; readonly left: Value; readonly right: Value };

class Decider {
  readonly #fn: IrFunction;
  readonly #known: Knowledge;
  readonly #facts: MemoryFacts;
  readonly #constants: ConstantPool;
  readonly #dominance: Dominance;
  /** By target: the ranges of its arguments where the jump is. */
  readonly #threads: Thread[] = [];
  readonly #headers: ReadonlySet<BlockId>;
  readonly #passed = new Map<Target, Range[]>();
  readonly #incoming: { readonly from: BlockId; readonly target: Target }[][];
  /** How far beyond pointers the packet is known to go (and not to go), by pointer and end. */
  readonly #ends = new Map<string, { reaches: number; fails: number }>();
  #changed = false;

  constructor(fn: IrFunction) {
    this.#fn = fn;
    this.#known = new Knowledge(fn);
    this.#facts = new MemoryFacts(fn);
    this.#constants = new ConstantPool(fn);
    const graph = graphOf(fn);
    this.#dominance = new Dominance(graph);
    this.#headers = new Set(naturalLoops(graph, this.#dominance).map(({ header }) => header));
    this.#incoming = fn.blocks.map(() => []);
    for (const [id, block] of fn.blocks.entries()) {
      if (!this.#dominance.isReachable(id)) continue;
      for (const target of targets(block.terminator)) this.#incoming[target.block]!.push({ from: id, target });
    }
  }

  run(): boolean {
    const { children } = this.#dominance;
    const stack = [{ id: 0, next: 0, undo: this.#enter(0) }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      // What meets at a block stands before it: children are in reverse postorder.
      const child = children[top.id]![top.next++];
      if (child !== undefined) stack.push({ id: child, next: 0, undo: this.#enter(child) });
      else {
        this.#known.leave();
        top.undo();
        stack.pop();
      }
    }
    // Blocks that are found unreachable are the next round's.
    if (!this.#changed) {
      for (const each of this.#threads.slice(0, MOST_THREADS)) if (thread(this.#fn, each)) this.#changed = true;
    }
    return this.#changed;
  }

  #enter(id: BlockId): () => void {
    this.#known.enter();
    const block = this.#fn.blocks[id]!;
    const edges = this.#incoming[id]!;
    let undo = (): void => {};
    if (edges.length === 1) undo = this.#learn(edges[0]!);
    for (const [index, parameter] of block.parameters.entries()) {
      let range: Range | null = null;
      for (const { target } of edges) {
        // A jump back: it may bring anything.
        const passed = this.#passed.get(target)?.[index] ?? full(this.#fn.values[parameter]!);
        range = range === null ? passed : union(range, passed);
      }
      if (range !== null && this.#fn.values[parameter] !== "ptr") this.#known.setRange(parameter, range);
    }
    // New constants are put in front of the entry meanwhile.
    for (const instruction of [...block.instructions]) {
      this.#known.define(instruction);
      if (instruction.kind !== "compare") continue;
      const holds = this.#decide(instruction);
      if (holds !== null) this.#replace(id, instruction, holds);
    }
    const { terminator } = block;
    if (terminator.kind === "branch") {
      const holds = this.#decide(terminator);
      if (holds !== null) {
        block.terminator = { kind: "jump", target: holds ? terminator.then : terminator.else, location: terminator.location };
        this.#changed = true;
      }
    }
    this.#pass(id, block.terminator);
    return undo;
  }

  /** A comparison that is known becomes the extension of a constant, which `simplify` folds. */
  #replace(id: BlockId, compare: Extract<Instruction, { kind: "compare" }>, holds: boolean): void {
    const block = this.#fn.blocks[id]!;
    const operand = this.#constants.value("i32", holds ? 1n : 0n);
    const { result, location } = compare;
    block.instructions = block.instructions.map((instruction) =>
      instruction === compare ? { kind: "extend", result, sign: false, from: 32, operand, location } : instruction,
    );
    this.#known.setRange(result, holds ? { low: 1n, high: 1n } : { low: 0n, high: 0n });
    this.#changed = true;
  }

  #pass(from: BlockId, terminator: Terminator): void {
    for (const [side, target] of targets(terminator).entries()) {
      this.#known.enter();
      if (terminator.kind === "branch" && terminator.then.block !== terminator.else.block) {
        this.#known.learn(terminator.condition, terminator.left, terminator.right, target === terminator.then);
      }
      this.#passed.set(
        target,
        target.arguments.map((value) => this.#known.range(value)),
      );
      const taken = this.#decidedBy(from, target);
      if (taken !== null) this.#threads.push({ from, side, through: target.block, taken });
      this.#known.leave();
    }
  }

  /** How the branch of the block that the edge goes to ends, when the edge decides it and may be led past it. */
  #decidedBy(from: BlockId, target: Target): boolean | null {
    const block = this.#fn.blocks[target.block]!;
    const { terminator } = block;
    // A loop keeps its one entry, which is not to be passed.
    if (terminator.kind !== "branch" || from === target.block || this.#headers.has(target.block)) return null;
    if (this.#incoming[target.block]!.length < 2 || !isCopyable(this.#fn, target.block)) return null;
    if (terminator.then.block === target.block || terminator.else.block === target.block) return null;
    const bind = (value: Value): Value => {
      const index = block.parameters.indexOf(value);
      return index === -1 ? value : target.arguments[index]!;
    };
    for (const instruction of block.instructions) {
      const bound = mapOperands(instruction, bind);
      this.#known.define(bound);
      if (bound.kind !== "compare") continue;
      const holds = this.#decide(bound);
      if (holds !== null) this.#known.setRange(bound.result, holds ? { low: 1n, high: 1n } : { low: 0n, high: 0n });
    }
    return this.#decide({ condition: terminator.condition, left: bind(terminator.left), right: bind(terminator.right) });
  }

  #learn({ from, target }: { from: BlockId; target: Target }): () => void {
    const { terminator } = this.#fn.blocks[from]!;
    // The branch may have been decided meanwhile.
    if (terminator.kind !== "branch" || terminator.then.block === terminator.else.block) return () => {};
    const holds = terminator.then === target;
    this.#known.learn(terminator.condition, terminator.left, terminator.right, holds);
    const end = this.#end(terminator);
    if (end === null) return () => {};
    const before = this.#ends.get(end.key);
    const { reaches, fails } = before ?? { reaches: Number.NEGATIVE_INFINITY, fails: Number.POSITIVE_INFINITY };
    const isBeyond = holds === end.beyond;
    this.#ends.set(end.key, {
      reaches: isBeyond ? reaches : Math.max(reaches, end.offset),
      fails: isBeyond ? Math.min(fails, end.offset) : fails,
    });
    return () => {
      if (before === undefined) this.#ends.delete(end.key);
      else this.#ends.set(end.key, before);
    };
  }

  #decide(comparison: Comparison): boolean | null {
    const { condition, left, right } = comparison;
    const known = this.#known.decide(condition, left, right);
    if (known !== null) return known;
    if (this.#facts.isNull(right) && this.#facts.isAddress(left)) {
      if (condition === "eq" || condition === "ne") return condition === "ne";
    }
    const end = this.#end(comparison);
    const limits = end === null ? undefined : this.#ends.get(end.key);
    if (end === null || limits === undefined) return null;
    if (end.offset <= limits.reaches) return !end.beyond;
    return end.offset >= limits.fails ? end.beyond : null;
  }

  /** A comparison of a pointer plus a constant with the end of the packet: `p + offset > end` (beyond), or its opposite. */
  #end({ condition, left, right }: Comparison): { key: string; offset: number; beyond: boolean } | null {
    if (this.#fn.values[left] !== "ptr" || (condition !== "ugt" && condition !== "ule")) return null;
    const isEnd = (value: Value): boolean => {
      const definition = this.#facts.definition(value);
      return definition?.kind === "load" && definition.width === 4;
    };
    if (!isEnd(right) || this.#facts.origin(left).kind !== "packet") return null;
    const { root, offset } = this.#facts.base(left);
    return { key: `${root} ${right}`, offset, beyond: condition === "ugt" };
  }
}
