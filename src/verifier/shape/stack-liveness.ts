/**
 * Which stack slots may be read from an instruction on, by data flow over what the walk saw: kernel/bpf/liveness.c of 6.18.
 *
 * For each chain of calls that was walked, each instruction has two sets of slots for each frame of the chain: those that it
 * may read (what any path read; it only grows) and those that it surely writes whole (what every path wrote; it only
 * shrinks). From these a slot is live before an instruction when it is read there, or when it is not written there and is live
 * before one that may follow. What a function reads and writes of its callers' frames counts for the call. Earlier kernels keep
 * marks in states; this is as exact or more so, and serves all.
 *
 * Sets are 64 bits in two halves: slot n is bytes fp - 8 * (n + 1) … fp - 8 * n - 1. Hot: begin, marks and commit are called
 * for each instruction walked.
 */

import type { Program } from "../program.ts";
import type { Frame } from "../state/frame.ts";
import type { Flow } from "./flow.ts";
import { CALL, HELPER_TAIL_CALL } from "./opcodes.ts";
import { isLegacyLoad } from "./subprograms.ts";
import type { Successors } from "./successors.ts";

/** `MAX_CALL_FRAMES`. */
const MOST_FRAMES = 8;

// Words of an instruction's masks for one frame: each set has a low and a high half.
const MAY_READ = 0;
const MUST_WRITE = 2;
/** Written by the instruction, or by all that may follow in its function. */
const WRITTEN_LATER = 4;
const LIVE = 6;
const WORDS = 8;

/** One function in one chain of calls: `struct func_instance`. */
class Chain {
  readonly outer: Chain | null;
  /** The call that the chain came by, in the outer function; -1 at its start. */
  readonly callsite: number;
  readonly subprogram: number;
  /** Which frame runs this function. */
  readonly depth: number;
  readonly start: number;
  readonly length: number;
  /** By frame: `WORDS` for each instruction of the function, made when they are first needed. */
  readonly masks: (Int32Array | null)[];
  /** By frame: instructions whose sets are to be worked out anew, one bit each, by their place in the order of the passes. */
  readonly stale: (Int32Array | null)[];
  /** By instruction: its written slots are known from one path at least. */
  readonly written: Uint8Array;
  /** Chains that go on from here, by call and function called. */
  readonly inner: Map<number, Chain>;
  updated = false;
  mustWriteShrank = false;

  constructor(outer: Chain | null, callsite: number, subprogram: number, start: number, length: number) {
    this.outer = outer;
    this.callsite = callsite;
    this.subprogram = subprogram;
    this.depth = outer === null ? 0 : outer.depth + 1;
    this.start = start;
    this.length = length;
    this.masks = new Array<Int32Array | null>(this.depth + 1).fill(null);
    this.stale = new Array<Int32Array | null>(this.depth + 1).fill(null);
    this.written = new Uint8Array(length);
    this.inner = new Map();
  }

  /** A frame's masks, made if need be. */
  of(frame: number): Int32Array {
    let masks = this.masks[frame];
    if (masks === null || masks === undefined) {
      masks = new Int32Array(this.length * WORDS);
      this.masks[frame] = masks;
      this.stale[frame] = new Int32Array((this.length >> 5) + 1);
    }
    return masks;
  }
}

/** What states are made of that this looks at. */
export interface CallChain {
  readonly frames: readonly Frame[];
}

export class StackLiveness {
  readonly #program: Program;
  readonly #flow: Flow;
  /** Chains of one function, by subprogram. */
  readonly #roots = new Map<number, Chain>();
  /** The chain of the state that is walked, until its frames change. */
  #current: Chain | null = null;
  /** Slots that the instruction at hand wrote whole: two halves for each frame. */
  readonly #writes = new Int32Array(MOST_FRAMES * 2);
  #anyWrite = false;
  #slot = 0;
  /** Made when it is first needed. */
  #order: Order | null = null;
  /** By frame of the state that is asked about. */
  readonly #asked: Chain[] = [];
  #askedSlot = 0;

  constructor(program: Program, flow: Flow) {
    this.#program = program;
    this.#flow = flow;
  }

