/** What an arithmetic instruction makes of two numbers: the kernel's `adjust_scalar_min_max_vals`. */
import { addRanges32, addRanges64, subtractRanges32, subtractRanges64 } from "./add.ts";
import { andRanges32, andRanges64, orRanges32, orRanges64, xorRanges32, xorRanges64 } from "./bitwise.ts";
import { type Bounds, constant, isConstant, isConstant32, UNKNOWN, ZERO } from "./bounds.ts";
import { forgetContradiction, isTainted32, isTainted64 } from "./contradiction.ts";
import { assignLow32 } from "./extend.ts";
import { multiplyBits, multiplyRanges32, multiplyRanges64 } from "./multiply.ts";
import { assignConstant, assignConstant32, forgetRanges32 } from "./ranges.ts";
import { shiftLeft32, shiftLeft64, shiftRight32, shiftRight64, shiftRightSigned32, shiftRightSigned64 } from "./shifts.ts";
import { isSettledConstant, learnFromBits, learnFromLowBits, sync } from "./sync.ts";
import { addBits, andBits, orBits, subtractBits, xorBits } from "./tnum.ts";

/** The operation nibbles of arithmetic opcodes. */
export const ADD = 0x00;
export const SUB = 0x10;
export const MUL = 0x20;
export const DIV = 0x30;
export const OR = 0x40;
export const AND = 0x50;
export const LSH = 0x60;
export const RSH = 0x70;
export const MOD = 0x90;
export const XOR = 0xa0;
export const ARSH = 0xc0;

/** @param op one of the above. Division and remainder, signed or not, give any number. */
export function alu64(op: number, dst: Bounds, src: Bounds, era: number): Bounds {
  if (!isComputed(op, src, 64, era)) return UNKNOWN;
  const to = dst.copy();
  combineBits(op, to, src, era);
  if (areConstants(dst, src) && op !== LSH && op !== RSH && op !== ARSH) {
    assignConstant(to, to.valueLo, to.valueHi);
    return to;
  }
  switch (op) {
    case ADD:
      addRanges32(to, src, era);
      addRanges64(to, src, era);
      break;
    case SUB:
      subtractRanges32(to, src, era);
      subtractRanges64(to, src, era);
      break;
    case MUL:
      multiplyRanges32(to, src, era);
      multiplyRanges64(to, src, era);
      break;
    case AND:
      andRanges32(to, src, era);
      andRanges64(to, src, era);
      learnFromBits(to, era);
      break;
    case OR:
      orRanges32(to, src, era);
      orRanges64(to, src, era);
      learnFromBits(to, era);
      break;
    case XOR:
      xorRanges32(to, src, era);
      xorRanges64(to, src, era);
      learnFromBits(to, era);
      break;
    case LSH:
      shiftLeft64(to, src.uminLo, era);
      break;
    case RSH:
      shiftRight64(to, src.uminLo, era);
      break;
    case ARSH:
      shiftRightSigned64(to, src.uminLo, era);
      break;
  }
  return forgetContradiction(sync(to, era), era);
}

/** The low 32 bits computed, the high ones zero. (Except that "any number" has 64 bits, as in the kernel.) */
export function alu32(op: number, dst: Bounds, src: Bounds, era: number): Bounds {
  if (!isComputed(op, src, 32, era)) {
    // Up to 6.1, what is found to be unknown on the way is still cut to 32 bits; what is refused at the door is not.
    return era < 608 && isConstant32(src) && !isTainted32(src) ? UNKNOWN_32 : UNKNOWN;
  }
  const to = dst.copy();
  // The low bits of a result depend on nothing but low bits.
  combineBits(op, to, src, era);
  if (areConstants(dst, src) && op !== LSH && op !== RSH && op !== ARSH) {
    assignConstant(to, to.valueLo, 0);
    return to;
  }
  switch (op) {
    case ADD:
      addRanges32(to, src, era);
      break;
    case SUB:
      subtractRanges32(to, src, era);
      break;
    case MUL:
      multiplyRanges32(to, src, era);
      break;
    case AND:
      andRanges32(to, src, era);
      learnFromLowBits(to);
      break;
    case OR:
      orRanges32(to, src, era);
      learnFromLowBits(to);
      break;
    case XOR:
      xorRanges32(to, src, era);
      learnFromLowBits(to);
      break;
    case LSH:
      shiftLeft32(to, src.u32min);
      break;
    case RSH:
      shiftRight32(to, src.u32min);
      break;
    case ARSH:
      shiftRightSigned32(to, src.u32min);
      break;
  }
  assignLow32(to);
  return forgetContradiction(sync(to, era), era);
}

