/** Comparisons of two numbers of which ranges and bits are known: which way a branch must go, and whether one covers another. */
import { type Bounds, isConstant, isConstant32 } from "./bounds.ts";
import { below, less } from "./order.ts";
import { bitsOverlap, bitsWithin, lowBitsOverlap } from "./tnum.ts";

/** The operation nibbles of conditional jumps. */
export const JEQ = 0x10;
export const JGT = 0x20;
export const JGE = 0x30;
export const JSET = 0x40;
export const JNE = 0x50;
export const JSGT = 0x60;
export const JSGE = 0x70;
export const JLT = 0xa0;
export const JLE = 0xb0;
export const JSLT = 0xc0;
export const JSLE = 0xd0;

/** `a < b` said as `b > a`, and so on. */
export function flipped(op: number): number {
  switch (op) {
    case JGT:
      return JLT;
    case JGE:
      return JLE;
    case JLT:
      return JGT;
    case JLE:
      return JGE;
    case JSGT:
      return JSLT;
    case JSGE:
      return JSLE;
    case JSLT:
      return JSGT;
    case JSLE:
      return JSGE;
    default:
      return op;
  }
}

/**
 * Which way `if (dst op src)` must go: 1 it jumps, 0 it does not, -1 it may do either (`is_scalar_branch_taken`).
 *
 * @param is32 whether only the low halves are compared.
 */
export function branchTaken(op: number, dst: Bounds, src: Bounds, is32: boolean, era: number): 1 | 0 | -1 {
  // Up to 6.7 only comparisons with a constant on the right were understood.
  if (era < 608 && !(is32 ? isConstant32(src) : isConstant(src))) return -1;
  switch (op) {
    case JEQ:
      return isEqual(dst, src, is32, era);
    case JNE:
      return not(isEqual(dst, src, is32, era));
    case JSET:
      return hasCommonBit(dst, src, is32);
    case JGT:
      return is32 ? isBelow32(src, dst) : isBelow64(src, dst);
    case JLT:
      return is32 ? isBelow32(dst, src) : isBelow64(dst, src);
    case JGE:
      return is32 ? isAtMost32(src, dst) : isAtMost64(src, dst);
    case JLE:
      return is32 ? isAtMost32(dst, src) : isAtMost64(dst, src);
    case JSGT:
      return is32 ? isLess32(src, dst) : isLess64(src, dst);
    case JSLT:
      return is32 ? isLess32(dst, src) : isLess64(dst, src);
    case JSGE:
      return is32 ? isNotMore32(src, dst) : isNotMore64(src, dst);
    case JSLE:
      return is32 ? isNotMore32(dst, src) : isNotMore64(dst, src);
    default:
      return -1;
  }
}

function not(taken: 1 | 0 | -1): 1 | 0 | -1 {
  return taken === -1 ? -1 : taken === 1 ? 0 : 1;
}

function isEqual(a: Bounds, b: Bounds, is32: boolean, era: number): 1 | 0 | -1 {
  if (is32) {
    if ((a.maskLo | b.maskLo) === 0) return a.valueLo === b.valueLo ? 1 : 0;
  } else if ((a.maskLo | a.maskHi | b.maskLo | b.maskHi) === 0) {
    return a.valueLo === b.valueLo && a.valueHi === b.valueHi ? 1 : 0;
  }
  if (era < 608) return -1;
  if (is32 ? !lowBitsOverlap(a, b) : !bitsOverlap(a, b)) return 0;
  return areApart32(a, b) || (!is32 && areApart64(a, b)) ? 0 : -1;
}

function areApart32(a: Bounds, b: Bounds): boolean {
  return a.u32min >>> 0 > b.u32max >>> 0 || a.u32max >>> 0 < b.u32min >>> 0 || a.s32min > b.s32max || a.s32max < b.s32min;
}

function areApart64(a: Bounds, b: Bounds): boolean {
  return (
    below(b.umaxLo, b.umaxHi, a.uminLo, a.uminHi) ||
    below(a.umaxLo, a.umaxHi, b.uminLo, b.uminHi) ||
    less(b.smaxLo, b.smaxHi, a.sminLo, a.sminHi) ||
    less(a.smaxLo, a.smaxHi, b.sminLo, b.sminHi)
  );
}

