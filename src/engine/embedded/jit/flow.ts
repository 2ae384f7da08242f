/** Basic blocks of the functions of a program. */

import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { KIND, KIND_OF } from "./effects.ts";

/** A loop in which registers count (`counted.ts`). */
export interface Counter {
  /** The block that it begins with. */
  readonly header: number;
  /** Registers that change by the same number in every round, of 32 bits or 64. */
  readonly steps: readonly { readonly register: number; readonly by: number; readonly narrow: boolean }[];
  /** Empty blocks that are passed on the ways out of the loop, and by nothing else. */
  readonly exits: readonly number[];
}

/** One function. Blocks are numbered in the order of their instructions, copies behind them; block 0 is the entry. */
export interface Flow {
  /** First slot, and the one behind the last. */
  readonly start: number;
  readonly end: number;
  /** By block: its first slot. Blocks may be copies of others, of the same slots, and empty: then it is behind the last. */
  readonly first: Int32Array;
  /** By block: the slot of its last instruction. */
  readonly last: Int32Array;
  /**
   * By block: where it goes. For a branch the next block is first and the one that is jumped to second; where both are the same
   * there is only one.
   */
  readonly successors: readonly (readonly number[])[];
  /** By block: what to add to a slot in it for the slot's place in tables that are kept for each instruction of each block. */
  readonly base: Int32Array;
  /** How many places there are. */
  readonly places: number;
  readonly counters: readonly Counter[];
}

/** How many slots the instruction takes. */
export const width = (program: PreparedProgram, slot: number): number => (program.operation[slot] === OPERATION.wide ? 2 : 1);

/** Slots. */
const LONGEST_BLOCK = 4096;

const NOWHERE: readonly number[] = [];

/** The functions of a program in the order of their slots. */
export function flows(program: PreparedProgram): Flow[] {
  const starts = [...program.functions].sort((a, b) => a - b);
  return starts.map((start, index) => flowOf(program, start, starts[index + 1] ?? program.operation.length));
}

function flowOf(program: PreparedProgram, start: number, end: number): Flow {
  const { operation, offset } = program;
  // 1: a block begins here.
  const leads = new Uint8Array(end - start + 1);
  leads[0] = 1;
  for (let slot = start; slot < end; slot += width(program, slot)) {
    const kind = KIND_OF[operation[slot]!];
    if (kind === KIND.jump || kind === KIND.branch || kind === KIND.mayGoto) leads[offset[slot]! - start] = 1;
    else if (kind !== KIND.exit) continue;
    leads[slot + 1 - start] = 1;
  }
  // No block of a long function is too long for one piece of it (`pieces.ts`).
  for (let slot = start, from = start; slot < end; slot += width(program, slot)) {
    if (leads[slot - start] === 1) from = slot;
    else if (slot - from >= LONGEST_BLOCK) leads[(from = slot) - start] = 1;
  }
  let count = 0;
  const blockAt = new Int32Array(end - start);
  for (let at = 0; at < end - start; at++) if (leads[at] === 1) blockAt[at] = count++;

  const first = new Int32Array(count);
  const last = new Int32Array(count);
  const successors: (readonly number[])[] = new Array(count);
  let block = -1;
  for (let slot = start; slot < end; slot += width(program, slot)) {
    if (leads[slot - start] === 1) first[++block] = slot;
    last[block] = slot;
  }
  for (block = 0; block < count; block++) {
    const slot = last[block]!;
    const kind = KIND_OF[operation[slot]!];
    if (kind === KIND.exit) successors[block] = NOWHERE;
    else if (kind === KIND.jump) successors[block] = [blockAt[offset[slot]! - start]!];
    else if (kind === KIND.branch || kind === KIND.mayGoto) {
      const target = blockAt[offset[slot]! - start]!;
      successors[block] = target === block + 1 ? [target] : [block + 1, target];
    } else successors[block] = [block + 1];
  }
  return { start, end, first, last, successors, base: new Int32Array(count).fill(-start), places: end - start, counters: [] };
}
