/** Ranges of sums and differences. `to` is the first operand too, and has its ranges changed; its bits are left alone. */
import type { Bounds } from "./bounds.ts";
import { below } from "./order.ts";
import { forgetSigned32, forgetSigned64, forgetUnsigned32, forgetUnsigned64 } from "./ranges.ts";

/** Whether the sum `sum` of `a` and `b` (signed high halves, or whole numbers) left the signed range. */
function overflowsSum(a: number, b: number, sum: number): boolean {
  return ((a ^ sum) & (b ^ sum)) < 0;
}

function overflowsDifference(a: number, b: number, difference: number): boolean {
  return ((a ^ b) & (a ^ difference)) < 0;
}

/**
 * Since 6.17, unsigned ends that both wrap are still the ends of a range; only one that wraps while the other does not makes
 * it two. Before, any wrap lost the range.
 */
function keepsUnsigned(minWraps: boolean, maxWraps: boolean, era: number): boolean {
  return era >= 617 ? minWraps === maxWraps : !minWraps && !maxWraps;
}

export function addRanges32(to: Bounds, b: Bounds, era: number): void {
  const smin = (to.s32min + b.s32min) | 0;
  const smax = (to.s32max + b.s32max) | 0;
  if (overflowsSum(to.s32min, b.s32min, smin) || overflowsSum(to.s32max, b.s32max, smax)) {
    forgetSigned32(to);
  } else {
    to.s32min = smin;
    to.s32max = smax;
  }
  const umin = (to.u32min + b.u32min) | 0;
  const umax = (to.u32max + b.u32max) | 0;
  if (keepsUnsigned(umin >>> 0 < b.u32min >>> 0, umax >>> 0 < b.u32max >>> 0, era)) {
    to.u32min = umin;
    to.u32max = umax;
  } else {
    forgetUnsigned32(to);
  }
}

export function addRanges64(to: Bounds, b: Bounds, era: number): void {
  const sminLo = (to.sminLo + b.sminLo) | 0;
  const sminHi = (to.sminHi + b.sminHi + (sminLo >>> 0 < b.sminLo >>> 0 ? 1 : 0)) | 0;
  const smaxLo = (to.smaxLo + b.smaxLo) | 0;
  const smaxHi = (to.smaxHi + b.smaxHi + (smaxLo >>> 0 < b.smaxLo >>> 0 ? 1 : 0)) | 0;
  if (overflowsSum(to.sminHi, b.sminHi, sminHi) || overflowsSum(to.smaxHi, b.smaxHi, smaxHi)) {
    forgetSigned64(to);
  } else {
    to.sminLo = sminLo;
    to.sminHi = sminHi;
    to.smaxLo = smaxLo;
    to.smaxHi = smaxHi;
  }
  const uminLo = (to.uminLo + b.uminLo) | 0;
  const uminHi = (to.uminHi + b.uminHi + (uminLo >>> 0 < b.uminLo >>> 0 ? 1 : 0)) | 0;
  const umaxLo = (to.umaxLo + b.umaxLo) | 0;
  const umaxHi = (to.umaxHi + b.umaxHi + (umaxLo >>> 0 < b.umaxLo >>> 0 ? 1 : 0)) | 0;
  if (keepsUnsigned(below(uminLo, uminHi, b.uminLo, b.uminHi), below(umaxLo, umaxHi, b.umaxLo, b.umaxHi), era)) {
    to.uminLo = uminLo;
    to.uminHi = uminHi;
    to.umaxLo = umaxLo;
    to.umaxHi = umaxHi;
  } else {
    forgetUnsigned64(to);
  }
}

export function subtractRanges32(to: Bounds, b: Bounds, era: number): void {
  const smin = (to.s32min - b.s32max) | 0;
  const smax = (to.s32max - b.s32min) | 0;
  if (overflowsDifference(to.s32min, b.s32max, smin) || overflowsDifference(to.s32max, b.s32min, smax)) {
    forgetSigned32(to);
  } else {
    to.s32min = smin;
    to.s32max = smax;
  }
  const minWraps = to.u32min >>> 0 < b.u32max >>> 0;
  const maxWraps = to.u32max >>> 0 < b.u32min >>> 0;
  if (era >= 617 ? minWraps === maxWraps : !minWraps) {
    const umin = (to.u32min - b.u32max) | 0;
    to.u32max = (to.u32max - b.u32min) | 0;
    to.u32min = umin;
  } else {
    forgetUnsigned32(to);
  }
}

export function subtractRanges64(to: Bounds, b: Bounds, era: number): void {
  const sminLo = (to.sminLo - b.smaxLo) | 0;
  const sminHi = (to.sminHi - b.smaxHi - (to.sminLo >>> 0 < b.smaxLo >>> 0 ? 1 : 0)) | 0;
  const smaxLo = (to.smaxLo - b.sminLo) | 0;
  const smaxHi = (to.smaxHi - b.sminHi - (to.smaxLo >>> 0 < b.sminLo >>> 0 ? 1 : 0)) | 0;
  if (overflowsDifference(to.sminHi, b.smaxHi, sminHi) || overflowsDifference(to.smaxHi, b.sminHi, smaxHi)) {
    forgetSigned64(to);
  } else {
    to.sminLo = sminLo;
    to.sminHi = sminHi;
    to.smaxLo = smaxLo;
    to.smaxHi = smaxHi;
  }
  const minWraps = below(to.uminLo, to.uminHi, b.umaxLo, b.umaxHi);
  const maxWraps = below(to.umaxLo, to.umaxHi, b.uminLo, b.uminHi);
  if (era >= 617 ? minWraps === maxWraps : !minWraps) {
    const uminHi = (to.uminHi - b.umaxHi - (to.uminLo >>> 0 < b.umaxLo >>> 0 ? 1 : 0)) | 0;
    const umaxHi = (to.umaxHi - b.uminHi - (to.umaxLo >>> 0 < b.uminLo >>> 0 ? 1 : 0)) | 0;
    to.uminLo = (to.uminLo - b.umaxLo) | 0;
    to.umaxLo = (to.umaxLo - b.uminLo) | 0;
    to.uminHi = uminHi;
    to.umaxHi = umaxHi;
  } else {
    forgetUnsigned64(to);
  }
}
