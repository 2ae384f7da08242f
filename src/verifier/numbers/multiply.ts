/** Products: of numbers, of bits, of ranges. */
import type { Bounds } from "./bounds.ts";
import { less } from "./order.ts";
import { forgetRanges32, forgetRanges64, forgetSigned32, forgetSigned64, forgetUnsigned32, forgetUnsigned64 } from "./ranges.ts";

/** The high half of the product of two unsigned 32-bit numbers, as int32. */
function productHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const rest = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(rest / 0x10000)) | 0;
}

/** What `multiply` found, until the next call: the low 64 bits, and whether the whole product has more (unsigned). */
let productLo = 0;
let productHi = 0;
let productOverflows = false;

function multiply(aLo: number, aHi: number, bLo: number, bHi: number): void {
  productLo = Math.imul(aLo, bLo);
  const carried = productHigh(aLo, bLo);
  if ((aHi | bHi) === 0) {
    productHi = carried;
    productOverflows = false;
    return;
  }
  // One of the two has no high half, or the product has more than 64 bits.
  const cross = (Math.imul(aHi, bLo) + Math.imul(aLo, bHi)) | 0;
  productHi = (cross + carried) | 0;
  productOverflows =
    (aHi !== 0 && bHi !== 0) ||
    (aHi !== 0 ? productHigh(aHi, bLo) : productHigh(aLo, bHi)) !== 0 ||
    productHi >>> 0 < carried >>> 0;
}

/** The same for signed numbers. */
function multiplySigned(aLo: number, aHi: number, bLo: number, bHi: number): void {
  const negative = (aHi ^ bHi) < 0;
  if (aHi < 0) {
    aHi = (~aHi + (aLo === 0 ? 1 : 0)) | 0;
    aLo = -aLo | 0;
  }
  if (bHi < 0) {
    bHi = (~bHi + (bLo === 0 ? 1 : 0)) | 0;
    bLo = -bLo | 0;
  }
  multiply(aLo, aHi, bLo, bHi);
  if (negative) {
    // The magnitude may be as much as 2^63.
    productOverflows ||= productHi < 0 && (productHi !== -0x80000000 || productLo !== 0);
    productHi = (~productHi + (productLo === 0 ? 1 : 0)) | 0;
    productLo = -productLo | 0;
  } else {
    productOverflows ||= productHi < 0;
  }
}

/** The bits of `to` become those of `a * b`. */
export function multiplyBits(to: Bounds, a: Bounds, b: Bounds, era: number): void {
  if ((a.maskLo | a.maskHi | b.maskLo | b.maskHi) === 0) {
    multiply(a.valueLo, a.valueHi, b.valueLo, b.valueHi);
    to.valueLo = productLo;
    to.valueHi = productHi;
    to.maskLo = 0;
    to.maskHi = 0;
  } else if (era >= 618) {
    multiplyByUnion(to, a, b);
  } else {
    multiplyByParts(to, a, b);
  }
}

/**
 * Up to 6.17: for each bit of `a`, the unknown bits of that row are added up on their own; then they are added to the product
 * of the known ones.
 */
function multiplyByParts(to: Bounds, a: Bounds, b: Bounds): void {
  let { valueLo: aLo, valueHi: aHi, maskLo: amLo, maskHi: amHi } = a;
  let { valueLo: bLo, valueHi: bHi, maskLo: bmLo, maskHi: bmHi } = b;
  multiply(aLo, aHi, bLo, bHi);
  const knownLo = productLo;
  const knownHi = productHi;
  let maskLo = 0;
  let maskHi = 0;
  while ((aLo | aHi | amLo | amHi) !== 0) {
    if ((aLo | amLo) & 1) {
      const rowLo = aLo & 1 ? bmLo : bLo | bmLo;
      const rowHi = aLo & 1 ? bmHi : bHi | bmHi;
      // Two numbers of which no bit is known to be 1, only to be 0.
      const sumLo = (maskLo + rowLo) | 0;
      const sumHi = (maskHi + rowHi + (sumLo >>> 0 < maskLo >>> 0 ? 1 : 0)) | 0;
      maskLo |= sumLo | rowLo;
      maskHi |= sumHi | rowHi;
      if (isUnknownFrom(maskLo, maskHi, bLo | bmLo, bHi | bmHi)) break;
    }
    aLo = (aLo >>> 1) | (aHi << 31);
    aHi >>>= 1;
    amLo = (amLo >>> 1) | (amHi << 31);
    amHi >>>= 1;
    bHi = (bHi << 1) | (bLo >>> 31);
    bLo <<= 1;
    bmHi = (bmHi << 1) | (bmLo >>> 31);
    bmLo <<= 1;
  }
  const sumLo = (knownLo + maskLo) | 0;
  const sumHi = (knownHi + maskHi + (sumLo >>> 0 < knownLo >>> 0 ? 1 : 0)) | 0;
  maskLo |= sumLo ^ knownLo;
  maskHi |= sumHi ^ knownHi;
  to.valueLo = knownLo & ~maskLo;
  to.valueHi = knownHi & ~maskHi;
  to.maskLo = maskLo;
  to.maskHi = maskHi;
}

