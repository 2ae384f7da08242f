/**
 * Rewrites what an instruction set version lacks into what it has, within the IR.
 *
 * Signed division and modulo came with cpu v4 (Linux 6.6). Before, they are computed without sign and without branches:
 * with `s` = all bits the sign, `(x ^ s) - s` negates where the sign is set. What eBPF defines falls out: a division by zero
 * gives 0, a modulo by zero the dividend, and the smallest integer by -1 itself, remainder 0.
 */

import type { CpuVersion } from "../../isa/opcodes.ts";
import type { BinaryOp, Instruction, IrFunction, Value } from "../ir/ir.ts";

/** Changes `fn` in place. */
export function legalize(fn: IrFunction, cpu: CpuVersion): void {
  if (cpu >= 4) return;
  for (const block of fn.blocks) {
    if (!block.instructions.some(isSignedDivision)) continue;
    block.instructions = block.instructions.flatMap((instruction) =>
      isSignedDivision(instruction) ? expand(fn, instruction) : [instruction],
    );
  }
}

type SignedDivision = Extract<Instruction, { kind: "binary" }> & { readonly op: "sdiv" | "smod" };

function isSignedDivision(instruction: Instruction): instruction is SignedDivision {
  return instruction.kind === "binary" && (instruction.op === "sdiv" || instruction.op === "smod");
}

function expand(fn: IrFunction, division: SignedDivision): Instruction[] {
  const { op, left, right, location } = division;
  const type = fn.values[left]!;
  const code: Instruction[] = [];
  const fresh = (): Value => fn.values.push(type) - 1;
  const emit = (operation: BinaryOp, a: Value, b: Value, result = fresh()): Value => {
    code.push({ kind: "binary", result, op: operation, left: a, right: b, location });
    return result;
  };
  const amount = fresh();
  code.push({ kind: "const", result: amount, value: type === "i32" ? 31n : 63n, location });
  const magnitude = (value: Value, sign: Value): Value => emit("sub", emit("xor", value, sign), sign);
  const leftSign = emit("ashr", left, amount);
  const rightSign = emit("ashr", right, amount);
  const unsigned = emit(op === "sdiv" ? "udiv" : "umod", magnitude(left, leftSign), magnitude(right, rightSign));
  // The quotient is negative where the signs differ; a remainder has the dividend's sign.
  const sign = op === "sdiv" ? emit("xor", leftSign, rightSign) : leftSign;
  emit("sub", emit("xor", unsigned, sign), sign, division.result);
  return code;
}
