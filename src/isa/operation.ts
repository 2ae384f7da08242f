/** Which row of the table an instruction is, and what is wrong with one that is none. */

import { IsaError, type IsaRule } from "./errors.ts";
import type { Instruction } from "./instruction.ts";
import { type Field, OPERATIONS, type Operation } from "./opcodes.ts";

// The table again, as numbers in typed arrays: matching is the hot part of decoding and allocates nothing. Rows of one
// opcode are neighbours; a field is a number that it must equal (none is negative), or one of these.
const REGISTER = -1;
const VALUE = -2;
const INDEX = -3;

const FIRST = new Uint16Array(257);
const DST = columnOf("dst");
const SRC = columnOf("src");
const OFFSET = columnOf("offset");
const IMM = columnOf("imm");
const HIGH = columnOf("high");

for (const { opcode } of OPERATIONS) FIRST[opcode + 1]!++;
for (let opcode = 0; opcode < 256; opcode++) FIRST[opcode + 1]! += FIRST[opcode]!;

/** Its row of the table, or null when it is not well-formed. */
export function operationOf(instruction: Instruction): Operation | null {
  const row = matchRow(instruction);
  return row === -1 ? null : OPERATIONS[row]!;
}

/** Throws {@link IsaError} naming the first field that no row of its opcode allows. */
export function checkInstruction(instruction: Instruction, index: number, slot: number): void {
  if (matchRow(instruction) === -1) throw explain(instruction, index, slot);
}

/** Hot: once for each instruction that is decoded, encoded or printed. */
function matchRow(instruction: Instruction): number {
  const { opcode, dst, src, offset, imm, high } = instruction;
  if (opcode < 0 || opcode > 255) return -1;
  const end = FIRST[opcode + 1]!;
  for (let row = FIRST[opcode]!; row < end; row++) {
    if (
      allows(IMM[row]!, imm) &&
      allows(SRC[row]!, src) &&
      allows(OFFSET[row]!, offset) &&
      allows(DST[row]!, dst) &&
      allows(HIGH[row]!, high)
    ) {
      return row;
    }
  }
  return -1;
}

function allows(law: number, value: number): boolean {
  if (law === VALUE) return true;
  if (law >= 0) return law === value;
  return value >= 0 && (law === INDEX || value <= 10);
}

function columnOf(field: "dst" | "src" | "offset" | "imm" | "high"): Int32Array {
  return Int32Array.from(OPERATIONS, (operation) => lawOf(operation[field]));
}

function lawOf(field: Field): number {
  if (typeof field === "number") return field;
  return field === "register" ? REGISTER : field === "index" ? INDEX : VALUE;
}

/** Fields in the order in which they tell variants apart. */
const DECIDING = ["src", "offset", "imm", "dst", "high"] as const satisfies readonly IsaRule[];

/**
 * Why an instruction that is no row of the table is none. A row is out as soon as a field differs; the first field at which
 * the last rows fall out is the one to name, with all that those rows would have taken.
 */
export function explain(instruction: Instruction, index: number, slot: number): IsaError {
  const { opcode } = instruction;
  let rows = OPERATIONS.filter((operation) => operation.opcode === opcode);
  const name = `opcode 0x${opcode.toString(16).padStart(2, "0")}`;
  if (rows.length === 0) return new IsaError(index, slot, "opcode", `${name} is not an instruction`);
  for (const field of DECIDING) {
    const value = instruction[field];
    const left = rows.filter((operation) => allows(lawOf(operation[field]), value));
    if (left.length === 0) {
      const allowed = [...new Set(rows.map((operation) => spell(operation[field])))];
      return new IsaError(index, slot, field, `${name} has ${value} in ${field}, which must be ${listOf(allowed)}`);
    }
    rows = left;
  }
  throw new TypeError(`${name} is well-formed`);
}

function spell(field: Field): string {
  if (field === "register") return "a register 0 to 10";
  if (field === "index") return "0 or more";
  return String(field);
}

function listOf(words: readonly string[]): string {
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(", ")} or ${words.at(-1)!}`;
}
