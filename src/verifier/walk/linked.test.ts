import assert from "node:assert/strict";
import { test } from "node:test";
import { but, walkWith } from "../memory/testing.ts";
import { constant } from "../numbers/bounds.ts";
import { ADD_CONST_32, ADD_CONST_64, type Reg, scalar, UNKNOWN_SCALAR } from "../state/register.ts";
import { everyKind, SLOT_SPILL, Slot } from "../state/slot.ts";
import { collectLinked, syncLinked } from "./linked.ts";
import type { Walk } from "./walk.ts";

/** Every register is live, as before a program that reads them all. */
function walk(era = 618): Walk {
  const to = walkWith({ era });
  to.flow.liveRegisters[0] = 0x7ff;
  return to;
}

const number = (value: number, fields: Partial<Reg> = {}): Reg => but(scalar(constant(value, 0)), fields);
const linkedTo = (id: number, off = 0): Reg => but(UNKNOWN_SCALAR, { id, off });

test("what is learnt of one copy is known of all, on the stack too", () => {
  const w = walk();
  w.setReg(1, linkedTo(7));
  w.setReg(2, linkedTo(7));
  w.setReg(3, linkedTo(8));
  w.frame.stack = [new Slot(everyKind(SLOT_SPILL), linkedTo(7))];
  const linked = collectLinked(w, null, w.reg(1));
  assert.equal(linked?.length, 3);
  syncLinked(w, w.state, number(5, { id: 7 }), 1, linked);
  assert.equal(w.reg(2).bounds.valueLo, 5);
  assert.equal(w.frame.stack[0]!.reg.bounds.valueLo, 5);
  assert.equal(w.reg(3), w.frame.regs[3]);
  assert.notEqual(w.reg(3).bounds.maskLo, 0, "another number");
});

test("numbers without an id are linked with nothing", () => {
  const w = walk();
  assert.equal(collectLinked(w, null, UNKNOWN_SCALAR), null);
});

test("a number that is 4 more stays 4 more", () => {
  const w = walk();
  w.setReg(1, linkedTo(7));
  w.setReg(2, linkedTo(7 | ADD_CONST_64, 4));
  const linked = collectLinked(w, null, w.reg(1))!;
  syncLinked(w, w.state, number(10, { id: 7 }), 1, linked);
  assert.equal(w.reg(2).bounds.valueLo, 14);
  assert.equal(w.reg(2).off, 4, "and can be told from again");
});

test("a difference in 32 bits says nothing of one in 64", () => {
  const w = walk();
  w.setReg(1, linkedTo(7 | ADD_CONST_64, 1));
  w.setReg(2, linkedTo(7 | ADD_CONST_32, 4));
  const linked = collectLinked(w, null, w.reg(1))!;
  syncLinked(w, w.state, number(10, { id: 7 | ADD_CONST_64, off: 1 }), 1, linked);
  assert.notEqual(w.reg(2).bounds.maskLo, 0);
});

test("six are remembered, the rest is told apart from then on (6.12)", () => {
  const w = walk();
  for (let index = 0; index < 10; index++) w.setReg(index, linkedTo(7));
  assert.equal(collectLinked(w, null, w.reg(1))?.length, 6);
  assert.deepEqual(
    w.frame.regs.slice(0, 10).map(({ id }) => id),
    [7, 7, 7, 7, 7, 7, 0, 0, 0, 0],
  );
  const before = walk(611);
  for (let index = 0; index < 10; index++) before.setReg(index, linkedTo(7));
  assert.equal(collectLinked(before, null, before.reg(1))?.length, 10);
});
