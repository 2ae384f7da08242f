/** Arithmetic, moves and byte swaps as WebAssembly: what each leaves on the stack is the register's new value, an i64 or its lower half. */

import { OPERATION } from "../operations.ts";
import type { RegisterCode } from "./code.ts";
import { FIRST_CONSTANT, registerOf } from "./effects.ts";
import * as codes from "./opcodes.ts";
import { I32, I64, OP } from "./wasm.ts";

/** Leaves an i64. */
export function writeBinary64(out: RegisterCode, operation: number, d: number, s: number): void {
  const opcode = codes.BINARY_64[operation]!;
  const isDivision = operation >= OPERATION.div64 && operation <= OPERATION.smod64;
  if (!isDivision) {
    out.push64(d);
    out.push64(s);
    out.byte(opcode);
    return;
  }
  const divides = operation <= OPERATION.sdiv64;
  const signed = operation === OPERATION.sdiv64;
  if (registerOf(s) >= FIRST_CONSTANT) {
    const low = out.program.registers[s]!;
    const high = out.program.registers[s + 1]!;
    if ((low | high) === 0) {
      if (divides) out.i64(0, 0);
      else out.push64(d);
    } else if (signed && (low & high) === -1) {
      out.i64(0, 0);
      out.push64(d);
      out.byte(OP.i64Sub);
    } else {
      out.push64(d);
      out.push64(s);
      out.byte(opcode);
    }
    return;
  }
  // By 0: the quotient is 0, the remainder the dividend. The smallest number by -1 would trap: it is the negation.
  out.push64(s);
  out.byte(OP.i64Eqz);
  out.if(I64);
  if (divides) out.i64(0, 0);
  else out.push64(d);
  out.byte(OP.else);
  if (signed) {
    out.push64(s);
    out.i64(-1, -1);
    out.byte(OP.i64Eq);
    out.if(I64);
    out.i64(0, 0);
    out.push64(d);
    out.byte(OP.i64Sub);
    out.byte(OP.else);
  }
  out.push64(d);
  out.push64(s);
  out.byte(opcode);
  if (signed) out.byte(OP.end);
  out.byte(OP.end);
}

/** Leaves an i32. */
export function writeBinary32(out: RegisterCode, operation: number, d: number, s: number): void {
  const opcode = codes.BINARY_32[operation]!;
  const isDivision = operation >= OPERATION.div32 && operation <= OPERATION.smod32;
  if (!isDivision) {
    out.push32(d);
    out.push32(s);
    out.byte(opcode);
    return;
  }
  const divides = operation <= OPERATION.sdiv32;
  const signed = operation === OPERATION.sdiv32;
  if (registerOf(s) >= FIRST_CONSTANT) {
    const value = out.program.registers[s]!;
    if (value === 0) {
      if (divides) out.i32(0);
      else out.push32(d);
    } else if (signed && value === -1) {
      out.i32(0);
      out.push32(d);
      out.byte(OP.i32Sub);
    } else {
      out.push32(d);
      out.push32(s);
      out.byte(opcode);
    }
    return;
  }
  out.push32(s);
  out.byte(OP.i32Eqz);
  out.if(I32);
  if (divides) out.i32(0);
  else out.push32(d);
  out.byte(OP.else);
  if (signed) {
    out.push32(s);
    out.i32(-1);
    out.byte(OP.i32Eq);
    out.if(I32);
    out.i32(0);
    out.push32(d);
    out.byte(OP.i32Sub);
    out.byte(OP.else);
  }
  out.push32(d);
  out.push32(s);
  out.byte(opcode);
  if (signed) out.byte(OP.end);
  out.byte(OP.end);
}

/** Leaves an i32 if `isNarrowUnary`, else an i64. */
export function writeUnary(out: RegisterCode, operation: number, d: number, narrow: boolean): void {
  switch (operation) {
    case OPERATION.neg64:
    case OPERATION.neg32:
      if (narrow) out.i32(0).push32(d).op(OP.i32Sub);
      else out.i64(0, 0).push64(d).op(OP.i64Sub);
      return;
    case OPERATION.truncate16:
      out.push32(d).i32(0xffff).op(OP.i32And);
      return;
    case OPERATION.mov32Self:
      out.push32(d);
      return;
    case OPERATION.swap16:
      // Both bytes end up in the middle of four: (b0 << 8 | b1) is the low half of what a rotation of b1 b0 b1 b0 gives.
      out.push32(d).i32(8).op(OP.i32Shl).i32(0xff00).op(OP.i32And);
      out.push32(d).i32(8).op(OP.i32ShrU).i32(0xff).op(OP.i32And, OP.i32Or);
      return;
    case OPERATION.swap32:
      writeSwap32(out, () => out.push32(d));
      return;
    default:
      // swap64
      writeSwap32(out, () => out.push32(d));
      out.op(OP.extendU).i64(32, 0).op(OP.i64Shl);
      writeSwap32(out, () => out.pushHigh(d));
      out.op(OP.extendU, OP.i64Or);
  }
}

/** Leaves an i32 if `narrow`, else an i64. */
export function writeMove(out: RegisterCode, operation: number, s: number, narrow: boolean): void {
  switch (operation) {
    case OPERATION.mov64:
    case OPERATION.wide:
      if (narrow) out.push32(s);
      else out.push64(s);
      return;
    case OPERATION.mov32:
      out.push32(s);
      return;
    case OPERATION.extend8to32:
      out.push32(s).op(OP.i32Extend8S);
      return;
    case OPERATION.extend16to32:
      out.push32(s).op(OP.i32Extend16S);
      return;
    case OPERATION.extend8to64:
      if (narrow) out.push32(s).op(OP.i32Extend8S);
      else out.push64(s).op(OP.i64Extend8S);
      return;
    case OPERATION.extend16to64:
      if (narrow) out.push32(s).op(OP.i32Extend16S);
      else out.push64(s).op(OP.i64Extend16S);
      return;
    default:
      // extend32to64
      if (narrow) out.push32(s);
      else if (registerOf(s) < FIRST_CONSTANT && !out.isNarrow(s)) out.push64(s).op(OP.i64Extend32S);
      else out.push32(s).op(OP.extendS);
  }
}

/** The four bytes the other way round: two of them by each rotation. */
export function writeSwap32(out: RegisterCode, push: () => void): void {
  push();
  out.byte(OP.localTee);
  out.unsigned(out.address);
  out.i32(8);
  out.byte(OP.i32Rotl);
  out.i32(0x00ff_00ff);
  out.byte(OP.i32And);
  out.get(out.address);
  out.i32(24);
  out.byte(OP.i32Rotl);
  out.i32(0xff00_ff00 | 0);
  out.byte(OP.i32And);
  out.byte(OP.i32Or);
}
