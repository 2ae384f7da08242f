/** For tests of this room: a walk that stands before a call of a helper of a real kernel. */

import { HELPER, type HelperName } from "../../uapi/helpers.ts";
import type { ProgramType } from "../../uapi/program-types.ts";
import { type Given, walkWith } from "../memory/testing.ts";
import { constant, signedConstant } from "../numbers/bounds.ts";
import type { MapFacts } from "../program.ts";
import { pointer, type Reg, scalar } from "../state/register.ts";
import { CONST_PTR_TO_MAP, PTR_TO_CTX, PTR_TO_STACK } from "../state/types.ts";
import { kernelTarget } from "../targets/index.ts";
import { Walk } from "../walk/walk.ts";
import { checkHelperCall } from "./helpers.ts";

const NAMES = { 601: "6.1", 612: "6.12", 618: "6.18" } as const;

/** One frame, r1 the context, before a call of `helper`. */
export function before(helper: HelperName, given: Given & { readonly type?: ProgramType } = {}): Walk {
  const type = given.type ?? "sched_cls";
  const walk = walkWith({ ...given, type, opcode: 0x85, imm: HELPER[helper] });
  const target = kernelTarget(NAMES[walk.era as keyof typeof NAMES], given.kernelTypes ?? null);
  const rules = target.programType(type, null) ?? walk.program.rules;
  const program = { ...walk.program, target, rules };
  const to = new Walk(program, walk.flow, walk.facts, walk.state, null);
  to.setReg(1, pointer(PTR_TO_CTX));
  return to;
}

/** Calls `helper` now; r1 … r5 are as they stand. */
export function callOf(walk: Walk, helper: HelperName, ...registers: readonly Reg[]): Reg {
  walk.program.code.imm[0] = HELPER[helper];
  for (const [index, reg] of registers.entries()) walk.setReg(index + 1, reg);
  checkHelperCall(walk);
  return walk.reg(0);
}

export const context: Reg = pointer(PTR_TO_CTX);

export function number(value: number): Reg {
  return scalar(value < 0 ? signedConstant(value) : constant(value, 0));
}

export function stackAt(off: number): Reg {
  const reg = pointer(PTR_TO_STACK);
  reg.off = off;
  return reg;
}

export function mapPointer(map: MapFacts): Reg {
  const reg = pointer(CONST_PTR_TO_MAP);
  reg.map = map;
  return reg;
}
