/** One instruction after the other: what is not control flow within the function. */

import { OPERATION } from "../operations.ts";
import { SEQUENCE_OF, writeBinary32, writeBinary64, writeSwap32, writeUnary } from "./arithmetic.ts";
import { callHelper, callLocal, callRegister, exit, packet } from "./calls.ts";
import { FIRST_CONSTANT, KIND, registerOf, SIZE_OF } from "./effects.ts";
import type { FunctionCode } from "./function-code.ts";
import { atomic, atomicAccess, pushAddress, pushAligned, slotOf } from "./memory-access.ts";
import * as codes from "./opcodes.ts";
import { OP } from "./wasm.ts";

export function writeInstruction(f: FunctionCode, slot: number, kind: number): void {
  const { program } = f;
  const operation = program.operation[slot]!;
  const d = program.dst[slot]!;
  const s = program.src[slot]!;
  switch (kind) {
    case KIND.binary:
      if (operation <= OPERATION.mov64) writeBinary64(f.out, operation, d, s);
      else writeBinary32(f.out, operation, d, s);
      f.write64(d);
      return;
    case KIND.move: {
      const good = registerOf(s) < FIRST_CONSTANT && SEQUENCE_OF[operation]!.length === 0 ? (f.good >>> registerOf(s)) & 1 : 0;
      f.out.push64(s);
      for (const opcode of SEQUENCE_OF[operation]!) f.out.byte(opcode);
      f.write64(d);
      f.good |= good << registerOf(d);
      return;
    }
    case KIND.unary:
      writeUnary(f.out, operation, d);
      f.write64(d);
      return;
    case KIND.load: {
      const local = slotOf(f, registerOf(s), program.offset[slot]!);
      if (local !== null) {
        f.out.get(local.local);
        if (operation === OPERATION.loadSigned1) f.out.byte(OP.i64Extend8S);
        else if (operation === OPERATION.loadSigned2) f.out.byte(OP.i64Extend16S);
        else if (operation === OPERATION.loadSigned4) f.out.byte(OP.i64Extend32S);
        f.write64(d);
        return;
      }
      const offset = pushAddress(f, slot, registerOf(s));
      f.trap(slot);
      f.access(codes.LOADS[operation]!, offset);
      f.write64(d);
      return;
    }
    case KIND.store: {
      const local = slotOf(f, registerOf(d), program.offset[slot]!);
      if (local !== null) {
        f.out.push64(s);
        if (local.size === 4) f.out.op(OP.wrap, OP.extendU);
        else if (local.size < 4) {
          f.out.i64(local.size === 1 ? 0xff : 0xffff, 0);
          f.out.byte(OP.i64And);
        }
        f.out.set(local.local);
        return;
      }
      const offset = pushAddress(f, slot, registerOf(d));
      f.out.push64(s);
      f.trap(slot);
      f.access(codes.STORES[operation]!, offset);
      return;
    }
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
      callHelper(f, slot, program.extra[slot]!);
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

/**
 * `r = be64 r` before `r >>= 32` or more, as compilers take a field of a header apart: only the lower half needs to be swapped.
 * True when that is what is there, and both instructions were written.
 */
export function writesHalfSwap(f: FunctionCode, slot: number): boolean {
  const { operation, dst, src, registers } = f.program;
  if (operation[slot] !== OPERATION.swap64 || operation[slot + 1] !== OPERATION.rsh64) return false;
  const d = dst[slot]!;
  const s = src[slot + 1]!;
  if (dst[slot + 1] !== d || registerOf(s) < FIRST_CONSTANT) return false;
  const by = (registers[s]! & 63) - 32;
  if (by < 0) return false;
  if (by === 24) {
    f.out.push64(d);
    f.out.i64(0xff, 0);
    f.out.byte(OP.i64And);
  } else {
    writeSwap32(f.out, () => f.out.push32(d));
    f.out.i32(by);
    f.out.op(OP.i32ShrU, OP.extendU);
  }
  f.write64(d);
  return true;
}
