/**
 * One thing that several blocks define, as SSA: which value it is where a block begins, with block parameters where several meet.
 * Braun et al., "Simple and Efficient Construction of Static Single Assignment Form", 2013, on a finished graph.
 */

import { graphOf } from "./canonical.ts";
import { predecessors } from "./graph.ts";
import type { BlockId, IrFunction, Target, Type, Value } from "./ir.ts";
import { forEachOperand, forEachTerminatorOperand, mapOperands, mapTerminator, targets } from "./operands.ts";

export class Reaching {
  readonly #fn: IrFunction;
  readonly #type: Type;
  /** What blocks leave that define it. */
  readonly #leaves: ReadonlyMap<BlockId, Value>;
  readonly #incoming: readonly (readonly BlockId[])[];
  readonly #edges: { readonly from: BlockId; readonly target: Target }[][];
  readonly #entering = new Map<BlockId, Value>();
  readonly #open: BlockId[] = [];
  #undefined: Value | null = null;

  constructor(fn: IrFunction, type: Type, leaves: ReadonlyMap<BlockId, Value>) {
    this.#fn = fn;
    this.#type = type;
    this.#leaves = leaves;
    this.#incoming = predecessors(graphOf(fn));
    this.#edges = fn.blocks.map(() => []);
    for (const [from, block] of fn.blocks.entries()) {
      for (const target of targets(block.terminator)) this.#edges[target.block]!.push({ from, target });
    }
  }

  /** The value where the block begins; 0 where no path to it defines one. Call `complete` when all is asked. */
  atEntry(block: BlockId): Value {
    const passed: BlockId[] = [];
    let value: Value | undefined;
    for (let id = block; ; ) {
      value = this.#entering.get(id);
      if (value !== undefined) break;
      passed.push(id);
      if (id === 0 || this.#incoming[id]!.length === 0) {
        value = this.#nothing();
        break;
      }
      if (this.#edges[id]!.length > 1) {
        value = this.#fn.values.push(this.#type) - 1;
        this.#fn.blocks[id]!.parameters.push(value);
        this.#open.push(id);
        break;
      }
      const from = this.#incoming[id]![0]!;
      value = this.#leaves.get(from);
      if (value !== undefined) break;
      id = from;
    }
    for (const id of passed) this.#entering.set(id, value);
    return value;
  }

  /** Passes arguments for the parameters that were made. */
  complete(): void {
    for (let id = this.#open.pop(); id !== undefined; id = this.#open.pop()) {
      for (const { from, target } of this.#edges[id]!) target.arguments.push(this.#leaves.get(from) ?? this.atEntry(from));
    }
  }

  #nothing(): Value {
    if (this.#undefined === null) {
      this.#undefined = this.#fn.values.push(this.#type) - 1;
      this.#fn.blocks[0]!.instructions.unshift({ kind: "const", result: this.#undefined, value: 0n, location: null });
    }
    return this.#undefined;
  }
}

/**
 * A value of which there are several now: whoever reads `value` reads what reaches it. `places`: what it is behind each block that defines it.
 * `copied` blocks read their own and are left alone.
 */
export function replaceReads(
  fn: IrFunction,
  value: Value,
  places: ReadonlyMap<BlockId, Value>,
  copied: ReadonlySet<BlockId>,
): void {
  const readers = fn.blocks.flatMap(({ instructions, terminator }, id) => {
    if (copied.has(id)) return [];
    let reads = false;
    const see = (operand: Value): void => {
      if (operand === value) reads = true;
    };
    for (const instruction of instructions) forEachOperand(instruction, see);
    forEachTerminatorOperand(terminator, see);
    return reads ? [id] : [];
  });
  if (readers.length === 0) return;
  const reaching = new Reaching(fn, fn.values[value]!, places);
  const found = readers.map((id) => reaching.atEntry(id));
  reaching.complete();
  for (const [index, id] of readers.entries()) {
    const reader = fn.blocks[id]!;
    const replace = (operand: Value): Value => (operand === value ? found[index]! : operand);
    reader.instructions = reader.instructions.map((instruction) => mapOperands(instruction, replace));
    reader.terminator = mapTerminator(reader.terminator, replace);
  }
}
