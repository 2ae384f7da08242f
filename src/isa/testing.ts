/** For tests: instructions at random, made from the table. */

import fc from "fast-check";
import type { Instruction } from "./instruction.ts";
import { type Field, OPERATIONS, type Operation } from "./opcodes.ts";

/** Well-formed instructions of every kind, each row of the table equally often. */
export function anyInstruction(rows: readonly Operation[] = OPERATIONS): fc.Arbitrary<Instruction> {
  return fc.constantFrom(...rows).chain(instructionOf);
}

/** Well-formed instructions of one row. */
export function instructionOf(row: Operation): fc.Arbitrary<Instruction> {
  return fc.record(
    {
      opcode: fc.constant(row.opcode),
      dst: valueFor(row.dst, 4),
      src: valueFor(row.src, 4),
      offset: valueFor(row.offset, 16),
      imm: valueFor(row.imm, 32),
      high: valueFor(row.high, 32),
    },
    { noNullPrototype: true },
  );
}

function valueFor(field: Field, bits: number): fc.Arbitrary<number> {
  if (typeof field === "number") return fc.constant(field);
  if (field === "register") return fc.nat(10);
  const max = 2 ** (bits - 1) - 1;
  return field === "index" ? fc.nat(max) : fc.integer({ min: -max - 1, max });
}

/** `b701000005000000` to bytes; spaces are for readers. */
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(" ", "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
