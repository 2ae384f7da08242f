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

/** The first bit of 32. */
const SIGN = -0x80000000;

/** Changes `bounds`, which nobody else may hold yet. Returns them. Hot: see bench/verifier-numbers.ts. */
export function sync(bounds: Bounds, era: number): Bounds {
  learnFromBits(bounds, era);
  if (era >= 608) {
    // A round that changes nothing is followed by others that change nothing.
    if (!isOneRange(bounds) && deduce(bounds) && deduce(bounds)) deduce(bounds);
  } else {
    deduceSign32(bounds);
    deduceSign64(bounds);
  }
  if ((bounds.maskLo | bounds.maskHi) !== 0 || !isSettledConstant(bounds)) {
    intersectBitsWithRange(bounds, bounds.uminLo, bounds.uminHi, bounds.umaxLo, bounds.umaxHi);
    intersectLowBitsWithRange(bounds, bounds.u32min, bounds.u32max);
    learnFromBits(bounds, era);
  }
  return bounds;
}

/** All four ranges are the same, and below 2^31: no rule has anything to add. Most numbers of most programs. */
function isOneRange(b: Bounds): boolean {
  const { uminLo, umaxLo } = b;
  return (
    (b.uminHi | b.umaxHi | b.sminHi | b.smaxHi) === 0 &&
    ((b.sminLo ^ uminLo) | (b.u32min ^ uminLo) | (b.s32min ^ uminLo)) === 0 &&
    ((b.smaxLo ^ umaxLo) | (b.u32max ^ umaxLo) | (b.s32max ^ umaxLo)) === 0 &&
    uminLo >= 0 &&
    umaxLo >= uminLo
  );
}

/** One number, in the bits and in all ranges: no rule changes it. */
export function isSettledConstant(b: Bounds): boolean {
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
  const smallest = value | (mask & SIGN);
  const largest = value | (mask & ~SIGN);
  if (smallest > b.s32min) b.s32min = smallest;
  if (largest < b.s32max) b.s32max = largest;
  if ((value ^ SIGN) > (b.u32min ^ SIGN)) b.u32min = value;
  if (((value | mask) ^ SIGN) < (b.u32max ^ SIGN)) b.u32max = value | mask;
}

function learnFromBits64(b: Bounds): void {
  const lo = b.valueLo;
  const hi = b.valueHi;
  const allLo = lo | b.maskLo;
  const allHi = hi | b.maskHi;
  const smallestHi = hi | (b.maskHi & SIGN);
  const largestHi = hi | (b.maskHi & ~SIGN);
  if (less(b.sminLo, b.sminHi, lo, smallestHi)) {
    b.sminLo = lo;
    b.sminHi = smallestHi;
  }
  if (less(allLo, largestHi, b.smaxLo, b.smaxHi)) {
    b.smaxLo = allLo;
    b.smaxHi = largestHi;
  }
  if (below(b.uminLo, b.uminHi, lo, hi)) {
    b.uminLo = lo;
    b.uminHi = hi;
  }
  if (below(allLo, allHi, b.umaxLo, b.umaxHi)) {
    b.umaxLo = allLo;
    b.umaxHi = allHi;
  }
}

/**
 * Since 6.18.y: whether of the numbers that the bits allow only one lies in the unsigned range. (Ranges that contradict the bits
 * may find one too.)
 */
