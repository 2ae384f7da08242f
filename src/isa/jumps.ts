/** Where jumps and calls may lead. */

import { IsaError, type IsaRule } from "./errors.ts";
import { type Instruction, LD_IMM64, slots, slotTable } from "./instruction.ts";
import { type Field, OPERATIONS } from "./opcodes.ts";

/** The field that holds the distance to another instruction, by opcode. Two opcodes need a second look: see `targetOf`. */
const TARGET_FIELD: readonly ("offset" | "imm" | null)[] = Array.from({ length: 256 }, (_, opcode) => {
  const isTarget = (field: Field) => field === "target";
  const rows = OPERATIONS.filter((operation) => operation.opcode === opcode);
  return rows.some((row) => isTarget(row.offset)) ? "offset" : rows.some((row) => isTarget(row.imm)) ? "imm" : null;
});

const CALL = 0x85;
const CALL_LOCAL = 1;
const LOAD_FUNCTION = 4;
const JUMP = 0x05;
const JUMP_LONG = 0x06;
const EXIT = 0x95;

/**
 * The slot that an instruction at `slot` refers to: where a jump goes, which function a local call or a wide `function` load
 * means. Null for all others. For a well-formed instruction; may lie outside the program.
 */
export function targetOf(instruction: Instruction, slot: number): number | null {
  const field = TARGET_FIELD[instruction.opcode] ?? null;
  if (field === null) return null;
  if (instruction.opcode === CALL && instruction.src !== CALL_LOCAL) return null;
  if (instruction.opcode === LD_IMM64 && instruction.src !== LOAD_FUNCTION) return null;
  // Also for the two slots of a wide load the kernel counts from the slot after the first.
  return slot + 1 + instruction[field];
}

/** Whether a function begins there: the target of a local call or of a wide `function` load. */
function refersToFunction(instruction: Instruction): boolean {
  return instruction.opcode === CALL || instruction.opcode === LD_IMM64;
}

/**
 * The slots at which functions begin, ascending: 0, and what calls and function loads refer to. For a program that
 * `checkJumps` accepts.
 */
export function functionStarts(instructions: readonly Instruction[]): number[] {
  const starts = new Set([0]);
  let slot = 0;
  for (const instruction of instructions) {
    const target = refersToFunction(instruction) ? targetOf(instruction, slot) : null;
    if (target !== null) starts.add(target);
    slot += slots(instruction);
  }
  return [...starts].sort((a, b) => a - b);
}

/**
 * The laws of control flow that every loader enforces before a verifier walks the program (kernel: `check_subprogs` and
 * `check_cfg`), for well-formed instructions. Throws {@link IsaError}:
 *
 * - `empty`: there is no instruction.
 * - `jump`: a jump leaves the program; `jump-wide`: it goes into the second slot of a wide instruction; `jump-function`: it
 *   goes into another function.
 * - `call`: a local call or a function load refers to something outside, or into a wide instruction.
 * - `end`: the last instruction of a function is neither `exit` nor an unconditional jump, so the next one would run.
 */
export function checkJumps(instructions: readonly Instruction[]): void {
  if (instructions.length === 0) throw new IsaError(0, 0, "empty", "a program needs at least one instruction: exit");
  const table = slotTable(instructions);
  const length = table[instructions.length]!;
  const begins = new Uint8Array(length);
  for (let index = 0; index < instructions.length; index++) begins[table[index]!] = 1;

  const fail = (index: number, rule: IsaRule, detail: string) => new IsaError(index, table[index]!, rule, detail);
  for (const [index, instruction] of instructions.entries()) {
    const target = targetOf(instruction, table[index]!);
    if (target === null) continue;
    const isCall = refersToFunction(instruction);
    const what = isCall ? "refers to a function at" : "jumps to";
    if (target < 0 || target >= length) {
      throw fail(index, isCall ? "call" : "jump", `${what} slot ${target}, but the program has slots 0 to ${length - 1}`);
    }
    if (begins[target] === 0) {
      const detail = `${what} slot ${target}, which is the second half of a wide instruction`;
      throw fail(index, isCall ? "call" : "jump-wide", detail);
    }
  }

  const starts = functionStarts(instructions);
  let next = 0;
  let start = 0;
  let end = 0;
  for (const [index, instruction] of instructions.entries()) {
    const slot = table[index]!;
    if (slot === starts[next]) {
      start = slot;
      end = starts[++next] ?? length;
    }
    if (!refersToFunction(instruction)) {
      const target = targetOf(instruction, slot);
      if (target !== null && (target < start || target >= end)) {
        const detail = `jumps to slot ${target}, which is in another function: this one has slots ${start} to ${end - 1}`;
        throw fail(index, "jump-function", detail);
      }
    }
    const { opcode } = instruction;
    if (table[index + 1] === end && opcode !== EXIT && opcode !== JUMP && opcode !== JUMP_LONG) {
      throw fail(
        index,
        "end",
        `the function that begins at slot ${start} runs past its end; its last instruction must be exit or goto`,
      );
    }
  }
}
