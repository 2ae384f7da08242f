/** What a comparison that holds says of both numbers, since 6.8: the kernel's `regs_refine_cond_op`. */
import { type Bounds, isConstant, isConstant32 } from "./bounds.ts";
import { JEQ, JGE, JGT, JLE, JLT, JNE, JSET, JSGE, JSGT, JSLE, JSLT } from "./compare.ts";
import { below, higher, less, lower } from "./order.ts";
import { forgetRanges } from "./ranges.ts";
import { copyBits, intersectBits } from "./tnum.ts";

/** "Has none of these bits": what holds after a JSET that did not jump. It has no opcode. */
export const CLEAR = 0x48;

/** What holds when a comparison does not. */
export function inverse(op: number): number {
  switch (op) {
    case JEQ:
      return JNE;
    case JNE:
      return JEQ;
    case JSET:
      return CLEAR;
    case JGE:
      return JLT;
    case JGT:
      return JLE;
    case JLE:
      return JGT;
    case JLT:
      return JGE;
    case JSGE:
      return JSLT;
    case JSGT:
      return JSLE;
    case JSLE:
      return JSGT;
    default:
      return JSGE;
  }
}

/** Changes both, which may be one and the same. Not synced. */
export function narrow(holds: number, a: Bounds, b: Bounds, is32: boolean): void {
  if (is32) narrow32(holds, a, b);
  else narrow64(holds, a, b);
}

function narrow32(holds: number, a: Bounds, b: Bounds): void {
  switch (holds) {
    case JEQ:
      equal32(a, b);
      break;
    case JNE:
      different(a, b, true);
      break;
    case JSET:
      anyBit(a, b, true);
      break;
    case CLEAR:
      noBit(a, b, true);
      break;
    case JLE:
      atMost32(a, b);
      break;
    case JGE:
      atMost32(b, a);
      break;
    case JLT:
      below32(a, b);
      break;
    case JGT:
      below32(b, a);
      break;
    case JSLE:
      notMore32(a, b);
      break;
    case JSGE:
      notMore32(b, a);
      break;
    case JSLT:
      less32(a, b);
      break;
    case JSGT:
      less32(b, a);
      break;
  }
}

function narrow64(holds: number, a: Bounds, b: Bounds): void {
  switch (holds) {
    case JEQ:
      equal64(a, b);
      break;
    case JNE:
      different(a, b, false);
      break;
    case JSET:
      anyBit(a, b, false);
      break;
    case CLEAR:
      noBit(a, b, false);
      break;
    case JLE:
      atMost64(a, b);
      break;
    case JGE:
      atMost64(b, a);
      break;
    case JLT:
      below64(a, b);
      break;
    case JGT:
      below64(b, a);
      break;
    case JSLE:
      notMore64(a, b);
      break;
    case JSGE:
      notMore64(b, a);
      break;
    case JSLT:
      less64(a, b);
      break;
    case JSGT:
      less64(b, a);
      break;
  }
}

function equal32(a: Bounds, b: Bounds): void {
  a.u32min = b.u32min = higher(a.u32min, b.u32min);
  a.u32max = b.u32max = lower(a.u32max, b.u32max);
  a.s32min = b.s32min = Math.max(a.s32min, b.s32min);
  a.s32max = b.s32max = Math.min(a.s32max, b.s32max);
  const mask = a.maskLo & b.maskLo;
  a.valueLo = b.valueLo = (a.valueLo | b.valueLo) & ~mask;
  a.maskLo = b.maskLo = mask;
}

function equal64(a: Bounds, b: Bounds): void {
  raiseUmin(a, b.uminLo, b.uminHi);
  b.uminLo = a.uminLo;
  b.uminHi = a.uminHi;
  lowerUmax(a, b.umaxLo, b.umaxHi);
  b.umaxLo = a.umaxLo;
  b.umaxHi = a.umaxHi;
  raiseSmin(a, b.sminLo, b.sminHi);
  b.sminLo = a.sminLo;
  b.sminHi = a.sminHi;
  lowerSmax(a, b.smaxLo, b.smaxHi);
  b.smaxLo = a.smaxLo;
  b.smaxHi = a.smaxHi;
  intersectBits(a, a, b);
  copyBits(b, a);
}

/** A constant that is an end of the other one's range cuts it off. */
function different(a: Bounds, b: Bounds, is32: boolean): void {
  if (is32 ? isConstant32(b) : isConstant(b)) {
    if (is32) exclude32(a, b.valueLo);
    else exclude64(a, b.valueLo, b.valueHi);
  } else if (is32) {
    if (isConstant32(a)) exclude32(b, a.valueLo);
  } else if (isConstant(a)) {
    exclude64(b, a.valueLo, a.valueHi);
  }
}

function exclude32(a: Bounds, value: number): void {
  if (a.u32min === value) a.u32min = (value + 1) | 0;
  if (a.u32max === value) a.u32max = (value - 1) | 0;
  if (a.s32min === value) a.s32min = (value + 1) | 0;
  if (a.s32max === value) a.s32max = (value - 1) | 0;
}

