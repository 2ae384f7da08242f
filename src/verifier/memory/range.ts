/** Memory of a known size: map keys and values, ring buffer records, what global functions are given … */

import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import { PTR_TO_MAP_KEY, PTR_TO_MAP_VALUE, PTR_TO_PACKET, PTR_TO_PACKET_END, PTR_TO_PACKET_META } from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import { highestUnsigned, isPlain, lowest, MOST_OFFSET } from "./offset.ts";

/** Whether `size` bytes at a constant offset lie in memory of `limit` bytes. */
export function liesWithin(off: number, size: number, limit: number, zeroAllowed: boolean): boolean {
  return off >= 0 && (size > 0 || (size === 0 && zeroAllowed)) && off + size <= limit;
}

/** What the kernel says when they do not (`__check_mem_access`). */
export function outsideText(reg: Reg, index: number, off: number, size: number, limit: number): string {
  switch (reg.type) {
    case PTR_TO_MAP_KEY:
      return `invalid access to map key, key_size=${limit} off=${off} size=${size}`;
    case PTR_TO_MAP_VALUE:
      return `invalid access to map value, value_size=${limit} off=${off} size=${size}`;
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET_END:
      return `invalid access to packet, off=${off} size=${size}, R${index}(id=${reg.id},off=${off},r=${limit})`;
    default:
      return `invalid access to memory, mem_size=${limit >>> 0} off=${off} size=${size}`;
  }
}

export function negativeText(index: number): string {
  return `R${index} min value is negative, either use unsigned index or do a if (index >=0) check.`;
}

/**
 * `check_mem_region_access`: the bytes at the lowest and at the highest value of the variable offset are inside.
 *
 * @param off with `Reg.off`.
 */
export function checkRange(walk: Walk, index: number, off: number, size: number, limit: number, zeroAllowed: boolean): void {
  const reg = walk.reg(index);
  const { bounds } = reg;
  if (isPlain(bounds) && liesWithin(off, size, limit, zeroAllowed)) return;
  if (bounds.sminHi < 0 && lowest(bounds) + off < 0) refuse(negativeText(index));
  // The kernel keeps 32 bits of the sum: what is lost is caught by the limit of the highest value below.
  const first = (bounds.sminLo + off) | 0;
  if (!liesWithin(first, size, limit, zeroAllowed)) {
    const text = outsideText(reg, index, first, size, limit);
    refuse(`${text}\nR${index} min value is outside of the allowed memory range`);
  }
  const most = highestUnsigned(bounds);
  if (most >= MOST_OFFSET) refuse(`R${index} unbounded memory access, make sure to bounds check any such access`);
  if (!liesWithin(most + off, size, limit, zeroAllowed)) {
    const text = outsideText(reg, index, most + off, size, limit);
    refuse(`${text}\nR${index} max value is outside of the allowed memory range`);
  }
}
