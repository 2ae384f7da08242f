/** ALU instructions: numbers with numbers, pointers with numbers, and copies. */

import { alu32, alu64, assign, negate32, negate64, zeroOrMinusOne } from "../numbers/arithmetic.ts";
import { type Bounds, constant, isConstant, isConstant32, signedConstant, UNKNOWN } from "../numbers/bounds.ts";
import { byteSwap } from "../numbers/byte-swap.ts";
import { signExtend, zeroExtend32 } from "../numbers/extend.ts";
import { markPrecise } from "../prune/precision.ts";
import { refuse } from "../refusal.ts";
import { ADD_CONST, ADD_CONST_32, ADD_CONST_64, type Reg, scalar, UNKNOWN_SCALAR } from "../state/register.ts";
import { PTR_TO_ARENA, SCALAR } from "../state/types.ts";
import { movePointer, SYMBOLS } from "./pointer-arithmetic.ts";
import type { Walk } from "./walk.ts";

// The operations of RFC 9669 §4.1, as they stand in the opcode.
const ADD = 0x00;
const SUB = 0x10;
const DIV = 0x30;
const OR = 0x40;
const AND = 0x50;
const NEG = 0x80;
const MOD = 0x90;
const MOV = 0xb0;
const END = 0xd0;
/** The operand is a register. */
const SOURCE_REGISTER = 0x08;
const ALU64 = 0x07;
const CLASS = 0x07;

/** One instruction of class ALU or ALU64, whose fields were checked. */
export function checkArithmetic(walk: Walk): void {
  const { code } = walk.program;
  const { slot } = walk;
  const opcode = code.opcode[slot]!;
  const operation = opcode & 0xf0;
  if (operation === MOV) move(walk, opcode);
  else if (operation === NEG || operation === END) swapOrNegate(walk, operation);
  else operate(walk, opcode, operation);
}

function swapOrNegate(walk: Walk, operation: number): void {
  const { code } = walk.program;
  const { slot } = walk;
  const dst = code.dst[slot]!;
  const reg = walk.read(dst);
  walk.write(dst);
  const wide = (code.opcode[slot]! & CLASS) === ALU64;
  if (reg.type !== SCALAR) walk.setUnknown(dst);
  else if (operation === NEG) walk.setReg(dst, scalar((wide ? negate64 : negate32)(reg.bounds, walk.era)));
  else {
    // `bswap` is of class ALU64; of class ALU, the source bit tells big endian from little.
    const swaps = wide || (code.opcode[slot]! & SOURCE_REGISTER) !== 0;
    walk.setReg(dst, scalar(byteSwap(reg.bounds, code.imm[slot]!, swaps, walk.era)));
  }
}

function move(walk: Walk, opcode: number): void {
  const { code } = walk.program;
  const { slot } = walk;
  const dst = code.dst[slot]!;
  const wide = (opcode & CLASS) === ALU64;
  if ((opcode & SOURCE_REGISTER) === 0) {
    walk.write(dst);
    const imm = code.imm[slot]!;
    walk.setReg(dst, scalar(wide ? signedConstant(imm) : constant(imm, 0)));
    return;
  }
  const src = code.src[slot]!;
  walk.read(src);
  walk.write(dst);
  if (wide && code.imm[slot] !== 0) castAddressSpace(walk, dst);
  else if (wide) moveWide(walk, dst, src, code.offset[slot]!);
  else moveNarrow(walk, dst, src, code.offset[slot]!);
}

/** From the program's view of an arena to pointers that loads take, or back. */
function castAddressSpace(walk: Walk, dst: number): void {
  const reg = UNKNOWN_SCALAR.copy();
  if (walk.program.code.imm[walk.slot] === 1) reg.type = PTR_TO_ARENA;
  walk.setReg(dst, reg);
}

function moveWide(walk: Walk, dst: number, src: number, bits: number): void {
  if (bits === 0) {
    walk.setReg(dst, withId(walk, src));
    return;
  }
  const from = walk.reg(src);
  if (from.type !== SCALAR) {
    walk.setUnknown(dst);
    return;
  }
  const fits = isBelowPower(from.bounds, bits - 1);
  walk.setReg(dst, extended(fits ? withId(walk, src) : from, signExtend(from.bounds, bits, 64, walk.era), fits));
}

function moveNarrow(walk: Walk, dst: number, src: number, bits: number): void {
  const from = walk.reg(src);
  if (from.type !== SCALAR) {
    // Half of a pointer is some number of 32 bits.
    walk.setReg(dst, scalar(zeroExtend32(UNKNOWN, walk.era)));
    return;
  }
  const fits = bits === 0 ? from.bounds.umaxHi === 0 : isBelowPower(from.bounds, bits - 1);
  // Until 6.4 a copy of 32 bits was no copy to the ranges.
  const linked = fits && walk.era >= 604;
  const narrow = bits === 0 ? zeroExtend32(from.bounds, walk.era) : signExtend(from.bounds, bits, 32, walk.era);
  walk.setReg(dst, extended(linked ? withId(walk, src) : from, narrow, linked));
}

/** A copy with other bounds, equal to the register that it came from only when nothing was cut off. */
function extended(from: Reg, bounds: Bounds, same: boolean): Reg {
  const to = from.copy();
  to.bounds = bounds;
  if (!same) clearId(to);
  return to;
}

