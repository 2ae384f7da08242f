/** Pairs of memory and its size (`check_mem_size_reg`). */

import { checkHelperMemory, type RawMemory } from "../memory/region.ts";
import { isConstant } from "../numbers/bounds.ts";
import { signed64, unsigned64 } from "../print/numbers.ts";
import { markPrecise } from "../prune/precision.ts";
import { refuse } from "../refusal.ts";
import type { Walk } from "../walk/walk.ts";

/** `BPF_MAX_VAR_SIZ`. */
const MOST = 1 << 29;

/**
 * The memory that the register before `index` points at has as many bytes as `index` may say.
 *
 * @param raw memory that need not be initialised, which holds only for sizes that are one constant: null refuses the rest.
 */
export function checkMemoryAndSize(walk: Walk, index: number, write: boolean, zeroAllowed: boolean, raw: RawMemory | null): void {
  const { bounds } = walk.reg(index);
  const whole = isConstant(bounds) ? raw : null;
  if (bounds.sminHi < 0) refuse(`R${index} min value is negative, either use unsigned or 'var &= const'`);
  if ((bounds.uminLo | bounds.uminHi) === 0) {
    if (walk.era < 608) {
      checkHelperMemory(walk, index - 1, 0, write, zeroAllowed, whole);
    } else if (!zeroAllowed) {
      const least = signed64(bounds.uminLo, bounds.uminHi);
      refuse(`R${index} invalid zero-sized read: u64=[${least},${BigInt.asIntN(64, unsigned64(bounds.umaxLo, bounds.umaxHi))}]`);
    }
  }
  if (bounds.umaxHi !== 0 || bounds.umaxLo >>> 0 >= MOST) {
    refuse(`R${index} unbounded memory access, use 'var &= const' or 'if (var < const)'`);
  }
  checkHelperMemory(walk, index - 1, bounds.umaxLo, write, zeroAllowed, whole);
  markPrecise(walk, index);
}
