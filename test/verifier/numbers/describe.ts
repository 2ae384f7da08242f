/** Numbers as kernels print them in their logs, up to 6.7 and since. The number alone: no id, no marks. */
import type { Bounds } from "../../../src/verifier/numbers/bounds.ts";

const s64 = (lo: number, hi: number) => (BigInt(hi) << 32n) | BigInt(lo >>> 0);
const u64 = (lo: number, hi: number) => BigInt.asUintN(64, s64(lo, hi));

export function describeNumber(b: Bounds, era: number): string {
  const value = u64(b.valueLo, b.valueHi);
  const mask = u64(b.maskLo, b.maskHi);
  const smin = s64(b.sminLo, b.sminHi);
  const smax = s64(b.smaxLo, b.smaxHi);
  const umin = u64(b.uminLo, b.uminHi);
  const umax = u64(b.umaxLo, b.umaxHi);
  const parts: string[] = [];
  if (era < 608) {
    if (mask === 0n) return `${BigInt.asIntN(64, value)}`;
    const [u32min, u32max] = [BigInt(b.u32min >>> 0), BigInt(b.u32max >>> 0)];
    if (smin !== BigInt.asIntN(64, umin) && smin !== -(1n << 63n)) parts.push(`smin=${smin}`);
    if (smax !== BigInt.asIntN(64, umax) && smax !== (1n << 63n) - 1n) parts.push(`smax=${smax}`);
    if (umin !== 0n) parts.push(`umin=${umin}`);
    if (umax !== (1n << 64n) - 1n) parts.push(`umax=${umax}`);
    if (mask !== (1n << 64n) - 1n) parts.push(`var_off=(${hex(value)}; ${hex(mask)})`);
    if (BigInt(b.s32min) !== smin && b.s32min !== -0x80000000) parts.push(`s32_min=${b.s32min}`);
    if (BigInt(b.s32max) !== smax && b.s32max !== 0x7fffffff) parts.push(`s32_max=${b.s32max}`);
    if (u32min !== umin && b.u32min !== 0) parts.push(`u32_min=${b.u32min}`);
    if (u32max !== umax && b.u32max !== -1) parts.push(`u32_max=${b.u32max}`);
    return `scalar(${parts.join(",")})`;
  }
  if (mask === 0n) return signed(BigInt.asIntN(64, value));
  // Equal values are said once, with all their names: every other one of this list has the same sort of sign.
  const all: [string, bigint, boolean][] = [
    ["smin", smin, smin === -(1n << 63n)],
    ["smax", smax, smax === (1n << 63n) - 1n],
    ["umin", umin, umin === 0n],
    ["umax", umax, umax === (1n << 64n) - 1n],
    ["smin32", narrowed(b.s32min), b.s32min === -0x80000000],
    ["smax32", narrowed(b.s32max), b.s32max === 0x7fffffff],
    ["umin32", BigInt(b.u32min >>> 0), b.u32min === 0],
    ["umax32", BigInt(b.u32max >>> 0), b.u32max === -1],
  ];
  all.forEach((one, index) => {
    if (one[2]) return;
    let text = `${one[0]}=`;
    const negative = one[0].startsWith("s") && BigInt.asIntN(64, one[1]) < 0n;
    for (let other = index + 2; other < all.length; other += 2) {
      const two = all[other]!;
      if (two[2] || BigInt.asUintN(64, two[1]) !== BigInt.asUintN(64, one[1])) continue;
      if ((two[0].startsWith("s") && BigInt.asIntN(64, two[1]) < 0n) !== negative) continue;
      two[2] = true;
      text += `${two[0]}=`;
    }
    parts.push(text + (one[0].startsWith("s") ? signed(one[1]) : unsigned(one[1])));
  });
  if (mask !== (1n << 64n) - 1n) parts.push(`var_off=(${hex(value)}; ${hex(mask)})`);
  return `scalar(${parts.join(",")})`;
}

/** Large ones are printed in hexadecimal, where the sign must not be extended. */
function narrowed(value: number): bigint {
  return value >= -0x8000 && value <= 0x7fff ? BigInt(value) : BigInt(value >>> 0);
}

function signed(value: bigint): string {
  return value >= -0x8000n && value <= 0x7fffn ? `${value}` : hex(BigInt.asUintN(64, value));
}

function unsigned(value: bigint): string {
  return value <= 0xffffn ? `${value}` : hex(value);
}

function hex(value: bigint): string {
  return value === 0n ? "0x0" : `0x${value.toString(16)}`;
}

/** The number alone of what a kernel printed: `Pscalar(id=3,umax=5)` is `scalar(umax=5)`. */
export function plain(text: string): string {
  return text
    .replace(/^P/, "")
    .replace(/^(inv|scalar)P?/, "scalar")
    .replace(/^scalar\(\)$/, "scalar()")
    .replace(/\(id=\d+([+-]\d+)?,?/, "(")
    .replace(/^scalar(-?\d+)$/, "$1");
}
