/** One instruction of the eBPF instruction set, as data. */

/**
 * The fields of RFC 9669 §3, as they stand in the encoding: what an opcode means by them is in `opcodes.ts`. A field that
 * the instruction does not use is 0.
 */
export interface Instruction {
  /** 0 … 255. */
  readonly opcode: number;
  /** Register 0 … 10. */
  readonly dst: number;
  /** Register 0 … 10, or a subtype: what an `ld_imm64` loads, what a `call` calls. */
  readonly src: number;
  /** -32768 … 32767: bytes for memory, slots for jumps (counted from the next instruction), else a variant. */
  readonly offset: number;
  /** -2147483648 … 2147483647. */
  readonly imm: number;
  /** -2147483648 … 2147483647: the immediate of the second slot of a wide instruction, else 0. */
  readonly high: number;
}

/** `ld_imm64`, the one instruction that takes two slots (RFC 9669 §3.2). */
export const LD_IMM64 = 0x18;

/** Bytes of one slot. */
export const SLOT_SIZE = 8;

/** How many slots of 8 bytes it takes: jumps and line information count slots, lists of instructions count elements. */
export function slots(instruction: Instruction): 1 | 2 {
  return instruction.opcode === LD_IMM64 ? 2 : 1;
}

/** The slot at which each instruction begins, and at the end the number of slots of all. */
export function slotTable(instructions: readonly Instruction[]): Uint32Array {
  const table = new Uint32Array(instructions.length + 1);
  let slot = 0;
  for (let index = 0; index < instructions.length; index++) {
    table[index] = slot;
    slot += slots(instructions[index]!);
  }
  table[instructions.length] = slot;
  return table;
}

/** The 64 bits of a wide instruction, unsigned. */
export function wideValue(instruction: Instruction): bigint {
  return (BigInt(instruction.high >>> 0) << 32n) | BigInt(instruction.imm >>> 0);
}