  /** Before each instruction that is walked. */
  begin(state: CallChain, slot: number): void {
    this.#current ??= this.#chainOf(state, state.frames.length - 1);
    this.#slot = slot;
    if (!this.#anyWrite) return;
    this.#writes.fill(0);
    this.#anyWrite = false;
  }

  /** The instruction may read some of a slot of a frame. */
  markRead(state: CallChain, frame: number, index: number): void {
    const chain = (this.#current ??= this.#chainOf(state, state.frames.length - 1));
    const bit = 1 << (index & 31);
    addReads(chain, this.#places(), frame, this.#slot, index < 32 ? bit : 0, index < 32 ? 0 : bit);
  }

  /** The instruction writes all of a slot of a frame. */
  markWrite(frame: number, index: number): void {
    const at = frame * 2 + (index >> 5);
    this.#writes[at] = this.#writes[at]! | (1 << (index & 31));
    this.#anyWrite = true;
  }

  /** After each instruction that was walked and did not change the frames: a call counts by what it calls. */
  commit(): void {
    if (this.#current !== null) commitWrites(this.#current, this.#places(), this.#slot, this.#writes, this.#anyWrite);
  }

  /** The state got or lost a frame. */
  framesChanged(): void {
    this.#current = null;
  }

  /**
   * Works out what is live in the functions of a state. To be called when a function was left, and when another path is taken
   * up, before anything is asked.
   */
  update(state: CallChain): void {
    this.#current = null;
    let chain: Chain | null = this.#chainOf(state, state.frames.length - 1);
    for (; chain !== null; chain = chain.outer) {
      if (!chain.updated) continue;
      this.#solve(chain);
      chain.updated = false;
      chain.mustWriteShrank = false;
    }
  }

  /** Before `isLive`. */
  ask(state: CallChain, slot: number): void {
    const { length } = state.frames;
    this.#asked.length = length;
    let chain: Chain | null = this.#chainOf(state, length - 1);
    for (let frame = length - 1; frame >= 0 && chain !== null; frame--) {
      this.#asked[frame] = chain;
      chain = chain.outer;
    }
    this.#askedSlot = slot;
  }

  /** Whether slot `index` of a frame of the state asked about may be read before it is written. */
  isLive(frame: number, index: number): boolean {
    const asked = this.#asked;
    const last = asked.length - 1;
    const running = asked[last];
    if (running === undefined) return true;
    if (liveBefore(running, this.#askedSlot, frame, index)) return true;
    for (let depth = frame; depth < last; depth++) {
      const { callsite } = asked[depth + 1]!;
      // A callback may be called again; else it goes on after the call.
      const from = this.#flow.callsCallback[callsite] === 1 ? callsite : callsite + 1;
      if (liveBefore(asked[depth]!, from, frame, index)) return true;
    }
    return false;
  }

  #chainOf({ frames }: CallChain, depth: number): Chain {
    const first = frames[0]!.subprogram;
    let chain = this.#roots.get(first);
    if (chain === undefined) {
      chain = this.#make(null, -1, first);
      this.#roots.set(first, chain);
    }
    for (let index = 1; index <= depth; index++) chain = this.#inner(chain, frames[index]!);
    return chain;
  }

  #inner(chain: Chain, { callsite, subprogram }: Frame): Chain {
    const key = callsite * 256 + subprogram;
    const known = chain.inner.get(key);
    if (known !== undefined) return known;
    const made = this.#make(chain, callsite, subprogram);
    chain.inner.set(key, made);
    return made;
  }

  #make(outer: Chain | null, callsite: number, subprogram: number): Chain {
    const { start, end } = this.#program.subprograms[subprogram]!;
    return new Chain(outer, callsite, subprogram, start, end - start);
  }

  /** To a fixed point, and on to whoever called. */
  #solve(chain: Chain): void {
    const order = this.#order ?? this.#makeOrder();
    const slots = this.#flow.postorders[chain.subprogram]!;
    for (let frame = 0; frame < chain.masks.length; frame++) {
      const masks = chain.masks[frame] ?? null;
      const stale = chain.stale[frame] ?? null;
      if (masks === null || stale === null) continue;
      if (chain.mustWriteShrank) {
        forgetWrittenLater(masks);
        for (let place = 0; place < slots.length; place++) note(stale, place);
      }
      while (pass(masks, stale, slots, order, chain.start)) {
        // Until nothing changes.
      }
    }
    const { outer } = chain;
    if (outer === null) return;
    const writes = new Int32Array(MOST_FRAMES * 2);
    for (let frame = 0; frame < chain.depth; frame++) {
      const masks = chain.masks[frame];
      if (masks === null || masks === undefined) continue;
      writes[frame * 2] = masks[WRITTEN_LATER]!;
      writes[frame * 2 + 1] = masks[WRITTEN_LATER + 1]!;
      addReads(outer, order.places, frame, chain.callsite, masks[LIVE]!, masks[LIVE + 1]!);
    }
    commitWrites(outer, order.places, chain.callsite, writes, true);
  }

  #places(): Int32Array {
    return (this.#order ?? this.#makeOrder()).places;
  }

  #makeOrder(): Order {
    const { successors, postorders } = this.#flow;
    this.#order = {
      ...successors,
      ...predecessorsOf(successors),
      ...placesOf(postorders, successors),
      leaves: abnormalReturns(this.#program),
    };
    return this.#order;
  }
}

/** What passes go by. Columns by slot. */
interface Order extends Successors {
  /** Where its function's postorder has a slot. */
  readonly places: Int32Array;
  /** `predecessors` of slot n are those from `firstPredecessor[n]` to before `firstPredecessor[n + 1]`. */
  readonly firstPredecessor: Int32Array;
  readonly predecessors: Int32Array;
  /** The function may end here, though more follows. */
  readonly leaves: Uint8Array;
}

function placesOf(postorders: readonly Int32Array[], { next }: Successors): Pick<Order, "places"> {
  const places = new Int32Array(next.length).fill(-1);
  for (const slots of postorders) {
    for (let place = 0; place < slots.length; place++) places[slots[place]!] = place;
  }
  return { places };
}

function predecessorsOf({ next, jump }: Successors): Pick<Order, "firstPredecessor" | "predecessors"> {
  const { length } = next;
  const firstPredecessor = new Int32Array(length + 1);
  const each = (see: (from: number, to: number) => void) => {
    for (let slot = 0; slot < length; slot++) {
      const one = next[slot]!;
      const two = jump[slot]!;
      if (one >= 0 && one < length) see(slot, one);
      if (two >= 0 && two < length && two !== one) see(slot, two);
    }
  };
  each((_, to) => {
    firstPredecessor[to + 1]!++;
  });
  for (let slot = 0; slot < length; slot++) firstPredecessor[slot + 1]! += firstPredecessor[slot]!;
  const predecessors = new Int32Array(firstPredecessor[length]!);
  const filled = firstPredecessor.slice();
  each((from, to) => {
    predecessors[filled[to]!++] = from;
  });
  return { firstPredecessor, predecessors };
}

function note(stale: Int32Array, place: number): void {
  if (place >= 0) stale[place >> 5]! |= 1 << (place & 31);
}

function addReads(chain: Chain, places: Int32Array, frame: number, slot: number, low: number, high: number): void {
  const masks = chain.of(frame);
  const at = (slot - chain.start) * WORDS;
  const oldLow = masks[at + MAY_READ]!;
  const oldHigh = masks[at + MAY_READ + 1]!;
  const newLow = oldLow | low;
  const newHigh = oldHigh | high;
  if (newLow === oldLow && newHigh === oldHigh) return;
  masks[at + MAY_READ] = newLow;
  masks[at + MAY_READ + 1] = newHigh;
  note(chain.stale[frame]!, places[slot]!);
  if ((newLow & ~masks[at + LIVE]!) !== 0 || (newHigh & ~masks[at + LIVE + 1]!) !== 0) chain.updated = true;
}

function commitWrites(chain: Chain, places: Int32Array, slot: number, writes: Int32Array, anyWrite: boolean): void {
  const index = slot - chain.start;
  const known = chain.written[index] === 1;
  if (!anyWrite && !known) {
    chain.written[index] = 1;
    return;
  }
  for (let frame = 0; frame <= chain.depth; frame++) {
    let low = writes[frame * 2]!;
    let high = writes[frame * 2 + 1]!;
    // What is not there holds no writes, and an intersection with that is empty.
    if (low === 0 && high === 0 && chain.masks[frame] === null) continue;
    if (known && chain.masks[frame] === null) continue;
    const masks = chain.of(frame);
    const at = index * WORDS + MUST_WRITE;
    const oldLow = masks[at]!;
    const oldHigh = masks[at + 1]!;
    if (known) {
      low &= oldLow;
      high &= oldHigh;
    }
    if (low !== oldLow || high !== oldHigh) {
      masks[at] = low;
      masks[at + 1] = high;
      note(chain.stale[frame]!, places[slot]!);
      chain.updated = true;
    }
    if ((oldLow & ~low) !== 0 || (oldHigh & ~high) !== 0) chain.mustWriteShrank = true;
  }
  chain.written[index] = 1;
}

function forgetWrittenLater(masks: Int32Array): void {
  for (let at = WRITTEN_LATER; at < masks.length; at += WORDS) {
    masks[at] = 0;
    masks[at + 1] = 0;
  }
}

/** Tail calls and legacy loads: when they succeed, or fail, their function returns. */
function abnormalReturns({ code }: Program): Uint8Array {
  const leaves = new Uint8Array(code.length);
  for (let slot = 0; slot < code.length; slot++) {
    const opcode = code.opcode[slot]!;
    const tailCall = opcode === CALL && code.src[slot] === 0 && code.imm[slot] === HELPER_TAIL_CALL;
    if (tailCall || isLegacyLoad(opcode)) leaves[slot] = 1;
  }
  return leaves;
}

/**
 * One round over a function, from its ends to its start: of what is stale, as all else would come out as it is. What a change
 * makes stale further on is looked at in this round, what lies before it in the next, as if all were looked at in each.
 *
 * @returns whether there is to be another round.
 */
function pass(masks: Int32Array, stale: Int32Array, slots: Int32Array, order: Order, start: number): boolean {
  const { next, jump, leaves, places, predecessors, firstPredecessor } = order;
  let again: number[] | null = null;
  for (let word = 0; word < stale.length; word++) {
    while (stale[word] !== 0) {
      const bits = stale[word]!;
      const lowest = bits & -bits;
      stale[word] = bits ^ lowest;
      const place = word * 32 + 31 - Math.clz32(lowest);
      const slot = slots[place]!;
      if (!recompute(masks, next[slot]!, jump[slot]!, leaves[slot] === 1, slot, start)) continue;
      const end = firstPredecessor[slot + 1]!;
      for (let at = firstPredecessor[slot]!; at < end; at++) {
        const before = places[predecessors[at]!]!;
        if (before > place) stale[before >> 5]! |= 1 << (before & 31);
        else if (before >= 0) (again ??= []).push(before);
      }
    }
  }
  if (again === null) return false;
  for (const place of again) note(stale, place);
  return true;
}

/** What is live before an instruction, and written from it on. @returns whether anything changed. */
function recompute(masks: Int32Array, one: number, two: number, leaves: boolean, slot: number, start: number): boolean {
  if (one < 0 && two < 0) return false;
  const at = (slot - start) * WORDS;
  let changed = false;
  for (let half = 0; half < 2; half++) {
    let after = 0;
    let later = leaves ? 0 : -1;
    if (one >= 0) {
      const to = (one - start) * WORDS + half;
      after |= masks[to + LIVE]!;
      later &= masks[to + WRITTEN_LATER]!;
    }
    if (two >= 0) {
      const to = (two - start) * WORDS + half;
      after |= masks[to + LIVE]!;
      later &= masks[to + WRITTEN_LATER]!;
    }
    const mustWrite = masks[at + MUST_WRITE + half]!;
    const live = (after & ~mustWrite) | masks[at + MAY_READ + half]!;
    later |= mustWrite;
    if (live === masks[at + LIVE + half] && later === masks[at + WRITTEN_LATER + half]) continue;
    masks[at + LIVE + half] = live;
    masks[at + WRITTEN_LATER + half] = later;
    changed = true;
  }
  return changed;
}

function liveBefore(chain: Chain, slot: number, frame: number, index: number): boolean {
  const masks = chain.masks[frame];
  if (masks === null || masks === undefined) return false;
  return ((masks[(slot - chain.start) * WORDS + LIVE + (index >> 5)]! >>> (index & 31)) & 1) === 1;
}
