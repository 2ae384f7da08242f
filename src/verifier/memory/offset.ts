/** Offsets of pointers as plain numbers, and pointers that must be as they were given. */

import type { Bounds } from "../numbers/bounds.ts";
import { bitsText } from "../print/numbers.ts";
import { typeName } from "../print/types.ts";
import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";

/** `BPF_MAX_VAR_OFF`, `BPF_MAX_VAR_SIZ`: a variable part of an offset, and a size, are below it. */
export const MOST_OFFSET = 1 << 29;

const HIGH = 4294967296;

// Exact below 2^53, and on the right side of every limit that is asked about when beyond.

/** The lowest value, signed. */
export function lowest(bounds: Bounds): number {
  return bounds.sminHi * HIGH + (bounds.sminLo >>> 0);
}

/** The highest value, signed. */
export function highest(bounds: Bounds): number {
  return bounds.smaxHi * HIGH + (bounds.smaxLo >>> 0);
}

/** The highest value, unsigned. */
export function highestUnsigned(bounds: Bounds): number {
  return (bounds.umaxHi >>> 0) * HIGH + (bounds.umaxLo >>> 0);
}

/** The variable part of an offset is one number: not really variable. */
export function isFixed(bounds: Bounds): boolean {
  return (bounds.maskLo | bounds.maskHi) === 0;
}

/** The number that {@link isFixed} is about, signed. */
export function fixedPart(bounds: Bounds): number {
  return bounds.valueHi * HIGH + (bounds.valueLo >>> 0);
}

/** There is no variable part. */
export function isPlain(bounds: Bounds): boolean {
  return (bounds.maskLo | bounds.maskHi | bounds.valueLo | bounds.valueHi) === 0;
}

/** Bits that a number may take: 0 for zero, 64 at most. */
export function widthOf(bounds: Bounds): number {
  return bounds.umaxHi === 0 ? 32 - Math.clz32(bounds.umaxLo) : 64 - Math.clz32(bounds.umaxHi);
}

/** A pointer that may only be used as it was given, or at constant offsets ≥ 0 with `fixedAllowed` (`__check_ptr_off_reg`). */
export function checkUnmodified(reg: Reg, index: number, fixedAllowed: boolean, era: number): void {
  if (reg.off < 0) refuse(`negative offset ${typeName(reg.type, era)} ptr R${index} off=${reg.off} disallowed`);
  if (!fixedAllowed && reg.off !== 0) {
    refuse(`dereference of modified ${typeName(reg.type, era)} ptr R${index} off=${reg.off} disallowed`);
  }
  if (!isPlain(reg.bounds)) refuse(`variable ${typeName(reg.type, era)} access var_off=${bitsText(reg.bounds, era)} disallowed`);
}
