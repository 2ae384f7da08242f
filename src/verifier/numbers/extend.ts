/** Narrower numbers made 64 bits wide: results of 32-bit instructions, loads, and sign extension. */
import { type Bounds, constant, isConstant, UNKNOWN } from "./bounds.ts";
import { forgetContradiction } from "./contradiction.ts";
import { forgetRanges32 } from "./ranges.ts";
import { sync } from "./sync.ts";
import { unknownBelow } from "./tnum.ts";

/** The high half of `to` becomes zero. Not synced. */
export function assignLow32(to: Bounds): void {
  to.valueHi = 0;
  to.maskHi = 0;
  to.uminLo = to.u32min;
  to.uminHi = 0;
  to.umaxLo = to.u32max;
  to.umaxHi = 0;
  const positive = to.s32min >= 0 && to.s32max >= 0;
  to.sminLo = positive ? to.s32min : 0;
  to.sminHi = 0;
  to.smaxLo = positive ? to.s32max : -1;
  to.smaxHi = 0;
}

/** `w1 = w2`. */
export function zeroExtend32(bounds: Bounds, era: number): Bounds {
  const to = bounds.copy();
  assignLow32(to);
  return forgetContradiction(sync(to, era), era);
}

/** The lowest bytes alone (`coerce_reg_to_size`). @param bytes 1, 2 or 4. */
export function truncate(bounds: Bounds, bytes: number, era: number): Bounds {
  const to = bounds.copy();
  const kept = bytes >= 4 ? -1 : (1 << (bytes * 8)) - 1;
  to.valueLo &= kept;
  to.maskLo &= kept;
  to.valueHi = 0;
  to.maskHi = 0;
  if (to.uminHi === to.umaxHi && ((to.uminLo ^ to.umaxLo) & ~kept) === 0) {
    to.uminLo &= kept;
    to.umaxLo &= kept;
  } else {
    to.uminLo = 0;
    to.umaxLo = kept;
  }
  to.uminHi = 0;
  to.umaxHi = 0;
  to.sminLo = to.uminLo;
  to.sminHi = 0;
  to.smaxLo = to.umaxLo;
  to.smaxHi = 0;
  if (bytes < 4) {
    forgetRanges32(to);
    if (era < 608) {
      to.s32min = to.u32min = to.uminLo;
      to.s32max = to.u32max = to.umaxLo;
    }
  } else if (era < 608) {
    return to;
  }
  return sync(to, era);
}

/**
 * `r1 = (s8)r2` and its like.
 *
 * @param bits 8, 16 or 32: how many are kept.
 * @param width 64 or 32: of the result; the high half of a 32-bit one becomes zero.
 */
export function signExtend(bounds: Bounds, bits: number, width: 64 | 32, era: number): Bounds {
  if (width === 64) return signExtend64(bounds, bits);
  const to = signExtend32(bounds, bits);
  assignLow32(to);
  return forgetContradiction(sync(to, era), era);
}

function signExtended(value: number, bits: number): number {
  return (value << (32 - bits)) >> (32 - bits);
}

function signExtend64(bounds: Bounds, bits: number): Bounds {
  if (isConstant(bounds)) {
    const value = signExtended(bounds.valueLo, bits);
    return constant(value, value >> 31);
  }
  const { sminLo, sminHi, smaxLo, smaxHi } = bounds;
  // Bits that are cut off may not differ, nor the sign that is left.
  if (sminHi === smaxHi && (bits === 32 || (sminLo ^ smaxLo) >>> bits === 0)) {
    const one = signExtended(sminLo, bits);
    const two = signExtended(smaxLo, bits);
    if ((one ^ two) >= 0) return signedRange(Math.min(one, two), Math.max(one, two));
  }
  const to = UNKNOWN.copy();
  const most = 2 ** (bits - 1) - 1;
  to.sminLo = to.s32min = -most - 1;
  to.sminHi = -1;
  to.smaxLo = to.s32max = most;
  to.smaxHi = 0;
  return to;
}

/** Only the low half of the result is meant. */
function signExtend32(bounds: Bounds, bits: number): Bounds {
  if (isConstant(bounds)) {
    const value = signExtended(bounds.valueLo, bits);
    return constant(value, 0);
  }
  if ((bounds.s32min ^ bounds.s32max) >>> bits === 0) {
    const one = signExtended(bounds.s32min, bits);
    const two = signExtended(bounds.s32max, bits);
    if ((one ^ two) >= 0) return signedRange(Math.min(one, two), Math.max(one, two));
  }
  const to = UNKNOWN.copy();
  to.s32max = 2 ** (bits - 1) - 1;
  to.s32min = -to.s32max - 1;
  return to;
}

/** Ends of the same sign. Not synced. */
function signedRange(min: number, max: number): Bounds {
  const to = constant(min, min >> 31);
  to.sminLo = to.uminLo = to.s32min = to.u32min = min;
  to.smaxLo = to.umaxLo = to.s32max = to.u32max = max;
  const unknown = unknownBelow(min ^ max);
  to.valueLo &= ~unknown;
  to.maskLo = unknown;
  return to;
}