/** One of the two must be a constant. */
function hasCommonBit(a: Bounds, b: Bounds, is32: boolean): 1 | 0 | -1 {
  if (is32 ? !isConstant32(b) : !isConstant(b)) [a, b] = [b, a];
  if (is32 ? !isConstant32(b) : !isConstant(b)) return -1;
  const highOnes = is32 ? 0 : a.valueHi & b.valueHi;
  if (((a.valueLo & b.valueLo) | highOnes) !== 0) return 1;
  const highUnknown = is32 ? 0 : a.maskHi & b.valueHi;
  return ((a.maskLo & b.valueLo) | highUnknown) === 0 ? 0 : -1;
}

function isBelow32(a: Bounds, b: Bounds): 1 | 0 | -1 {
  return a.u32max >>> 0 < b.u32min >>> 0 ? 1 : a.u32min >>> 0 >= b.u32max >>> 0 ? 0 : -1;
}

function isAtMost32(a: Bounds, b: Bounds): 1 | 0 | -1 {
  return a.u32max >>> 0 <= b.u32min >>> 0 ? 1 : a.u32min >>> 0 > b.u32max >>> 0 ? 0 : -1;
}

function isLess32(a: Bounds, b: Bounds): 1 | 0 | -1 {
  return a.s32max < b.s32min ? 1 : a.s32min >= b.s32max ? 0 : -1;
}

function isNotMore32(a: Bounds, b: Bounds): 1 | 0 | -1 {
  return a.s32max <= b.s32min ? 1 : a.s32min > b.s32max ? 0 : -1;
}

function isBelow64(a: Bounds, b: Bounds): 1 | 0 | -1 {
  if (below(a.umaxLo, a.umaxHi, b.uminLo, b.uminHi)) return 1;
  return below(a.uminLo, a.uminHi, b.umaxLo, b.umaxHi) ? -1 : 0;
}

function isAtMost64(a: Bounds, b: Bounds): 1 | 0 | -1 {
  if (!below(b.uminLo, b.uminHi, a.umaxLo, a.umaxHi)) return 1;
  return below(b.umaxLo, b.umaxHi, a.uminLo, a.uminHi) ? 0 : -1;
}

function isLess64(a: Bounds, b: Bounds): 1 | 0 | -1 {
  if (less(a.smaxLo, a.smaxHi, b.sminLo, b.sminHi)) return 1;
  return less(a.sminLo, a.sminHi, b.smaxLo, b.smaxHi) ? -1 : 0;
}

function isNotMore64(a: Bounds, b: Bounds): 1 | 0 | -1 {
  if (!less(b.sminLo, b.sminHi, a.smaxLo, a.smaxHi)) return 1;
  return less(b.smaxLo, b.smaxHi, a.sminLo, a.sminHi) ? 0 : -1;
}

/** Whether all that is possible in `cur` was possible in `old`: what was safe for `old` is then safe for `cur`. */
export function within(old: Bounds, cur: Bounds): boolean {
  return rangesWithin(old, cur) && bitsWithin(old, cur);
}

/** The ranges alone (`range_within`). */
function rangesWithin(old: Bounds, cur: Bounds): boolean {
  return (
    !below(cur.uminLo, cur.uminHi, old.uminLo, old.uminHi) &&
    !below(old.umaxLo, old.umaxHi, cur.umaxLo, cur.umaxHi) &&
    !less(cur.sminLo, cur.sminHi, old.sminLo, old.sminHi) &&
    !less(old.smaxLo, old.smaxHi, cur.smaxLo, cur.smaxHi) &&
    old.u32min >>> 0 <= cur.u32min >>> 0 &&
    old.u32max >>> 0 >= cur.u32max >>> 0 &&
    old.s32min <= cur.s32min &&
    old.s32max >= cur.s32max
  );
}

/** Whether nothing differs. */
export function same(a: Bounds, b: Bounds): boolean {
  return (
    a === b ||
    (a.valueLo === b.valueLo &&
      a.valueHi === b.valueHi &&
      a.maskLo === b.maskLo &&
      a.maskHi === b.maskHi &&
      a.uminLo === b.uminLo &&
      a.uminHi === b.uminHi &&
      a.umaxLo === b.umaxLo &&
      a.umaxHi === b.umaxHi &&
      a.sminLo === b.sminLo &&
      a.sminHi === b.sminHi &&
      a.smaxLo === b.smaxLo &&
      a.smaxHi === b.smaxHi &&
      a.u32min === b.u32min &&
      a.u32max === b.u32max &&
      a.s32min === b.s32min &&
      a.s32max === b.s32max)
  );
}
