/** Selection of comparisons, for branches and for values. */

import type { JumpCondition } from "../../isa/opcodes.ts";
import { INVERSE, MIRROR } from "../ir/arithmetic.ts";
import type { Condition, Value } from "../ir/ir.ts";
import type { Operand, Register, Test } from "./machine.ts";
import { fitsSigned32, type Selector } from "./select.ts";

const JUMP: Readonly<Record<Condition, JumpCondition>> = {
  eq: "eq",
  ne: "ne",
  ult: "lt",
  ule: "le",
  ugt: "gt",
  uge: "ge",
  slt: "slt",
  sle: "sle",
  sgt: "sgt",
  sge: "sge",
  set: "set",
};

/** cpu v1 has "greater" alone. */
const SINCE_V2: ReadonlySet<Condition> = new Set<Condition>(["ult", "ule", "slt", "sle"]);

/** The test; `inverted` when it holds exactly where the condition does not. */
export function selectTest(to: Selector, given: Condition, first: Value, second: Value): { test: Test; inverted: boolean } {
  let condition = given;
  let [left, right] = [first, second];
  if (to.facts.constant(left) !== null && to.facts.constant(right) === null) {
    [left, right] = [right, left];
    condition = MIRROR[condition];
  }
  const narrow = to.fn.values[left] === "i32";
  const width = narrow && to.cpu >= 3 ? 32 : 64;
  const signed = condition.startsWith("sl") || condition.startsWith("sg");
  let register: Register;
  let operand: Operand;
  if (narrow && width === 64 && signed) {
    // 64-bit comparisons of 32-bit numbers: their signs must be where the comparison looks.
    register = signExtended(to, left);
    const constant = to.facts.constant(right);
    operand =
      constant === null
        ? { kind: "register", register: signExtended(to, right) }
        : { kind: "immediate", value: Number(BigInt.asIntN(32, constant)) };
  } else {
    register = to.register(left);
    operand = to.operand(right, (constant) => (width === 32 ? Number(BigInt.asIntN(32, constant)) : fitsSigned32(constant)));
  }

  let inverted = false;
  if (to.cpu < 2 && SINCE_V2.has(condition)) {
    if (operand.kind === "register") {
      [register, operand] = [operand.register, { kind: "register", register }];
      condition = MIRROR[condition];
    } else if (condition !== "set") {
      condition = INVERSE[condition];
      inverted = true;
    }
  }
  return { test: { width, condition: JUMP[condition], left: register, right: operand }, inverted };
}

function signExtended(to: Selector, value: Value): Register {
  const register = to.copy(to.source(value));
  to.shift("lsh", 64, register, 32);
  to.shift("arsh", 64, register, 32);
  return register;
}
