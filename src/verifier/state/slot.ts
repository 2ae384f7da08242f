/** What is known of eight bytes of stack: `struct bpf_stack_state`. */

import { type Reg, UNINITIALISED } from "./register.ts";

// What a byte of stack holds: `enum bpf_stack_slot_type`.
/** Nothing was written. */
export const SLOT_INVALID = 0;
/** Part of a register that was spilled. */
export const SLOT_SPILL = 1;
/** Something. */
export const SLOT_MISC = 2;
/** Zero. */
export const SLOT_ZERO = 3;
/** Part of a dynptr: two slots. */
export const SLOT_DYNPTR = 4;
/** Part of an open-coded iterator. */
export const SLOT_ITER = 5;
/** Saved interrupt state. */
export const SLOT_IRQ_FLAG = 6;

/**
 * Shared between states and never changed: put a new one in its place.
 *
 * `kinds` packs the kinds of the eight bytes, four bits each. As in the kernel they count downwards: kind i of slot number n
 * (the n-th below the frame pointer, from 0) is the byte at `fp - 8 * n - 1 - i`. So kind 7 is the lowest address, where a
 * spill begins: a spill of k bytes has SLOT_SPILL in kinds 7 … 8-k.
 */
export class Slot {
  readonly kinds: number;
  /** What was spilled (SLOT_SPILL), or the dynptr, iterator or flag. Else uninitialised. */
  readonly reg: Reg;

  constructor(kinds: number, reg: Reg) {
    this.kinds = kinds | 0;
    this.reg = reg;
  }
}

/** Nothing was written. */
export const EMPTY_SLOT: Slot = new Slot(0, UNINITIALISED);

/** Kind of byte i, 0 … 7. */
export function kindAt(kinds: number, i: number): number {
  return (kinds >>> (i * 4)) & 15;
}

export function withKind(kinds: number, i: number, kind: number): number {
  return (kinds & ~(15 << (i * 4))) | (kind << (i * 4));
}

/** The same kind in all eight bytes. */
export function everyKind(kind: number): number {
  return Math.imul(kind, 0x11111111);
}
