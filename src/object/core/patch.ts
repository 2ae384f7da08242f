/**
 * Puts a decided value into an instruction, or poisons the instruction.
 *
 * Rules: `bpf_core_patch_insn` of libbpf's relo_core.c.
 */

import { LD_IMM64 } from "../../isa/instruction.ts";
import type { CoreKind } from "../spec.ts";
import { CoreError } from "./errors.ts";
import type { Decision } from "./resolver.ts";

/**
 * The helper that a poisoned instruction calls: there is none, so that a verifier which gets there refuses it. The same
 * number as libbpf's (0xbad2310), for those who know it from logs.
 */
export const POISON = 195896080;

const CLASS = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, ALU64: 7 } as const;
const SOURCE_REGISTER = 0x08;
const CALL = 0x85;
/** BPF_W, BPF_H, BPF_B, BPF_DW: bits 3 and 4 of the opcode. */
const WIDTHS = [4, 2, 1, 8] as const;

export type Outcome =
  | "patched"
  /** The target has nothing that could be put there. */
  | "poisoned"
  /** The target has it, in a width that this load or store cannot be given. */
  | "poisoned-width";

/**
 * Changes the instruction at `slot`.
 * @param code instructions, little-endian
 * @throws CoreError `instruction` when it is none that holds such a value, or holds another than the source's types say.
 */
export function patch(code: DataView, slot: number, kind: CoreKind, decision: Decision): Outcome {
  const at = slot * 8;
  if (at + 8 > code.byteLength) throw wrong(`expected an instruction below ${code.byteLength / 8}, found ${slot}`);
  const opcode = code.getUint8(at);
  if (opcode === LD_IMM64 && at + 16 > code.byteLength)
    throw wrong("expected the second half of a wide load, found the end of the program");
  if (decision.value === null) {
    poison(code, slot);
    return "poisoned";
  }
  switch (opcode & 7) {
    case CLASS.ALU:
    case CLASS.ALU64:
      if ((opcode & SOURCE_REGISTER) !== 0)
        throw wrong(`expected arithmetic with a constant, found opcode 0x${opcode.toString(16)}`);
      check(kind, decision, BigInt(code.getInt32(at + 4, true)));
      code.setInt32(at + 4, Number(BigInt.asIntN(32, decision.value)), true);
      return "patched";
    case CLASS.LDX:
    case CLASS.ST:
    case CLASS.STX:
      return patchMemory(code, at, kind, decision, decision.value);
    case CLASS.LD: {
      const isPlain =
        opcode === LD_IMM64 &&
        code.getUint8(at + 1) >>> 4 === 0 &&
        code.getInt16(at + 2, true) === 0 &&
        code.getUint32(at + 8, true) === 0;
      if (!isPlain) throw wrong("expected a wide load of a number, found one of something else");
      const held = BigInt.asIntN(64, (BigInt(code.getUint32(at + 12, true)) << 32n) | BigInt(code.getUint32(at + 4, true)));
      check(kind, decision, held);
      // The compiler's number says how it takes enumerators from 2 ** 31 on.
      const isUnsigned = held >= 0n && decision.local.value < 0n;
      const value = isUnsigned ? BigInt.asUintN(32, decision.value) : decision.value;
      code.setInt32(at + 4, Number(BigInt.asIntN(32, value)), true);
      code.setInt32(at + 12, Number(BigInt.asIntN(32, value >> 32n)), true);
      return "patched";
    }
    default:
      throw wrong(`expected arithmetic, a load or a store, found opcode 0x${opcode.toString(16)}`);
  }
}

function patchMemory(code: DataView, at: number, kind: CoreKind, decision: Decision, value: bigint): Outcome {
  const opcode = code.getUint8(at);
  check(kind, decision, BigInt(code.getInt16(at + 2, true)));
  if (value > 0x7fffn || value < 0n) throw wrong(`expected an offset of at most 32767 bytes, found ${value}`);
  if (decision.size === null) {
    poison(code, at / 8);
    return "poisoned-width";
  }
  const { local, size } = decision;
  if (size !== local.size) {
    const width = WIDTHS[(opcode >>> 3) & 3]!;
    if (width !== local.size) throw wrong(`expected a load or store of ${local.size} bytes, found one of ${width}`);
    const index = WIDTHS.indexOf(size as (typeof WIDTHS)[number]);
    if (index < 0) throw wrong(`expected a field of 1, 2, 4 or 8 bytes, found one of ${size}`);
    code.setUint8(at, (opcode & ~0x18) | (index << 3));
  }
  code.setInt16(at + 2, Number(value), true);
  return "patched";
}

/** Does the instruction hold what the compiler should have put there? If not, these are not its types. */
function check(kind: CoreKind, { local }: Decision, held: bigint): void {
  if (!local.isCertain || held === local.value) return;
  // An enumerator of 32 bits from 2 ** 31 on: BTF's number is negative, the compiler's is not.
  if (kind === "enumval_value" && held === BigInt.asUintN(32, local.value)) return;
  throw wrong(`expected ${local.value}, as the object's types say, found ${held}; do its types and its code belong together?`);
}

function poison(code: DataView, slot: number): void {
  // Both halves of a wide load: half of one would be refused before anybody asks whether it is reached.
  const slots = code.getUint8(slot * 8) === LD_IMM64 ? 2 : 1;
  for (let at = slot * 8; at < (slot + slots) * 8; at += 8) {
    code.setUint32(at, CALL, true);
    code.setInt32(at + 4, POISON, true);
  }
}

function wrong(message: string): CoreError {
  return new CoreError("instruction", message);
}
