/** Packet data, as far as it was compared with the end of the packet. */

import { refuse } from "../refusal.ts";
import type { Walk } from "../walk/walk.ts";
import { liesWithin, negativeText, outsideText } from "./range.ts";

/**
 * `check_packet_access`. The proven range comes after the variable part of the offset, so only the constant part counts.
 *
 * @param off with `Reg.off`.
 */
export function checkPacket(walk: Walk, index: number, off: number, size: number, zeroAllowed: boolean): void {
  const reg = walk.reg(index);
  if (reg.bounds.sminHi < 0) refuse(negativeText(index));
  // Below zero: it points at or behind the end, and no range was ever proven.
  if (reg.range < 0) refuse(`R${index} offset is outside of the packet`, "EINVAL");
  if (!liesWithin(off, size, reg.range, zeroAllowed)) {
    refuse(`${outsideText(reg, index, off, size, reg.range)}\nR${index} offset is outside of the packet`);
  }
}
