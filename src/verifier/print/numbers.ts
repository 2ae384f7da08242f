/** Numbers in the kernel's notation. BigInt is for printing only. */

import type { Bounds } from "../numbers/bounds.ts";

const S64_MIN = -(1n << 63n);
const S64_MAX = (1n << 63n) - 1n;
const U64_MAX = (1n << 64n) - 1n;

/** The 64 bits of two halves, read as unsigned. */
export function unsigned64(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

/** The 64 bits of two halves, read as signed. */
export function signed64(lo: number, hi: number): bigint {
  return (BigInt(hi | 0) << 32n) | BigInt(lo >>> 0);
}

/** `0x1f`; zero has the prefix too in the kernel's `%#llx`. */
function hexadecimal(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16)}`;
}

/** Small numbers in decimal, others in hexadecimal (since 6.8). */
export function unsignedText(value: bigint): string {
  return value <= 0xffffn ? String(value) : hexadecimal(value);
}

/** As {@link unsignedText}. */
export function signedText(value: bigint): string {
  return value >= -0x8000n && value <= 0x7fffn ? String(value) : hexadecimal(value);
}

/** `7`, or `(0x0; 0xff)`: the bits that are known and the mask of those that are not. */
export function bitsText(bounds: Bounds, era: number): string {
  const value = unsigned64(bounds.valueLo, bounds.valueHi);
  const mask = unsigned64(bounds.maskLo, bounds.maskHi);
  if (mask === 0n && era >= 608) return unsignedText(value);
  // Before, the prefix was part of the text, so that zero had it too.
  return era >= 608 ? `(${hexadecimal(value)}; ${hexadecimal(mask)})` : `(0x${value.toString(16)}; 0x${mask.toString(16)})`;
}

/** `smin=smin32=0,smax=umax=255`: limits that say something, equal ones together. */
export function rangesText(bounds: Bounds, era: number): string[] {
  return era >= 606 ? grouped(bounds, era) : apart(bounds);
}

interface Limit {
  readonly name: string;
  /** 64 bits; those of 32 bits are extended by their sign when they print in decimal, and not when in hexadecimal. */
  readonly value: bigint;
  readonly says: boolean;
}

function grouped(bounds: Bounds, era: number): string[] {
  const smin = signed64(bounds.sminLo, bounds.sminHi);
  const smax = signed64(bounds.smaxLo, bounds.smaxHi);
  const umin = unsigned64(bounds.uminLo, bounds.uminHi);
  const umax = unsigned64(bounds.umaxLo, bounds.umaxHi);
  const signed32 = (value: number) =>
    era < 608 || (value >= -0x8000 && value <= 0x7fff) ? BigInt(value | 0) : BigInt(value >>> 0);
  const limits: readonly Limit[] = [
    { name: "smin", value: smin, says: smin !== S64_MIN },
    { name: "smax", value: smax, says: smax !== S64_MAX },
    { name: "umin", value: umin, says: umin !== 0n },
    { name: "umax", value: umax, says: umax !== U64_MAX },
    { name: "smin32", value: signed32(bounds.s32min), says: bounds.s32min !== -0x80000000 },
    { name: "smax32", value: signed32(bounds.s32max), says: bounds.s32max !== 0x7fffffff },
    { name: "umin32", value: BigInt(bounds.u32min >>> 0), says: bounds.u32min !== 0 },
    { name: "umax32", value: BigInt(bounds.u32max >>> 0), says: bounds.u32max !== -1 },
  ];
  const texts: string[] = [];
  const told = new Set<Limit>();
  for (const [index, first] of limits.entries()) {
    if (!first.says || told.has(first)) continue;
    let text = `${first.name}=`;
    // Minima go with minima and maxima with maxima, which alternate; a negative number is not the same as a large one.
    for (let other = index + 2; other < limits.length; other += 2) {
      const next = limits[other]!;
      if (!next.says || told.has(next) || BigInt.asUintN(64, next.value) !== BigInt.asUintN(64, first.value)) continue;
      if (isNegative(next) !== isNegative(first)) continue;
      told.add(next);
      text += `${next.name}=`;
    }
    texts.push(text + limitText(first, era));
  }
  return texts;
}

function isNegative({ name, value }: Limit): boolean {
  return name.startsWith("s") && value < 0n;
}

function limitText({ name, value }: Limit, era: number): string {
  if (era < 608) return String(value);
  return name.startsWith("s") ? signedText(value) : unsignedText(value);
}

/** Before 6.6. The known bits stand between the limits of 64 and those of 32 bits; see register.ts. */
function apart(bounds: Bounds): string[] {
  const smin = signed64(bounds.sminLo, bounds.sminHi);
  const smax = signed64(bounds.smaxLo, bounds.smaxHi);
  const umin = unsigned64(bounds.uminLo, bounds.uminHi);
  const umax = unsigned64(bounds.umaxLo, bounds.umaxHi);
  const texts: string[] = [];
  // The kernel compares signed and unsigned limits as 64 bits.
  if (BigInt.asUintN(64, smin) !== umin && smin !== S64_MIN) texts.push(`smin=${smin}`);
  if (BigInt.asUintN(64, smax) !== umax && smax !== S64_MAX) texts.push(`smax=${smax}`);
  if (umin !== 0n) texts.push(`umin=${umin}`);
  if (umax !== U64_MAX) texts.push(`umax=${umax}`);
  if ((bounds.maskLo & bounds.maskHi) !== -1) texts.push(`var_off=${bitsText(bounds, 601)}`);
  if (BigInt(bounds.s32min) !== smin && bounds.s32min !== -0x80000000) texts.push(`s32_min=${bounds.s32min}`);
  if (BigInt(bounds.s32max) !== smax && bounds.s32max !== 0x7fffffff) texts.push(`s32_max=${bounds.s32max}`);
  // Printed with %d.
  if (BigInt(bounds.u32min >>> 0) !== umin && bounds.u32min !== 0) texts.push(`u32_min=${bounds.u32min}`);
  if (BigInt(bounds.u32max >>> 0) !== umax && bounds.u32max !== -1) texts.push(`u32_max=${bounds.u32max}`);
  return texts;
}
