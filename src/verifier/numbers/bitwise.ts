/**
 * Ranges of AND, OR and XOR. `to` holds the first operand's ranges and already the result's bits (andBits, orBits, xorBits);
 * its ranges become the result's.
 */
import type { Bounds } from "./bounds.ts";
import { below, higher, less, lower } from "./order.ts";
import { assignConstant, assignConstant32, forgetSigned32, forgetSigned64 } from "./ranges.ts";

export function andRanges32(to: Bounds, b: Bounds, era: number): void {
  if (becomesKnown32(to, b)) return;
  // A result has no bit that an operand does not have, and has those that both surely have.
  to.u32min = to.valueLo;
  to.u32max = lower(to.u32max, b.u32max);
  signedFromUnsigned32(to, b, era);
}

export function orRanges32(to: Bounds, b: Bounds, era: number): void {
  if (becomesKnown32(to, b)) return;
  to.u32min = higher(to.u32min, b.u32min);
  to.u32max = to.valueLo | to.maskLo;
  signedFromUnsigned32(to, b, era);
}

export function xorRanges32(to: Bounds, b: Bounds, era: number): void {
  if (becomesKnown32(to, b)) return;
  to.u32min = to.valueLo;
  to.u32max = to.valueLo | to.maskLo;
  signedFromUnsigned32(to, b, era);
}

export function andRanges64(to: Bounds, b: Bounds, era: number): void {
  if (becomesKnown64(to, b)) return;
  to.uminLo = to.valueLo;
  to.uminHi = to.valueHi;
  if (below(b.umaxLo, b.umaxHi, to.umaxLo, to.umaxHi)) {
    to.umaxLo = b.umaxLo;
    to.umaxHi = b.umaxHi;
  }
  signedFromUnsigned64(to, b, era);
}

export function orRanges64(to: Bounds, b: Bounds, era: number): void {
  if (becomesKnown64(to, b)) return;
  if (below(to.uminLo, to.uminHi, b.uminLo, b.uminHi)) {
    to.uminLo = b.uminLo;
    to.uminHi = b.uminHi;
  }
  to.umaxLo = to.valueLo | to.maskLo;
  to.umaxHi = to.valueHi | to.maskHi;
  signedFromUnsigned64(to, b, era);
}

export function xorRanges64(to: Bounds, b: Bounds, era: number): void {
  if (becomesKnown64(to, b)) return;
  to.uminLo = to.valueLo;
  to.uminHi = to.valueHi;
  to.umaxLo = to.valueLo | to.maskLo;
  to.umaxHi = to.valueHi | to.maskHi;
  signedFromUnsigned64(to, b, era);
}

function becomesKnown32(to: Bounds, b: Bounds): boolean {
  if ((to.maskLo | b.maskLo) !== 0) return false;
  assignConstant32(to, to.valueLo);
  return true;
}

function becomesKnown64(to: Bounds, b: Bounds): boolean {
  if ((to.maskLo | to.maskHi | b.maskLo | b.maskHi) !== 0) return false;
  assignConstant(to, to.valueLo, to.valueHi);
  return true;
}

/** Since 6.10 the result's own range decides whether its sign is known. Before, neither operand might be negative. */
function signedFromUnsigned32(to: Bounds, b: Bounds, era: number): void {
  if (era >= 610 ? to.u32min <= to.u32max : to.s32min >= 0 && b.s32min >= 0) {
    to.s32min = to.u32min;
    to.s32max = to.u32max;
  } else {
    forgetSigned32(to);
  }
}

function signedFromUnsigned64(to: Bounds, b: Bounds, era: number): void {
  if (era >= 610 ? !less(to.umaxLo, to.umaxHi, to.uminLo, to.uminHi) : to.sminHi >= 0 && b.sminHi >= 0) {
    to.sminLo = to.uminLo;
    to.sminHi = to.uminHi;
    to.smaxLo = to.umaxLo;
    to.smaxHi = to.umaxHi;
  } else {
    forgetSigned64(to);
  }
}
