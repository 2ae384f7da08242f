/** Calls between functions of a program, and returns from them. */

import { findPreviousEntry, widenImprecise } from "../prune/loops.ts";
import { markPrecise } from "../prune/precision.ts";
import { refuse } from "../refusal.ts";
import { Frame } from "../state/frame.ts";
import { pointer, type Reg, UNINITIALISED } from "../state/register.ts";
import type { State } from "../state/state.ts";
import { PTR_TO_STACK, SCALAR } from "../state/types.ts";
import { refuseRange, withinRange } from "./exit.ts";
import { checkGlobalCall } from "./global.ts";
import { logCall, logReturn } from "./trace.ts";
import { MOST_FRAMES, type Walk } from "./walk.ts";

/** A call of another function of the program (`check_func_call`). */
export function checkSubprogramCall(walk: Walk): void {
  const { code, subprograms } = walk.program;
  const { slot, state } = walk;
  const index = walk.subprogramAt(slot + code.imm[slot]! + 1);
  const subprogram = subprograms[index]!;
  // Since 6.8 functions of the program's own may be called while a lock is held.
  if (walk.era < 608 && state.activeLocks > 0) refuse("function calls are not allowed while holding a lock", "EINVAL");
  if (subprogram.linkage === "global") {
    checkGlobalCall(walk, index);
    return;
  }
  const caller = state.frame;
  const callee = enterFunction(state, index, slot);
  walk.liveness.framesChanged();
  for (let number = 1; number <= 5; number++) callee.regs[number] = caller.regs[number]!;
  caller.regs.fill(UNINITIALISED, 0, 6);
  logCall(walk, caller, callee);
  walk.next = subprogram.start;
}

/** A frame on top of the one that runs in `state`; its arguments are the caller's to give (`setup_func_entry`). */
export function enterFunction(state: State, subprogram: number, callsite: number): Frame {
  const number = state.frames.length;
  if (number >= MOST_FRAMES) refuse(`the call stack of ${number + 1} frames is too deep`, "E2BIG");
  const callee = new Frame(callsite, number, subprogram);
  callee.regs[10] = framePointer(number);
  state.frames.push(callee);
  return callee;
}

/** Leaves the function that runs for its caller, or a callback for the call that asked for it (`prepare_func_exit`). */
export function leaveFunction(walk: Walk): void {
  const { state } = walk;
  walk.liveness.update(state);
  const callee = state.frame;
  const caller = state.frames[state.frames.length - 2]!;
  const r0 = callee.regs[0]!;
  if (r0.type === PTR_TO_STACK) refuse("cannot return stack pointer to the caller", "EINVAL");
  if (callee.inCallback) {
    if (r0.type !== SCALAR) refuse("R0 not a scalar value");
    markPrecise(walk, 0);
    const [least, most] = callee.callbackReturn;
    if (!withinRange(callee.regs[0]!.bounds, least, most, false))
      refuseRange(callee.regs[0]!.bounds, least, most, "At callback return", "R0", walk.era);
  } else caller.regs[0] = r0;
  // Before 6.7 a callback was walked once; before 6.13 what was held when it was called holds again.
  const comesAgain = callee.inCallback && walk.era >= 607;
  if (callee.inCallback && callee.callerReferences !== null) state.references = callee.callerReferences;
  walk.next = comesAgain ? callee.callsite : callee.callsite + 1;
  logReturn(walk, callee, caller);
  state.frames.pop();
  // A callback may be called any number of times: what it changes and nobody relied on is anything from now on.
  const entry = comesAgain ? findPreviousEntry(walk, state, walk.next) : null;
  if (entry !== null) widenImprecise(walk, entry, state);
}

/** r10 of a frame. */
export function framePointer(number: number): Reg {
  const reg = pointer(PTR_TO_STACK);
  reg.frame = number;
  return reg;
}
