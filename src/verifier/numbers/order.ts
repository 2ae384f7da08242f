/** The order of 64-bit numbers kept as two int32 halves, and of 32-bit numbers read as unsigned. */

/** Flips the first bit, so that unsigned numbers compare as signed ones. (`>>> 0` makes some too large for a small integer of V8.) */
const SIGN = -0x80000000;

/** a < b, unsigned. */
export function below(aLo: number, aHi: number, bLo: number, bHi: number): boolean {
  return aHi === bHi ? (aLo ^ SIGN) < (bLo ^ SIGN) : (aHi ^ SIGN) < (bHi ^ SIGN);
}

/** a < b, signed. */
export function less(aLo: number, aHi: number, bLo: number, bHi: number): boolean {
  return aHi === bHi ? (aLo ^ SIGN) < (bLo ^ SIGN) : aHi < bHi;
}

/** The smaller of two unsigned 32-bit numbers. */
export function lower(a: number, b: number): number {
  return (a ^ SIGN) < (b ^ SIGN) ? a : b;
}

/** The larger of two unsigned 32-bit numbers. */
export function higher(a: number, b: number): number {
  return (a ^ SIGN) < (b ^ SIGN) ? b : a;
}
