/**
 * What the bits and the four ranges of a number say about each other: the kernel's `reg_bounds_sync`.
 *
 * Each rule only narrows. None of them runs to a fixed point: a kernel applies them a fixed number of times, and what it has
 * learnt by then is what its verdict rests on, so the number and the order of the rules are part of the rules.
 */
import type { Bounds } from "./bounds.ts";
import { below, higher, less, lower } from "./order.ts";
import { assignConstant } from "./ranges.ts";
import { intersectBitsWithRange, intersectLowBitsWithRange, unknownBelow } from "./tnum.ts";

/** Changes `bounds`, which nobody else may hold yet. Returns them. */
export function sync(bounds: Bounds, era: number): Bounds {
  learnFromBits(bounds, era);
  if (isSettledConstant(bounds)) return bounds;
  if (era >= 608) {
    deduce(bounds);
    deduce(bounds);
    deduce(bounds);
  } else {
    deduceSign32(bounds);
    deduceSign64(bounds);
  }
  intersectBitsWithRange(bounds, bounds.uminLo, bounds.uminHi, bounds.umaxLo, bounds.umaxHi);
  intersectLowBitsWithRange(bounds, bounds.u32min, bounds.u32max);
  learnFromBits(bounds, era);
  return bounds;
}

/** One number, in the bits and in all ranges: no rule changes it. */
function isSettledConstant(b: Bounds): boolean {
  const lo = b.valueLo;
  const hi = b.valueHi;
  return (
    (b.maskLo | b.maskHi) === 0 &&
    ((b.uminLo ^ lo) | (b.umaxLo ^ lo) | (b.sminLo ^ lo) | (b.smaxLo ^ lo)) === 0 &&
    ((b.uminHi ^ hi) | (b.umaxHi ^ hi) | (b.sminHi ^ hi) | (b.smaxHi ^ hi)) === 0 &&
    ((b.u32min ^ lo) | (b.u32max ^ lo) | (b.s32min ^ lo) | (b.s32max ^ lo)) === 0
  );
}

/** Ranges from bits. */
export function learnFromBits(b: Bounds, era: number): void {
  learnFromLowBits(b);
  learnFromBits64(b);
  if (era >= 618) settleSingle(b);
}

/** The ranges of the low 32 bits. */
export function learnFromLowBits(b: Bounds): void {
  const value = b.valueLo;
  const mask = b.maskLo;
  const smallest = value | (mask & -0x80000000);
  const largest = value | (mask & 0x7fffffff);
  if (smallest > b.s32min) b.s32min = smallest;
  if (largest < b.s32max) b.s32max = largest;
  b.u32min = higher(b.u32min, value);
  b.u32max = lower(b.u32max, value | mask);
}

function learnFromBits64(b: Bounds): void {
  const lo = b.valueLo;
  const hi = b.valueHi;
  const allLo = lo | b.maskLo;
  const smallestHi = hi | (b.maskHi & -0x80000000);
  const largestHi = hi | (b.maskHi & 0x7fffffff);
  if (less(b.sminLo, b.sminHi, lo, smallestHi)) setSmin(b, lo, smallestHi);
  if (less(allLo, largestHi, b.smaxLo, b.smaxHi)) setSmax(b, allLo, largestHi);
  if (below(b.uminLo, b.uminHi, lo, hi)) setUmin(b, lo, hi);
  if (below(allLo, hi | b.maskHi, b.umaxLo, b.umaxHi)) setUmax(b, allLo, hi | b.maskHi);
}

/**
 * Since 6.18.y: whether of the numbers that the bits allow only one lies in the unsigned range. (Ranges that contradict the bits
 * may find one too.)
 */
function settleSingle(b: Bounds): void {
  const { uminLo, uminHi, umaxLo, umaxHi, maskLo, maskHi } = b;
  const maxLo = b.valueLo | maskLo;
  const maxHi = b.valueHi | maskHi;
  nextAllowed(b, uminLo, uminHi);
  const lo = nextLo;
  const hi = nextHi;
  if ((uminLo & ~maskLo) === b.valueLo && (uminHi & ~maskHi) === b.valueHi) {
    if (below(umaxLo, umaxHi, lo, hi)) assignConstant(b, uminLo, uminHi);
  } else if (lo === maxLo && hi === maxHi) {
    assignConstant(b, lo, hi);
  } else if (!below(umaxLo, umaxHi, lo, hi)) {
    nextAllowed(b, lo, hi);
    if (below(umaxLo, umaxHi, nextLo, nextHi)) assignConstant(b, lo, hi);
  }
}

