/** What can be wrong with instructions and with their text. */

/**
 * The law that an instruction broke.
 *
 * - `length`: the code is not a whole number of slots.
 * - `opcode`: no instruction has this opcode.
 * - `dst`, `src`, `offset`, `imm`, `high`: the field holds what the instruction does not allow; most often it is
 *   reserved and must be 0. For a wide instruction, `high` is the immediate of its second slot.
 * - `wide`: the second slot of a wide instruction is missing, or has more than an immediate.
 * - `range`: a value that does not fit its field (only when encoding).
 * - `empty`, `jump`, `jump-wide`, `jump-function`, `call`, `end`: see `checkJumps`.
 */
export type IsaRule =
  | "length"
  | "opcode"
  | "dst"
  | "src"
  | "offset"
  | "imm"
  | "high"
  | "wide"
  | "range"
  | "empty"
  | "jump"
  | "jump-wide"
  | "jump-function"
  | "call"
  | "end";

/** An instruction that is not one. */
export class IsaError extends Error {
  override readonly name = "IsaError";
  /** Which element of the list of instructions, from 0. */
  readonly index: number;
  /** Which slot of 8 bytes it begins at, from 0: differs from `index` behind wide instructions. */
  readonly slot: number;
  readonly rule: IsaRule;

  constructor(index: number, slot: number, rule: IsaRule, detail: string) {
    super(`instruction ${index}${slot === index ? "" : ` (slot ${slot})`}: ${detail}`);
    this.index = index;
    this.slot = slot;
    this.rule = rule;
  }
}

/** A line of assembler text that cannot be read. */
export class AssembleError extends Error {
  override readonly name = "AssembleError";
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;

  constructor(line: number, column: number, detail: string) {
    super(`line ${line}, column ${column}: ${detail}`);
    this.line = line;
    this.column = column;
  }
}
