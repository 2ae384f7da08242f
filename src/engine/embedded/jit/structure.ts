/**
 * From a control-flow graph to the blocks, loops and ifs of WebAssembly.
 *
 * Ramsey, "Beyond Relooper: Recursive Translation of Unstructured Control Flow to Structured Control Flow", ICFP 2022: the
 * code of a node is followed by the code of what it dominates; a node with several ways into it gets a `block` around the
 * code of its dominator, so that a `br` leads behind it, and the target of a back edge gets a `loop`. Here with an explicit
 * stack instead of recursion, `br_if` where one way of a branch leaves, and only the smaller subtree of a branch nested, so
 * that long chains of tests do not nest at all.
 *
 * A graph with a cycle that has two entries has no such form: the whole function becomes a loop around a `br_table`.
 */

import type { Dominance } from "../../../compiler/ir/dominance.ts";
import type { Graph } from "../../../compiler/ir/graph.ts";
import { type ByteWriter, OP, VOID } from "./wasm.ts";

/** Who writes the code of the nodes. */
export interface NodeCode {
  /**
   * The instructions, without the jump at their end. A node without successors ends with a return.
   * @param depth how many blocks, loops and ifs are open.
   */
  body(node: number, depth: number): void;
  /** Pushes an i32: not 0 when the node's second successor comes next; with `negated`, when the first one does. */
  condition(node: number, negated: boolean): void;
  /**
   * Writes `side`, a successor of the node that goes on with its other one, as what the condition is, where it does no more than
   * make a 1 of a 0 or the other way round: a processor need not guess then. False where it does more; then nothing is written.
   * @param negated whether the side is the first successor.
   */
  choose(node: number, side: number, negated: boolean): boolean;
  /** Before the first round of the loop whose header the node is. */
  enter(header: number): void;
  /** Once for each round of the loop whose header the node is. */
  round(header: number, depth: number): void;
}

/** Whether a cycle can be entered elsewhere than at a node that dominates it. */
export function isReducible(graph: Graph, dominance: Dominance, place: Int32Array): boolean {
  for (const node of dominance.order) {
    for (const to of graph[node]!) if (place[to]! <= place[node]! && !dominance.dominates(to, node)) return false;
  }
  return true;
}

/** By node: where it stands in reverse postorder; -1 for nodes that cannot be reached. */
export function places(graph: Graph, dominance: Dominance): Int32Array {
  const place = new Int32Array(graph.length).fill(-1);
  const { order } = dominance;
  for (let index = 0; index < order.length; index++) place[order[index]!] = index;
  return place;
}

// Tasks, in the two lowest bits; above them the node.
const TREE = 0;
const NODE = 1;
const END = 2;

