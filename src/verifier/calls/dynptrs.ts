/** Dynptrs: two stack slots that hold a description of memory, which only helpers and kernel functions read and write. */

import { checkMemory } from "../memory/access.ts";
import { destroyDynptr } from "../memory/stack-slots.ts";
import { dynptrName } from "../print/types.ts";
import { refuse } from "../refusal.ts";
import type { Frame } from "../state/frame.ts";
import { Reg } from "../state/register.ts";
import { EMPTY_SLOT, everyKind, SLOT_DYNPTR, Slot } from "../state/slot.ts";
import { CONST_PTR_TO_DYNPTR, DYNPTR_TYPE_RINGBUF, DYNPTR_TYPES, MEM_RDONLY, MEM_UNINIT, PTR_TO_STACK } from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import { acquireReference, releaseReference } from "./references.ts";
import { findStackObject, IMPOSSIBLE, NOT_ALLOCATED } from "./stack-objects.ts";

const ALL = everyKind(SLOT_DYNPTR);

/** As {@link findStackObject}. Before 6.3 offsets were not looked at so closely. */
function find(walk: Walk, reg: Reg): { readonly slot: number; readonly complaint: string } {
  if (walk.era >= 603) return findStackObject(walk, reg, "dynptr", 2);
  const slot = Math.trunc((-reg.off - 1) / 8);
  return { slot: slot >= 1 && slot < walk.state.frames[reg.frame]!.stack.length ? slot : NOT_ALLOCATED, complaint: "" };
}

function slotOf(walk: Walk, reg: Reg): number {
  return find(walk, reg).slot;
}

/** What is logged when slots are looked for, before the refusal that follows. */
function complaintOf(walk: Walk, reg: Reg): string {
  return reg.type === CONST_PTR_TO_DYNPTR ? "" : find(walk, reg).complaint;
}

/** The state of the dynptr that `reg` points at: its first slot, or the pointer itself for those that callbacks are given. */
export function dynptrAt(walk: Walk, reg: Reg): Reg | null {
  if (reg.type === CONST_PTR_TO_DYNPTR) return reg;
  const index = slotOf(walk, reg);
  return index < 0 ? null : (walk.state.frames[reg.frame]!.stack[index]?.reg ?? null);
}

/** A dynptr as argument of a helper, kernel function or global function (`process_dynptr_func`). */
export function checkDynptrArgument(walk: Walk, index: number, flags: number, cloneRefId: number): void {
  const reg = walk.reg(index);
  if (reg.type !== PTR_TO_STACK && reg.type !== CONST_PTR_TO_DYNPTR) {
    refuse(`arg#${index - 1} expected pointer to stack or const struct bpf_dynptr`, "EINVAL");
  }
  if ((flags & MEM_UNINIT) !== 0) {
    if (!mayBecomeDynptr(walk, reg)) {
      refuse(`${complaintOf(walk, reg)}Dynptr has to be an uninitialized dynptr`, "EINVAL");
    }
    writeSlots(walk, index);
    makeDynptr(walk, walk.reg(index), flags, cloneRefId);
    return;
  }
  if (reg.type === CONST_PTR_TO_DYNPTR && (flags & MEM_RDONLY) === 0) {
    refuse("cannot pass pointer to const bpf_dynptr, the helper mutates it", "EINVAL");
  }
  if (!isDynptr(walk, reg)) {
    const number = walk.era < 612 ? index : index - 1;
    refuse(`${complaintOf(walk, reg)}Expected an initialized dynptr as arg #${number}`, "EINVAL");
  }
  const wanted = flags & ~MEM_RDONLY;
  if (wanted === 0 || dynptrAt(walk, reg)?.dynptrType === (wanted & DYNPTR_TYPES)) {
    markRead(walk, reg);
    return;
  }
  const name = dynptrName(wanted & DYNPTR_TYPES);
  refuse(`Expected a dynptr of type ${name} as arg #${walk.era < 612 ? index : index - 1}`, "EINVAL");
}

/** Both slots matter from here back. */
function markRead(walk: Walk, reg: Reg): void {
  if (reg.type === CONST_PTR_TO_DYNPTR) return;
  const index = slotOf(walk, reg);
  walk.markStackRead(reg.frame, index);
  walk.markStackRead(reg.frame, index - 1);
}

/** Before 6.2 the slots were written after all arguments had been checked; the kinds of flags are those of the argument. */
export function checkOldDynptrArgument(walk: Walk, index: number, flags: number): void {
  const reg = walk.reg(index);
  if (reg.type === CONST_PTR_TO_DYNPTR) return;
  if ((flags & MEM_UNINIT) !== 0) {
    if (!mayBecomeDynptr(walk, reg)) refuse("Dynptr has to be an uninitialized dynptr", "EINVAL");
    return;
  }
  if (!isDynptr(walk, reg)) refuse(`Expected an initialized dynptr as arg #${index}`, "EINVAL");
  if (flags === 0 || dynptrAt(walk, reg)?.dynptrType === (flags & DYNPTR_TYPES)) return;
  const name = (flags & DYNPTR_TYPES) === 0 ? "<unknown>" : dynptrName(flags & DYNPTR_TYPES);
  refuse(`Expected a dynptr of type ${name} as arg #${index}`, "EINVAL");
}

