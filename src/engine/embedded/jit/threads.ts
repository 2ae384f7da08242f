/**
 * State machines: a loop that finds by its state what to do, does it, and says what the state is next. Where that is the same state
 * again, as in the middle of a name or of a comment, the way to there is known: the blocks from where the ways meet to where that state
 * is handled are written once more with their branches decided, and make an inner loop of it.
 *
 * Only ways to where one came from are written like that. Ways from any state to any other would make loops of many entries, which
 * WebAssembly has no form for.
 */

import { Dominance } from "../../../compiler/ir/dominance.ts";
import { predecessors } from "../../../compiler/ir/graph.ts";
import type { HelperTable } from "../helpers/helper.ts";
import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { FIRST_CONSTANT, KIND, KIND_OF, registerOf, writtenBy } from "./effects.ts";
import { type Flow, width } from "./flow.ts";
import { loopForest } from "./loops.ts";
import { Ranges } from "./ranges.ts";
import { isReducible, places } from "./structure.ts";

/** Ways that meet in a block, so that it is worth a look; blocks of a loop that may be a state machine. */
const FEWEST_WAYS = 4;
const FEWEST_BLOCKS = 8;
/** Slots of a function that is looked at: compiling a long one takes long enough. */
const LONGEST = 16_384;
/** Blocks and slots of a way that is written once more, and slots in all. */
const MOST_BLOCKS = 10;
const MOST_SLOTS = 48;
const MOST = 1024;

interface Way {
  readonly blocks: readonly number[];
  /** By place in `blocks`: which successor comes next. */
  readonly turns: readonly number[];
  /** By place in `blocks`: whether that is decided. */
  readonly decided: readonly boolean[];
  readonly end: number;
}

/** The same function with ways back to the same state written out. */
export function threadStates(program: PreparedProgram, flow: Flow, helpers: HelperTable): Flow {
  const { successors, first, last } = flow;
  if (last.length < FEWEST_BLOCKS || flow.places > LONGEST || !successors.some((list, block) => list.some((to) => to <= block)))
    return flow;
  const incoming = predecessors(successors);
  if (!incoming.some((list) => list.length >= FEWEST_WAYS)) return flow;
  const dominance = new Dominance(successors);
  const { order } = dominance;
  const place = places(successors, dominance);
  if (!isReducible(successors, dominance, place)) return flow;
  const { header } = loopForest(successors, order, place);
  const sizes = new Int32Array(last.length);
  for (const block of order) if (header[block] !== -1) sizes[header[block]!]!++;
  const meetings = order.filter(
    (block) => header[block] !== -1 && sizes[header[block]!]! >= FEWEST_BLOCKS && incoming[block]!.length >= FEWEST_WAYS,
  );
  if (meetings.length === 0) return flow;

  const writes = new Uint16Array(program.operation.length);
  for (let slot = flow.start; slot < flow.end; slot += width(program, slot)) writes[slot] = writtenBy(program, slot);
  const ranges = new Ranges(program, flow, order, writes, helpers, false, null);
  const lists = successors.map((list) => [...list]);
  const origin: number[] = [];
  const written = new Map<string, number>();
  let left = MOST;
  for (const meeting of meetings) {
    for (const from of incoming[meeting]!) {
      if (place[from] === -1 || header[from] !== header[meeting]) continue;
      successors[from]!.forEach((to, turn) => {
        if (to !== meeting) return;
        const known = ranges.knownAlong(from, turn);
        const way = follow(program, flow, header, known, meeting, (block) => dominance.dominates(block, from));
        if (way === null) return;
        const key = `${way.end}:${way.blocks.join()}`;
        let begin = written.get(key);
        if (begin === undefined) {
          const size = way.blocks.reduce((sum, block) => sum + last[block]! - first[block]! + 1, 0);
          if (size > Math.min(MOST_SLOTS, left)) return;
          left -= size;
          begin = lists.length;
          written.set(key, begin);
          way.blocks.forEach((block, at) => {
            const next = at + 1 < way.blocks.length ? lists.length + 1 : way.end;
            lists.push(
              way.decided[at] ? [next] : successors[block]!.map((other, way_) => (way_ === way.turns[at] ? next : other)),
            );
            origin.push(block);
          });
        }
        lists[from]![turn] = begin;
      });
    }
  }
  if (origin.length === 0) return flow;
  const base = [...flow.base];
  let size = flow.places;
  for (const block of origin) {
    base.push(size - first[block]!);
    size += last[block]! - first[block]! + width(program, last[block]!);
  }
  return {
    ...flow,
    first: Int32Array.from([...first, ...origin.map((block) => first[block]!)]),
    last: Int32Array.from([...last, ...origin.map((block) => last[block]!)]),
    successors: lists,
    base: Int32Array.from(base),
    places: size,
  };
}

