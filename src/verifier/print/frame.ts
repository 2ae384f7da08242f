/** One frame as the kernel's log prints it: ` frame1: R0=1 R10=fp0 fp-8=mmmm0000 refs=2`. */

import { isConstant } from "../numbers/bounds.ts";
import type { Frame } from "../state/frame.ts";
import type { Reg } from "../state/register.ts";
import { kindAt, SLOT_DYNPTR, SLOT_ITER, SLOT_SPILL, type Slot } from "../state/slot.ts";
import type { State } from "../state/state.ts";
import { NOT_INIT, SCALAR } from "../state/types.ts";
import { signed64 } from "./numbers.ts";
import { printRegister } from "./register.ts";
import { dynptrName, typeName } from "./types.ts";

/** By slot kind: `enum bpf_stack_slot_type`. */
const KIND_LETTERS = "?rm0dif";

const ITERATOR_PREFIX = "bpf_iter_";
const ITERATOR_STATES = ["<invalid>", "active", "drained"];

/** What was touched since the log last printed a state: only that is printed after an instruction. */
export class Touched {
  /** Bit n: register n. */
  registers = 0;
  /** Bit n: stack slots n and 32 + n. */
  slotsLow = 0;
  slotsHigh = 0;

  register(number: number): void {
    this.registers |= 1 << number;
  }

  slot(number: number): void {
    if (number < 32) this.slotsLow |= 1 << number;
    else this.slotsHigh |= 1 << (number - 32);
  }

  everything(): void {
    this.registers = this.slotsLow = this.slotsHigh = -1;
  }

  nothing(): void {
    this.registers = this.slotsLow = this.slotsHigh = 0;
  }

  get any(): boolean {
    return (this.registers | this.slotsLow | this.slotsHigh) !== 0;
  }

  hasRegister(number: number): boolean {
    return ((this.registers >>> number) & 1) !== 0;
  }

  hasSlot(number: number): boolean {
    return (((number < 32 ? this.slotsLow : this.slotsHigh) >>> (number & 31)) & 1) !== 0;
  }
}

/**
 * Begins with a space, as what stands before it ends in a colon.
 * @param frame of that state; the one that runs is usual.
 * @param touched prints only that; null: everything.
 */
export function printFrame(state: State, frame: Frame, touched: Touched | null, era: number): string {
  let text = frame.number === 0 ? "" : ` frame${frame.number}:`;
  for (const [number, reg] of frame.regs.entries()) {
    if (reg.type === NOT_INIT || (touched !== null && !touched.hasRegister(number))) continue;
    text += ` R${number}=${printRegister(reg, frame.number, era)}`;
  }
  for (let number = 0; number < frame.stack.length; number++) {
    if (touched !== null && !touched.hasSlot(number)) continue;
    const slot = frame.stack[number]!;
    if (slot.kinds === 0) continue;
    // A dynptr is told once, at the slot of its lower address, by what the first of its two slots holds.
    if (era >= 604 && kindAt(slot.kinds, 7) === SLOT_DYNPTR) {
      number++;
      text += ` ${placeOf(number)}=${printDynptr((frame.stack[number] ?? slot).reg, era)}`;
      continue;
    }
    const what = printSlot(slot, frame.number, era);
    if (what !== null) text += ` ${placeOf(number)}=${what}`;
  }
  const references = state.references.filter(({ kind, id }) => id !== 0 && (kind === "pointer" || era >= 614));
  if (references.length > 0) text += ` refs=${references.map(({ id }) => id).join(",")}`;
  if (frame.inCallback) text += " cb";
  if (frame.inAsyncCallback) text += " async_cb";
  return text;
}

function placeOf(slot: number): string {
  return `fp${(slot + 1) * -8}`;
}

/** Null: it is told with another slot. @param frame the number of the frame that it stands in. */
export function printSlot({ kinds, reg }: Slot, frame: number, era: number): string | null {
  switch (kindAt(kinds, 7)) {
    case SLOT_SPILL:
      return era >= 608 ? `${bytesBeforeSpill(kinds)}${printRegister(reg, frame, era)}` : printSpillBefore68(reg, era);
    case SLOT_ITER:
      return reg.refId === 0 ? null : printIterator(reg);
    default:
      return letters(kinds, 8);
  }
}

function letters(kinds: number, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += KIND_LETTERS[kindAt(kinds, i)] ?? "?";
  return text;
}

/** A spill of less than 8 bytes leaves others above it. */
function bytesBeforeSpill(kinds: number): string {
  let count = 0;
  while (count < 8 && kindAt(kinds, count) !== SLOT_SPILL) count++;
  return letters(kinds, count);
}

function printSpillBefore68(reg: Reg, era: number): string {
  if (reg.type !== SCALAR) return typeName(reg.type, era);
  const value = isConstant(reg.bounds) ? String(signed64(reg.bounds.valueLo, reg.bounds.valueHi) + BigInt(reg.off)) : "";
  return `${reg.precise ? "P" : ""}${value}`;
}

function printDynptr(reg: Reg, era: number): string {
  const kind = `dynptr_${dynptrName(reg.dynptrType)}`;
  if (era < 612) return reg.refId === 0 ? kind : `${kind}(ref_id=${reg.refId})`;
  const fields: string[] = [];
  if (reg.id !== 0) fields.push(`id=${reg.id}`);
  if (reg.refId !== 0) fields.push(`ref_id=${reg.refId}`);
  if (reg.dynptrId !== 0) fields.push(`dynptr_id=${reg.dynptrId}`);
  return `${kind}(${fields.join(",")})`;
}

function printIterator(reg: Reg): string {
  const name = reg.btf === null ? "<invalid>" : reg.btf.name(reg.btfId).slice(ITERATOR_PREFIX.length);
  return `iter_${name}(ref_id=${reg.refId},state=${ITERATOR_STATES[reg.iterState] ?? "<unknown>"},depth=${reg.iterDepth})`;
}
