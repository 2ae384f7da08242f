/** Ranges set to "nothing is known" or to one number, in place. */
import type { Bounds } from "./bounds.ts";

export function forgetRanges(b: Bounds): void {
  forgetRanges64(b);
  forgetRanges32(b);
}

export function forgetRanges64(b: Bounds): void {
  forgetSigned64(b);
  forgetUnsigned64(b);
}

export function forgetRanges32(b: Bounds): void {
  forgetSigned32(b);
  forgetUnsigned32(b);
}

export function forgetSigned64(b: Bounds): void {
  b.sminLo = 0;
  b.sminHi = -0x80000000;
  b.smaxLo = -1;
  b.smaxHi = 0x7fffffff;
}

export function forgetUnsigned64(b: Bounds): void {
  b.uminLo = 0;
  b.uminHi = 0;
  b.umaxLo = -1;
  b.umaxHi = -1;
}

export function forgetSigned32(b: Bounds): void {
  b.s32min = -0x80000000;
  b.s32max = 0x7fffffff;
}

export function forgetUnsigned32(b: Bounds): void {
  b.u32min = 0;
  b.u32max = -1;
}

/** The low 32 bits are `value`; what is known of the high ones stays. */
export function assignConstant32(b: Bounds, value: number): void {
  b.valueLo = value;
  b.maskLo = 0;
  b.s32min = b.s32max = b.u32min = b.u32max = value;
}

export function assignConstant(b: Bounds, lo: number, hi: number): void {
  assignConstant32(b, lo);
  b.valueHi = hi;
  b.maskHi = 0;
  b.sminLo = b.smaxLo = b.uminLo = b.umaxLo = lo;
  b.sminHi = b.smaxHi = b.uminHi = b.umaxHi = hi;
}
