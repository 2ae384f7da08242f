/** Control flow as a plain directed graph, so that IR and machine code share what only needs its shape. */

/** Successors of each node; node 0 is the entry. */
export type Graph = readonly (readonly number[])[];

/**
 * The reachable nodes, each before its successors, loops aside. A node's first successor comes directly after it where
 * the graph allows.
 */
export function reversePostorder(graph: Graph): number[] {
  const order: number[] = [];
  const seen = new Uint8Array(graph.length);
  // An explicit stack: a long chain of `if` must not overflow ours. Successors are walked from the last, because the
  // walk's reverse is what we return.
  const stack: { node: number; next: number }[] = [{ node: 0, next: graph[0]!.length }];
  seen[0] = 1;
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.next === 0) {
      order.push(top.node);
      stack.pop();
      continue;
    }
    const successor = graph[top.node]![--top.next]!;
    if (seen[successor] !== 0) continue;
    seen[successor] = 1;
    stack.push({ node: successor, next: graph[successor]!.length });
  }
  return order.reverse();
}

/** Nodes that lead to each node, ascending, each once. */
export function predecessors(graph: Graph): number[][] {
  const lists: number[][] = graph.map(() => []);
  for (const [node, successors] of graph.entries()) {
    for (const successor of successors) {
      const list = lists[successor]!;
      if (list.at(-1) !== node) list.push(node);
    }
  }
  return lists;
}
