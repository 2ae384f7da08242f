/**
 * What a comparison that holds said up to 6.7: only the side that is not a constant learns. A comparison in one width forgets
 * what was known in the other, as far as the bits do not tell.
 */
import type { Bounds } from "./bounds.ts";
import { JEQ, JGE, JGT, JLE, JLT, JSET, JSGE, JSGT, JSLE, JSLT } from "./compare.ts";
import { assignLow32 } from "./extend.ts";
import { CLEAR, clearBits, isSingleBit, lowerSmax, lowerUmax, raiseSmin, raiseUmin, setBits } from "./narrow.ts";
import { higher, lower } from "./order.ts";
import { assignConstant, assignConstant32, forgetRanges, forgetRanges32, forgetRanges64 } from "./ranges.ts";
import { sync } from "./sync.ts";
import { intersectBits } from "./tnum.ts";

const ERA = 601;

/** `number holds value`, where `value` is a constant (in 32 bits at least, if only those are compared). */
export function refineByConstant(holds: number, number: Bounds, value: Bounds, is32: boolean): Bounds {
  const to = number.copy();
  if (is32) {
    narrow32(holds, to, value.valueLo);
    spread32(to);
  } else {
    narrow64(holds, to, value.valueLo, value.valueHi);
    spread64(to);
  }
  return sync(to, ERA);
}

/** `number == other`, neither a constant. In 64 bits only. */
export function refineEqual(number: Bounds, other: Bounds): Bounds {
  const to = number.copy();
  raiseUmin(to, other.uminLo, other.uminHi);
  lowerUmax(to, other.umaxLo, other.umaxHi);
  raiseSmin(to, other.sminLo, other.sminHi);
  lowerSmax(to, other.smaxLo, other.smaxHi);
  intersectBits(to, to, other);
  return sync(to, ERA);
}

function narrow32(holds: number, to: Bounds, value: number): void {
  switch (holds) {
    case JEQ:
      assignConstant32(to, value);
      break;
    case JSET:
      if (isSingleBit(value, 0)) setBits(to, value, 0);
      break;
    case CLEAR:
      forgetRanges(to);
      clearBits(to, value, 0);
      break;
    case JGE:
      to.u32min = higher(to.u32min, value);
      break;
    case JGT:
      to.u32min = higher(to.u32min, (value + 1) | 0);
      break;
    case JLE:
      to.u32max = lower(to.u32max, value);
      break;
    case JLT:
      to.u32max = lower(to.u32max, (value - 1) | 0);
      break;
    case JSGE:
      to.s32min = Math.max(to.s32min, value);
      break;
    case JSGT:
      to.s32min = Math.max(to.s32min, (value + 1) | 0);
      break;
    case JSLE:
      to.s32max = Math.min(to.s32max, value);
      break;
    case JSLT:
      to.s32max = Math.min(to.s32max, (value - 1) | 0);
      break;
  }
}

function narrow64(holds: number, to: Bounds, lo: number, hi: number): void {
  const nextLo = (lo + 1) | 0;
  const nextHi = (hi + (nextLo === 0 ? 1 : 0)) | 0;
  const previousLo = (lo - 1) | 0;
  const previousHi = (hi - (lo === 0 ? 1 : 0)) | 0;
  switch (holds) {
    case JEQ:
      assignConstant(to, lo, hi);
      break;
    case JSET:
      if (isSingleBit(lo, hi)) setBits(to, lo, hi);
      break;
    case CLEAR:
      forgetRanges(to);
      clearBits(to, lo, hi);
      break;
    case JGE:
      raiseUmin(to, lo, hi);
      break;
    case JGT:
      raiseUmin(to, nextLo, nextHi);
      break;
    case JLE:
      lowerUmax(to, lo, hi);
      break;
    case JLT:
      lowerUmax(to, previousLo, previousHi);
      break;
    case JSGE:
      raiseSmin(to, lo, hi);
      break;
    case JSGT:
      raiseSmin(to, nextLo, nextHi);
      break;
    case JSLE:
      lowerSmax(to, lo, hi);
      break;
    case JSLT:
      lowerSmax(to, previousLo, previousHi);
      break;
  }
}

/** The 64-bit ranges are those of the low half if there is nothing else, or unknown. */
function spread32(to: Bounds): void {
  if ((to.valueHi | to.maskHi) === 0) assignLow32(to);
  else forgetRanges64(to);
}

/** The 32-bit ranges are those of 64 bits where these fit, or unknown. */
function spread64(to: Bounds): void {
  forgetRanges32(to);
  if (to.sminHi === to.sminLo >> 31 && to.smaxHi === to.smaxLo >> 31) {
    to.s32min = to.sminLo;
    to.s32max = to.smaxLo;
  }
  if ((to.uminHi | to.umaxHi) === 0) {
    to.u32min = to.uminLo;
    to.u32max = to.umaxLo;
  }
}
