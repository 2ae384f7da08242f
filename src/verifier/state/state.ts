/** Everything that is known at one point of one path: `struct bpf_verifier_state`. */

import type { Btf } from "../../btf/btf.ts";
import type { MapFacts } from "../program.ts";
import type { Frame } from "./frame.ts";
import type { Reference } from "./references.ts";

/**
 * A step of the path since the state's parent, for tracing precision back: `struct bpf_jmp_history_entry`. Packed for size:
 * one for each instruction that jumped or touched the stack.
 */
export interface Step {
  readonly slot: number;
  readonly previous: number;
  /** `STEP_*` of walk/history.ts. */
  readonly flags: number;
  /** Registers and slots that were equal to the one that a jump refined (`linked_regs`), or null. */
  readonly linked: readonly LinkedRegister[] | null;
  /** The step before it, or null when it is the first since the state's parent. Paths that part share what came before. */
  readonly before: Step | null;
}

/** A register or a spilled one that shared an id with one that a jump refined. */
export interface LinkedRegister {
  readonly frame: number;
  readonly isReg: boolean;
  /** Register number or stack slot number. */
  readonly index: number;
}

/** One loop, entered through one chain of calls. */
export interface LoopVisit {
  /** The state that entered it first and whose paths are not all walked. */
  entry: State | null;
  /** States that came back to one that they are the same as. */
  backEdges: { readonly state: State; readonly equal: State }[];
}

const NONE: readonly Reference[] = [];

export class State {
  /** The main function first; the last is the one that runs. */
  frames: Frame[];
  /** In the order in which they were taken. */
  references: readonly Reference[] = NONE;
  /** How many of `references` are locks, and the last of them. */
  activeLocks = 0;
  activeLockId = 0;
  activeLockOf: MapFacts | Btf | null = null;
  /** The last of `references` that holds interrupts off, or 0. */
  activeIrqId = 0;
  activeRcuLocks = 0;
  activePreemptLocks = 0;
  /** This state's code runs where it may sleep: sleepable programs outside of async callbacks that may not. */
  inSleepable = false;

  // ── the tree of paths ──────────────────────────────────────────────────────────────────────────────────────────
  /** The state that was checkpointed before this one on the path. */
  parent: State | null = null;
  /** How many paths from here are not walked to their ends. */
  branches = 1;
  /** The first instruction after `parent`, and the last that was walked before this was stored. */
  firstSlot = 0;
  lastSlot = 0;
  /** The last of the steps since `parent`. */
  history: Step | null = null;
  /** How many they are. */
  steps = 0;
  /** Depth of the tree (`dfs_depth`). */
  depth = 0;
  /** How often callbacks were entered on this path, to tell them apart while they converge. */
  callbackUnrollDepth = 0;
  mayGotoDepth = 0;
  /** The instruction that it is before. */
  slot = 0;
  /** Stored states: where the last one compared was found to differ, as prune/equal.ts writes places. -1: in no register or stack slot. */
  difference = -1;
  /** Stored states: the outermost loop that they are in. */
  loop: LoopVisit | null = null;

  constructor(frames: Frame[]) {
    this.frames = frames;
  }

  /** The frame that runs. */
  get frame(): Frame {
    return this.frames[this.frames.length - 1]!;
  }

  /** A state of its own to go on from; it has no history yet, and the same parent. */
  copy(): State {
    const frames = new Array<Frame>(this.frames.length);
    for (let number = 0; number < frames.length; number++) frames[number] = this.frames[number]!.copy();
    const to = new State(frames);
    to.references = this.references;
    to.activeLocks = this.activeLocks;
    to.activeLockId = this.activeLockId;
    to.activeLockOf = this.activeLockOf;
    to.activeIrqId = this.activeIrqId;
    to.activeRcuLocks = this.activeRcuLocks;
    to.activePreemptLocks = this.activePreemptLocks;
    to.inSleepable = this.inSleepable;
    to.parent = this.parent;
    to.branches = this.branches;
    to.firstSlot = this.firstSlot;
    to.lastSlot = this.lastSlot;
    to.history = this.history;
    to.steps = this.steps;
    to.depth = this.depth;
    to.callbackUnrollDepth = this.callbackUnrollDepth;
    to.mayGotoDepth = this.mayGotoDepth;
    to.slot = this.slot;
    return to;
  }
}
