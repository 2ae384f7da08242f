/**
 * Numbers of which each bit is 0, 1 or unknown: the `value` and `mask` of a `Bounds` (the kernel's `tnum`; the algorithms are
 * those of Vishwanathan, Shachnai, Narayana and Nagarakatte, "Sound, precise, and fast abstract interpretation with tristate
 * numbers", CGO 2022).
 *
 * Each function writes the bits of `to`, which may be one of its operands, and nothing else of it.
 */
import type { Bounds } from "./bounds.ts";

/** `to` takes the bits of `from`. */
export function copyBits(to: Bounds, from: Bounds): void {
  to.valueLo = from.valueLo;
  to.valueHi = from.valueHi;
  to.maskLo = from.maskLo;
  to.maskHi = from.maskHi;
}

export function addBits(to: Bounds, a: Bounds, b: Bounds): void {
  const unknownLo = a.maskLo | b.maskLo;
  const unknownHi = a.maskHi | b.maskHi;
  const sumLo = (a.valueLo + b.valueLo) | 0;
  const sumHi = (a.valueHi + b.valueHi + (sumLo >>> 0 < a.valueLo >>> 0 ? 1 : 0)) | 0;
  if ((unknownLo | unknownHi) === 0) {
    to.valueLo = sumLo;
    to.valueHi = sumHi;
    to.maskLo = 0;
    to.maskHi = 0;
    return;
  }
  // A carry can go wrong where adding all unknown bits as ones changes a bit of the sum of the known ones.
  const masksLo = (a.maskLo + b.maskLo) | 0;
  const masksHi = (a.maskHi + b.maskHi + (masksLo >>> 0 < a.maskLo >>> 0 ? 1 : 0)) | 0;
  const allLo = (masksLo + sumLo) | 0;
  const allHi = (masksHi + sumHi + (allLo >>> 0 < sumLo >>> 0 ? 1 : 0)) | 0;
  const maskLo = (allLo ^ sumLo) | unknownLo;
  const maskHi = (allHi ^ sumHi) | unknownHi;
  to.valueLo = sumLo & ~maskLo;
  to.valueHi = sumHi & ~maskHi;
  to.maskLo = maskLo;
  to.maskHi = maskHi;
}

export function subtractBits(to: Bounds, a: Bounds, b: Bounds): void {
  const restLo = (a.valueLo - b.valueLo) | 0;
  const restHi = (a.valueHi - b.valueHi - (a.valueLo >>> 0 < b.valueLo >>> 0 ? 1 : 0)) | 0;
  // The largest and the smallest difference; where they differ, a borrow may or may not have come.
  const mostLo = (restLo + a.maskLo) | 0;
  const mostHi = (restHi + a.maskHi + (mostLo >>> 0 < restLo >>> 0 ? 1 : 0)) | 0;
  const leastLo = (restLo - b.maskLo) | 0;
  const leastHi = (restHi - b.maskHi - (restLo >>> 0 < b.maskLo >>> 0 ? 1 : 0)) | 0;
  const maskLo = (mostLo ^ leastLo) | a.maskLo | b.maskLo;
  const maskHi = (mostHi ^ leastHi) | a.maskHi | b.maskHi;
  to.valueLo = restLo & ~maskLo;
  to.valueHi = restHi & ~maskHi;
  to.maskLo = maskLo;
  to.maskHi = maskHi;
}

export function andBits(to: Bounds, a: Bounds, b: Bounds): void {
  const onesLo = a.valueLo & b.valueLo;
  const onesHi = a.valueHi & b.valueHi;
  to.maskLo = (a.valueLo | a.maskLo) & (b.valueLo | b.maskLo) & ~onesLo;
  to.maskHi = (a.valueHi | a.maskHi) & (b.valueHi | b.maskHi) & ~onesHi;
  to.valueLo = onesLo;
  to.valueHi = onesHi;
}

export function orBits(to: Bounds, a: Bounds, b: Bounds): void {
  const onesLo = a.valueLo | b.valueLo;
  const onesHi = a.valueHi | b.valueHi;
  to.maskLo = (a.maskLo | b.maskLo) & ~onesLo;
  to.maskHi = (a.maskHi | b.maskHi) & ~onesHi;
  to.valueLo = onesLo;
  to.valueHi = onesHi;
}

export function xorBits(to: Bounds, a: Bounds, b: Bounds): void {
  const maskLo = a.maskLo | b.maskLo;
  const maskHi = a.maskHi | b.maskHi;
  to.valueLo = (a.valueLo ^ b.valueLo) & ~maskLo;
  to.valueHi = (a.valueHi ^ b.valueHi) & ~maskHi;
  to.maskLo = maskLo;
  to.maskHi = maskHi;
}

