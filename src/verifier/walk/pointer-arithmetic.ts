/** Pointers plus and minus numbers: which may be moved, and how far. */

import { addToPointer, keepPointer, subtractFromPointer } from "../numbers/arithmetic.ts";
import { type Bounds, isConstant } from "../numbers/bounds.ts";
import { forgetContradiction, isTainted64 } from "../numbers/contradiction.ts";
import { sync } from "../numbers/sync.ts";
import { typeName } from "../print/types.ts";
import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import {
  baseType,
  CONST_PTR_TO_DYNPTR,
  CONST_PTR_TO_MAP,
  isPacketPointer,
  mayBeNull,
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
} from "../state/types.ts";
import type { Walk } from "./walk.ts";

// The operations of RFC 9669 §4.1, as they stand in the opcode.
const ADD = 0x00;
const SUB = 0x10;
const OR = 0x40;
const AND = 0x50;
const XOR = 0xa0;
const ALU64 = 0x07;
const CLASS = 0x07;

/** The kernel's spelling of each operation, by opcode >> 4. */
export const SYMBOLS = ["+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "endian"];

/** Pointers go no further than this from their start (`BPF_MAX_VAR_OFF`). */
export const FARTHEST = 1 << 29;

/**
 * A pointer plus or minus a number, into `dst` (`adjust_ptr_min_max_vals`).
 * @param first whether the pointer is the left operand.
 */
export function movePointer(
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
