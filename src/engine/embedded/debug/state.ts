/** Where a run that is debugged stands, and why it stopped there. */

import type { Instruction } from "../../../isa/instruction.ts";
import type { LineInfo } from "../../../object/spec.ts";
import type { FaultError } from "../../errors.ts";
import type { Breakpoint } from "./breakpoints.ts";
import type { MachineStatus } from "./machine.ts";
import type { WatchChange } from "./watches.ts";

export interface Frame {
  /** Name of the function. */
  readonly function: string;
  /** Of the next instruction; in callers, of the call. */
  readonly slot: number;
  readonly line: LineInfo | null;
}

export interface DebugState {
  /** `ended`: r0 is the result. `fault`: the instruction at `slot` cannot be carried out. */
  readonly status: MachineStatus;
  /** Instructions carried out so far: where in the run this is. */
  readonly time: number;
  /** Of the next instruction. */
  readonly slot: number;
  readonly line: LineInfo | null;
  readonly instruction: Instruction;
  /** r0 to r10, unsigned. */
  readonly registers: readonly bigint[];
  /** The innermost first. */
  readonly frames: readonly Frame[];
}

/** Why a run stands where it stands. */
export type Stop =
  /** One went as far as was asked for. */
  | { readonly reason: "step" }
  | { readonly reason: "breakpoint"; readonly breakpoints: readonly Breakpoint[] }
  /** `slot` is that of the instruction that changed them; `breakpoints` are those that are there, too. */
  | {
      readonly reason: "watch";
      readonly slot: number;
      readonly changes: readonly WatchChange[];
      readonly breakpoints: readonly Breakpoint[];
    }
  | { readonly reason: "fault"; readonly error: FaultError }
  /** `result` is r0, unsigned. */
  | { readonly reason: "end"; readonly result: bigint }
  /** The beginning of what is known; `forgotten` when the run began before it. */
  | { readonly reason: "beginning"; readonly forgotten: boolean }
  /** The time that was given is over. */
  | { readonly reason: "paused" };

export interface ContinueOptions {
  /** Stop after that time, in milliseconds, so that others get a turn. Default: no limit but the program's fuel. */
  readonly milliseconds?: number;
}