/** Writes the 16 bytes at `index` as a store would, with its checks of the stack's limits. */
export function writeSlots(walk: Walk, index: number): void {
  for (let off = 0; off < 16; off += 8) {
    checkMemory(walk, { reg: index, off, size: 8, write: true, value: -1, strict: false, signExtend: false });
  }
}

/** Whether a dynptr can be made there: those that need not be released may be overwritten. */
function mayBecomeDynptr(walk: Walk, reg: Reg): boolean {
  if (reg.type === CONST_PTR_TO_DYNPTR) return false;
  const index = slotOf(walk, reg);
  if (walk.era >= 603) return index !== IMPOSSIBLE;
  if (index < 0) return true;
  const { stack } = walk.state.frames[reg.frame]!;
  return !holdsDynptr(stack[index]) && !holdsDynptr(stack[index - 1]);
}

function holdsDynptr(slot: Slot | undefined): boolean {
  return slot !== undefined && slot.kinds === ALL;
}

function isDynptr(walk: Walk, reg: Reg): boolean {
  if (reg.type === CONST_PTR_TO_DYNPTR) return true;
  const index = slotOf(walk, reg);
  if (index < 0) return false;
  const { stack } = walk.state.frames[reg.frame]!;
  return stack[index]!.reg.firstSlot && holdsDynptr(stack[index]) && holdsDynptr(stack[index - 1]);
}

/** Whether something must be given back for it. */
function isReferenced(type: number): boolean {
  return type === DYNPTR_TYPE_RINGBUF;
}

/** Makes two stack slots a dynptr of the type that `flags` say (`mark_stack_slots_dynptr`). */
export function makeDynptr(walk: Walk, reg: Reg, flags: number, cloneRefId: number): void {
  const index = slotOf(walk, reg);
  if (index < 0) refuse(complaintOf(walk, reg).trimEnd(), "EINVAL");
  const frame = walk.state.frames[reg.frame]!;
  if (walk.era >= 603) {
    destroyDynptr(walk, frame, index);
    destroyDynptr(walk, frame, index - 1);
  }
  const type = flags & DYNPTR_TYPES;
  if (type === 0) refuse("", "EINVAL");
  const id = walk.era >= 603 ? walk.nextId() : 0;
  const refId = !isReferenced(type) ? 0 : cloneRefId !== 0 ? cloneRefId : acquireReference(walk);
  frame.stack[index] = new Slot(ALL, describe(type, true, id, refId));
  frame.stack[index - 1] = new Slot(ALL, describe(type, false, id, refId));
  walk.markStackWrite(frame.number, index);
  walk.markStackWrite(frame.number, index - 1);
}

/** A dynptr that a callback is given: it can be read and written, and not be changed itself. */
export function callbackDynptr(walk: Walk, type: number): Reg {
  return describe(type, true, walk.nextId(), 0);
}

/** `__mark_dynptr_reg`. */
function describe(type: number, firstSlot: boolean, id: number, refId: number): Reg {
  const reg = new Reg();
  reg.type = CONST_PTR_TO_DYNPTR;
  reg.id = id;
  reg.refId = refId;
  reg.dynptrType = type;
  reg.firstSlot = firstSlot;
  return reg;
}

/** What happens to the dynptr that a helper gives back (`unmark_stack_slots_dynptr`). @returns false when there is none. */
export function releaseDynptr(walk: Walk, reg: Reg): boolean {
  const index = slotOf(walk, reg);
  if (index < 0) return false;
  const frame = walk.state.frames[reg.frame]!;
  const { dynptrType, refId } = frame.stack[index]!.reg;
  if (!isReferenced(dynptrType)) {
    forget(walk, frame, index);
    return true;
  }
  releaseReference(walk, refId);
  if (walk.era < 603) {
    forget(walk, frame, index);
    return true;
  }
  // Clones share the reference.
  for (let each = 1; each < frame.stack.length; each++) {
    const slot = frame.stack[each]!;
    if (slot.kinds === ALL && slot.reg.refId === refId && slot.reg.firstSlot) forget(walk, frame, each);
  }
  return true;
}

function forget(walk: Walk, frame: Frame, index: number): void {
  frame.stack[index] = EMPTY_SLOT;
  frame.stack[index - 1] = EMPTY_SLOT;
  walk.markStackWrite(frame.number, index);
  walk.markStackWrite(frame.number, index - 1);
}