/** Writes the code of a reducible graph. What follows is never reached. */
export function writeStructured(graph: Graph, dominance: Dominance, place: Int32Array, out: ByteWriter, code: NodeCode): void {
  const { order, children } = dominance;
  const count = graph.length;
  // Ways into each node other than back edges, and whether it has back edges.
  const ways = new Int32Array(count);
  const isHeader = new Uint8Array(count);
  const size = new Int32Array(count).fill(1);
  for (const node of order) {
    for (const to of graph[node]!) {
      if (place[to]! <= place[node]!) isHeader[to] = 1;
      else ways[to]!++;
    }
  }
  for (let index = order.length - 1; index > 0; index--) {
    const node = order[index]!;
    size[dominance.immediate[node]!]! += size[node]!;
  }

  // How many blocks, loops and ifs are open where the label of a node is; a node may have one of each kind.
  const blockDepth = new Int32Array(count);
  const loopDepth = new Int32Array(count);
  let depth = 0;
  const tasks: number[] = [TREE];

  const leaves = (from: number, to: number): boolean => ways[to]! > 1 || place[to]! <= place[from]!;
  const label = (from: number, to: number): number => depth - (place[to]! <= place[from]! ? loopDepth : blockDepth)[to]!;
  const follow = (from: number, to: number): void => {
    if (!leaves(from, to)) tasks.push((to << 2) | TREE);
    // Where the block ends next, falling out of it is as good.
    else if (place[to]! <= place[from]! || tasks.at(-1) !== ((to << 2) | END)) {
      out.byte(OP.br);
      out.unsigned(label(from, to));
    }
  };

  /** Whether a node has no way to it but from its dominator, and goes on with what that also goes on with. */
  const isSide = (side: number, join: number): boolean =>
    ways[side] === 1 && isHeader[side] === 0 && graph[side]!.length === 1 && graph[side]![0] === join;

  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const node = task >> 2;
    if ((task & 3) === END) {
      out.byte(OP.end);
      depth--;
    } else if ((task & 3) === TREE) {
      if (isHeader[node] === 1) {
        code.enter(node);
        out.byte(OP.loop);
        out.byte(VOID);
        loopDepth[node] = ++depth;
        tasks.push((node << 2) | END);
        code.round(node, depth);
      }
      // The first to follow is the innermost block. Children are in reverse postorder.
      const below = children[node]!;
      for (let index = below.length - 1; index >= 0; index--) {
        const child = below[index]!;
        if (ways[child]! < 2) continue;
        out.byte(OP.block);
        out.byte(VOID);
        blockDepth[child] = ++depth;
        tasks.push((child << 2) | TREE, (child << 2) | END);
      }
      tasks.push((node << 2) | NODE);
    } else {
      code.body(node, depth);
      const [next, other] = graph[node]!;
      if (next === undefined) continue;
      if (other === undefined) follow(node, next);
      else if (isSide(other, next) && code.choose(node, other, false)) follow(node, next);
      else if (isSide(next, other) && code.choose(node, next, true)) follow(node, other);
      else if (leaves(node, other)) {
        code.condition(node, false);
        out.byte(OP.brIf);
        out.unsigned(label(node, other));
        follow(node, next);
      } else if (leaves(node, next)) {
        code.condition(node, true);
        out.byte(OP.brIf);
        out.unsigned(label(node, next));
        follow(node, other);
      } else {
        const nested = size[other]! <= size[next]! ? other : next;
        code.condition(node, nested === next);
        out.byte(OP.if);
        out.byte(VOID);
        depth++;
        tasks.push(((nested === next ? other : next) << 2) | TREE, END, (nested << 2) | TREE);
      }
    }
  }
}

/**
 * Writes the code of any graph, or of some of its nodes, as a loop that looks up where to go. Ways forward need no look.
 * @param next number of an i32 local that says which node comes first, by its place in `nodes`.
 * @param leave writes how to go on with a node that is not among them.
 */
export function writeDispatched(
  graph: Graph,
  nodes: readonly number[],
  out: ByteWriter,
  code: NodeCode,
  next: number,
  leave: (node: number) => void,
): void {
  const number = new Map(nodes.map((node, index) => [node, index]));
  out.byte(OP.loop);
  out.byte(VOID);
  for (let index = 0; index < nodes.length; index++) {
    out.byte(OP.block);
    out.byte(VOID);
  }
  out.byte(OP.localGet);
  out.unsigned(next);
  out.byte(OP.brTable);
  out.unsigned(nodes.length - 1);
  for (let index = 0; index < nodes.length; index++) out.unsigned(index);

  for (let index = 0; index < nodes.length; index++) {
    const node = nodes[index]!;
    const isAhead = (to: number): boolean => (number.get(to) ?? -1) > index;
    /** @param inner blocks that are open within that of the node. */
    const go = (to: number, inner: number): void => {
      const at = number.get(to);
      if (at === undefined) {
        leave(to);
        return;
      }
      if (at === index + 1 && inner === 0) return;
      if (at <= index) {
        out.byte(OP.i32Const);
        out.signed(at);
        out.byte(OP.localSet);
        out.unsigned(next);
      }
      out.byte(OP.br);
      out.unsigned(inner + (at > index ? at - index - 1 : nodes.length - 1 - index));
    };
    out.byte(OP.end);
    code.round(node, nodes.length - index);
    code.body(node, nodes.length - index);
    const [first, second] = graph[node]!;
    if (first === undefined) continue;
    if (second === undefined) {
      go(first, 0);
      continue;
    }
    const [side, straight, negated] = isAhead(second) || !isAhead(first) ? [second, first, false] : [first, second, true];
    code.condition(node, negated);
    if (isAhead(side)) {
      out.byte(OP.brIf);
      out.unsigned(number.get(side)! - index - 1);
    } else {
      out.byte(OP.if);
      out.byte(VOID);
      go(side, 1);
      out.byte(OP.end);
    }
    go(straight, 0);
  }
  out.byte(OP.end);
}
