/** Loops: strongly connected components of each function's instructions (Tarjan 1972), as `compute_scc` numbers them. */

import type { Successors } from "./successors.ts";

/**
 * Component by slot, from 1; 0: in no loop.
 *
 * @param callsCallback calls that are loops of their own, as what they call may run again (`Target.callbacksAreLoops`).
 */
export function componentsOf(
  { next, jump }: Successors,
  callsCallback: Uint8Array | null,
  wideSecond: (slot: number) => boolean,
): Int32Array {
  const { length } = next;
  const component = new Int32Array(length);
  const order = new Int32Array(length);
  const low = new Int32Array(length);
  const stack = new Int32Array(length);
  const path = new Int32Array(length);
  const edge = new Uint8Array(length);
  const onStack = new Uint8Array(length);
  let stackSize = 0;
  let lastOrder = 0;
  let lastComponent = 0;
  for (let root = 0; root < length; root++) {
    if (order[root] !== 0 || wideSecond(root)) continue;
    let depth = 0;
    path[depth++] = root;
    while (depth > 0) {
      const slot = path[depth - 1]!;
      if (order[slot] === 0) {
        order[slot] = ++lastOrder;
        low[slot] = lastOrder;
        stack[stackSize++] = slot;
        onStack[slot] = 1;
      }
      let deeper = false;
      while (edge[slot]! < 2) {
        const to = edge[slot] === 0 ? next[slot]! : jump[slot]!;
        if (to >= 0 && to < length) {
          if (order[to] === 0) {
            path[depth++] = to;
            deeper = true;
            break;
          }
          if (onStack[to] === 1 && low[to]! < low[slot]!) low[slot] = low[to]!;
        }
        edge[slot] = edge[slot]! + 1;
      }
      if (deeper) continue;
      depth--;
      if (low[slot] !== order[slot]) continue;
      const alone = stack[stackSize - 1] === slot;
      const isLoop = !alone || next[slot] === slot || jump[slot] === slot || callsCallback?.[slot] === 1;
      const number = isLoop ? ++lastComponent : 0;
      for (;;) {
        const member = stack[--stackSize]!;
        onStack[member] = 0;
        component[member] = number;
        if (member === slot) break;
      }
    }
  }
  return component;
}
