/**
 * Removes block parameters that always receive one and the same value (or themselves), replacing them by it.
 *
 * Braun et al., "Simple and Efficient Construction of Static Single Assignment Form", 2013, §2.3. For a reducible graph
 * the result is minimal.
 */

import { graphOf } from "../canonical.ts";
import { reversePostorder } from "../graph.ts";
import type { BlockId, IrFunction, Target, Value } from "../ir.ts";
import { mapOperands, mapTerminator, targets } from "../operands.ts";

/** True when something changed. Unreachable blocks are not looked at, and pass nothing. */
export function removeTrivialParameters(fn: IrFunction): boolean {
  if (fn.blocks.every(({ parameters }) => parameters.length === 0)) return false;
  const order = reversePostorder(graphOf(fn));
  const incoming = new Map<BlockId, Target[]>();
  for (const id of order) {
    for (const target of targets(fn.blocks[id]!.terminator)) {
      const list = incoming.get(target.block);
      if (list === undefined) incoming.set(target.block, [target]);
      else list.push(target);
    }
  }

  const replacement = new Map<Value, Value>();
  const resolve = (value: Value): Value => {
    let end = value;
    for (let next = replacement.get(end); next !== undefined; next = replacement.get(end)) end = next;
    // Path compression keeps long chains of joins linear.
    for (let at = value; at !== end; ) {
      const next = replacement.get(at)!;
      replacement.set(at, end);
      at = next;
    }
    return end;
  };

  // In reverse postorder one round settles everything but loops, whose parameters may depend on later ones.
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of order) {
      const edges = incoming.get(id);
      if (edges === undefined) continue;
      for (const [index, parameter] of fn.blocks[id]!.parameters.entries()) {
        if (replacement.has(parameter)) continue;
        const only = onlyValue(parameter, index, edges, resolve);
        if (only === null) continue;
        replacement.set(parameter, only);
        changed = true;
      }
    }
  }
  if (replacement.size === 0) return false;

  for (const id of order) {
    const block = fn.blocks[id]!;
    const edges = incoming.get(id) ?? [];
    for (let index = block.parameters.length - 1; index >= 0; index--) {
      if (!replacement.has(block.parameters[index]!)) continue;
      block.parameters.splice(index, 1);
      for (const edge of edges) edge.arguments.splice(index, 1);
    }
  }
  for (const id of order) {
    const block = fn.blocks[id]!;
    block.instructions = block.instructions.map((instruction) => mapOperands(instruction, resolve));
    block.terminator = mapTerminator(block.terminator, resolve);
  }
  return true;
}

/** The one value other than itself that a parameter receives, or null when there are several. */
function onlyValue(parameter: Value, index: number, edges: readonly Target[], resolve: (value: Value) => Value): Value | null {
  let only: Value | null = null;
  for (const edge of edges) {
    const argument = resolve(edge.arguments[index]!);
    if (argument === parameter || argument === only) continue;
    if (only !== null) return null;
    only = argument;
  }
  return only;
}
