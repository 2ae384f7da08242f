/** Bounds that contradict themselves: what a branch that cannot happen leaves behind, where no rule saw that it cannot. */
import { type Bounds, isConstant, isConstant32 } from "./bounds.ts";
import { below, less } from "./order.ts";
import { forgetRanges } from "./ranges.ts";

/** Whether a range is empty, or the bits are one number and the ranges another (`reg_bounds_sanity_check`). */
export function isContradiction(b: Bounds): boolean {
  if (below(b.umaxLo, b.umaxHi, b.uminLo, b.uminHi) || less(b.smaxLo, b.smaxHi, b.sminLo, b.sminHi)) return true;
  if (b.u32max >>> 0 < b.u32min >>> 0 || b.s32max < b.s32min) return true;
  if (b.maskLo !== 0) return false;
  const lo = b.valueLo;
  if (((b.u32min ^ lo) | (b.u32max ^ lo) | (b.s32min ^ lo) | (b.s32max ^ lo)) !== 0) return true;
  if (b.maskHi !== 0) return false;
  const hi = b.valueHi;
  return (
    ((b.uminLo ^ lo) | (b.umaxLo ^ lo) | (b.sminLo ^ lo) | (b.smaxLo ^ lo)) !== 0 ||
    ((b.uminHi ^ hi) | (b.umaxHi ^ hi) | (b.sminHi ^ hi) | (b.smaxHi ^ hi)) !== 0
  );
}

/**
 * Whether the ranges of 64 bits contradict themselves, or are not one number although the bits are: an operand that makes any
 * result unknown, since it comes from a branch that cannot happen.
 */
export function isTainted64(b: Bounds): boolean {
  return isConstant(b)
    ? ((b.sminLo ^ b.smaxLo) | (b.sminHi ^ b.smaxHi) | (b.uminLo ^ b.umaxLo) | (b.uminHi ^ b.umaxHi)) !== 0
    : less(b.smaxLo, b.smaxHi, b.sminLo, b.sminHi) || below(b.umaxLo, b.umaxHi, b.uminLo, b.uminHi);
}

/** The same of the low 32 bits. */
export function isTainted32(b: Bounds): boolean {
  return isConstant32(b)
    ? b.s32min !== b.s32max || b.u32min !== b.u32max
    : b.s32min > b.s32max || b.u32min >>> 0 > b.u32max >>> 0;
}

/** Since 6.8, a contradiction makes the kernel forget all ranges (not the bits). Changes `bounds` and returns them. */
export function forgetContradiction(bounds: Bounds, era: number): Bounds {
  if (era >= 608 && isContradiction(bounds)) forgetRanges(bounds);
  return bounds;
}
