/** Functions of the program that a helper calls back: what they are given, and when they are walked. */

import { HELPER } from "../../uapi/helpers.ts";
import { isConstant } from "../numbers/bounds.ts";
import { markPrecise } from "../prune/precision.ts";
import { refuse } from "../refusal.ts";
import { Frame } from "../state/frame.ts";
import { pointer, type Reg, UNKNOWN_SCALAR } from "../state/register.ts";
import { State } from "../state/state.ts";
import { CONST_PTR_TO_MAP, DYNPTR_TYPE_LOCAL, PTR_TO_BTF_ID, PTR_TO_MAP_KEY, PTR_TO_MAP_VALUE, SCALAR } from "../state/types.ts";
import { enterFunction, framePointer } from "../walk/subprograms.ts";
import { MOST_PENDING, type Walk } from "../walk/walk.ts";
import type { Call } from "./call.ts";
import { callbackDynptr } from "./dynptrs.ts";

/** Puts a callback's arguments in r1 … r5 of its frame; what it does not set stays uninitialised (`set_callee_state_fn`). */
export type SetArguments = (walk: Walk, caller: Frame, callee: Frame) => void;

/**
 * The callback of the call that is being walked: one more path that begins with it. It comes back to the call itself, which
 * is walked until nothing new comes of it (since 6.7); before, the callback was walked once, on the way to the next
 * instruction.
 *
 * @returns before 6.7 the callback's frame, to be entered by {@link enterCallback} when the call is done with.
 */
export function pushCallback(walk: Walk, subprogram: number, setArguments: SetArguments): Frame | null {
  const { frame: caller, slot, flow, program } = walk;
  const facts = flow.subprograms[subprogram];
  if (facts !== undefined) facts.isCallback = true;
  if (walk.era < 607) {
    const callee = enterFunction(walk.state, subprogram, slot);
    walk.state.frames.pop();
    callee.callerReferences = walk.state.references;
    setArguments(walk, caller, callee);
    return callee;
  }
  const state = walk.push(program.subprograms[subprogram]!.start, slot);
  state.frame.callbackDepth++;
  const callee = enterFunction(state, subprogram, slot);
  if (walk.era < 613) callee.callerReferences = state.references;
  setArguments(walk, caller, callee);
  state.callbackUnrollDepth++;
  caller.callbackDepth = 0;
  return null;
}

/** Goes on with the callback (before 6.7). */
export function enterCallback(walk: Walk, callee: Frame): void {
  walk.state.frames.push(callee);
  walk.next = walk.program.subprograms[callee.subprogram]!.start;
}

/** A callback that runs later and by itself: a path of its own, with nothing but its arguments (`push_async_cb`). */
export function pushAsyncCallback(walk: Walk, subprogram: number, sleepable: boolean, setArguments: SetArguments): void {
  const { frame: caller, slot, flow, program } = walk;
  const facts = flow.subprograms[subprogram];
  if (facts !== undefined) {
    facts.isCallback = true;
    facts.isAsyncCallback = true;
  }
  const callee = new Frame(-1, 0, subprogram);
  callee.regs[10] = framePointer(0);
  callee.inAsyncCallback = true;
  callee.asyncEntries = caller.asyncEntries + 1;
  setArguments(walk, caller, callee);
  const state = new State([callee]);
  state.inSleepable = sleepable;
  const start = program.subprograms[subprogram]!.start;
  walk.defer(state, start, slot);
  if (walk.pending.length <= MOST_PENDING) return;
  refuse(`The sequence of ${walk.pending.length} jumps is too complex for async cb.`, "E2BIG");
}

const ZERO_OR_ONE = [0, 1] as const;

function synchronous(callee: Frame): void {
  callee.inCallback = true;
  callee.callbackReturn = ZERO_OR_ONE;
}

/** `long callback(u32 index, void *context)`. */
function setLoopArguments(_walk: Walk, caller: Frame, callee: Frame): void {
  callee.regs[1] = UNKNOWN_SCALAR;
  callee.regs[2] = caller.regs[3]!;
  synchronous(callee);
}

/** `long callback(map, const void *key, void *value, void *context)`. */
function setElementArguments(_walk: Walk, caller: Frame, callee: Frame): void {
  const map = caller.regs[1]!;
  callee.regs[1] = map;
  callee.regs[2] = ofMap(map, PTR_TO_MAP_KEY);
  callee.regs[3] = ofMap(map, PTR_TO_MAP_VALUE);
  callee.regs[4] = caller.regs[3]!;
  synchronous(callee);
}

