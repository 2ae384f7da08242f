/** What a program may return. */

import type { Bounds } from "../numbers/bounds.ts";
import { bitsText } from "../print/numbers.ts";
import { typeName } from "../print/types.ts";
import { markPrecise } from "../prune/precision.ts";
import { refuse } from "../refusal.ts";
import { SCALAR } from "../state/types.ts";
import { exact } from "./pointer-arithmetic.ts";
import type { Walk } from "./walk.ts";

/**
 * The end of the program, of a global function, or of a callback that runs later (`check_return_code`).
 * @param index r0; r1 of `bpf_throw`, whose argument becomes the program's result.
 */
export function checkResult(walk: Walk, index: number): void {
  const { program, state, era } = walk;
  const { rules } = program;
  const first = state.frames[0]!;
  const isSubprogram = first.subprogram !== 0;
  if ((!isSubprogram || first.inExceptionCallback) && rules.returnsVoid) return;
  const reg = walk.read(index);
  const name = `R${index}`;
  if (first.inAsyncCallback) {
    const [least, most] = first.callbackReturn;
    enforce(walk, index, least, most, era >= 608 ? "At async callback return" : "In async callback", false);
    return;
  }
  if (isSubprogram && !first.inExceptionCallback) {
    if (reg.type !== SCALAR)
      refuse(`At subprogram exit the register ${name} is not a scalar value (${typeName(reg.type, era)})`, "EINVAL");
    return;
  }
  if (rules.returns === null) return;
  const { min, max, narrow } = rules.returns;
  enforce(walk, index, min, max, "At program exit", narrow === true);
}

function enforce(walk: Walk, index: number, least: number, most: number, where: string, narrow: boolean): void {
  const name = `R${index}`;
  const reg = walk.reg(index);
  if (reg.type !== SCALAR)
    refuse(`${where} the register ${name} is not a known value (${typeName(reg.type, walk.era)})`, "EINVAL");
  markPrecise(walk, index);
  const { bounds } = walk.reg(index);
  if (!withinRange(bounds, least, most, narrow)) refuseRange(bounds, least, most, where, name, walk.era);
}

/** Whether all that it can be lies in [least, most], as 64-bit or as 32-bit signed numbers. */
export function withinRange(bounds: Bounds, least: number, most: number, narrow: boolean): boolean {
  if (narrow) return least <= bounds.s32min && bounds.s32max <= most;
  return least <= signed(bounds.sminLo, bounds.sminHi) && signed(bounds.smaxLo, bounds.smaxHi) <= most;
}

/** Exact where it decides: limits of ranges are small. */
function signed(lo: number, hi: number): number {
  return hi * 0x1_0000_0000 + (lo >>> 0);
}

/** Texts before 6.8 speak of bits. */
export function refuseRange(bounds: Bounds, least: number, most: number, where: string, name: string, era: number): never {
  if (era < 608) {
    const place = where === "In async callback" ? "At async callback" : where;
    const known = (bounds.maskLo & bounds.maskHi) === -1 ? "has unknown scalar value" : `has value ${bitsText(bounds, era)}`;
    refuse(`${place} the register ${name} ${known} should have been in ${bitsOfRange(least, most)}`, "EINVAL");
  }
  let known = "";
  if (bounds.sminHi !== -0x80000000 || bounds.sminLo !== 0) known += ` smin=${exact(bounds.sminLo, bounds.sminHi)}`;
  if (bounds.smaxHi !== 0x7fffffff || bounds.smaxLo !== -1) known += ` smax=${exact(bounds.smaxLo, bounds.smaxHi)}`;
  if (known === "") known = " unknown scalar value";
  refuse(`${where} the register ${name} has${known} should have been in [${least}, ${most}]`, "EINVAL");
}

/** The bits that numbers of a small range share: `(value; mask)`. */
function bitsOfRange(least: number, most: number): string {
  const unknown = (1 << (32 - Math.clz32(least ^ most))) - 1;
  return `(0x${(least & ~unknown).toString(16)}; 0x${unknown.toString(16)})`;
}