/** What `nextAllowed` found, until the next call. */
let nextLo = 0;
let nextHi = 0;

/** The smallest number above this one that the bits allow; the largest that they allow if there is none. */
function nextAllowed(b: Bounds, lo: number, hi: number): void {
  const { valueLo, valueHi, maskLo, maskHi } = b;
  nextLo = valueLo | maskLo;
  nextHi = valueHi | maskHi;
  if (!below(lo, hi, nextLo, nextHi)) return;
  nextLo = valueLo;
  nextHi = valueHi;
  if (below(lo, hi, valueLo, valueHi)) return;
  // Count one up in the unknown bits alone: the known ones are ones meanwhile, so that they pass the carry on. Below the
  // highest known bit in which the number is above the bits, all may start again from zero.
  const restLo = (lo - valueLo) | 0;
  const restHi = (hi - valueHi - (lo >>> 0 < valueLo >>> 0 ? 1 : 0)) | 0;
  const trapHi = restHi & ~maskHi;
  const passHi = unknownBelow(trapHi);
  const passLo = trapHi === 0 ? unknownBelow(restLo & ~maskLo) : -1;
  const filledLo = restLo | passLo | ~maskLo;
  const filledHi = restHi | passHi | ~maskHi;
  const countedLo = (filledLo + 1) | 0;
  nextLo = valueLo | (countedLo & maskLo);
  nextHi = valueHi | ((filledHi + (countedLo === 0 ? 1 : 0)) & maskHi);
}

function setSmin(b: Bounds, lo: number, hi: number): void {
  b.sminLo = lo;
  b.sminHi = hi;
}

function setSmax(b: Bounds, lo: number, hi: number): void {
  b.smaxLo = lo;
  b.smaxHi = hi;
}

function setUmin(b: Bounds, lo: number, hi: number): void {
  b.uminLo = lo;
  b.uminHi = hi;
}

function setUmax(b: Bounds, lo: number, hi: number): void {
  b.umaxLo = lo;
  b.umaxHi = hi;
}

/** One round of the rules since 6.8. */
function deduce(b: Bounds): void {
  deduce32(b);
  deduce64(b);
  deduce64From32(b);
}

function narrowS32(b: Bounds, min: number, max: number): void {
  if (min > b.s32min) b.s32min = min;
  if (max < b.s32max) b.s32max = max;
}

function narrowU32(b: Bounds, min: number, max: number): void {
  b.u32min = higher(b.u32min, min);
  b.u32max = lower(b.u32max, max);
}

function deduce32(b: Bounds): void {
  // While the high half stays the same, the low halves of the ends are the ends of the low half.
  if (b.uminHi === b.umaxHi) {
    narrowU32(b, b.uminLo, b.umaxLo);
    if (b.uminLo <= b.umaxLo) narrowS32(b, b.uminLo, b.umaxLo);
  }
  if (b.sminHi === b.smaxHi) {
    if (b.sminLo >>> 0 <= b.smaxLo >>> 0) narrowU32(b, b.sminLo, b.smaxLo);
    if (b.sminLo <= b.smaxLo) narrowS32(b, b.sminLo, b.smaxLo);
  }
  // Where it takes one step, and the low half goes from a negative number over -1 to a positive one, that is a signed range.
  if (((b.uminHi + 1) | 0) === b.umaxHi && b.uminLo < 0 && b.umaxLo >= 0) narrowS32(b, b.uminLo, b.umaxLo);
  if (((b.sminHi + 1) | 0) === b.smaxHi && b.sminLo < 0 && b.smaxLo >= 0) narrowS32(b, b.sminLo, b.smaxLo);
  // Signed and unsigned order agree on numbers with the same sign.
  if (b.u32min <= b.u32max) narrowS32(b, b.u32min, b.u32max);
  if (b.s32min >>> 0 <= b.s32max >>> 0) {
    narrowU32(b, b.s32min, b.s32max);
  } else if (b.u32max >>> 0 < b.s32min >>> 0) {
    // The signed range is two pieces in unsigned order, [0, s32max] and [s32min, -1]: here only the first one is reached.
    b.s32min = b.u32min;
    b.u32max = lower(b.u32max, b.s32max);
  } else if (b.s32max >>> 0 < b.u32min >>> 0) {
    // And here only the second one.
    b.s32max = b.u32max;
    b.u32min = higher(b.u32min, b.s32min);
  }
}