function settleSingle(b: Bounds): void {
  const { uminLo, uminHi, umaxLo, umaxHi, maskLo, maskHi } = b;
  if (uminLo === b.valueLo && uminHi === b.valueHi && (maskLo | maskHi) !== 0) {
    // From the smallest number that the bits allow, the next one is not far: mostly it is in the range.
    const stepHi = maskLo === 0 ? maskHi & -maskHi : 0;
    if (below(umaxLo, umaxHi, uminLo | (maskLo & -maskLo), uminHi | stepHi)) assignConstant(b, uminLo, uminHi);
    return;
  }
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

/**
 * One round of the rules since 6.8. Whether it changed a range.
 *
 * All twelve ends are held in variables; unsigned ones are compared with their first bit flipped, as signed numbers.
 */
function deduce(b: Bounds): boolean {
  let { uminLo, uminHi, umaxLo, umaxHi, sminLo, sminHi, smaxLo, smaxHi, u32min, u32max, s32min, s32max } = b;

  // While the high half stays the same, the low halves of the ends are the ends of the low half.
  if (uminHi === umaxHi) {
    if ((uminLo ^ SIGN) > (u32min ^ SIGN)) u32min = uminLo;
    if ((umaxLo ^ SIGN) < (u32max ^ SIGN)) u32max = umaxLo;
    if (uminLo <= umaxLo) {
      if (uminLo > s32min) s32min = uminLo;
      if (umaxLo < s32max) s32max = umaxLo;
    }
  } else if (((uminHi + 1) | 0) === umaxHi && uminLo < 0 && umaxLo >= 0) {
    // Where it takes one step, and the low half goes from a negative number over -1 to a positive one, that is a signed range.
    if (uminLo > s32min) s32min = uminLo;
    if (umaxLo < s32max) s32max = umaxLo;
  }
  if (sminHi === smaxHi) {
    if ((sminLo ^ SIGN) <= (smaxLo ^ SIGN)) {
      if ((sminLo ^ SIGN) > (u32min ^ SIGN)) u32min = sminLo;
      if ((smaxLo ^ SIGN) < (u32max ^ SIGN)) u32max = smaxLo;
    }
    if (sminLo <= smaxLo) {
      if (sminLo > s32min) s32min = sminLo;
      if (smaxLo < s32max) s32max = smaxLo;
    }
  } else if (((sminHi + 1) | 0) === smaxHi && sminLo < 0 && smaxLo >= 0) {
    if (sminLo > s32min) s32min = sminLo;
    if (smaxLo < s32max) s32max = smaxLo;
  }

  // Signed and unsigned order agree on numbers with the same sign.
  if (u32min <= u32max) {
    if (u32min > s32min) s32min = u32min;
    if (u32max < s32max) s32max = u32max;
  }
  if ((s32min ^ SIGN) <= (s32max ^ SIGN)) {
    if ((s32min ^ SIGN) > (u32min ^ SIGN)) u32min = s32min;
    if ((s32max ^ SIGN) < (u32max ^ SIGN)) u32max = s32max;
  } else if ((u32max ^ SIGN) < (s32min ^ SIGN)) {
    // The signed range is two pieces in unsigned order, [0, s32max] and [s32min, -1]: here only the first one is reached.
    s32min = u32min;
    if ((s32max ^ SIGN) < (u32max ^ SIGN)) u32max = s32max;
  } else if ((s32max ^ SIGN) < (u32min ^ SIGN)) {
    // And here only the second one.
    s32max = u32max;
    if ((s32min ^ SIGN) > (u32min ^ SIGN)) u32min = s32min;
  }

  // The same in 64 bits.
  if (!less(umaxLo, umaxHi, uminLo, uminHi)) {
    if (less(sminLo, sminHi, uminLo, uminHi)) [sminLo, sminHi] = [uminLo, uminHi];
    if (less(umaxLo, umaxHi, smaxLo, smaxHi)) [smaxLo, smaxHi] = [umaxLo, umaxHi];
  }
  if (!below(smaxLo, smaxHi, sminLo, sminHi)) {
    if (below(uminLo, uminHi, sminLo, sminHi)) [uminLo, uminHi] = [sminLo, sminHi];
    if (below(smaxLo, smaxHi, umaxLo, umaxHi)) [umaxLo, umaxHi] = [smaxLo, smaxHi];
  } else if (below(umaxLo, umaxHi, sminLo, sminHi)) {
    [sminLo, sminHi] = [uminLo, uminHi];
    if (below(smaxLo, smaxHi, umaxLo, umaxHi)) [umaxLo, umaxHi] = [smaxLo, smaxHi];
  } else if (below(smaxLo, smaxHi, uminLo, uminHi)) {
    [smaxLo, smaxHi] = [umaxLo, umaxHi];
    if (below(uminLo, uminHi, sminLo, sminHi)) [uminLo, uminHi] = [sminLo, sminHi];
  }

  // The low halves of the ends lie in the range of the low half.
  let min = u32min;
  let max = u32max;
  if ((s32min ^ SIGN) <= (s32max ^ SIGN)) {
    if ((s32min ^ SIGN) > (min ^ SIGN)) min = s32min;
    if ((s32max ^ SIGN) < (max ^ SIGN)) max = s32max;
  }
  if ((min ^ SIGN) > (uminLo ^ SIGN)) uminLo = min;
  if ((max ^ SIGN) < (umaxLo ^ SIGN)) umaxLo = max;
  if ((min ^ SIGN) > (sminLo ^ SIGN)) sminLo = min;
  if ((max ^ SIGN) < (smaxLo ^ SIGN)) smaxLo = max;

  // A number of int32 whose low half is not negative has no high half. After a load that extends the sign, mostly.
  if (s32min >= 0 && isAtLeastInt32(sminLo, sminHi) && isAtMostInt32(smaxLo, smaxHi)) {
    sminLo = uminLo = s32min;
    sminHi = uminHi = 0;
    smaxLo = umaxLo = s32max;
    smaxHi = umaxHi = s32max >> 31;
    intersectBitsWithRange(b, sminLo, sminHi, smaxLo, smaxHi);
  }

  const changed =
    (uminLo ^ b.uminLo) |
    (uminHi ^ b.uminHi) |
    (umaxLo ^ b.umaxLo) |
    (umaxHi ^ b.umaxHi) |
    (sminLo ^ b.sminLo) |
    (sminHi ^ b.sminHi) |
    (smaxLo ^ b.smaxLo) |
    (smaxHi ^ b.smaxHi) |
    (u32min ^ b.u32min) |
    (u32max ^ b.u32max) |
    (s32min ^ b.s32min) |
    (s32max ^ b.s32max);
  if (changed === 0) return false;
  b.uminLo = uminLo;
  b.uminHi = uminHi;
  b.umaxLo = umaxLo;
  b.umaxHi = umaxHi;
  b.sminLo = sminLo;
  b.sminHi = sminHi;
  b.smaxLo = smaxLo;
  b.smaxHi = smaxHi;
  b.u32min = u32min;
  b.u32max = u32max;
  b.s32min = s32min;
  b.s32max = s32max;
  return true;
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
    b.sminLo = b.uminLo;
    b.sminHi = b.uminHi;
    lowerBothMax(b);
  } else if (b.uminHi < 0) {
    raiseBothMin(b);
    b.smaxLo = b.umaxLo;
    b.smaxHi = b.umaxHi;
  }
}

function raiseBothMin(b: Bounds): void {
  if (below(b.uminLo, b.uminHi, b.sminLo, b.sminHi)) {
    b.uminLo = b.sminLo;
    b.uminHi = b.sminHi;
  } else {
    b.sminLo = b.uminLo;
    b.sminHi = b.uminHi;
  }
}

function lowerBothMax(b: Bounds): void {
  if (below(b.smaxLo, b.smaxHi, b.umaxLo, b.umaxHi)) {
    b.umaxLo = b.smaxLo;
    b.umaxHi = b.smaxHi;
  } else {
    b.smaxLo = b.umaxLo;
    b.smaxHi = b.umaxHi;
  }
}