/** The way from a block to the furthest that `isBack` tells, along which all but exits is decided; null where there is none. */
function follow(
  program: PreparedProgram,
  { first, last, successors }: Flow,
  header: Int32Array,
  known: Float64Array,
  begin: number,
  isBack: (block: number) => boolean,
): Way | null {
  const blocks: number[] = [];
  const turns: number[] = [];
  const decided: boolean[] = [];
  let found: Way | null = null;
  // Branches that are decided, up to the furthest.
  let count = 0;
  let most = 0;
  for (let block = begin; blocks.length < MOST_BLOCKS; ) {
    if (count > most && isBack(block) && header[block] !== block) {
      found = { blocks: [...blocks], turns: [...turns], decided: [...decided], end: block };
      most = count;
    }
    if (blocks.includes(block)) return found;
    const end = last[block]!;
    for (let slot = first[block]!; slot <= end; slot += width(program, slot)) step(program, slot, known);
    const list = successors[block]!;
    let turn = 0;
    let isDecided = list.length === 1;
    if (list.length === 2) {
      const taken = outcome(program, end, known);
      if (taken !== null) {
        turn = taken ? 1 : 0;
        isDecided = true;
        count++;
      } else {
        const stays = list.map((to) => header[to] === header[begin]);
        if (stays[0] === stays[1]) return found;
        turn = stays[0] ? 0 : 1;
      }
    } else if (list.length === 0) return found;
    blocks.push(block);
    turns.push(turn);
    decided.push(isDecided);
    block = list[turn]!;
    if (header[block] !== header[begin]) return found;
  }
  return found;
}

/** What registers are known to hold after an instruction; NaN for what is not known. */
function step(program: PreparedProgram, slot: number, known: Float64Array): void {
  const { operation, dst, src } = program;
  const code = operation[slot]!;
  const d = registerOf(dst[slot]!);
  if (code === OPERATION.mov64 || code === OPERATION.mov32 || code === OPERATION.wide) {
    const value = numberIn(program, src[slot]!, known);
    known[d] = code === OPERATION.mov32 && value > 0xffff_ffff ? Number.NaN : value;
    return;
  }
  for (let mask = writtenBy(program, slot); mask !== 0; mask &= mask - 1) known[31 - Math.clz32(mask & -mask)] = Number.NaN;
}

function numberIn({ registers }: PreparedProgram, word: number, known: Float64Array): number {
  const register = registerOf(word);
  if (register < FIRST_CONSTANT) return known[register]!;
  return registers[word + 1] === 0 ? registers[word]! >>> 0 : Number.NaN;
}

/** Whether a branch is taken, of numbers below 2^31, where signs make no difference; null where it is not known. */
function outcome(program: PreparedProgram, slot: number, known: Float64Array): boolean | null {
  const code = program.operation[slot]!;
  if (KIND_OF[code] !== KIND.branch) return null;
  const a = numberIn(program, program.dst[slot]!, known);
  const b = numberIn(program, program.src[slot]!, known);
  if (!(a < 2 ** 31 && b < 2 ** 31)) return null;
  switch (code >= OPERATION.jeq32 ? code - OPERATION.jeq32 + OPERATION.jeq64 : code) {
    case OPERATION.jeq64:
      return a === b;
    case OPERATION.jne64:
      return a !== b;
    case OPERATION.jgt64:
    case OPERATION.jsgt64:
      return a > b;
    case OPERATION.jge64:
    case OPERATION.jsge64:
      return a >= b;
    case OPERATION.jlt64:
    case OPERATION.jslt64:
      return a < b;
    case OPERATION.jle64:
    case OPERATION.jsle64:
      return a <= b;
    default:
      return (a & b) !== 0;
  }
}