/** `long callback(struct task_struct *, struct vm_area_struct *, void *context)`. */
function setAreaArguments(walk: Walk, caller: Frame, callee: Frame): void {
  const { kernelTypes } = walk.program;
  callee.regs[1] = caller.regs[1]!;
  const area = pointer(PTR_TO_BTF_ID);
  area.btf = kernelTypes;
  area.btfId = kernelTypes?.find("vm_area_struct", "struct") ?? 0;
  callee.regs[2] = area;
  callee.regs[3] = caller.regs[4]!;
  synchronous(callee);
}

/** `long callback(const struct bpf_dynptr *, void *context)`. */
function setDrainArguments(walk: Walk, caller: Frame, callee: Frame): void {
  callee.regs[1] = callbackDynptr(walk, DYNPTR_TYPE_LOCAL);
  callee.regs[2] = caller.regs[3]!;
  synchronous(callee);
}

/** `int callback(map, void *key, void *value)`, of timers and work queues: r1 of the caller points into the value. */
export function setTimerArguments(_walk: Walk, caller: Frame, callee: Frame): void {
  setMapArguments(callee, caller.regs[1]!);
  callee.callbackReturn = [0, 0];
}

/** A map, a key and a value of it. @param of a pointer to the map, or into a value of it. */
export function setMapArguments(callee: Frame, of: Reg): void {
  callee.regs[1] = ofMap(of, CONST_PTR_TO_MAP);
  callee.regs[2] = ofMap(of, PTR_TO_MAP_KEY);
  callee.regs[3] = ofMap(of, PTR_TO_MAP_VALUE);
}

function ofMap(from: Reg, type: number): Reg {
  const reg = pointer(type);
  reg.map = from.map;
  reg.mapUid = from.mapUid;
  return reg;
}

/** Maps whose elements can be gone through (`map_for_each_callback`). */
const ITERABLE: ReadonlySet<string> = new Set(["hash", "percpu_hash", "lru_hash", "lru_percpu_hash", "array", "percpu_array"]);

/** The callbacks of helpers that have one. @returns as {@link pushCallback}. */
export function checkCallbacks(walk: Walk, call: Call): Frame | null {
  switch (call.prototype.id) {
    case HELPER.bpf_loop:
      return walk.era >= 607 ? loopAgain(walk, call) : pushCallback(walk, call.subprogram, setLoopArguments);
    case HELPER.bpf_for_each_map_elem:
      checkIterable(walk, call);
      return pushCallback(walk, call.subprogram, setElementArguments);
    case HELPER.bpf_find_vma:
      return pushCallback(walk, call.subprogram, setAreaArguments);
    case HELPER.bpf_user_ringbuf_drain:
      return pushCallback(walk, call.subprogram, setDrainArguments);
    case HELPER.bpf_timer_set_callback:
      pushAsyncCallback(walk, call.subprogram, false, setTimerArguments);
  }
  return null;
}

/** One more round of the loop, unless the number of rounds is reached. */
function loopAgain(walk: Walk, call: Call): null {
  noteFlags(walk, call.subprogram);
  // Pointers are taken for numbers too, until one is to be traced back.
  if (walk.reg(1).type !== SCALAR) refuse("verifier bug: backtracking misuse", "EFAULT");
  markPrecise(walk, 1);
  const { frame } = walk;
  const { bounds } = walk.reg(1);
  if (bounds.umaxHi !== 0 || frame.callbackDepth < bounds.umaxLo >>> 0) pushCallback(walk, call.subprogram, setLoopArguments);
  else frame.callbackDepth = 0;
  return null;
}

/** The kernel inlines loops that always have the same callback and no flags: which marks the flags precise. */
function noteFlags(walk: Walk, subprogram: number): void {
  const { calls } = walk.facts;
  const known = calls.get(walk.slot);
  if (known === undefined || known === subprogram) {
    const { bounds, type } = walk.reg(4);
    const zero = type === SCALAR && isConstant(bounds) && (bounds.valueLo | bounds.valueHi) === 0;
    if (zero) markPrecise(walk, 4);
    calls.set(walk.slot, zero ? subprogram : -1);
  } else calls.set(walk.slot, -1);
}

function checkIterable(walk: Walk, call: Call): void {
  const { map } = call;
  if (walk.era < 607) {
    const { calls } = walk.facts;
    const known = calls.get(walk.slot);
    calls.set(walk.slot, known === undefined || known === map ? map : null);
    if (calls.get(walk.slot) === null) refuse("tail_call abusing map_ptr", "EINVAL");
  }
  if (map === null || !ITERABLE.has(map.type)) refuse("callback function not allowed for map", "ENOTSUPP");
}
