/** What instruction selection knows of a function's values before it begins: their definitions, their uses, what folds. */

import type { CpuVersion } from "../../isa/opcodes.ts";
import { evaluateExtend } from "../ir/arithmetic.ts";
import type { Instruction, IrFunction, Value } from "../ir/ir.ts";
import { forEachOperand, forEachTerminatorOperand, resultOf } from "../ir/operands.ts";

/** Whether the instruction takes the value as an address, to which it adds a constant of its own. */
function foldsInto(instruction: Instruction, value: Value): boolean {
  switch (instruction.kind) {
    case "load":
      return instruction.core === undefined;
    case "store":
      return instruction.core === undefined && instruction.value !== value;
    case "atomic":
      return instruction.value !== value && instruction.expected !== value;
    case "binary":
      return instruction.left === value;
    default:
      return false;
  }
}

export class ValueFacts {
  readonly #fn: IrFunction;
  readonly #definitions: (Instruction | null)[];
  readonly #uses: Uint32Array;
  /** Read by something that does not fold a constant that was added. */
  readonly #read: Uint8Array;
  readonly #dirty: Uint8Array;

  constructor(fn: IrFunction, cpu: CpuVersion) {
    this.#fn = fn;
    this.#definitions = fn.values.map(() => null);
    this.#uses = new Uint32Array(fn.values.length);
    this.#read = new Uint8Array(fn.values.length);
    // Uses that need the upper half of an i32 to be zero.
    const whole = new Uint8Array(fn.values.length);
    for (const block of fn.blocks) {
      for (const instruction of block.instructions) {
        const result = resultOf(instruction);
        if (result !== null) this.#definitions[result] = instruction;
        forEachOperand(instruction, (value) => {
          this.#uses[value]!++;
          if (!foldsInto(instruction, value)) this.#read[value] = 1;
          if (instruction.kind === "call") whole[value] = 1;
        });
      }
      forEachTerminatorOperand(block.terminator, (value) => {
        this.#uses[value]!++;
        this.#read[value] = 1;
      });
      const { terminator } = block;
      if (terminator.kind === "return" && terminator.value !== null) whole[terminator.value] = 1;
      if (terminator.kind === "jump") for (const value of terminator.target.arguments) whole[value] = 1;
      if (terminator.kind === "branch") {
        for (const value of terminator.then.arguments) whole[value] = 1;
        for (const value of terminator.else.arguments) whole[value] = 1;
      }
    }
    this.#dirty = Uint8Array.from(this.#definitions, (definition, value) =>
      definition !== null && cpu >= 3 && whole[value] === 0 && this.#leavesUpperHalf(definition, value, cpu) ? 1 : 0,
    );
  }

  /** Null for parameters. */
  definition(value: Value): Instruction | null {
    return this.#definitions[value] ?? null;
  }

  /** How many operands name the value. */
  uses(value: Value): number {
    return this.#uses[value]!;
  }

  /**
   * True when the upper half of the value's register may hold anything, because 32-bit operations are all that read it and
   * clearing it would cost an instruction.
   */
  isDirty(value: Value): boolean {
    return this.#dirty[value] === 1;
  }

  /** The value's number when it is an integer constant (or the null pointer), else null. */
  constant(value: Value): bigint | null {
    const definition = this.#definitions[value];
    if (definition?.kind === "const") return definition.value;
    if (definition?.kind !== "extend") return null;
    const operand = this.constant(definition.operand);
    if (operand === null) return null;
    return evaluateExtend(definition.sign, definition.from, this.#fn.values[value] === "i32" ? 32 : 64, operand);
  }

  /** True when all that use the value fold what was added to get it, so that it need not be in a register. */
  isFolded(value: Value): boolean {
    return this.#read[value] === 0;
  }

  /** The value as a pointer plus a constant, as far up as constants were added. */
  base(value: Value): { root: Value; offset: number } {
    let root = value;
    let offset = 0;
    for (;;) {
      const definition = this.#definitions[root];
      if (definition?.kind !== "binary" || this.#fn.values[root] !== "ptr") return { root, offset };
      const amount = this.constant(definition.right);
      if (amount === null) return { root, offset };
      const signed = BigInt.asIntN(64, amount);
      const total = BigInt(offset) + (definition.op === "sub" ? -signed : signed);
      // Verifiers refuse constants beyond 2^29 anyway; stopping here keeps the sum a safe integer.
      if (total <= -(1n << 29n) || total >= 1n << 29n) return { root, offset };
      offset = Number(total);
      root = definition.left;
    }
  }

  /** Whether a pointer leads into an arena, as the kernel knows it. */
  isInArena(value: Value): boolean {
    let root = value;
    for (;;) {
      const definition = this.#definitions[root];
      if (definition?.kind !== "binary") return definition?.kind === "address-space-cast";
      root = definition.left;
    }
  }

  /** Whether defining the i32 naturally leaves something in the register's upper half. */
  #leavesUpperHalf(definition: Instruction, value: Value, cpu: CpuVersion): boolean {
    if (this.#fn.values[value] !== "i32") return false;
    if (definition.kind === "call") return true;
    if (definition.kind === "extend") return definition.from === 32 && this.#fn.values[definition.operand] === "i64";
    return definition.kind === "load" && definition.sign && definition.width < 4 && cpu >= 4;
  }
}
