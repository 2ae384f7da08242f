/**
 * Divides 32-bit numbers by a constant by multiplying: `x / 10` is `x * 3435973837 >> 35`, in 64 bits. It takes an instruction more than a division, and a bit
 * more than half of its time.
 *
 * With `m` = 2^k / c, rounded up by e / c, `x * m` is `(x * 2^k + x * e) / c`: the quotient is right for every x as long as x * e < 2^k. Only an `m` of
 * 32 bits will do: then nothing wraps, and a verifier, which knows nothing of a quotient, follows the product.
 */

import type { CpuVersion } from "../../isa/opcodes.ts";
import type { Instruction, IrFunction, Type, Value } from "../ir/ir.ts";

const LARGEST = 0xffff_ffffn;

/** Changes `fn` in place. Before cpu v3 a multiplier takes two instructions: there divisions stay. */
export function divideByMultiplying(fn: IrFunction, cpu: CpuVersion): void {
  if (cpu < 3) return;
  const isDivision = (instruction: Instruction): instruction is Division =>
    instruction.kind === "binary" && instruction.op === "udiv" && fn.values[instruction.left] === "i32";
  if (!fn.blocks.some(({ instructions }) => instructions.some(isDivision))) return;
  const constants = new Map<Value, bigint>();
  for (const { instructions } of fn.blocks)
    for (const instruction of instructions)
      if (instruction.kind === "const") constants.set(instruction.result, instruction.value);
  for (const block of fn.blocks) {
    block.instructions = block.instructions.flatMap((instruction) => {
      if (!isDivision(instruction)) return [instruction];
      const by = multiplierOf(constants.get(instruction.right) ?? 0n);
      return by === null ? [instruction] : multiply(fn, instruction, by);
    });
  }
}

type Division = Extract<Instruction, { kind: "binary" }>;

interface Multiplier {
  readonly factor: bigint;
  /** By how many bits the product is shifted: 32 to 63. */
  readonly shift: bigint;
}

/** Null when no factor of 32 bits is exact for every number of 32 bits; and for powers of two, which are shifts. */
export function multiplierOf(divisor: bigint): Multiplier | null {
  if (divisor < 3n || (divisor & (divisor - 1n)) === 0n) return null;
  for (let shift = 32n; shift < 64n; shift++) {
    const power = 1n << shift;
    const factor = (power + divisor - 1n) / divisor;
    if (factor > LARGEST) return null;
    if ((factor * divisor - power) * LARGEST < power) return { factor, shift };
  }
  return null;
}

function multiply(fn: IrFunction, { left, result, location }: Division, { factor, shift }: Multiplier): Instruction[] {
  const code: Instruction[] = [];
  const fresh = (type: Type): Value => fn.values.push(type) - 1;
  const constant = (value: bigint): Value => {
    const made = fresh("i64");
    code.push({ kind: "const", result: made, value, location });
    return made;
  };
  const wide = fresh("i64");
  code.push({ kind: "extend", result: wide, sign: false, from: 32, operand: left, location });
  const product = fresh("i64");
  code.push({ kind: "binary", op: "mul", result: product, left: wide, right: constant(factor), location });
  const quotient = fresh("i64");
  code.push({ kind: "binary", op: "lshr", result: quotient, left: product, right: constant(shift), location });
  code.push({ kind: "extend", result, sign: false, from: 32, operand: quotient, location });
  return code;
}
