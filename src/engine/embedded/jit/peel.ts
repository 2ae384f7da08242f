/**
 * The first round of small loops, written out before them, in checked mode: what it finds good as an address needs no check in the
 * rounds that follow (`ranges.ts`), which are all but one. V8 does the same for its own checks.
 */

import { Dominance } from "../../../compiler/ir/dominance.ts";
import type { PreparedProgram } from "../program.ts";
import { FRAME_POINTER, KIND, KIND_OF, registerOf } from "./effects.ts";
import { type Flow, width } from "./flow.ts";
import { loopForest } from "./loops.ts";
import { isReducible, places } from "./structure.ts";

/** Slots of a loop, and of all loops of a function, that are written twice. */
const LONGEST = 256;
const MOST = 4096;

/** The same function with the first rounds of its innermost loops before them. */
export function peel(program: PreparedProgram, flow: Flow): Flow {
  const { successors, first, last } = flow;
  if (!successors.some((list, block) => list.some((to) => to <= block))) return flow;
  const dominance = new Dominance(successors);
  const { order } = dominance;
  const place = places(successors, dominance);
  if (!isReducible(successors, dominance, place)) return flow;
  const { header, around } = loopForest(successors, order, place);

  const sizes = new Int32Array(last.length);
  const isOuter = new Uint8Array(last.length);
  const accesses = new Uint8Array(last.length);
  for (const block of order) {
    const head = header[block]!;
    if (head === -1) continue;
    sizes[head]! += last[block]! - first[block]! + 1;
    if (head === block && around[block] !== -1) isOuter[around[block]!] = 1;
    accesses[head]! |= accessesMemory(program, flow, block) ? 1 : 0;
  }
  // By block: its copy, or -1.
  const copy = new Int32Array(last.length).fill(-1);
  const origin: number[] = [];
  let left = MOST;
  for (const head of order) {
    // The entry has no block before it.
    if (header[head] !== head || head === 0 || isOuter[head] === 1 || accesses[head] === 0) continue;
    if (sizes[head]! > Math.min(LONGEST, left)) continue;
    left -= sizes[head]!;
    copy[head] = 0;
  }
  for (const block of order) {
    const head = header[block]!;
    if (head === -1 || copy[head] === -1) continue;
    copy[block] = last.length + origin.length;
    origin.push(block);
  }
  if (origin.length === 0) return flow;

  const enter = (from: number, to: number): number =>
    copy[to] !== -1 && header[to] === to && header[from] !== to ? copy[to]! : to;
  const lists: (readonly number[])[] = successors.map((list, block) => list.map((to) => enter(block, to)));
  const base = [...flow.base];
  let size = flow.places;
  for (const block of origin) {
    const head = header[block]!;
    lists.push(successors[block]!.map((to) => (to === head ? to : header[to] === head ? copy[to]! : enter(block, to))));
    base.push(size - first[block]!);
    size += last[block]! - first[block]! + width(program, last[block]!);
  }
  const extended = (table: Int32Array): Int32Array =>
    Int32Array.from([...table.subarray(0, last.length), ...origin.map((block) => table[block]!)]);
  return {
    start: flow.start,
    end: flow.end,
    first: extended(first),
    last: extended(last),
    successors: lists,
    base: Int32Array.from(base),
    places: size,
    counters: [],
  };
}

function accessesMemory({ operation, dst, src }: PreparedProgram, { first, last }: Flow, block: number): boolean {
  for (let slot = first[block]!; slot <= last[block]!; slot++) {
    const kind = KIND_OF[operation[slot]!];
    const base = registerOf(kind === KIND.load ? src[slot]! : dst[slot]!);
    if ((kind === KIND.load || kind === KIND.store || kind === KIND.atomic) && base !== FRAME_POINTER) return true;
  }
  return false;
}
