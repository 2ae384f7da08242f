/**
 * Chooses which operand of a commutative operation becomes the result.
 *
 * `d = a; d += b` costs the copy unless d and a can be one register, which they cannot when a is needed later. Where b is not,
 * `d = b; d += a` costs nothing. Where both end here, the operand that the result flows back into (the variable of a loop) wins.
 */

import type { AluOp } from "../../isa/opcodes.ts";
import { registerLiveness, walkBackwards } from "./flow.ts";
import type { MachineFunction, MachineInstruction, Register } from "./machine.ts";

const COMMUTATIVE: ReadonlySet<AluOp> = new Set<AluOp>(["add", "mul", "and", "or", "xor"]);

/** Changes `fn` in place. Registers must be virtual still. */
export function commute(fn: MachineFunction): void {
  const flows = movesInto(fn);
  const live = registerLiveness(fn);
  for (const [id, block] of fn.blocks.entries()) {
    const code = block.code.slice();
    walkBackwards(block, live.out[id]!.copy(), (instruction, index, after) => {
      if (instruction.kind !== "alu" || instruction.operand.kind !== "register" || !COMMUTATIVE.has(instruction.op)) return;
      const result = instruction.register;
      const left = copied(code[index - 1], result);
      const right = instruction.operand.register;
      if (left === null || left === right || right === result) return;
      const flowsBack = flows.get(result);
      const better =
        after.has(left) === after.has(right) ? flowsBack?.has(right) === true && !flowsBack.has(left) : after.has(left);
      if (!better) return;
      const { location } = instruction;
      code[index - 1] = { kind: "move", moves: [{ to: result, from: { kind: "place", place: right } }], location };
      code[index] = { ...instruction, operand: { kind: "register", register: left } };
    });
    block.code = code;
  }
}

/** What the instruction copies to `to`, when it does nothing else. */
function copied(instruction: MachineInstruction | undefined, to: Register): Register | null {
  if (instruction?.kind !== "move" || instruction.moves.length !== 1) return null;
  const [move] = instruction.moves;
  return move?.to === to && move.from.kind === "place" ? move.from.place : null;
}

function movesInto(fn: MachineFunction): Map<Register, Set<Register>> {
  const flows = new Map<Register, Set<Register>>();
  for (const block of fn.blocks) {
    for (const instruction of block.code) {
      if (instruction.kind !== "move") continue;
      for (const { to, from } of instruction.moves) {
        if (from.kind !== "place") continue;
        const known = flows.get(from.place);
        if (known === undefined) flows.set(from.place, new Set([to]));
        else known.add(to);
      }
    }
  }
  return flows;
}
