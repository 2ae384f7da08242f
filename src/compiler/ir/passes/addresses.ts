/**
 * Adds what is constant of an offset last: `p + (x + 10)` is `(p + x) + 10`. Accesses fold the constant, all that lies around one variable offset
 * is told by one pointer, and one check of the packet's end may do for several of its headers.
 *
 * Only where x is known to be small: then nothing wraps, and a verifier that knew the sum's bounds knows those of x.
 */

import type { Instruction, IrFunction, Value } from "../ir.ts";
import { KnowingWalk } from "../knowing-walk.ts";
import { ConstantPool, gatherConstants } from "./constants.ts";

/** The kernel's verifier follows no offset into a packet beyond this (`MAX_PACKET_OFF`). */
const FARTHEST = 0xffffn;

/** True when something changed. */
export function addConstantsLast(fn: IrFunction): boolean {
  const gathered = gatherConstants(fn);
  const constants = new ConstantPool(fn);
  if (!hasSums(fn, constants)) return gathered;
  const walk = new KnowingWalk(fn);
  const replaced = new Map<Instruction, readonly Instruction[]>();
  walk.run({
    instruction: (_, instruction) => {
      if (instruction.kind !== "binary" || instruction.op !== "add" || fn.values[instruction.result] !== "ptr") return;
      const sum = sumOf(instruction.right);
      if (sum === null || walk.known.range(sum.variable).high > FARTHEST || sum.constant > FARTHEST) return;
      const { location, left, result } = instruction;
      const made: Instruction[] = [];
      let offset = sum.variable;
      if (fn.values[offset] === "i32") {
        const wide = fn.values.push("i64") - 1;
        made.push({ kind: "extend", result: wide, sign: false, from: 32, operand: offset, location });
        offset = wide;
      }
      const pointer = fn.values.push("ptr") - 1;
      made.push({ kind: "binary", op: "add", result: pointer, left, right: offset, location });
      const constant = constants.value("i64", sum.constant);
      made.push({ kind: "binary", op: "add", result, left: pointer, right: constant, location });
      replaced.set(instruction, made);
    },
  });

  /** The value as a variable plus a constant, widened or not. */
  function sumOf(value: Value): { variable: Value; constant: bigint } | null {
    let definition = walk.facts.definition(value);
    if (definition?.kind === "extend" && !definition.sign && definition.from === 32) {
      definition = walk.facts.definition(definition.operand);
    }
    if (definition?.kind !== "binary" || definition.op !== "add") return null;
    const constant = constants.number(definition.right);
    return constant === null ? null : { variable: definition.left, constant };
  }

  if (replaced.size === 0) return gathered;
  for (const block of fn.blocks) {
    block.instructions = block.instructions.flatMap((instruction) => replaced.get(instruction) ?? [instruction]);
  }
  return true;
}

/** Whether a constant is added to anything but a pointer, and a variable to a pointer: without both there is nothing to find. */
function hasSums(fn: IrFunction, constants: ConstantPool): boolean {
  let ofNumbers = false;
  let ofPointers = false;
  for (const { instructions } of fn.blocks) {
    for (const instruction of instructions) {
      if (instruction.kind !== "binary" || instruction.op !== "add") continue;
      const isConstant = constants.number(instruction.right) !== null;
      if (fn.values[instruction.result] !== "ptr") ofNumbers ||= isConstant;
      else ofPointers ||= !isConstant;
    }
  }
  return ofNumbers && ofPointers;
}
