/** Natural loops: what runs often, for layout and for choosing what to keep in registers. */

import type { Dominance } from "./dominance.ts";
import { type Graph, predecessors } from "./graph.ts";

export interface Loop {
  /** The one node through which the loop is entered. */
  readonly header: number;
  /** Nodes of the loop, the header and inner loops included. */
  readonly nodes: ReadonlySet<number>;
}

/** The natural loops, outer before inner; loops with one header count as one. Cycles with several entries are not found. */
export function naturalLoops(graph: Graph, dominance: Dominance): Loop[] {
  const incoming = predecessors(graph);
  const loops: Loop[] = [];
  for (const header of dominance.order) {
    const latches = incoming[header]!.filter((from) => dominance.dominates(header, from));
    if (latches.length === 0) continue;
    const nodes = new Set<number>([header]);
    const work = latches.filter((latch) => latch !== header);
    for (let node = work.pop(); node !== undefined; node = work.pop()) {
      if (nodes.has(node)) continue;
      nodes.add(node);
      for (const from of incoming[node]!) if (dominance.isReachable(from)) work.push(from);
    }
    loops.push({ header, nodes });
  }
  return loops;
}

/** How many loops each node is in. */
export function loopDepths(graph: Graph, loops: readonly Loop[]): Uint8Array {
  const depths = new Uint8Array(graph.length);
  for (const loop of loops) for (const node of loop.nodes) depths[node] = Math.min(depths[node]! + 1, 255);
  return depths;
}