/** The bits of the result; those of shifts are computed with their ranges. */
function combineBits(op: number, to: Bounds, src: Bounds, era: number): void {
  switch (op) {
    case ADD:
      addBits(to, to, src);
      break;
    case SUB:
      subtractBits(to, to, src);
      break;
    case MUL:
      multiplyBits(to, to, src, era);
      break;
    case AND:
      andBits(to, to, src);
      break;
    case OR:
      orBits(to, to, src);
      break;
    case XOR:
      xorBits(to, to, src);
      break;
  }
}

/** Counters of loops and offsets, mostly: what they give is a number too, and there is nothing to learn of it. */
function areConstants(dst: Bounds, src: Bounds): boolean {
  return isSettledConstant(dst) && isSettledConstant(src);
}

const UNKNOWN_32 = sync(cutUnknown(), 601);

function cutUnknown(): Bounds {
  const to = UNKNOWN.copy();
  assignLow32(to);
  return to;
}

/** Whether the kernel computes a result at all. */
function isComputed(op: number, src: Bounds, width: 32 | 64, era: number): boolean {
  const known = width === 32 ? isConstant32(src) : isConstant(src);
  if (era < 608 && ((width === 32 ? isTainted32(src) : isTainted64(src)) || (!known && op !== ADD && op !== SUB && op !== AND)))
    return false;
  switch (op) {
    case ADD:
    case SUB:
    case MUL:
    case AND:
    case OR:
    case XOR:
      return true;
    case LSH:
    case RSH:
    case ARSH:
      return known && !(width === 32 ? isTainted32(src) : isTainted64(src)) && src.umaxHi === 0 && src.umaxLo >>> 0 < width;
    default:
      return false;
  }
}

/** BPF_NEG. Tracked since 6.17. */
export function negate64(bounds: Bounds, era: number): Bounds {
  return era >= 617 ? alu64(SUB, ZERO, bounds, era) : UNKNOWN;
}

export function negate32(bounds: Bounds, era: number): Bounds {
  return era >= 617 ? alu32(SUB, ZERO, bounds, era) : UNKNOWN;
}

/** The variable part of a pointer to which a constant was added that its constant part took: it is synced anew, no more. */
export function keepPointer(pointer: Bounds, era: number): Bounds {
  if (isConstant(pointer)) return pointer;
  const to = pointer.copy();
  forgetRanges32(to);
  return forgetContradiction(sync(to, era), era);
}

/**
 * The variable part of a pointer with `offset` added. Pointers have no 32-bit ranges. Not synced: the kernel judges the sum as
 * it is (`check_reg_sane_offset`), and only then draws conclusions.
 */
export function addToPointer(pointer: Bounds, offset: Bounds): Bounds {
  const to = pointer.copy();
  addRanges64(to, offset, POINTER_ERA);
  addBits(to, to, offset);
  forgetRanges32(to);
  return to;
}

/** The same with `offset` subtracted. */
export function subtractFromPointer(pointer: Bounds, offset: Bounds): Bounds {
  const to = pointer.copy();
  subtractRanges64(to, offset, POINTER_ERA);
  subtractBits(to, to, offset);
  forgetRanges32(to);
  return to;
}

/** Sums of pointers lose their unsigned range with any wrap, in every kernel. */
const POINTER_ERA = 601;

/**
 * Whether the kernel walks `x & constant` or `x | constant` twice, once for each x: where x is 0 or -1, mostly a comparison's
 * result or a sign. The width in which it is; 0 if it is not. Such code is `constant` or 0, and no range holds both well.
 */
export function zeroOrMinusOne(bounds: Bounds): 64 | 32 | 0 {
  const { sminLo, sminHi, smaxLo, smaxHi } = bounds;
  if (sminLo === -1 && sminHi === -1 && smaxLo === 0 && smaxHi === 0) return 64;
  return bounds.s32min === -1 && bounds.s32max === 0 ? 32 : 0;
}

/** The two numbers that `zeroOrMinusOne` found: `value` is 0 or -1. */
export function assign(bounds: Bounds, width: 64 | 32, value: 0 | -1): Bounds {
  if (width === 64) return constant(value, value);
  const to = bounds.copy();
  assignConstant32(to, value);
  return to;
}
