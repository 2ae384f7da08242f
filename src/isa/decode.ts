/** Bytes to instructions (RFC 9669 §3). */

import { IsaError } from "./errors.ts";
import { type Instruction, LD_IMM64, SLOT_SIZE } from "./instruction.ts";
import { checkInstruction } from "./operation.ts";

export interface CodeOptions {
  /** Of the machine that runs the code, which decides the order of bytes and of the two register fields. Default: little. */
  readonly byteOrder?: "little" | "big";
}

/**
 * Reads a program, one element for each instruction. Everything that RFC 9669 §3 demands of an instruction by itself holds
 * for the result: its opcode is defined, registers are r0 … r10, reserved fields are 0, wide instructions are whole.
 * Where jumps lead is `checkJumps`; what registers and memory hold is the verifier's.
 *
 * Throws {@link IsaError}.
 */
export function decode(code: Uint8Array, options: CodeOptions = {}): Instruction[] {
  const little = options.byteOrder !== "big";
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const end = code.byteLength - (code.byteLength % SLOT_SIZE);
  const instructions: Instruction[] = [];
  for (let at = 0; at < end; at += SLOT_SIZE) {
    const slot = at / SLOT_SIZE;
    const opcode = code[at]!;
    const registers = code[at + 1]!;
    let high = 0;
    if (opcode === LD_IMM64) {
      at += SLOT_SIZE;
      if (at >= end) throw new IsaError(instructions.length, slot, "wide", "the second slot of this wide instruction is missing");
      if (view.getUint32(at) !== 0) {
        throw new IsaError(instructions.length, slot, "wide", "the second slot may hold nothing but an immediate");
      }
      high = view.getInt32(at + 4, little);
    }
    const first = slot * SLOT_SIZE;
    const instruction: Instruction = {
      opcode,
      dst: little ? registers & 15 : registers >> 4,
      src: little ? registers >> 4 : registers & 15,
      offset: view.getInt16(first + 2, little),
      imm: view.getInt32(first + 4, little),
      high,
    };
    checkInstruction(instruction, instructions.length, slot);
    instructions.push(instruction);
  }
  if (end !== code.byteLength) {
    const detail = `the code ends ${code.byteLength - end} bytes into it; it must be a multiple of ${SLOT_SIZE} bytes long`;
    throw new IsaError(instructions.length, end / SLOT_SIZE, "length", detail);
  }
  return instructions;
}
