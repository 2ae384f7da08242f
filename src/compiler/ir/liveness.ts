/** Which values are still needed where. */

import { BitSet } from "./bit-set.ts";
import { graphOf } from "./canonical.ts";
import { type Graph, reversePostorder } from "./graph.ts";
import type { IrFunction } from "./ir.ts";
import { forEachOperand, forEachTerminatorOperand, resultOf } from "./operands.ts";

export interface Liveness {
  /** Needed when the node begins; its own parameters are not among them. */
  readonly in: readonly BitSet[];
  /** Needed after the node by others; arguments that its jumps pass are not among them. */
  readonly out: readonly BitSet[];
}

/**
 * Solves liveness for any graph: `used[n]` holds what node n reads before it defines it, `defined[n]` what it defines.
 * All sets hold 0 … size - 1.
 */
export function solveLiveness(graph: Graph, used: readonly BitSet[], defined: readonly BitSet[], size: number): Liveness {
  const liveIn = graph.map(() => new BitSet(size));
  const liveOut = graph.map(() => new BitSet(size));
  const order = reversePostorder(graph).reverse();
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of order) {
      for (const successor of graph[node]!) liveOut[node]!.unite(liveIn[successor]!);
      if (liveIn[node]!.assignTransfer(used[node]!, liveOut[node]!, defined[node]!)) changed = true;
    }
  }
  return { in: liveIn, out: liveOut };
}

export function liveness(fn: IrFunction): Liveness {
  const size = fn.values.length;
  const used = fn.blocks.map(() => new BitSet(size));
  const defined = fn.blocks.map(() => new BitSet(size));
  for (const [id, block] of fn.blocks.entries()) {
    // In SSA a value defined here is never read before, so "read here, not defined here" needs no order.
    const use = (value: number): void => {
      if (!defined[id]!.has(value)) used[id]!.add(value);
    };
    for (const parameter of block.parameters) defined[id]!.add(parameter);
    for (const instruction of block.instructions) {
      forEachOperand(instruction, use);
      const result = resultOf(instruction);
      if (result !== null) defined[id]!.add(result);
    }
    forEachTerminatorOperand(block.terminator, use);
  }
  return solveLiveness(graphOf(fn), used, defined, size);
}
