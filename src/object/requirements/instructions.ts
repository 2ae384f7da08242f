/** Instructions as they are in a Spec, also those that no table knows: to report about a program, not to run it. */

import { type Instruction, LD_IMM64, slots } from "../../isa/instruction.ts";

/** Slot and instruction, in order. Never throws: a wide instruction cut off has 0 in its second half. */
export function* instructionsOf(code: Uint8Array): IterableIterator<readonly [slot: number, instruction: Instruction]> {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (let slot = 0; slot * 8 + 8 <= code.length; ) {
    const at = slot * 8;
    const opcode = code[at]!;
    const high = opcode === LD_IMM64 && at + 16 <= code.length ? view.getInt32(at + 12, true) : 0;
    const instruction: Instruction = {
      opcode,
      dst: code[at + 1]! & 15,
      src: code[at + 1]! >> 4,
      offset: view.getInt16(at + 2, true),
      imm: view.getInt32(at + 4, true),
      high,
    };
    yield [slot, instruction];
    slot += slots(instruction);
  }
}
