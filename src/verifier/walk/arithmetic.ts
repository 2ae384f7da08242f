/** ALU instructions: numbers with numbers, pointers with numbers, and copies. */

import {
  addToPointer,
  alu32,
  alu64,
  assign,
  keepPointer,
  negate32,
  negate64,
  subtractFromPointer,
  zeroOrMinusOne,
} from "../numbers/arithmetic.ts";
import { type Bounds, constant, isConstant, isConstant32, signedConstant, UNKNOWN } from "../numbers/bounds.ts";
import { byteSwap } from "../numbers/byte-swap.ts";
import { forgetContradiction, isTainted64 } from "../numbers/contradiction.ts";
import { signExtend, zeroExtend32 } from "../numbers/extend.ts";
import { sync } from "../numbers/sync.ts";
import { typeName } from "../print/types.ts";
import { markPrecise } from "../prune/precision.ts";
import { refuse } from "../refusal.ts";
import { ADD_CONST, ADD_CONST_32, ADD_CONST_64, type Reg, scalar, UNKNOWN_SCALAR } from "../state/register.ts";
import {
  baseType,
  CONST_PTR_TO_DYNPTR,
  CONST_PTR_TO_MAP,
  isPacketPointer,
  mayBeNull,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_FLOW_KEYS,
  PTR_TO_FUNC,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  PTR_TO_TP_BUFFER,
  PTR_UNTRUSTED,
  SCALAR,
} from "../state/types.ts";
import type { Walk } from "./walk.ts";

// The operations of RFC 9669 §4.1, as they stand in the opcode.
const ADD = 0x00;
const SUB = 0x10;
const DIV = 0x30;
const OR = 0x40;
const AND = 0x50;
const NEG = 0x80;
const MOD = 0x90;
const XOR = 0xa0;
const MOV = 0xb0;
const END = 0xd0;
/** The operand is a register. */
const SOURCE_REGISTER = 0x08;
const ALU64 = 0x07;
const CLASS = 0x07;

