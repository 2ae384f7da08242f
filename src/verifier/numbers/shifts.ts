/**
 * Shifts by a known number of places. (By an unknown one, nothing is known of the result.)
 *
 * `to` is the operand, with its bits and ranges, and becomes the result, before `sync`. Where a 64-bit shift brings bits over
 * the middle, the 32-bit ranges are learnt anew from the bits.
 */
import type { Bounds } from "./bounds.ts";
import { below } from "./order.ts";
import { forgetRanges32, forgetSigned32, forgetSigned64, forgetUnsigned32, forgetUnsigned64 } from "./ranges.ts";
import { learnFromBits, learnFromLowBits } from "./sync.ts";
import { shiftBitsLeft, shiftBitsRight, shiftBitsRightSigned } from "./tnum.ts";

/** @param by 0 to 31. The high half of `to` is left alone. */
export function shiftLeft32(to: Bounds, by: number): void {
  shiftRangesLeft32(to, by);
  to.valueLo <<= by;
  to.maskLo <<= by;
  learnFromLowBits(to);
}

/** @param by 0 to 63. */
export function shiftLeft64(to: Bounds, by: number, era: number): void {
  // `<< 32` begins the sign extension that compilers wrote before there was an instruction.
  if (by === 32) {
    to.sminHi = to.s32min;
    to.smaxHi = to.s32max;
    to.sminLo = 0;
    to.smaxLo = 0;
  } else {
    forgetSigned64(to);
  }
  // One more than the numbers whose top bits can be shifted out without loss: the kernel's own edge.
  const limitLo = by >= 32 ? 1 << (63 - by) : 0;
  const limitHi = by >= 32 ? 0 : 1 << (31 - by);
  if (below(limitLo, limitHi, to.umaxLo, to.umaxHi)) {
    forgetUnsigned64(to);
  } else if (by >= 32) {
    to.uminHi = to.uminLo << (by - 32);
    to.umaxHi = to.umaxLo << (by - 32);
    to.uminLo = 0;
    to.umaxLo = 0;
  } else if (by > 0) {
    to.uminHi = (to.uminHi << by) | (to.uminLo >>> (32 - by));
    to.umaxHi = (to.umaxHi << by) | (to.umaxLo >>> (32 - by));
    to.uminLo <<= by;
    to.umaxLo <<= by;
  }
  shiftRangesLeft32(to, by);
  shiftBitsLeft(to, to, by);
  learnFromBits(to, era);
}

function shiftRangesLeft32(to: Bounds, by: number): void {
  forgetSigned32(to);
  if (by > 31 || to.u32max >>> 0 > (1 << (31 - by)) >>> 0) {
    forgetUnsigned32(to);
  } else {
    to.u32min <<= by;
    to.u32max <<= by;
  }
}

export function shiftRight32(to: Bounds, by: number): void {
  forgetSigned32(to);
  to.valueLo = (to.valueLo >>> by) | 0;
  to.maskLo = (to.maskLo >>> by) | 0;
  to.u32min = (to.u32min >>> by) | 0;
  to.u32max = (to.u32max >>> by) | 0;
  learnFromLowBits(to);
}

export function shiftRight64(to: Bounds, by: number, era: number): void {
  forgetSigned64(to);
  shiftBitsRight(to, to, by);
  if (by >= 32) {
    to.uminLo = (to.uminHi >>> (by - 32)) | 0;
    to.umaxLo = (to.umaxHi >>> (by - 32)) | 0;
    to.uminHi = 0;
    to.umaxHi = 0;
  } else if (by > 0) {
    to.uminLo = (to.uminLo >>> by) | (to.uminHi << (32 - by));
    to.umaxLo = (to.umaxLo >>> by) | (to.umaxHi << (32 - by));
    to.uminHi = (to.uminHi >>> by) | 0;
    to.umaxHi = (to.umaxHi >>> by) | 0;
  }
  forgetRanges32(to);
  learnFromBits(to, era);
}

export function shiftRightSigned32(to: Bounds, by: number): void {
  to.s32min >>= by;
  to.s32max >>= by;
  to.valueLo >>= by;
  to.maskLo >>= by;
  forgetUnsigned32(to);
  learnFromLowBits(to);
}

export function shiftRightSigned64(to: Bounds, by: number, era: number): void {
  if (by >= 32) {
    to.sminLo = to.sminHi >> (by - 32);
    to.smaxLo = to.smaxHi >> (by - 32);
    to.sminHi >>= 31;
    to.smaxHi >>= 31;
  } else if (by > 0) {
    to.sminLo = (to.sminLo >>> by) | (to.sminHi << (32 - by));
    to.smaxLo = (to.smaxLo >>> by) | (to.smaxHi << (32 - by));
    to.sminHi >>= by;
    to.smaxHi >>= by;
  }
  shiftBitsRightSigned(to, to, by);
  forgetUnsigned64(to);
  forgetRanges32(to);
  learnFromBits(to, era);
}
