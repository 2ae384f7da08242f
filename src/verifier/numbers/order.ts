/** The order of 64-bit numbers kept as two int32 halves, and of 32-bit numbers read as unsigned. */

/** a < b, unsigned. */
export function below(aLo: number, aHi: number, bLo: number, bHi: number): boolean {
  return aHi === bHi ? aLo >>> 0 < bLo >>> 0 : aHi >>> 0 < bHi >>> 0;
}

/** a < b, signed. */
export function less(aLo: number, aHi: number, bLo: number, bHi: number): boolean {
  return aHi === bHi ? aLo >>> 0 < bLo >>> 0 : aHi < bHi;
}

/** The smaller of two unsigned 32-bit numbers. */
export function lower(a: number, b: number): number {
  return a >>> 0 < b >>> 0 ? a : b;
}

/** The larger of two unsigned 32-bit numbers. */
export function higher(a: number, b: number): number {
  return a >>> 0 < b >>> 0 ? b : a;
}
