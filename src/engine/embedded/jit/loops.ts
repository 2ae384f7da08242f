/**
 * Which loop each block is in, in nearly linear time: programs that nobody has verified are compiled too, and may be made of nothing
 * but nested loops (the sets of `compiler/ir/loops.ts` would take hours).
 *
 * Tarjan, "Testing Flow Graph Reducibility", 1974: from the innermost loop outward, the blocks of a loop that was found count as one.
 */

import { type Graph, predecessors } from "../../../compiler/ir/graph.ts";

export interface LoopForest {
  /** By block: the header of the innermost loop that it is in, itself for a header; -1 outside of loops. */
  readonly header: Int32Array;
  /** By block: the header of the innermost loop around it, for a header around its loop; -1 outside of loops. */
  readonly around: Int32Array;
  /** How deep loops nest. */
  readonly depth: number;
}

/** For a reducible graph. @param order its blocks in reverse postorder. @param place by block: the index in it, or -1. */
export function loopForest(graph: Graph, order: readonly number[], place: Int32Array): LoopForest {
  const incoming = predecessors(graph);
  const count = graph.length;
  const root = Int32Array.from({ length: count }, (_, block) => block);
  const find = (block: number): number => {
    let at = block;
    while (root[at] !== at) at = root[at] = root[root[at]!]!;
    return at;
  };
  // The innermost loop around a block; around a header, that around its loop.
  const around = new Int32Array(count).fill(-1);
  const isHeader = new Uint8Array(count);
  for (let index = order.length - 1; index >= 0; index--) {
    const header = order[index]!;
    const work = incoming[header]!.filter((from) => place[from]! >= index);
    if (work.length === 0) continue;
    isHeader[header] = 1;
    for (let from = work.pop(); from !== undefined; from = work.pop()) {
      const block = find(from);
      if (block === header) continue;
      around[block] = root[block] = header;
      for (const before of incoming[block]!) if (place[before] !== -1) work.push(before);
    }
  }
  const depths = new Int32Array(count);
  let depth = 0;
  for (const block of order) {
    if (isHeader[block] === 0) continue;
    depths[block] = around[block] === -1 ? 1 : depths[around[block]!]! + 1;
    depth = Math.max(depth, depths[block]!);
  }
  const header = around.map((outer, block) => (isHeader[block] === 1 ? block : outer));
  return { header, around, depth };
}