function exclude64(a: Bounds, lo: number, hi: number): void {
  const nextLo = (lo + 1) | 0;
  const nextHi = (hi + (nextLo === 0 ? 1 : 0)) | 0;
  const previousLo = (lo - 1) | 0;
  const previousHi = (hi - (lo === 0 ? 1 : 0)) | 0;
  if (a.uminLo === lo && a.uminHi === hi) {
    a.uminLo = nextLo;
    a.uminHi = nextHi;
  }
  if (a.umaxLo === lo && a.umaxHi === hi) {
    a.umaxLo = previousLo;
    a.umaxHi = previousHi;
  }
  if (a.sminLo === lo && a.sminHi === hi) {
    a.sminLo = nextLo;
    a.sminHi = nextHi;
  }
  if (a.smaxLo === lo && a.smaxHi === hi) {
    a.smaxLo = previousLo;
    a.smaxHi = previousHi;
  }
}

/** With a single bit it is known which one is set. */
function anyBit(a: Bounds, b: Bounds, is32: boolean): void {
  if (is32 ? !isConstant32(b) : !isConstant(b)) [a, b] = [b, a];
  if (is32 ? !isConstant32(b) : !isConstant(b)) return;
  const lo = b.valueLo;
  const hi = is32 ? 0 : b.valueHi;
  if (isSingleBit(lo, hi)) setBits(a, lo, hi);
}

/** Each of the bits is known to be clear. The ranges are given up first: with them, an impossible branch would contradict itself. */
function noBit(a: Bounds, b: Bounds, is32: boolean): void {
  if (is32 ? !isConstant32(b) : !isConstant(b)) [a, b] = [b, a];
  if (is32 ? !isConstant32(b) : !isConstant(b)) return;
  const lo = b.valueLo;
  const hi = is32 ? 0 : b.valueHi;
  forgetRanges(a);
  clearBits(a, lo, hi);
}

/** Exactly one of 64. */
export function isSingleBit(lo: number, hi: number): boolean {
  return hi === 0 ? lo !== 0 && (lo & (lo - 1)) === 0 : lo === 0 && (hi & (hi - 1)) === 0;
}

export function setBits(a: Bounds, lo: number, hi: number): void {
  a.valueLo |= lo;
  a.valueHi |= hi;
  a.maskLo &= ~lo;
  a.maskHi &= ~hi;
}

export function clearBits(a: Bounds, lo: number, hi: number): void {
  a.valueLo &= ~lo;
  a.valueHi &= ~hi;
  a.maskLo &= ~lo;
  a.maskHi &= ~hi;
}

function atMost32(a: Bounds, b: Bounds): void {
  a.u32max = lower(a.u32max, b.u32max);
  b.u32min = higher(a.u32min, b.u32min);
}

function below32(a: Bounds, b: Bounds): void {
  a.u32max = lower(a.u32max, (b.u32max - 1) | 0);
  b.u32min = higher((a.u32min + 1) | 0, b.u32min);
}

function notMore32(a: Bounds, b: Bounds): void {
  if (b.s32max < a.s32max) a.s32max = b.s32max;
  if (a.s32min > b.s32min) b.s32min = a.s32min;
}

function less32(a: Bounds, b: Bounds): void {
  a.s32max = Math.min(a.s32max, (b.s32max - 1) | 0);
  b.s32min = Math.max((a.s32min + 1) | 0, b.s32min);
}

function atMost64(a: Bounds, b: Bounds): void {
  lowerUmax(a, b.umaxLo, b.umaxHi);
  raiseUmin(b, a.uminLo, a.uminHi);
}

function below64(a: Bounds, b: Bounds): void {
  lowerUmax(a, (b.umaxLo - 1) | 0, (b.umaxHi - (b.umaxLo === 0 ? 1 : 0)) | 0);
  raiseUmin(b, (a.uminLo + 1) | 0, (a.uminHi + (a.uminLo === -1 ? 1 : 0)) | 0);
}

function notMore64(a: Bounds, b: Bounds): void {
  lowerSmax(a, b.smaxLo, b.smaxHi);
  raiseSmin(b, a.sminLo, a.sminHi);
}

function less64(a: Bounds, b: Bounds): void {
  lowerSmax(a, (b.smaxLo - 1) | 0, (b.smaxHi - (b.smaxLo === 0 ? 1 : 0)) | 0);
  raiseSmin(b, (a.sminLo + 1) | 0, (a.sminHi + (a.sminLo === -1 ? 1 : 0)) | 0);
}

export function raiseUmin(a: Bounds, lo: number, hi: number): void {
  if (!below(a.uminLo, a.uminHi, lo, hi)) return;
  a.uminLo = lo;
  a.uminHi = hi;
}

export function lowerUmax(a: Bounds, lo: number, hi: number): void {
  if (!below(lo, hi, a.umaxLo, a.umaxHi)) return;
  a.umaxLo = lo;
  a.umaxHi = hi;
}

export function raiseSmin(a: Bounds, lo: number, hi: number): void {
  if (!less(a.sminLo, a.sminHi, lo, hi)) return;
  a.sminLo = lo;
  a.sminHi = hi;
}

export function lowerSmax(a: Bounds, lo: number, hi: number): void {
  if (!less(lo, hi, a.smaxLo, a.smaxHi)) return;
  a.smaxLo = lo;
  a.smaxHi = hi;
}
