/** What is known of a program's control flow before it is walked. */

import type { Successors } from "./successors.ts";

/** Columns by slot. */
export interface Flow {
  /** States may be compared and stored here: targets of jumps, after calls … */
  readonly prunePoint: Uint8Array;
  /** Where jumps lead, and after calls: the path is written down here, so that it can be traced back (`jmp_point`). */
  readonly jumpPoint: Uint8Array;
  /** A state must be stored here each time: heads of loops, iterators' next, callbacks. */
  readonly forceCheckpoint: Uint8Array;
  /** The call of a helper or kernel function that calls functions of the program before it returns. Since 6.7. */
  readonly callsCallback: Uint8Array;
  /** Registers that are read before they are written again, one bit each: before the instruction. */
  readonly liveRegisters: Uint16Array;
  /** Number of the strongly connected component (a loop) that an instruction is in, or 0. */
  readonly component: Int32Array;
  /** Whether any instruction is in one. */
  readonly hasLoops: boolean;
  /** Which subprogram an instruction is in. */
  readonly subprogram: Uint16Array;
  /** By subprogram. */
  readonly subprograms: readonly SubprogramFlow[];
  /** Where control goes from each instruction, within its function. */
  readonly successors: Successors;
  /** By subprogram: its slots, each after those that it leads to, but for loops. */
  readonly postorders: readonly Int32Array[];
}

/** Facts of subprograms, some of which are found during the walk (callbacks). */
export interface SubprogramFlow {
  hasTailCall: boolean;
  hasLegacyLoad: boolean;
  /** It may change packet data, itself or in what it calls: packet pointers are lost after a call of it. */
  changesPacket: boolean;
  mightSleep: boolean;
  /** It calls what may throw an exception. */
  mightThrow: boolean;
  tailCallReachable: boolean;
  isCallback: boolean;
  isAsyncCallback: boolean;
  isExceptionCallback: boolean;
}
