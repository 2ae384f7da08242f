/**
 * Loops that count: some register goes up or down by the same number in every round. Where its bounds are known (`ranges.ts`) such a
 * loop comes to an end by itself, and the fuel for all its rounds is taken once, behind it, by how far the register got. A loop of
 * seven instructions that takes fuel in each round takes a quarter more time.
 */

import { Dominance } from "../../../compiler/ir/dominance.ts";
import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { FIRST_CONSTANT, registerOf, writtenBy } from "./effects.ts";
import { type Counter, type Flow, width } from "./flow.ts";
import { loopForest } from "./loops.ts";
import { isReducible, places } from "./structure.ts";

/** The same function with its counting loops named, and an empty block on each way out of them. */
export function countLoops(program: PreparedProgram, flow: Flow): Flow {
  const { successors, first, last } = flow;
  const dominance = new Dominance(successors);
  const { order } = dominance;
  const place = places(successors, dominance);
  if (!order.some((block) => successors[block]!.some((to) => place[to]! <= place[block]!))) return flow;
  if (!isReducible(successors, dominance, place)) return flow;
  const { header, around } = loopForest(successors, order, place);

  const isOuter = new Uint8Array(last.length);
  const members = new Map<number, number[]>();
  for (const block of order) {
    const head = header[block]!;
    if (head === -1) continue;
    if (head === block) members.set(head, []);
    members.get(head)!.push(block);
    if (head === block && around[block] !== -1) isOuter[around[block]!] = 1;
  }
  const counters: Counter[] = [];
  const lists = successors.map((list) => [...list]);
  const ends: number[] = [];
  for (const [head, blocks] of members) {
    if (isOuter[head] === 1) continue;
    const latches = blocks.filter((block) => successors[block]!.includes(head));
    const steps = stepsOf(program, flow, blocks, (block) => latches.every((latch) => dominance.dominates(block, latch)));
    if (steps.length === 0) continue;
    const exits: number[] = [];
    for (const block of blocks) {
      lists[block]!.forEach((to, way) => {
        if (header[to] === head) return;
        exits.push(lists.length);
        lists[block]![way] = lists.length;
        lists.push([to]);
        ends.push(last[block]!);
      });
    }
    counters.push({ header: head, steps, exits });
  }
  if (counters.length === 0) return flow;
  return {
    ...flow,
    first: Int32Array.from([...first, ...ends.map((slot) => slot + 1)]),
    last: Int32Array.from([...last, ...ends]),
    successors: lists,
    base: Int32Array.from([...flow.base, ...ends.fill(0)]),
    counters,
  };
}

/** Registers that change once in a loop, by a constant, in a block that each round passes. */
function stepsOf(
  program: PreparedProgram,
  { first, last }: Flow,
  blocks: readonly number[],
  passed: (block: number) => boolean,
): Counter["steps"] {
  const { operation, dst, src, registers } = program;
  let once = 0;
  let more = 0;
  const steps: { register: number; by: number; narrow: boolean }[] = [];
  for (const block of blocks) {
    for (let slot = first[block]!; slot <= last[block]!; slot += width(program, slot)) {
      const written = writtenBy(program, slot);
      more |= once & written;
      once |= written;
      const s = src[slot]!;
      const code = operation[slot]!;
      const adds = code === OPERATION.add64 || code === OPERATION.add32;
      const subtracts = code === OPERATION.sub64 || code === OPERATION.sub32;
      if (!(adds || subtracts) || registerOf(s) < FIRST_CONSTANT || registers[s] === 0 || !passed(block)) continue;
      const narrow = code === OPERATION.add32 || code === OPERATION.sub32;
      steps.push({ register: registerOf(dst[slot]!), by: adds ? registers[s]! : -registers[s]!, narrow });
    }
  }
  return steps.filter(({ register }) => ((more >>> register) & 1) === 0);
}
