/**
 * Lets stack slots share bytes that are not needed at the same time: a slot is needed from its first access to its last, on any path. One whose
 * address is known elsewhere is needed to the end.
 *
 * Runs once, after everything else: what shares bytes cannot be told apart any more.
 */

import { BitSet } from "../bit-set.ts";
import { graphOf } from "../canonical.ts";
import { predecessors, reversePostorder } from "../graph.ts";
import type { Instruction, IrFunction, StackSlot, Value } from "../ir.ts";
import { MemoryFacts } from "../memory.ts";
import { forEachOperand } from "../operands.ts";

/** True when something changed. */
export function shareSlots(fn: IrFunction): boolean {
  if (fn.slots.length === 0) return false;
  const facts = new MemoryFacts(fn);
  const groups: number[][] = [];
  const conflicts = conflictsOf(fn, facts);
  const used = usedSlots(fn);
  // The largest first: what comes later fits into what is there.
  const order = [...fn.slots.keys()].filter((slot) => used.has(slot)).sort((a, b) => fn.slots[b]!.size - fn.slots[a]!.size);
  for (const slot of order) {
    const group = groups.find((members) => members.every((member) => !conflicts[slot]!.has(member)));
    if (group === undefined) groups.push([slot]);
    else group.push(slot);
  }
  if (groups.length === fn.slots.length) return false;
  const slots = groups.map((members) => joined(members.map((member) => fn.slots[member]!)));
  const groupOf = new Map(groups.flatMap((members, index) => members.map((member): [number, number] => [member, index])));
  for (const block of fn.blocks) {
    block.instructions = block.instructions.map((instruction) =>
      instruction.kind === "slot" ? { ...instruction, slot: groupOf.get(instruction.slot)! } : instruction,
    );
  }
  fn.slots.splice(0, fn.slots.length, ...slots);
  return true;
}

function usedSlots(fn: IrFunction): Set<number> {
  const used = new Set<number>();
  for (const { instructions } of fn.blocks) {
    for (const instruction of instructions) if (instruction.kind === "slot") used.add(instruction.slot);
  }
  return used;
}

/** The largest names them all: it is what takes the bytes. */
function joined(members: readonly StackSlot[]): StackSlot {
  const [first] = members;
  const align = Math.max(...members.map((slot) => slot.align));
  return { ...first!, size: Math.max(...members.map(({ size }) => size)), align };
}

/** By slot, the slots that are needed at the same time. */
function conflictsOf(fn: IrFunction, facts: MemoryFacts): BitSet[] {
  const count = fn.slots.length;
  const conflicts = fn.slots.map(() => new BitSet(count));
  const graph = graphOf(fn);
  const order = reversePostorder(graph);
  const incoming = predecessors(graph);
  const accesses = fn.blocks.map(({ instructions }) => instructions.map((instruction) => slotsOf(fn, facts, instruction)));
  const ofBlock = accesses.map((lists) => {
    const all = new BitSet(count);
    for (const list of lists) for (const slot of list) all.add(slot);
    return all;
  });

  // Accessed before, on some path; and accessed later.
  const before = fn.blocks.map(() => new BitSet(count));
  const later = fn.blocks.map(() => new BitSet(count));
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of order) {
      for (const from of incoming[id]!) {
        if (before[id]!.unite(before[from]!)) changed = true;
        if (before[id]!.unite(ofBlock[from]!)) changed = true;
      }
    }
    for (let index = order.length - 1; index >= 0; index--) {
      const id = order[index]!;
      for (const to of graph[id]!) {
        if (later[id]!.unite(later[to]!)) changed = true;
        if (later[id]!.unite(ofBlock[to]!)) changed = true;
      }
    }
  }
  for (const id of order) {
    for (const [slot] of fn.slots.entries()) if (facts.hasEscaped(slot)) later[id]!.add(slot);
    const lists = accesses[id]!;
    // After each instruction of the block, backwards.
    const needed: BitSet[] = new Array<BitSet>(lists.length);
    const live = later[id]!.copy();
    for (let index = lists.length - 1; index >= 0; index--) {
      for (const slot of lists[index]!) live.add(slot);
      needed[index] = live.copy();
    }
    const seen = before[id]!.copy();
    for (const [index, list] of lists.entries()) {
      for (const slot of list) seen.add(slot);
      if (list.length === 0) continue;
      // Only an access can begin to need a slot beside others.
      const here = needed[index]!.toArray().filter((slot) => seen.has(slot));
      for (const a of here) for (const b of here) if (a !== b) conflicts[a]!.add(b);
    }
    // What goes through the block without an access meets what is accessed before and after elsewhere.
    const through = later[id]!.toArray().filter((slot) => seen.has(slot));
    for (const a of through) for (const b of through) if (a !== b) conflicts[a]!.add(b);
  }
  return conflicts;
}

/** Slots whose bytes the instruction may access, or whose address it passes on. */
function slotsOf(fn: IrFunction, facts: MemoryFacts, instruction: Instruction): number[] {
  if (instruction.kind === "binary" || instruction.kind === "compare") return [];
  const slots: number[] = [];
  const see = (value: Value): void => {
    if (fn.values[value] !== "ptr") return;
    const origin = facts.origin(value);
    for (const slot of fn.slots.keys()) {
      if (facts.mayShare(origin, { kind: "slot", slot }) && !slots.includes(slot)) slots.push(slot);
    }
  };
  forEachOperand(instruction, see);
  return slots;
}