/** Since 6.18: long multiplication; a row whose bit of `a` is unknown is both added and not. */
function multiplyByUnion(to: Bounds, a: Bounds, b: Bounds): void {
  let { valueLo: aLo, valueHi: aHi, maskLo: amLo, maskHi: amHi } = a;
  let { valueLo: bLo, valueHi: bHi, maskLo: bmLo, maskHi: bmHi } = b;
  let valueLo = 0;
  let valueHi = 0;
  let maskLo = 0;
  let maskHi = 0;
  while ((aLo | aHi | amLo | amHi) !== 0) {
    if ((aLo | amLo) & 1) {
      const masksLo = (maskLo + bmLo) | 0;
      const masksHi = (maskHi + bmHi + (masksLo >>> 0 < maskLo >>> 0 ? 1 : 0)) | 0;
      const sumLo = (valueLo + bLo) | 0;
      const sumHi = (valueHi + bHi + (sumLo >>> 0 < valueLo >>> 0 ? 1 : 0)) | 0;
      const allLo = (masksLo + sumLo) | 0;
      const allHi = (masksHi + sumHi + (allLo >>> 0 < sumLo >>> 0 ? 1 : 0)) | 0;
      let newLo = (allLo ^ sumLo) | maskLo | bmLo;
      let newHi = (allHi ^ sumHi) | maskHi | bmHi;
      if ((aLo & 1) === 0) {
        newLo |= (sumLo & ~newLo) ^ valueLo;
        newHi |= (sumHi & ~newHi) ^ valueHi;
      }
      valueLo = sumLo & ~newLo;
      valueHi = sumHi & ~newHi;
      maskLo = newLo;
      maskHi = newHi;
      if (isUnknownFrom(maskLo, maskHi, bLo | bmLo, bHi | bmHi)) break;
    }
    aLo = (aLo >>> 1) | (aHi << 31);
    aHi >>>= 1;
    amLo = (amLo >>> 1) | (amHi << 31);
    amHi >>>= 1;
    bHi = (bHi << 1) | (bLo >>> 31);
    bLo <<= 1;
    bmHi = (bmHi << 1) | (bmLo >>> 31);
    bmLo <<= 1;
  }
  to.valueLo = valueLo;
  to.valueHi = valueHi;
  to.maskLo = maskLo;
  to.maskHi = maskHi;
}

/** Whether all bits are unknown from the lowest of those that are set in the row: no row that follows can change that. */
function isUnknownFrom(maskLo: number, maskHi: number, rowLo: number, rowHi: number): boolean {
  if (rowLo !== 0) return ((-(rowLo & -rowLo) & ~maskLo) | ~maskHi) === 0;
  return (-(rowHi & -rowHi) & ~maskHi) === 0;
}

/** Ranges of the product of `to` and `b` in 32 bits. The bits of `to` are left alone. */
export function multiplyRanges32(to: Bounds, b: Bounds, era: number): void {
  if (era < 615) multiplySmall32(to, b);
  else multiplyAny32(to, b);
}

export function multiplyRanges64(to: Bounds, b: Bounds, era: number): void {
  if (era < 615) multiplySmall64(to, b);
  else multiplyAny64(to, b);
}

