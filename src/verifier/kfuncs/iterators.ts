/** Open-coded iterators: stack slots that hold one, and loops over what it gives. */

import { acquireReference, releaseReference } from "../calls/references.ts";
import { findStackObject } from "../calls/stack-objects.ts";
import { checkMemory } from "../memory/access.ts";
import { findPreviousEntry, widenImprecise } from "../prune/loops.ts";
import { refuse } from "../refusal.ts";
import { pointer, type Reg, ZERO_SCALAR } from "../state/register.ts";
import { EMPTY_SLOT, everyKind, kindAt, SLOT_ITER, Slot } from "../state/slot.ts";
import type { State } from "../state/state.ts";
import { MEM_RCU, PTR_TO_STACK, PTR_UNTRUSTED } from "../state/types.ts";
import { learnNotNull } from "../walk/nulls.ts";
import type { Walk } from "../walk/walk.ts";
import type { KfuncCall } from "./call.ts";
import { pointee } from "./kinds.ts";
import { inRcuSection } from "./regions.ts";

// `enum bpf_iter_state`.
const ACTIVE = 1;
const DRAINED = 2;
const PREFIX = "bpf_iter_";
const ALL = everyKind(SLOT_ITER);

/** An iterator argument: made, walked on or given back (`process_iter_arg`). @param at from 0. */
export function checkIterator(walk: Walk, call: KfuncCall, at: number): void {
  const index = at + 1;
  const reg = walk.reg(index);
  const { btf } = call;
  if (reg.type !== PTR_TO_STACK) refuse(`arg#${at} expected pointer to an iterator on stack`, "EINVAL");
  const struct = pointee(btf, call.parameters[at]!.type);
  const name = btf.name(struct);
  if (!name.startsWith(PREFIX) || btf.sizeOf(struct) % 8 !== 0) refuse(`expected valid iter pointer as arg #${at}`, "EINVAL");
  const slots = btf.sizeOf(struct) / 8;
  const short = name.slice(PREFIX.length);
  if (call.flags.iteratorNew) begin(walk, call, reg, index, struct, slots, short);
  else proceed(walk, call, reg, at, struct, slots, short);
}

function begin(walk: Walk, call: KfuncCall, reg: Reg, index: number, struct: number, slots: number, name: string): void {
  const found = findStackObject(walk, reg, "iter", slots);
  const { stack } = walk.state.frames[reg.frame]!;
  const taken = found.slot >= 0 && rangeOf(found.slot, slots).some((slot) => holdsIterator(stack[slot]));
  if (found.slot === -2 || taken) refuse(`${found.complaint}expected uninitialized iter_${name} as arg #${index - 1}`, "EINVAL");
  for (let off = 0; off < slots * 8; off += 8) {
    checkMemory(walk, { reg: index, off, size: 8, write: true, value: -1, strict: false, signExtend: false });
  }
  const first = findStackObject(walk, walk.reg(index), "iter", slots).slot;
  const id = acquireReference(walk);
  for (const slot of rangeOf(first, slots)) {
    const held = pointer(PTR_TO_STACK);
    if (call.flags.rcuProtected) held.type |= inRcuSection(walk) ? MEM_RCU : PTR_UNTRUSTED;
    held.refId = slot === first ? id : 0;
    held.btf = call.btf;
    held.btfId = struct;
    held.iterState = ACTIVE;
    stack[slot] = new Slot(ALL, held);
    walk.touched.slot(slot);
    walk.markStackWrite(reg.frame, slot);
  }
}

function proceed(walk: Walk, call: KfuncCall, reg: Reg, at: number, struct: number, slots: number, name: string): void {
  const found = findStackObject(walk, reg, "iter", slots);
  const { stack } = walk.state.frames[reg.frame]!;
  const wrong = (): never => refuse(`${found.complaint}expected an initialized iter_${name} as arg #${at}`, "EINVAL");
  if (found.slot < 0) wrong();
  for (const slot of rangeOf(found.slot, slots)) {
    const held = stack[slot];
    if (held === undefined) wrong();
    else {
      if ((held.reg.type & PTR_UNTRUSTED) !== 0) refuse(`expected an RCU CS when using ${call.name}`, "EPROTO");
      const isFirst = slot === found.slot;
      if ((held.reg.refId !== 0) !== isFirst || held.reg.btf !== call.btf || held.reg.btfId !== struct || !isWhole(held)) wrong();
    }
    walk.markStackRead(reg.frame, slot);
  }
  call.iteratorSlot = found.slot;
  call.iteratorFrame = reg.frame;
  call.refId = stack[found.slot]!.reg.refId;
  if (call.flags.iteratorDestroy) end(walk, reg.frame, found.slot, slots);
}

function end(walk: Walk, frame: number, first: number, slots: number): void {
  const { stack } = walk.state.frames[frame]!;
  releaseReference(walk, stack[first]!.reg.refId);
  for (const slot of rangeOf(first, slots)) {
    stack[slot] = EMPTY_SLOT;
    walk.touched.slot(slot);
    walk.markStackWrite(frame, slot);
  }
}

/** The slots of an object, from its lowest address on. */
function rangeOf(first: number, slots: number): number[] {
  return Array.from({ length: slots }, (_, at) => first - at);
}

function holdsIterator(slot: Slot | undefined): boolean {
  if (slot === undefined) return false;
  for (let i = 0; i < 8; i++) if (kindAt(slot.kinds, i) === SLOT_ITER) return true;
  return false;
}

function isWhole(slot: Slot): boolean {
  return slot.kinds === ALL;
}

/**
 * The next element, or none: the path goes on as if there were none, and another one with one, as often as something new
 * comes of it (`process_iter_next_call`). r0 holds what was returned, which may be null.
 */
export function stepIterator(walk: Walk, call: KfuncCall): void {
  const { state, slot } = walk;
  const held = iteratorOf(state, call);
  if (held.iterState === ACTIVE) {
    const { parent } = state;
    const entry = parent === null ? null : findPreviousEntry(walk, parent, slot);
    const next = walk.push(slot + 1, slot);
    const active = held.copy();
    active.iterDepth++;
    setIterator(next, call, active);
    if (entry !== null) widenImprecise(walk, entry, next);
    next.frame.regs[0] = learnNotNull(next.frame.regs[0]!);
  }
  const drained = held.copy();
  drained.iterState = DRAINED;
  setIterator(state, call, drained);
  walk.touched.slot(call.iteratorSlot);
  walk.setReg(0, ZERO_SCALAR);
}

export function iteratorOf(state: State, call: KfuncCall): Reg {
  return state.frames[call.iteratorFrame]!.stack[call.iteratorSlot]!.reg;
}

function setIterator(state: State, call: KfuncCall, reg: Reg): void {
  state.frames[call.iteratorFrame]!.stack[call.iteratorSlot] = new Slot(ALL, reg);
}

/** Iterators over lists that RCU protects end with its section. */
export function endProtectedIterators(state: State): void {
  for (const { stack } of state.frames) {
    for (let slot = 0; slot < stack.length; slot++) {
      const { kinds, reg } = stack[slot]!;
      if (kindAt(kinds, 0) !== SLOT_ITER || (reg.type & MEM_RCU) === 0) continue;
      const to = reg.copy();
      to.type = (to.type & ~MEM_RCU) | PTR_UNTRUSTED;
      stack[slot] = new Slot(kinds, to);
    }
  }
}
