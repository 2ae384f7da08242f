/** One function's registers and stack: `struct bpf_func_state`. */

import type { Reference } from "./references.ts";
import { type Reg, UNINITIALISED } from "./register.ts";
import type { Slot } from "./slot.ts";

const RETURNS_ZERO = [0, 0] as const;

/** Frames belong to one state: they are copied with it, and changed in place while it is walked. */
export class Frame {
  /** r0 … r10. */
  regs: Reg[];
  /** `stack[n]` covers `fp - 8 * (n + 1) … fp - 8 * n - 1`; as long as was touched. */
  stack: Slot[];
  /** The call instruction that it returns to, or -1 in the main function and callbacks that run later. */
  callsite: number;
  /** 0 … 7. */
  readonly number: number;
  /** Which of `Program.subprograms` it runs. */
  readonly subprogram: number;
  /** It runs as a callback of a helper or kfunc. */
  inCallback = false;
  /** A callback that runs later and by itself (timers, work queues). */
  inAsyncCallback = false;
  /** The callback of exceptions. */
  inExceptionCallback = false;
  /** What a callback may return: the lowest and the highest. */
  callbackReturn: readonly [number, number] = RETURNS_ZERO;
  /** Callbacks before 6.13: what was held when they were called, which holds again when they return. */
  callerReferences: readonly Reference[] | null = null;
  /** How often this callback was walked in a row. */
  callbackDepth = 0;
  /** Async callbacks: how deep they set themselves up again. */
  asyncEntries = 0;

  constructor(callsite: number, number: number, subprogram: number, regs?: Reg[], stack?: Slot[]) {
    this.callsite = callsite;
    this.number = number;
    this.subprogram = subprogram;
    this.regs = regs ?? new Array<Reg>(11).fill(UNINITIALISED);
    this.stack = stack ?? [];
  }

  copy(): Frame {
    const to = new Frame(this.callsite, this.number, this.subprogram, this.regs.slice(), this.stack.slice());
    to.inCallback = this.inCallback;
    to.inAsyncCallback = this.inAsyncCallback;
    to.inExceptionCallback = this.inExceptionCallback;
    to.callbackReturn = this.callbackReturn;
    to.callerReferences = this.callerReferences;
    to.callbackDepth = this.callbackDepth;
    to.asyncEntries = this.asyncEntries;
    return to;
  }
}
