/** BPF_END: byte order, for a machine that is little-endian, as those are on which our recorded kernels ran. */
import { type Bounds, UNKNOWN } from "./bounds.ts";
import { forgetContradiction } from "./contradiction.ts";
import { truncate } from "./extend.ts";
import { forgetRanges } from "./ranges.ts";
import { sync } from "./sync.ts";

/**
 * `be16 r1`, `le32 r1`, `bswap64 r1` and so on. Before 6.18 nothing is known of the result, not even how long it is.
 *
 * @param bits 16, 32 or 64.
 * @param swaps whether the bytes change their order: `be` and `bswap`. `le` only cuts.
 */
export function byteSwap(bounds: Bounds, bits: number, swaps: boolean, era: number): Bounds {
  if (era < 618) return UNKNOWN;
  let to = bounds.copy();
  if (swaps) {
    swapBits(to, bits);
    // The order of bytes is the order of numbers: of the ranges, nothing is left.
    forgetRanges(to);
  }
  if (bits < 64) to = truncate(to, bits / 8, era);
  return forgetContradiction(sync(to, era), era);
}

function swapBits(to: Bounds, bits: number): void {
  const { valueLo, valueHi, maskLo, maskHi } = to;
  to.valueHi = bits === 64 ? swapped(valueLo) : 0;
  to.maskHi = bits === 64 ? swapped(maskLo) : 0;
  const unused = bits === 16 ? 16 : 0;
  to.valueLo = (swapped(bits === 64 ? valueHi : valueLo) >>> unused) | 0;
  to.maskLo = (swapped(bits === 64 ? maskHi : maskLo) >>> unused) | 0;
}

function swapped(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}
