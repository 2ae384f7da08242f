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
    this.written = new Uint8Array(length);
    this.inner = new Map();
  }

  /** A frame's masks, made if need be. */
  of(frame: number): Int32Array {
    let masks = this.masks[frame];
    if (masks === null || masks === undefined) {
      masks = new Int32Array(this.length * WORDS);
      this.masks[frame] = masks;
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
  /** By slot: the function may end here, though more follows. Made when it is first needed. */
  #leaves: Uint8Array | null = null;
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
    addReads(chain, frame, this.#slot, index < 32 ? bit : 0, index < 32 ? 0 : bit);
  }

  /** The instruction writes all of a slot of a frame. */
  markWrite(frame: number, index: number): void {
    const at = frame * 2 + (index >> 5);
    this.#writes[at] = this.#writes[at]! | (1 << (index & 31));
    this.#anyWrite = true;
  }

  /** After each instruction that was walked and did not change the frames: a call counts by what it calls. */
  commit(): void {
    if (this.#current !== null) commitWrites(this.#current, this.#slot, this.#writes, this.#anyWrite);
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
    const { start } = chain;
    const { successors, postorders } = this.#flow;
    const order = postorders[chain.subprogram]!;
    const leaves = (this.#leaves ??= abnormalReturns(this.#program));
    for (const masks of chain.masks) {
      if (masks === null) continue;
      if (chain.mustWriteShrank) forgetWrittenLater(masks);
      while (pass(masks, order, successors.next, successors.jump, leaves, start)) {
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
      addReads(outer, frame, chain.callsite, masks[LIVE]!, masks[LIVE + 1]!);
    }
    commitWrites(outer, chain.callsite, writes, true);
  }
}

function addReads(chain: Chain, frame: number, slot: number, low: number, high: number): void {
  const masks = chain.of(frame);
  const at = (slot - chain.start) * WORDS;
  const oldLow = masks[at + MAY_READ]!;
  const oldHigh = masks[at + MAY_READ + 1]!;
  const newLow = oldLow | low;
  const newHigh = oldHigh | high;
  if (newLow === oldLow && newHigh === oldHigh) return;
  masks[at + MAY_READ] = newLow;
  masks[at + MAY_READ + 1] = newHigh;
  if ((newLow & ~masks[at + LIVE]!) !== 0 || (newHigh & ~masks[at + LIVE + 1]!) !== 0) chain.updated = true;
}

function commitWrites(chain: Chain, slot: number, writes: Int32Array, anyWrite: boolean): void {
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

/** One round over a function, from its ends to its start. @returns whether anything changed. */
function pass(
  masks: Int32Array,
  order: Int32Array,
  next: Int32Array,
  jump: Int32Array,
  leaves: Uint8Array,
  start: number,
): boolean {
  let changed = false;
  for (let index = 0; index < order.length; index++) {
    const slot = order[index]!;
    const one = next[slot]!;
    const two = jump[slot]!;
    if (one < 0 && two < 0) continue;
    const at = (slot - start) * WORDS;
    for (let half = 0; half < 2; half++) {
      let after = 0;
      let later = leaves[slot] === 1 ? 0 : -1;
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
  }
  return changed;
}

function liveBefore(chain: Chain, slot: number, frame: number, index: number): boolean {
  const masks = chain.masks[frame];
  if (masks === null || masks === undefined) return false;
  return ((masks[(slot - chain.start) * WORDS + LIVE + (index >> 5)]! >>> (index & 31)) & 1) === 1;
}