/** The kernel's spelling of each operation, by opcode >> 4. */
const SYMBOLS = ["+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "endian"];

/** Pointers go no further than this from their start (`BPF_MAX_VAR_OFF`). */
export const FARTHEST = 1 << 29;

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
export function clearId(reg: Reg): void {
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

/**
 * A pointer plus or minus a number, into `dst` (`adjust_ptr_min_max_vals`).
 * @param first whether the pointer is the left operand.
 */
function movePointer(
  walk: Walk,
  opcode: number,
  operation: number,
  dst: number,
  pointer: Reg,
  first: boolean,
  number: Reg,
): void {
  const { era } = walk;
  const offset = number.bounds;
  const known = isConstant(offset);
  if (isTainted64(offset)) {
    walk.setUnknown(dst);
    return;
  }
  if ((opcode & CLASS) !== ALU64) {
    if (operation !== SUB) refuse(`R${dst} 32-bit pointer arithmetic prohibited`);
    walk.setUnknown(dst);
    return;
  }
  if (mayBeNull(pointer.type))
    refuse(`R${dst} pointer arithmetic on ${typeName(pointer.type, walk.era)} prohibited, null-check it first`);
  if (!mayMove(pointer, operation, known, offset))
    refuse(`R${dst} pointer arithmetic on ${typeName(pointer.type, walk.era)} prohibited`);
  const to = pointer.copy();
  // Loads through untrusted memory are probed (6.17), so nobody asks where they go.
  if (era >= 617 && baseType(pointer.type) === PTR_TO_MEM && (pointer.type & PTR_UNTRUSTED) !== 0) {
    walk.setReg(dst, to);
    return;
  }
  checkSane(walk, number, pointer);
  checkSane(walk, pointer, pointer);
  if (operation === ADD) {
    const sum = known ? pointer.off + signedValue(offset) : Number.NaN;
    if (sum === (sum | 0)) to.off = sum;
    else {
      to.bounds = addToPointer(pointer.bounds, offset);
      if (isPacketPointer(pointer.type)) {
        to.id = walk.nextId();
        to.range = 0;
      }
    }
  } else if (operation === SUB) {
    if (!first) refuse(`R${dst} tried to subtract pointer from scalar`);
    if (pointer.type === PTR_TO_STACK) refuse(`R${dst} subtraction from stack pointer prohibited`);
    const difference = known ? pointer.off - signedValue(offset) : Number.NaN;
    if (difference === (difference | 0)) to.off = difference;
    else {
      to.bounds = subtractFromPointer(pointer.bounds, offset);
      if (isPacketPointer(pointer.type)) {
        to.id = walk.nextId();
        // What was proven beyond the pointer holds still when it moved back.
        if (offset.sminHi < 0) to.range = 0;
      }
    }
  } else if (operation === AND || operation === OR || operation === XOR)
    refuse(`R${dst} bitwise operator ${SYMBOLS[operation >> 4]!} on pointer prohibited`);
  else refuse(`R${dst} pointer arithmetic with ${SYMBOLS[operation >> 4]!} operator prohibited`);
  checkSane(walk, to, pointer);
  to.bounds = to.bounds === pointer.bounds ? keepPointer(to.bounds, era) : forgetContradiction(sync(to.bounds, era), era);
  walk.setReg(dst, to);
}

/** Whether a pointer of that type may be moved by arithmetic at all. */
function mayMove(pointer: Reg, operation: number, known: boolean, offset: Bounds): boolean {
  const nothing = known && operation === ADD && (offset.sminLo | offset.sminHi) === 0;
  switch (baseType(pointer.type)) {
    case PTR_TO_CTX:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MAP_KEY:
    case PTR_TO_STACK:
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET:
    case PTR_TO_TP_BUFFER:
    case PTR_TO_BTF_ID:
    case PTR_TO_MEM:
    case PTR_TO_BUF:
    case PTR_TO_FUNC:
    case CONST_PTR_TO_DYNPTR:
      return true;
    case PTR_TO_FLOW_KEYS:
      return known || nothing;
    case CONST_PTR_TO_MAP:
      return nothing;
    default:
      return false;
  }
}

/** Of a constant; NaN beyond what a double holds exactly, which no offset reaches. */
function signedValue(bounds: Bounds): number {
  return bounds.valueHi * 0x1_0000_0000 + (bounds.valueLo >>> 0);
}

/** Offsets beyond half a gigabyte are refused, so that sums of a few never wrap (`check_reg_sane_offset`). */
function checkSane(walk: Walk, reg: Reg, pointer: Reg): void {
  const { bounds } = reg;
  if (isConstant(bounds) && isFar(bounds.valueLo, bounds.valueHi))
    refuse(
      `math between ${typeName(pointer.type, walk.era)} pointer and ${exact(bounds.valueLo, bounds.valueHi)} is not allowed`,
      "EINVAL",
    );
  if (reg.off >= FARTHEST || reg.off <= -FARTHEST)
    refuse(`${typeName(pointer.type, walk.era)} pointer offset ${reg.off} is not allowed`, "EINVAL");
  if (bounds.sminHi === -0x80000000 && bounds.sminLo === 0)
    refuse(
      `math between ${typeName(pointer.type, walk.era)} pointer and register with unbounded min value is not allowed`,
      "EINVAL",
    );
  if (isFar(bounds.sminLo, bounds.sminHi))
    refuse(
      `value ${exact(bounds.sminLo, bounds.sminHi)} makes ${typeName(pointer.type, walk.era)} pointer be out of bounds`,
      "EINVAL",
    );
}

function isFar(lo: number, hi: number): boolean {
  return hi !== lo >> 31 || lo >= FARTHEST || lo <= -FARTHEST;
}

/** A signed 64-bit number in decimal. */
export function exact(lo: number, hi: number): string {
  return ((BigInt(hi) << 32n) | BigInt(lo >>> 0)).toString();
}
