/** One instruction after the other: what is not control flow within the function. */

import { OPERATION } from "../operations.ts";
import { writeBinary32, writeBinary64, writeMove, writeSwap32, writeUnary } from "./arithmetic.ts";
import { writeLoopCall } from "./callback-loops.ts";
import { callHelper, callLocal, callRegister, exit, packet } from "./calls.ts";
import { FIRST_CONSTANT, KIND, registerOf, SIZE_OF } from "./effects.ts";
import type { FunctionCode } from "./function-code.ts";
import { atomic, atomicAccess, pushAddress, pushAligned, slotOf } from "./memory-access.ts";
import { extendedBits, shiftOf } from "./narrow.ts";
import * as codes from "./opcodes.ts";
import { FACT } from "./ranges.ts";
import { OP } from "./wasm.ts";

export function writeInstruction(f: FunctionCode, slot: number, kind: number): void {
  const { program } = f;
  const operation = program.operation[slot]!;
  const d = program.dst[slot]!;
  const s = program.src[slot]!;
  switch (kind) {
    case KIND.binary:
      if (operation > OPERATION.mov64 || f.isNarrow(slot, d)) {
        writeBinary32(f.out, operation > OPERATION.mov64 ? operation : codes.NARROWED[operation]!, d, s);
        f.write32(d);
      } else {
        writeBinary64(f.out, operation, d, s);
        f.write64(d);
      }
      return;
    case KIND.move:
    case KIND.unary: {
      const narrow = f.isNarrow(slot, d);
      if (kind === KIND.move) writeMove(f.out, operation, s, narrow);
      else writeUnary(f.out, operation, d, narrow);
      if (narrow) f.write32(d);
      else f.write64(d);
      return;
    }
    case KIND.load:
      load(f, slot, operation, d, s);
      return;
    case KIND.store:
      store(f, slot, operation, d, s);
      return;
    case KIND.acquire:
      pushAligned(f, slot, registerOf(s), SIZE_OF[operation]!);
      f.trap(slot);
      if (f.shared.sharedMemory) atomicAccess(f, codes.ATOMIC_LOADS[operation]!, SIZE_OF[operation]!);
      else f.access(codes.LOADS[operation]!, 0);
      f.write64(d);
      return;
    case KIND.release:
      pushAligned(f, slot, registerOf(d), SIZE_OF[operation]!);
      f.out.push64(s);
      f.trap(slot);
      if (f.shared.sharedMemory) atomicAccess(f, codes.ATOMIC_STORES[operation]!, SIZE_OF[operation]!);
      else f.access(codes.STORES[operation]!, 0);
      return;
    case KIND.atomic:
      atomic(f, slot, SIZE_OF[operation]!, registerOf(d), s, program.extra[slot]!);
      return;
    case KIND.callHelper:
      if (!writeLoopCall(f, slot, program.extra[slot]!)) callHelper(f, slot, program.extra[slot]!);
      return;
    case KIND.callLocal:
      callLocal(f, slot, program.offset[slot]!);
      return;
    case KIND.callRegister:
      callRegister(f, slot, d);
      return;
    case KIND.exit:
      exit(f);
      return;
    case KIND.packet:
      packet(f, slot, operation, s);
      return;
    default:
  }
}

function load(f: FunctionCode, slot: number, operation: number, d: number, s: number): void {
  const { out } = f;
  const signed = operation >= OPERATION.loadSigned1 && operation <= OPERATION.loadSigned4;
  // Of 4 bytes at most, and where a sign is extended nobody reads the upper half.
  const narrow = operation !== OPERATION.load8 && (!signed || ((f.wanted >>> registerOf(d)) & 1) === 0);
  const local = slotOf(f, registerOf(s), f.program.offset[slot]!);
  if (local === null) {
    const offset = pushAddress(f, slot, registerOf(s));
    f.trap(slot);
    f.access((narrow ? codes.LOADS_32 : codes.LOADS)[operation]!, offset);
  } else {
    out.get(local.local);
    if (operation === OPERATION.loadSigned1) out.op(OP.i32Extend8S);
    else if (operation === OPERATION.loadSigned2) out.op(OP.i32Extend16S);
    if (signed && !narrow) out.op(OP.extendS);
  }
  if (narrow) f.write32(d);
  else f.write64(d);
}

function store(f: FunctionCode, slot: number, operation: number, d: number, s: number): void {
  const { out } = f;
  const local = slotOf(f, registerOf(d), f.program.offset[slot]!);
  if (local !== null) {
    if (local.size === 8) out.push64(s);
    else out.push32(s);
    if (local.size < 4) out.i32(local.size === 1 ? 0xff : 0xffff).op(OP.i32And);
    out.set(local.local);
    return;
  }
  const offset = pushAddress(f, slot, registerOf(d));
  const narrow = operation !== OPERATION.store8 && (registerOf(s) >= FIRST_CONSTANT || out.isNarrow(s));
  if (narrow) out.push32(s);
  else out.push64(s);
  f.trap(slot);
  f.access((narrow ? codes.STORES_32 : codes.STORES)[operation]!, offset);
}

/** Two instructions as one: see `isHalfSwap` and `extendedBits`. The second is at hand. */
export function writePair(f: FunctionCode, slot: number): void {
  const { program, out } = f;
  const d = program.dst[slot]!;
  const bits = extendedBits(program, slot);
  if (bits > 0) {
    out.push32(d);
    if (bits < 32) out.i32(2 ** bits - 1).op(OP.i32And);
    f.write32(d);
  } else if (bits < 0) {
    const narrow = ((f.wanted >>> registerOf(d)) & 1) === 0 || (f.facts & FACT.smallResult) !== 0;
    writeMove(out, EXTENSION[-bits]!, d, narrow);
    if (narrow) f.write32(d);
    else f.write64(d);
  } else {
    const by = shiftOf(program, slot + 1) - 32;
    if (by === 24) out.push32(d).i32(0xff).op(OP.i32And);
    else {
      writeSwap32(out, () => out.push32(d));
      out.i32(by).op(OP.i32ShrU);
    }
    f.write32(d);
  }
}

const EXTENSION: Readonly<Record<number, number>> = {
  8: OPERATION.extend8to64,
  16: OPERATION.extend16to64,
  32: OPERATION.extend32to64,
};
