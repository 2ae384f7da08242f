/** Numbers that come from memory, or of which a function's contract tells the range. */
import { type Bounds, UNKNOWN } from "./bounds.ts";
import { forgetContradiction } from "./contradiction.ts";
import { signExtend, truncate } from "./extend.ts";
import { sync } from "./sync.ts";

function unsigned(bytes: number): Bounds {
  return truncate(UNKNOWN, bytes, 612);
}

function signed(bytes: number): Bounds {
  return signExtend(UNKNOWN, bytes * 8, 64, 612);
}

const UNSIGNED = [UNKNOWN, unsigned(1), unsigned(2), UNKNOWN, unsigned(4), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN];
const SIGNED = [UNKNOWN, signed(1), signed(2), UNKNOWN, signed(4), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN];

/** Any number of so many bytes: 1, 2, 4 or 8. */
export function loaded(bytes: number): Bounds {
  return UNSIGNED[bytes] ?? UNKNOWN;
}

/** The same for a load that extends the sign. */
export function loadedSigned(bytes: number): Bounds {
  return SIGNED[bytes] ?? UNKNOWN;
}

/**
 * `bounds` where the number is also known to be an int32 from `min` to `max`: what program types, callbacks and helpers return.
 */
export function inRange(bounds: Bounds, min: number, max: number, era: number): Bounds {
  const to = bounds.copy();
  if (min > to.s32min) to.s32min = min;
  if (max < to.s32max) to.s32max = max;
  const minHi = min >> 31;
  const maxHi = max >> 31;
  if (to.sminHi < minHi || (to.sminHi === minHi && to.sminLo >>> 0 < min >>> 0)) {
    to.sminLo = min;
    to.sminHi = minHi;
  }
  if (to.smaxHi > maxHi || (to.smaxHi === maxHi && to.smaxLo >>> 0 > max >>> 0)) {
    to.smaxLo = max;
    to.smaxHi = maxHi;
  }
  return forgetContradiction(sync(to, era), era);
}
