/** What a load leaves in its register. */

import { isConstant, UNKNOWN } from "../numbers/bounds.ts";
import { signExtend as extendSign, truncate } from "../numbers/extend.ts";
import { loaded, loadedSigned } from "../numbers/load.ts";
import { type Reg, scalar, UNKNOWN_SCALAR } from "../state/register.ts";
import type { Walk } from "../walk/walk.ts";
import type { Access } from "./access.ts";
import { widthOf } from "./offset.ts";

/** By 0, 1, 2 for 1, 2 and 4 bytes. */
const ZERO_EXTENDED: readonly Reg[] = [1, 2, 4].map((size) => scalar(loaded(size)));
const SIGN_EXTENDED: readonly Reg[] = [1, 2, 4].map((size) => scalar(loadedSigned(size)));

/** Some number as a load of that width leaves it. Allocates nothing. */
export function unknownOf(size: number, signExtend: boolean): Reg {
  if (size === 8) return UNKNOWN_SCALAR;
  return (signExtend ? SIGN_EXTENDED : ZERO_EXTENDED)[size >> 1]!;
}

/** Puts some number in the register that is loaded, if there is one. */
export function loadUnknown(walk: Walk, access: Access): void {
  if (access.value >= 0) walk.setReg(access.value, unknownOf(access.size, access.signExtend));
}

/** The lowest bytes of a number, extended to all eight (`coerce_reg_to_size`, `coerce_reg_to_size_sx`). */
export function narrow(reg: Reg, size: number, signExtend: boolean, era: number): Reg {
  if (size === 8) return reg;
  if (reg.bounds === UNKNOWN && reg.id === 0) return unknownOf(size, signExtend);
  if (!signExtend && isConstant(reg.bounds) && widthOf(reg.bounds) <= size * 8) return reg;
  const to = reg.copy();
  to.bounds = signExtend ? extendSign(reg.bounds, size * 8, 64, era) : truncate(reg.bounds, size, era);
  // It is no longer what it was a copy of.
  if (signExtend && widthOf(reg.bounds) >= size * 8) {
    to.id = 0;
    to.off = 0;
  }
  return to;
}
