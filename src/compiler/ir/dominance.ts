/**
 * The dominator tree: which nodes lie on every path from the entry to a node.
 *
 * Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm", 2001.
 */

import { type Graph, predecessors, reversePostorder } from "./graph.ts";

export class Dominance {
  /** The reachable nodes in reverse postorder. */
  readonly order: readonly number[];
  /** The closest other node that dominates each; the entry's is itself, an unreachable node's -1. */
  readonly immediate: Int32Array;
  /** Nodes that each node immediately dominates, in reverse postorder. */
  readonly children: readonly (readonly number[])[];
  // Intervals of a walk over the tree: a dominates b exactly when b's interval lies in a's.
  readonly #enter: Int32Array;
  readonly #leave: Int32Array;

  constructor(graph: Graph) {
    this.order = reversePostorder(graph);
    this.immediate = immediateDominators(graph, this.order);
    const children: number[][] = graph.map(() => []);
    for (const node of this.order) if (node !== 0) children[this.immediate[node]!]!.push(node);
    this.children = children;

    this.#enter = new Int32Array(graph.length).fill(-1);
    this.#leave = new Int32Array(graph.length).fill(-1);
    let time = 0;
    const stack = [{ node: 0, next: 0 }];
    this.#enter[0] = time++;
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const child = children[top.node]![top.next++];
      if (child === undefined) {
        this.#leave[top.node] = time++;
        stack.pop();
      } else {
        this.#enter[child] = time++;
        stack.push({ node: child, next: 0 });
      }
    }
  }

  isReachable(node: number): boolean {
    return this.immediate[node] !== -1;
  }

  /** True when every path from the entry to `b` passes `a`; a node dominates itself. False for unreachable nodes. */
  dominates(a: number, b: number): boolean {
    return this.isReachable(a) && this.isReachable(b) && this.#enter[a]! <= this.#enter[b]! && this.#leave[b]! <= this.#leave[a]!;
  }
}

function immediateDominators(graph: Graph, order: readonly number[]): Int32Array {
  const place = new Int32Array(graph.length).fill(-1);
  for (const [index, node] of order.entries()) place[node] = index;
  const incoming = predecessors(graph);
  const immediate = new Int32Array(graph.length).fill(-1);
  immediate[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of order) {
      if (node === 0) continue;
      let closest = -1;
      const list = incoming[node]!;
      // From the last, which mostly is the closest: from the first, a thousand tests that leave for one place would each walk the whole
      // chain of those before.
      for (let index = list.length - 1; index >= 0; index--) {
        const predecessor = list[index]!;
        if (immediate[predecessor] === -1) continue;
        if (closest === -1) {
          closest = predecessor;
          continue;
        }
        let other = predecessor;
        while (closest !== other) {
          if (place[closest]! > place[other]!) closest = immediate[closest]!;
          else other = immediate[other]!;
        }
      }
      if (immediate[node] === closest) continue;
      immediate[node] = closest;
      changed = true;
    }
  }
  return immediate;
}