/** @param by 0 to 63. */
export function shiftBitsLeft(to: Bounds, a: Bounds, by: number): void {
  if (by >= 32) {
    to.valueHi = a.valueLo << (by - 32);
    to.maskHi = a.maskLo << (by - 32);
    to.valueLo = 0;
    to.maskLo = 0;
  } else if (by === 0) {
    copyBits(to, a);
  } else {
    to.valueHi = (a.valueHi << by) | (a.valueLo >>> (32 - by));
    to.maskHi = (a.maskHi << by) | (a.maskLo >>> (32 - by));
    to.valueLo = a.valueLo << by;
    to.maskLo = a.maskLo << by;
  }
}

/** Zeros come in from the left. @param by 0 to 63. */
export function shiftBitsRight(to: Bounds, a: Bounds, by: number): void {
  if (by >= 32) {
    to.valueLo = (a.valueHi >>> (by - 32)) | 0;
    to.maskLo = (a.maskHi >>> (by - 32)) | 0;
    to.valueHi = 0;
    to.maskHi = 0;
  } else if (by === 0) {
    copyBits(to, a);
  } else {
    to.valueLo = (a.valueLo >>> by) | (a.valueHi << (32 - by));
    to.maskLo = (a.maskLo >>> by) | (a.maskHi << (32 - by));
    to.valueHi = (a.valueHi >>> by) | 0;
    to.maskHi = (a.maskHi >>> by) | 0;
  }
}

/** The sign, known or unknown, comes in from the left. @param by 0 to 63. */
export function shiftBitsRightSigned(to: Bounds, a: Bounds, by: number): void {
  if (by >= 32) {
    to.valueLo = a.valueHi >> (by - 32);
    to.maskLo = a.maskHi >> (by - 32);
    to.valueHi = a.valueHi >> 31;
    to.maskHi = a.maskHi >> 31;
  } else if (by === 0) {
    copyBits(to, a);
  } else {
    to.valueLo = (a.valueLo >>> by) | (a.valueHi << (32 - by));
    to.maskLo = (a.maskLo >>> by) | (a.maskHi << (32 - by));
    to.valueHi = a.valueHi >> by;
    to.maskHi = a.maskHi >> by;
  }
}

/**
 * What both know. Where one has a known 0 and the other a known 1, the result is a known 1, and the number is impossible:
 * only the ranges can tell.
 */
export function intersectBits(to: Bounds, a: Bounds, b: Bounds): void {
  const maskLo = a.maskLo & b.maskLo;
  const maskHi = a.maskHi & b.maskHi;
  to.valueLo = (a.valueLo | b.valueLo) & ~maskLo;
  to.valueHi = (a.valueHi | b.valueHi) & ~maskHi;
  to.maskLo = maskLo;
  to.maskHi = maskHi;
}

/** `intersectBits` with all numbers from `min` to `max`, unsigned: only the bits before the first that differs are known. */
export function intersectBitsWithRange(to: Bounds, minLo: number, minHi: number, maxLo: number, maxHi: number): void {
  const differHi = minHi ^ maxHi;
  const unknownHi = differHi === 0 ? 0 : -1 >>> Math.clz32(differHi);
  const unknownLo = differHi === 0 ? unknownBelow(minLo ^ maxLo) : -1;
  const maskLo = to.maskLo & unknownLo;
  const maskHi = to.maskHi & unknownHi;
  to.valueLo = (to.valueLo | (minLo & ~unknownLo)) & ~maskLo;
  to.valueHi = (to.valueHi | (minHi & ~unknownHi)) & ~maskHi;
  to.maskLo = maskLo;
  to.maskHi = maskHi;
}

/** `intersectBitsWithRange` of the low 32 bits. */
export function intersectLowBitsWithRange(to: Bounds, min: number, max: number): void {
  const unknown = unknownBelow(min ^ max);
  const mask = to.maskLo & unknown;
  to.valueLo = (to.valueLo | (min & ~unknown)) & ~mask;
  to.maskLo = mask;
}

/** Ones from the first bit that is set. */
export function unknownBelow(differ: number): number {
  return differ === 0 ? 0 : (-1 >>> Math.clz32(differ)) | 0;
}

/** Whether every number of `inner` is one of `outer` (`tnum_in`). */
export function bitsWithin(outer: Bounds, inner: Bounds): boolean {
  return (
    (inner.maskLo & ~outer.maskLo) === 0 &&
    (inner.maskHi & ~outer.maskHi) === 0 &&
    outer.valueLo === (inner.valueLo & ~outer.maskLo) &&
    outer.valueHi === (inner.valueHi & ~outer.maskHi)
  );
}

/** Whether no bit that both know differs (`tnum_overlap`). */
export function bitsOverlap(a: Bounds, b: Bounds): boolean {
  return lowBitsOverlap(a, b) && ((a.valueHi ^ b.valueHi) & ~a.maskHi & ~b.maskHi) === 0;
}

export function lowBitsOverlap(a: Bounds, b: Bounds): boolean {
  return ((a.valueLo ^ b.valueLo) & ~a.maskLo & ~b.maskLo) === 0;
}
