/**
 * Computes in front of a loop what is the same each time around it. Only numbers, and only where a register is left to keep them: one that
 * lies in the frame takes as long to load as most take to compute.
 *
 * Nothing that ends in an address or an argument is moved: the loop may test its operands first, and a verifier knows of the result what it knew of
 * the operands where it was computed.
 */

import { graphOf } from "../canonical.ts";
import { Dominance } from "../dominance.ts";
import type { BlockId, Instruction, IrFunction, Value } from "../ir.ts";
import { liveness } from "../liveness.ts";
import { type Loop, naturalLoops } from "../loops.ts";
import { forEachOperand, isPure, resultOf, targets } from "../operands.ts";

/** Registers that hold values over a call, and those that do elsewhere; some are needed for what the loop itself computes. */
const KEPT_OVER_CALLS = 4;
const KEPT = 7;

/** True when something changed. */
export function moveLoopInvariants(fn: IrFunction): boolean {
  const graph = graphOf(fn);
  const dominance = new Dominance(graph);
  let changed = false;
  for (const loop of naturalLoops(graph, dominance)) {
    const before = blockBefore(fn, loop, dominance);
    if (before !== null && moveOut(fn, loop, before)) changed = true;
  }
  return changed;
}

/** The one block that leads into the loop, when it leads nowhere else. */
function blockBefore(fn: IrFunction, { header, nodes }: Loop, dominance: Dominance): BlockId | null {
  const entries = [...fn.blocks.keys()].filter(
    (id) =>
      dominance.isReachable(id) && !nodes.has(id) && targets(fn.blocks[id]!.terminator).some(({ block }) => block === header),
  );
  const [only] = entries;
  return only !== undefined && entries.length === 1 && fn.blocks[only]!.terminator.kind === "jump" ? only : null;
}

function moveOut(fn: IrFunction, { header, nodes }: Loop, before: BlockId): boolean {
  const inside = new Set<Value>();
  const constants = new Set<Value>();
  let calls = false;
  for (const [id, { parameters, instructions }] of fn.blocks.entries()) {
    if (nodes.has(id)) for (const parameter of parameters) inside.add(parameter);
    for (const instruction of instructions) {
      const result = resultOf(instruction);
      if (result !== null && instruction.kind === "const") constants.add(result);
      if (!nodes.has(id)) continue;
      if (result !== null) inside.add(result);
      if (instruction.kind === "call") calls = true;
    }
  }
  const live = liveness(fn).in[header]!;
  let kept = fn.blocks[header]!.parameters.length;
  for (let value = 0; value < fn.values.length; value++) if (live.has(value) && !constants.has(value)) kept++;
  const room = (calls ? KEPT_OVER_CALLS : KEPT) - kept;
  const guarded = valuesOfAddresses(fn);
  const moved: Instruction[] = [];
  for (const id of nodes) {
    const block = fn.blocks[id]!;
    block.instructions = block.instructions.filter((instruction) => {
      if (moved.length >= room || !isNumber(fn, instruction) || guarded.has(instruction.result)) return true;
      let varies = false;
      let number = true;
      forEachOperand(instruction, (operand) => {
        if (inside.has(operand)) varies = true;
        if (!constants.has(operand)) number = false;
      });
      if (varies || number) return true;
      inside.delete(instruction.result);
      moved.push(instruction);
      return false;
    });
  }
  fn.blocks[before]!.instructions.push(...moved);
  return moved.length > 0;
}

type Arithmetic = Extract<Instruction, { kind: "binary" | "to-big" | "extend" }>;

/** Not what depends on the kernel's types: that stays where the program asks. Widening is free, as i32 is kept zero-extended. */
function isNumber(fn: IrFunction, instruction: Instruction): instruction is Arithmetic {
  const { kind } = instruction;
  if (kind === "extend") return instruction.sign || instruction.from !== 32;
  return kind === "to-big" || (kind === "binary" && fn.values[instruction.result] !== "ptr");
}

/** Values that end in an address or in a call's argument. */
function valuesOfAddresses(fn: IrFunction): ReadonlySet<Value> {
  const sources = new Map<Value, Value[]>();
  const found = new Set<Value>();
  const work: Value[] = [];
  const add = (value: Value): void => {
    if (found.has(value)) return;
    found.add(value);
    work.push(value);
  };
  const isFrom = (result: Value, operand: Value): void => {
    const list = sources.get(result);
    if (list === undefined) sources.set(result, [operand]);
    else list.push(operand);
  };
  for (const { instructions, terminator } of fn.blocks) {
    for (const instruction of instructions) {
      const result = resultOf(instruction);
      if (instruction.kind === "call" || (result !== null && fn.values[result] === "ptr")) forEachOperand(instruction, add);
      else if (result !== null && isPure(instruction)) forEachOperand(instruction, (operand) => isFrom(result, operand));
    }
    for (const { block, arguments: given } of targets(terminator)) {
      for (const [index, parameter] of fn.blocks[block]!.parameters.entries()) isFrom(parameter, given[index]!);
    }
  }
  for (let value = work.pop(); value !== undefined; value = work.pop())
    for (const source of sources.get(value) ?? []) add(source);
  return found;
}
