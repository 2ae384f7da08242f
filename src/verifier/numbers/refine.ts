/** What is known of two numbers after a comparison went one way: the kernel's `reg_set_min_max`. */
import { type Bounds, isConstant, isConstant32 } from "./bounds.ts";
import { flipped, JEQ } from "./compare.ts";
import { isContradiction } from "./contradiction.ts";
import { inverse, narrow } from "./narrow.ts";
import { forgetRanges } from "./ranges.ts";
import { refineByConstant, refineEqual } from "./refine-constant.ts";
import { sync } from "./sync.ts";

/** Both sides of a comparison. */
export class Refined {
  dst: Bounds;
  src: Bounds;
  /**
   * Whether this way was found to be impossible (the kernel says "REG INVARIANTS VIOLATION" and goes on with less knowledge,
   * since 6.8).
   */
  contradiction: boolean;

  constructor(dst: Bounds, src: Bounds, contradiction: boolean) {
    this.dst = dst;
    this.src = src;
    this.contradiction = contradiction;
  }
}

/**
 * What is known of both after `if (dst op src)` jumped (`taken`) or did not. Only where `branchTaken` says -1.
 *
 * @param is32 whether only the low halves were compared.
 * @param sameRegister `dst` and `src` are one register, so that what is learnt of one is at once known of the other.
 */
export function refine(
  op: number,
  dst: Bounds,
  src: Bounds,
  is32: boolean,
  taken: boolean,
  era: number,
  sameRegister = false,
): Refined {
  const holds = taken ? op : inverse(op);
  if (era < 608) return refineOld(holds, dst, src, is32);
  const a = dst.copy();
  const b = sameRegister ? a : src.copy();
  narrow(holds, a, b, is32);
  sync(a, era);
  sync(b, era);
  const first = isContradiction(a);
  const second = isContradiction(b);
  if (first) forgetRanges(a);
  if (second) forgetRanges(b);
  return new Refined(a, b, first || second);
}

/** Up to 6.7: knowledge comes from constants, and from equality in 64 bits. */
function refineOld(holds: number, dst: Bounds, src: Bounds, is32: boolean): Refined {
  if (is32 ? isConstant32(src) : isConstant(src)) {
    return new Refined(refineByConstant(holds, dst, src, is32), src, false);
  }
  if (is32 ? isConstant32(dst) : isConstant(dst)) {
    return new Refined(dst, refineByConstant(flipped(holds), src, dst, is32), false);
  }
  if (holds === JEQ && !is32) {
    return new Refined(refineEqual(dst, src), refineEqual(src, dst), false);
  }
  return new Refined(dst, src, false);
}
