/** A program on one CPU, by whatever means it runs there: the interpreter, or generated code. */

import type { AddressSpace } from "./access.ts";
import type { Cpu } from "./cpu.ts";
import type { HelperTable } from "./helpers/helper.ts";
import type { Memory } from "./memory.ts";
import type { ResolvedProgram } from "./resolve.ts";
import type { Trust } from "./verify.ts";

export interface Executor {
  readonly cpu: Cpu;
  readonly memory: Memory;
  /** What the program may touch besides its stack; its host says before each call. */
  readonly space: AddressSpace;
  /**
   * Runs the program once, with `context` in r1. Hot.
   * @returns the lower half of r0, as i32.
   * @throws FaultError when it does what no verified program does, or has no fuel left.
   */
  call(context: number, fuel: number): number;
  /** What other threads need to run the same code; null where they need nothing. */
  readonly shared: SharedCode | null;
  /** From now on tail calls on this CPU reach the program under this number of the room's table. */
  offer(number: number): void;
  /**
   * Runs the program as the rest of a function of another one on this CPU, which makes a tail call.
   * @param end where the stack frame of that function ends: it becomes this program's. @param fuel what is left of it.
   * @returns the lower half of r0; the upper half and what is left of the fuel are in the CPU's memory (`CALLS` in cpu.ts).
   */
  takeOver(context: number, end: number, fuel: number, caller: TailCaller): number;
  /** Null where `space` must be set before each call, because helpers look at it. */
  readonly callEach: CallEach | null;
}

/** What a tail call hands on. */
export interface TailCaller {
  /** What the next program finds in place, packet and context; afterwards, as it left them. */
  readonly space: AddressSpace;
  /** The fuel of the whole run, for messages. */
  readonly fuel: number;
}

/**
 * Runs the program on `count` contexts, the next one `stride` bytes behind the last; results go to u32s from address `results` on.
 * @param open opens to the program, in `space`, what belongs to the result at an address: before somebody says what it missed there.
 * @param failed told what a run threw; its result is 0 then, and the others go on.
 */
export type CallEach = (
  context: number,
  stride: number,
  results: number,
  count: number,
  fuel: number,
  open: (result: number) => void,
  failed: (error: unknown) => void,
) => void;

/** Generated code, ready to be sent to another thread: both run one machine code. */
export interface SharedCode {
  /** A `WebAssembly.Module`. */
  readonly module: unknown;
  readonly traps: ReadonlyMap<number, { readonly start: number; readonly pairs: Int32Array }>;
  readonly callees: readonly number[];
  /** What `CompiledProgram` says of them. */
  readonly tails: boolean;
  readonly asks: boolean;
}

/** Makes a program ready for each of the CPUs. */
export type MakeExecutors = (
  program: ResolvedProgram,
  cpus: readonly Cpu[],
  helpers: HelperTable,
  trust: Trust,
  /** Of another thread that made it ready. */
  code?: SharedCode | null,
) => readonly Executor[];
