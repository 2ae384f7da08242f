/** Lays out the 512 bytes of the frame: the function's stack slots, then spilled values, which share bytes when they can. */

import { FrameError, type FrameUse } from "./errors.ts";
import { placeLiveness } from "./flow.ts";
import { forEachDefinition, forEachUse, isSpill, type MachineFunction, type Place, spillOf } from "./machine.ts";

/** What eBPF gives a program with its functions together: `MAX_BPF_STACK` of linux/filter.h. */
export const FRAME_LIMIT = 512;

const SPILL_SIZE = 8;

export interface Frame {
  /** Offset of each slot from the frame pointer: negative. */
  readonly slots: readonly number[];
  readonly spills: readonly number[];
  /** Bytes in all, a multiple of 8. */
  readonly size: number;
  /** What takes them. */
  readonly uses: readonly FrameUse[];
}

/** @throws FrameError when it does not fit. */
export function layoutFrame(fn: MachineFunction): Frame {
  let size = 0;
  const slots = new Array<number>(fn.slots.length).fill(0);
  // The strictest alignment first leaves the fewest holes. An access of the slot's alignment must be aligned for verifiers.
  const order = [...fn.slots.entries()].sort(([, a], [, b]) => b.align - a.align || b.size - a.size);
  for (const [index, slot] of order) {
    size = Math.ceil((size + slot.size) / slot.align) * slot.align;
    slots[index] = -size;
  }
  size = Math.ceil(size / SPILL_SIZE) * SPILL_SIZE;
  const { shares, count } = shareSpills(fn);
  const spills = shares.map((share) => -(size + (share + 1) * SPILL_SIZE));
  const total = size + count * SPILL_SIZE;
  const uses: FrameUse[] = fn.slots.map(({ name, size, location }) => ({ name, size, location }));
  if (count > 0) uses.push({ name: "spilled values", size: count * SPILL_SIZE, location: null });
  if (total > FRAME_LIMIT) throw new FrameError(fn.name, total, FRAME_LIMIT, uses);
  return { slots, spills, size: total, uses };
}

/** Numbers spills so that two which are needed at once differ: greedy colouring in order of appearance. */
function shareSpills(fn: MachineFunction): { shares: number[]; count: number } {
  const conflicts: Set<number>[] = Array.from({ length: fn.spills }, () => new Set());
  if (fn.spills > 0) {
    const live = placeLiveness(fn, fn.spills, (place) => (isSpill(place) ? spillOf(place) : null));
    for (const [id, block] of fn.blocks.entries()) {
      const after = live.out[id]!.copy();
      for (let index = block.code.length - 1; index >= 0; index--) {
        const instruction = block.code[index]!;
        const written: number[] = [];
        forEachDefinition(instruction, (place) => {
          if (isSpill(place)) written.push(spillOf(place));
        });
        const conflict = (a: number, b: number): void => {
          if (a === b) return;
          conflicts[a]!.add(b);
          conflicts[b]!.add(a);
        };
        for (const spill of written) {
          after.forEach((other) => {
            conflict(spill, other);
          });
          for (const other of written) conflict(spill, other);
        }
        for (const spill of written) after.delete(spill);
        forEachUse(instruction, (place: Place) => {
          if (isSpill(place)) after.add(spillOf(place));
        });
      }
    }
  }
  const shares: number[] = [];
  let count = 0;
  for (const [spill, others] of conflicts.entries()) {
    const taken = new Set([...others].filter((other) => other < spill).map((other) => shares[other]));
    let share = 0;
    while (taken.has(share)) share++;
    shares.push(share);
    count = Math.max(count, share + 1);
  }
  return { shares, count };
}
