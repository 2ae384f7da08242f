/** Instructions to bytes (RFC 9669 §3). */

import type { CodeOptions } from "./decode.ts";
import { IsaError } from "./errors.ts";
import { type Instruction, LD_IMM64, SLOT_SIZE, slots } from "./instruction.ts";
import { checkInstruction } from "./operation.ts";

/**
 * The wire encoding, 8 bytes a slot. The exact inverse of `decode`: what is refused there is refused here, so that a
 * mistake of whoever made the instruction is found where it was made.
 *
 * Throws {@link IsaError}.
 */
export function encode(instructions: readonly Instruction[], options: CodeOptions = {}): Uint8Array<ArrayBuffer> {
  const little = options.byteOrder !== "big";
  let length = 0;
  for (const instruction of instructions) length += slots(instruction) * SLOT_SIZE;
  const code = new Uint8Array(length);
  const view = new DataView(code.buffer);
  let at = 0;
  for (let index = 0; index < instructions.length; index++) {
    const instruction = instructions[index]!;
    const { opcode, dst, src, offset, imm, high } = instruction;
    if ((dst & 15) !== dst) throw outOfRange(index, at, "dst", dst, "0 to 10");
    if ((src & 15) !== src) throw outOfRange(index, at, "src", src, "0 to 10");
    if ((offset << 16) >> 16 !== offset) throw outOfRange(index, at, "offset", offset, "-32768 to 32767");
    if ((imm | 0) !== imm) throw outOfRange(index, at, "imm", imm, "-2147483648 to 2147483647");
    if ((high | 0) !== high) throw outOfRange(index, at, "high", high, "-2147483648 to 2147483647");
    checkInstruction(instruction, index, at / SLOT_SIZE);
    code[at] = opcode;
    code[at + 1] = little ? (src << 4) | dst : (dst << 4) | src;
    view.setInt16(at + 2, offset, little);
    view.setInt32(at + 4, imm, little);
    if (opcode === LD_IMM64) {
      view.setInt32(at + 12, high, little);
      at += SLOT_SIZE;
    }
    at += SLOT_SIZE;
  }
  return code;
}

function outOfRange(index: number, at: number, field: string, value: number, range: string): IsaError {
  return new IsaError(index, at / SLOT_SIZE, "range", `${field} is ${value}, which must be a whole number from ${range}`);
}
