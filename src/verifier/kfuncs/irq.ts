/** Interrupts held off: the flag on the stack that says how they were (`process_irq_flag`). Since 6.14. */

import { findStackObject } from "../calls/stack-objects.ts";
import { checkMemory } from "../memory/access.ts";
import { refuse } from "../refusal.ts";
import { pointer, type Reg } from "../state/register.ts";
import { EMPTY_SLOT, everyKind, kindAt, SLOT_IRQ_FLAG, Slot } from "../state/slot.ts";
import { PTR_TO_STACK } from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";

const ALL = everyKind(SLOT_IRQ_FLAG);
/** `IRQ_NATIVE_KFUNC` and `IRQ_LOCK_KFUNC`. */
const CLASSES = ["native", "lock"] as const;

/** @param saves whether it holds interrupts off, else it gives them back. @param irqClass 0 by itself, 1 by a lock. */
export function checkIrqFlag(walk: Walk, index: number, saves: boolean, irqClass: 0 | 1): void {
  const reg = walk.reg(index);
  if (saves) save(walk, reg, index, irqClass);
  else restore(walk, reg, index, irqClass);
}

function save(walk: Walk, reg: Reg, index: number, irqClass: 0 | 1): void {
  const found = findStackObject(walk, reg, "irq_flag", 1);
  const { stack } = walk.state.frames[reg.frame]!;
  const taken = found.slot >= 0 && holdsFlag(stack[found.slot]);
  if (found.slot === -2 || taken) refuse(`${found.complaint}expected uninitialized irq flag as arg#${index - 1}`, "EINVAL");
  checkMemory(walk, { reg: index, off: 0, size: 8, write: true, value: -1, strict: false, signExtend: false });
  const { slot } = findStackObject(walk, walk.reg(index), "irq_flag", 1);
  const id = walk.nextId();
  const { state } = walk;
  const callbackFrame = walk.era >= 613 ? -1 : 0;
  state.references = [
    ...state.references,
    { kind: "irq", id, slot: walk.slot, lockOf: null, lockId: 0, irqClass, callbackFrame },
  ];
  state.activeIrqId = id;
  const held = pointer(PTR_TO_STACK);
  held.refId = id;
  held.irqClass = irqClass;
  stack[slot] = new Slot(ALL, held);
  walk.touched.slot(slot);
  walk.markStackWrite(reg.frame, slot);
}

function restore(walk: Walk, reg: Reg, index: number, irqClass: 0 | 1): void {
  const found = findStackObject(walk, reg, "irq_flag", 1);
  const { state } = walk;
  const { stack } = state.frames[reg.frame]!;
  const held = found.slot >= 0 ? stack[found.slot] : undefined;
  if (held === undefined || held.kinds !== ALL || held.reg.refId === 0)
    refuse(`${found.complaint}expected an initialized irq flag as arg#${index - 1}`, "EINVAL");
  walk.markStackRead(reg.frame, found.slot);
  const { refId, irqClass: before } = held.reg;
  if (before !== irqClass)
    refuse(
      `irq flag acquired by ${CLASSES[before as 0 | 1]} kfuncs cannot be restored with ${CLASSES[irqClass]} kfuncs`,
      "EINVAL",
    );
  if (refId !== state.activeIrqId) {
    const last = state.references.find(({ id }) => id === state.activeIrqId);
    refuse(
      `cannot restore irq state out of order, expected id=${state.activeIrqId} acquired at insn_idx=${last?.slot ?? 0}`,
      "EACCES",
    );
  }
  state.references = state.references.filter(({ kind, id }) => kind !== "irq" || id !== refId);
  state.activeIrqId = 0;
  for (const { kind, id } of state.references) if (kind === "irq") state.activeIrqId = id;
  stack[found.slot] = EMPTY_SLOT;
  walk.touched.slot(found.slot);
  walk.markStackWrite(reg.frame, found.slot);
}

function holdsFlag(slot: Slot | undefined): boolean {
  if (slot === undefined) return false;
  for (let i = 0; i < 8; i++) if (kindAt(slot.kinds, i) === SLOT_IRQ_FLAG) return true;
  return false;
}