/** Up to 6.14: only numbers that are not negative and have up to half of the bits. */
function multiplySmall32(to: Bounds, b: Bounds): void {
  if (b.s32min < 0 || to.s32min < 0 || b.u32max >>> 0 > 0xffff || to.u32max >>> 0 > 0xffff) {
    forgetRanges32(to);
    return;
  }
  to.u32min = Math.imul(to.u32min, b.u32min);
  to.u32max = Math.imul(to.u32max, b.u32max);
  if (to.u32max < 0) {
    forgetSigned32(to);
  } else {
    to.s32min = to.u32min;
    to.s32max = to.u32max;
  }
}

function multiplySmall64(to: Bounds, b: Bounds): void {
  if (b.sminHi < 0 || to.sminHi < 0 || b.umaxHi !== 0 || to.umaxHi !== 0) {
    forgetRanges64(to);
    return;
  }
  multiply(to.uminLo, to.uminHi, b.uminLo, b.uminHi);
  to.uminLo = productLo;
  to.uminHi = productHi;
  multiply(to.umaxLo, to.umaxHi, b.umaxLo, b.umaxHi);
  to.umaxLo = productLo;
  to.umaxHi = productHi;
  if (to.umaxHi < 0) {
    forgetSigned64(to);
  } else {
    to.sminLo = to.uminLo;
    to.sminHi = to.uminHi;
    to.smaxLo = to.umaxLo;
    to.smaxHi = to.umaxHi;
  }
}

/** Since 6.15: as long as no product of two ends overflows. */
function multiplyAny32(to: Bounds, b: Bounds): void {
  // Products of 32-bit numbers that do not fit 2^53 do not fit 32 bits either, so that rounding does no harm.
  if ((to.u32max >>> 0) * (b.u32max >>> 0) > 0xffffffff || (to.u32min >>> 0) * (b.u32min >>> 0) > 0xffffffff) {
    forgetUnsigned32(to);
  } else {
    to.u32min = Math.imul(to.u32min, b.u32min);
    to.u32max = Math.imul(to.u32max, b.u32max);
  }
  const one = to.s32min * b.s32min;
  const two = to.s32min * b.s32max;
  const three = to.s32max * b.s32min;
  const four = to.s32max * b.s32max;
  const least = Math.min(one, two, three, four);
  const most = Math.max(one, two, three, four);
  if (least < -0x80000000 || most > 0x7fffffff) {
    forgetSigned32(to);
  } else {
    to.s32min = least | 0;
    to.s32max = most | 0;
  }
}

function multiplyAny64(to: Bounds, b: Bounds): void {
  multiply(to.umaxLo, to.umaxHi, b.umaxLo, b.umaxHi);
  const umaxLo = productLo;
  const umaxHi = productHi;
  let overflows = productOverflows;
  multiply(to.uminLo, to.uminHi, b.uminLo, b.uminHi);
  overflows ||= productOverflows;
  if (overflows) {
    forgetUnsigned64(to);
  } else {
    to.uminLo = productLo;
    to.uminHi = productHi;
    to.umaxLo = umaxLo;
    to.umaxHi = umaxHi;
  }
  multiplySignedEnds(to, b);
}

function multiplySignedEnds(to: Bounds, b: Bounds): void {
  const { sminLo, sminHi, smaxLo, smaxHi } = to;
  multiplySigned(sminLo, sminHi, b.sminLo, b.sminHi);
  if (productOverflows) {
    forgetSigned64(to);
    return;
  }
  to.sminLo = to.smaxLo = productLo;
  to.sminHi = to.smaxHi = productHi;
  multiplySigned(sminLo, sminHi, b.smaxLo, b.smaxHi);
  if (!includeProduct(to)) return;
  multiplySigned(smaxLo, smaxHi, b.sminLo, b.sminHi);
  if (!includeProduct(to)) return;
  multiplySigned(smaxLo, smaxHi, b.smaxLo, b.smaxHi);
  includeProduct(to);
}

/** Whether there is one: else nothing is known. */
function includeProduct(to: Bounds): boolean {
  if (productOverflows) {
    forgetSigned64(to);
    return false;
  }
  if (less(productLo, productHi, to.sminLo, to.sminHi)) {
    to.sminLo = productLo;
    to.sminHi = productHi;
  }
  if (less(to.smaxLo, to.smaxHi, productLo, productHi)) {
    to.smaxLo = productLo;
    to.smaxHi = productHi;
  }
  return true;
}