function deduce64(b: Bounds): void {
  // The same as the last rules of deduce32.
  if (!less(b.umaxLo, b.umaxHi, b.uminLo, b.uminHi)) {
    if (less(b.sminLo, b.sminHi, b.uminLo, b.uminHi)) setSmin(b, b.uminLo, b.uminHi);
    if (less(b.umaxLo, b.umaxHi, b.smaxLo, b.smaxHi)) setSmax(b, b.umaxLo, b.umaxHi);
  }
  if (!below(b.smaxLo, b.smaxHi, b.sminLo, b.sminHi)) {
    if (below(b.uminLo, b.uminHi, b.sminLo, b.sminHi)) setUmin(b, b.sminLo, b.sminHi);
    if (below(b.smaxLo, b.smaxHi, b.umaxLo, b.umaxHi)) setUmax(b, b.smaxLo, b.smaxHi);
  } else if (below(b.umaxLo, b.umaxHi, b.sminLo, b.sminHi)) {
    setSmin(b, b.uminLo, b.uminHi);
    if (below(b.smaxLo, b.smaxHi, b.umaxLo, b.umaxHi)) setUmax(b, b.smaxLo, b.smaxHi);
  } else if (below(b.smaxLo, b.smaxHi, b.uminLo, b.uminHi)) {
    setSmax(b, b.umaxLo, b.umaxHi);
    if (below(b.uminLo, b.uminHi, b.sminLo, b.sminHi)) setUmin(b, b.sminLo, b.sminHi);
  }
}

function narrowLowHalves(b: Bounds, min: number, max: number): void {
  b.uminLo = higher(b.uminLo, min);
  b.umaxLo = lower(b.umaxLo, max);
  b.sminLo = higher(b.sminLo, min);
  b.smaxLo = lower(b.smaxLo, max);
}

function deduce64From32(b: Bounds): void {
  // The ends' low halves lie in the range of the low half.
  narrowLowHalves(b, b.u32min, b.u32max);
  if (b.s32min >>> 0 <= b.s32max >>> 0) narrowLowHalves(b, b.s32min, b.s32max);
  // A number of int32 whose low half is not negative has no high half. After a load that extends the sign, mostly.
  if (b.s32min >= 0 && isAtLeastInt32(b.sminLo, b.sminHi) && isAtMostInt32(b.smaxLo, b.smaxHi)) {
    const min = b.s32min;
    const max = b.s32max;
    b.sminLo = b.uminLo = min;
    b.sminHi = b.uminHi = min >> 31;
    b.smaxLo = b.umaxLo = max;
    b.smaxHi = b.umaxHi = max >> 31;
    intersectBitsWithRange(b, min, min >> 31, max, max >> 31);
  }
}

function isAtLeastInt32(lo: number, hi: number): boolean {
  return hi >= 0 || (hi === -1 && lo < 0);
}

function isAtMostInt32(lo: number, hi: number): boolean {
  return hi < 0 || (hi === 0 && lo >= 0);
}

/** Up to 6.7: a range that does not cross the sign is the other one too. */
function deduceSign32(b: Bounds): void {
  if (b.s32min >= 0 || b.s32max < 0) {
    b.s32min = b.u32min = higher(b.s32min, b.u32min);
    b.s32max = b.u32max = lower(b.s32max, b.u32max);
  } else if (b.u32max >= 0) {
    b.s32min = b.u32min;
    b.s32max = b.u32max = lower(b.s32max, b.u32max);
  } else if (b.u32min < 0) {
    b.s32min = b.u32min = higher(b.s32min, b.u32min);
    b.s32max = b.u32max;
  }
}

function deduceSign64(b: Bounds): void {
  if (b.sminHi >= 0 || b.smaxHi < 0) {
    raiseBothMin(b);
    lowerBothMax(b);
  } else if (b.umaxHi >= 0) {
    setSmin(b, b.uminLo, b.uminHi);
    lowerBothMax(b);
  } else if (b.uminHi < 0) {
    raiseBothMin(b);
    setSmax(b, b.umaxLo, b.umaxHi);
  }
}

function raiseBothMin(b: Bounds): void {
  if (below(b.uminLo, b.uminHi, b.sminLo, b.sminHi)) setUmin(b, b.sminLo, b.sminHi);
  else setSmin(b, b.uminLo, b.uminHi);
}

function lowerBothMax(b: Bounds): void {
  if (below(b.smaxLo, b.smaxHi, b.umaxLo, b.umaxHi)) setUmax(b, b.smaxLo, b.smaxHi);
  else setSmax(b, b.umaxLo, b.umaxHi);
}