/** Whether no bit from `bits` on can be set, for 0 < bits < 32. */
function isBelowPower(bounds: Bounds, bits: number): boolean {
  return bounds.umaxHi === 0 && bounds.umaxLo >>> 0 < 2 ** bits;
}

/** A register that is about to be copied gets an id, so that what is learnt of one copy is known of all (`assign_scalar_id_before_mov`). */
function withId(walk: Walk, index: number): Reg {
  const reg = walk.reg(index);
  if (reg.type !== SCALAR) return reg;
  const addressed = (reg.id & ADD_CONST) !== 0;
  if (!addressed && (reg.id !== 0 || isConstant(reg.bounds))) return reg;
  const to = reg.copy();
  // r1 = r2; r1 += 1; r3 = r1: a difference is kept to one register only.
  if (addressed) clearId(to);
  if (!isConstant(to.bounds)) to.id = walk.nextId();
  walk.setReg(index, to);
  return to;
}

/** @param reg a copy of one's own. */
function clearId(reg: Reg): void {
  reg.id = 0;
  reg.off = 0;
}

function operate(walk: Walk, opcode: number, operation: number): void {
  const { code } = walk.program;
  const { slot } = walk;
  const dst = code.dst[slot]!;
  const register = (opcode & SOURCE_REGISTER) !== 0;
  const wide = (opcode & CLASS) === ALU64;
  const src = code.src[slot]!;
  const imm = code.imm[slot]!;
  if (register) walk.read(src);
  const left = walk.read(dst);
  if (!register) {
    if ((operation === DIV || operation === MOD) && imm === 0) refuse("div by zero", "EINVAL");
    const shifts = operation === 0x60 || operation === 0x70 || operation === 0xc0;
    if (shifts && (imm < 0 || imm >= (wide ? 64 : 32))) refuse(`invalid shift ${imm}`, "EINVAL");
  }
  walk.write(dst);
  const right = register ? walk.reg(src) : null;

  if (left.type === PTR_TO_ARENA || right?.type === PTR_TO_ARENA) {
    if (left.type !== PTR_TO_ARENA) walk.setReg(dst, right!);
    return;
  }
  if (right === null) {
    const constantOperand = signedConstant(imm);
    if (left.type !== SCALAR) movePointer(walk, opcode, operation, dst, left, true, scalar(constantOperand));
    else combine(walk, operation, wide, dst, left, constantOperand, false);
    return;
  }
  if (right.type !== SCALAR) {
    if (left.type !== SCALAR) {
      // The difference of two pointers is some number; nothing else of two pointers means anything.
      if (operation !== SUB) refuse(`R${dst} pointer ${SYMBOLS[operation >> 4]!} pointer prohibited`);
      walk.setUnknown(dst);
      return;
    }
    markPrecise(walk, dst);
    movePointer(walk, opcode, operation, dst, right, false, walk.reg(dst));
    return;
  }
  if (left.type !== SCALAR) {
    markPrecise(walk, src);
    movePointer(walk, opcode, operation, dst, left, true, walk.reg(src));
    return;
  }
  if (left.precise) markPrecise(walk, src);
  combine(walk, operation, wide, dst, walk.reg(dst), walk.reg(src).bounds, src === dst);
}

/** Two numbers. */
function combine(walk: Walk, operation: number, wide: boolean, dst: number, left: Reg, right: Bounds, same: boolean): void {
  let from = left;
  if ((operation === AND || operation === OR) && walk.era >= 612 && isConstant(right)) from = fork(walk, dst, left);
  const to = from.copy();
  to.bounds = (wide ? alu64 : alu32)(operation, from.bounds, right, walk.era);
  const distance = same ? null : distanceFrom(walk, operation, wide, from, right);
  if (distance === null) clearId(to);
  else {
    to.id = from.id | (wide ? ADD_CONST_64 : ADD_CONST_32);
    to.off = distance;
  }
  walk.setReg(dst, to);
}

/** r1 = r2; r1 += 4: what is learnt of r2 is known of r1, 4 further. Null: nothing is kept. */
function distanceFrom(walk: Walk, operation: number, wide: boolean, from: Reg, right: Bounds): number | null {
  const { era } = walk;
  if (era < 611 || from.id === 0 || (from.id & ADD_CONST) !== 0) return null;
  if (operation !== ADD && (operation !== SUB || era < 618)) return null;
  if (!wide) {
    // Half of a number that has more is not linked to it.
    if (era < 618 || !isConstant32(right) || from.bounds.umaxHi !== 0) return null;
  } else if (!isConstant(right) || right.valueHi !== right.valueLo >> 31 || (era < 618 && right.valueLo < 0)) return null;
  const distance = right.valueLo;
  if (operation === ADD) return distance;
  return distance === -0x80000000 ? null : -distance;
}

/**
 * A mask that is all ones or all zeroes (`x s>> 63`) and'ed or or'ed with a constant is one of two numbers: each gets its path
 * (`maybe_fork_scalars`; 6.19, and in the stable kernels before it).
 */
function fork(walk: Walk, dst: number, reg: Reg): Reg {
  const width = zeroOrMinusOne(reg.bounds);
  if (width === 0) return reg;
  const zero = reg.copy();
  const ones = reg.copy();
  zero.bounds = assign(reg.bounds, width, 0);
  ones.bounds = assign(reg.bounds, width, -1);
  walk.push(walk.slot, walk.slot).frame.regs[dst] = zero;
  walk.setReg(dst, ones);
  return ones;
}
