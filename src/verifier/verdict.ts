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
  /** `BPF_F_STRICT_ALIGNMENT`. */
  readonly strictAlignment?: boolean;
}
