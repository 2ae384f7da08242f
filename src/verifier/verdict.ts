/** What the verifier says of one program on one target, as data: what engines, the command line and explain/ read. */

import type { RefusalCode } from "./refusal.ts";

/** Why a program may not run. */
export interface Refusal {
  /** In the words of the kernel's log (of the target's version); lines are separated by newlines. */
  readonly text: string;
  readonly code: RefusalCode;
  /** The instruction it is about; -1 when it is about the program as a whole. */
  readonly slot: number;
}

/** An access of `Conditions.anywhere`: a load that gives zeroes where nothing is, as the kernel's survive faults. */
export const ANYWHERE = 1;
/** One that stays within the arena: elsewhere loads give zeroes and stores are dropped. */
export const IN_ARENA = 2;
/** A load from the kernel's own struct of a map. */
export const IN_MAP_STRUCT = 4;

/** What the verifier does not prove, because a kernel sees to it while the program runs or when it is attached. */
export interface Conditions {
  /** By slot: loads and stores whose address may be any, as above; 0 for all others. */
  readonly anywhere: Uint8Array;
  /** Bytes of the context that the program touches (`max_ctx_offset`): what it is given must have as many. */
  readonly contextSize: number;
  /** The same of buffers that it is given pointers to: those that it may write (`max_tp_access`, `max_rdwr_access`), and not. */
  readonly bufferSize: number;
  readonly readOnlySize: number;
  /** Whether it may read stack that it has not written (allowed since 6.3): what it finds there is up to whoever runs it. */
  readonly readsUnwritten: boolean;
}

/** Why a path was walked on although one was walked from there before: something was known otherwise. */
export interface Difference {
  /** The instruction that both were before. */
  readonly slot: number;
  /** Number of the frame that differed. */
  readonly frame: number;
  /** The register of it, 0 to 10, or the offset of the stack slot, -8 to -512. Both null: references, locks or calls. */
  readonly register: number | null;
  readonly stackOffset: number | null;
  /** What was known there, in the log's notation, of the first two states that differed there. Null: nothing. */
  readonly before: string | null;
  readonly now: string | null;
  /** How many comparisons it decided. */
  readonly count: number;
}

export interface Verdict {
  readonly program: string;
  /** `Target.name`. */
  readonly target: string;
  readonly accepted: boolean;
  /** Null exactly when it is accepted. */
  readonly refusal: Refusal | null;
  /** Instructions that were walked, on all paths: the kernel's `processed N insns`. */
  readonly processed: number;
  /** States that were kept to compare others with (`total_states`), and the most at one time (`peak_states`). */
  readonly states: number;
  readonly peakStates: number;
  /** How often each slot was walked. Length: the program's slots. */
  readonly visits: Uint32Array;
  /** The most frequent first; null unless a profile was asked for. */
  readonly differences: readonly Difference[] | null;
  /** Null when it was refused before anything was walked. */
  readonly conditions: Conditions | null;
  /** Bytes of the deepest chain of calls. */
  readonly stackDepth: number;
  /** The walk in the kernel's notation of log level 2, the refusal included; null unless it was asked for. */
  readonly log: readonly string[] | null;
}

/** How `verify(spec, program, target, options)` is asked. */
export interface VerifyOptions {
  /** Keep the log. Costs about five times the time. */
  readonly log?: boolean;
  /** The log begins after so many instructions: of a long walk, mostly the end is wanted. Default 0. */
  readonly logFrom?: number;
  /** Count why paths were walked again: `Verdict.differences`. */
  readonly profile?: boolean;
}
