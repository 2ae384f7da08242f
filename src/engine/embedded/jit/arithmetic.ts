/** Arithmetic, moves and byte swaps as WebAssembly: what each leaves on the stack is the register's new value, an i64. */

import { OPERATION } from "../operations.ts";
import type { RegisterCode } from "./code.ts";
import { FIRST_CONSTANT, registerOf } from "./effects.ts";
import * as codes from "./opcodes.ts";
import { I32, I64, OP } from "./wasm.ts";

/** By operation: what follows after its operand was pushed, for those that are only a few opcodes. */
export const SEQUENCE_OF: (readonly number[] | undefined)[] = [];
for (const [name, sequence] of Object.entries(codes.SEQUENCES)) SEQUENCE_OF[OPERATION[name as keyof typeof OPERATION]] = sequence;

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

export function writeBinary32(out: RegisterCode, operation: number, d: number, s: number): void {
  const opcode = codes.BINARY_32[operation]!;
  const isDivision = operation >= OPERATION.div32 && operation <= OPERATION.smod32;
  if (!isDivision) {
    out.push32(d);
    out.push32(s);
    out.byte(opcode);
    out.byte(OP.extendU);
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
    out.byte(OP.extendU);
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
  out.byte(OP.extendU);
}

export function writeUnary(out: RegisterCode, operation: number, d: number): void {
  switch (operation) {
    case OPERATION.neg64:
      out.i64(0, 0);
      out.push64(d);
      out.byte(OP.i64Sub);
      return;
    case OPERATION.neg32:
      out.i32(0);
      out.push32(d);
      out.byte(OP.i32Sub);
      out.byte(OP.extendU);
      return;
    case OPERATION.truncate16:
      out.push64(d);
      out.i64(0xffff, 0);
      out.byte(OP.i64And);
      return;
    case OPERATION.swap16:
      // Both bytes end up in the middle of four: (b0 << 8 | b1) is the low half of what a rotation of b1 b0 b1 b0 gives.
      out.push32(d);
      out.i32(8);
      out.byte(OP.i32Shl);
      out.i32(0xff00);
      out.byte(OP.i32And);
      out.push32(d);
      out.i32(8);
      out.byte(OP.i32ShrU);
      out.i32(0xff);
      out.byte(OP.i32And);
      out.byte(OP.i32Or);
      out.byte(OP.extendU);
      return;
    case OPERATION.swap32:
      writeSwap32(out, () => out.push32(d));
      out.byte(OP.extendU);
      return;
    case OPERATION.swap64:
      writeSwap32(out, () => out.push32(d));
      out.byte(OP.extendU);
      out.i64(32, 0);
      out.byte(OP.i64Shl);
      writeSwap32(out, () => {
        out.push64(d);
        out.i64(32, 0);
        out.byte(OP.i64ShrU);
        out.byte(OP.wrap);
      });
      out.byte(OP.extendU);
      out.byte(OP.i64Or);
      return;
    default:
      out.push64(d);
      for (const opcode of SEQUENCE_OF[operation]!) out.byte(opcode);
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
