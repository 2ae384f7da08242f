import assert from "node:assert/strict";
import { test } from "node:test";
import { constant, UNKNOWN, ZERO } from "../numbers/bounds.ts";
import { loaded } from "../numbers/load.ts";
import { pointer, scalar, UNINITIALISED, UNKNOWN_SCALAR } from "../state/register.ts";
import { everyKind, SLOT_DYNPTR, Slot } from "../state/slot.ts";
import { PTR_TO_CTX, PTR_TO_STACK, SCALAR } from "../state/types.ts";
import { but, load, refusal, store, walkWith } from "./testing.ts";

const byte = scalar(loaded(1));

test("a pointer that is spilled comes back as it was", () => {
  const walk = walkWith();
  walk.setReg(1, pointer(PTR_TO_CTX));
  store(walk, 10, -8, 8, 1);
  assert.equal(load(walk, 10, -8, 8), walk.reg(1));
  assert.equal(walk.facts.stackDepth[0], 8);
});

test("a pointer is spilled whole and filled whole", () => {
  const walk = walkWith();
  walk.setReg(1, pointer(PTR_TO_CTX));
  assert.equal(refusal(() => store(walk, 10, -8, 4, 1))?.text, "invalid size of register spill");
  store(walk, 10, -8, 8, 1);
  assert.equal(refusal(() => load(walk, 10, -8, 4))?.text, "invalid size of register fill");
});

test("a number and its spill share an id since 6.9, so that what is learned of one holds for both", () => {
  const walk = walkWith();
  walk.setReg(1, byte);
  store(walk, 10, -8, 8, 1);
  assert.notEqual(walk.reg(1).id, 0);
  assert.equal(load(walk, 10, -8, 8).id, walk.reg(1).id);
  // The lowest byte of it is all of it.
  assert.equal(load(walk, 10, -8, 1).id, walk.reg(1).id);

  const before = walkWith({ era: 601, src: 1 });
  before.setReg(1, byte);
  store(before, 10, -8, 8, 1);
  assert.equal(before.reg(1).id, 0);
});

test("a part of a spilled number is some number, and zero when the number is", () => {
  const walk = walkWith();
  walk.setReg(1, byte);
  store(walk, 10, -8, 8, 1);
  assert.equal(load(walk, 10, -4, 4).bounds.umaxLo, -1);
  walk.setReg(1, scalar(ZERO));
  store(walk, 10, -8, 8, 1);
  assert.equal(load(walk, 10, -4, 4).bounds, ZERO);
});

test("loads of what was not written give some number", () => {
  const walk = walkWith();
  assert.equal(load(walk, 10, -64, 8), UNKNOWN_SCALAR);
  assert.equal(load(walk, 10, -64, 1).bounds.umaxLo, 255);
  assert.equal(load(walk, 10, -64, 1, { signExtend: true }).bounds.sminLo, -128);
});

test("the stack has 512 bytes, below the frame pointer", () => {
  const walk = walkWith();
  walk.setReg(1, byte);
  assert.deepEqual(
    refusal(() => store(walk, 10, -520, 8, 1)),
    { text: "invalid write to stack R10 off=-520 size=8", code: "EACCES" },
  );
  assert.deepEqual(
    refusal(() => load(walk, 10, 0, 8)),
    { text: "invalid read from stack R10 off=0 size=8", code: "EACCES" },
  );
  assert.equal(refusal(() => load(walk, 10, -4, 8))?.text, "misaligned stack access off 0+0+-4 size 8");
  assert.equal(
    refusal(() => load(walkWith({ era: 601 }), 10, -4, 8))?.text,
    "misaligned stack access off (0x0; 0x0)+0+-4 size 8",
  );
});

test("immediates are spilled numbers; zeroes that are not at the start of a slot are bytes of zero", () => {
  const walk = walkWith({ opcode: 0x62, imm: 7 });
  store(walk, 10, -8, 8, -1);
  assert.deepEqual(load(walk, 10, -8, 8).bounds, constant(7, 0));
  const zero = walkWith({ opcode: 0x62, imm: 0 });
  store(zero, 10, -4, 4, -1);
  assert.equal(load(zero, 10, -4, 4).bounds, ZERO);
  assert.equal(load(zero, 10, -8, 8).bounds, UNKNOWN);
});

test("a store at a variable offset overwrites whatever it may reach", () => {
  const walk = walkWith();
  walk.setReg(1, pointer(PTR_TO_CTX));
  store(walk, 10, -8, 8, 1);
  store(walk, 10, -24, 8, 1);
  // -16 or -8.
  const offset = loaded(1).copy();
  Object.assign(offset, { valueLo: -16, valueHi: -1, maskLo: 8, maskHi: 0, sminLo: -16, sminHi: -1, smaxLo: -8, smaxHi: -1 });
  walk.setReg(2, but(pointer(PTR_TO_STACK), { bounds: offset }));
  store(walk, 2, 0, 8, 1);
  assert.equal(load(walk, 10, -8, 8), UNKNOWN_SCALAR);
  assert.equal(load(walk, 10, -24, 8).type, PTR_TO_CTX);
  assert.equal(load(walk, 2, 0, 8).type, SCALAR);
  assert.match(
    refusal(() => load(walk, 2, 16, 8))?.text ?? "",
    /^invalid variable-offset read from stack R2 var_off=\S+; 0x8\) off=16/,
  );
});

test("bytes of a dynptr are not read, and a store destroys it as a whole", () => {
  const walk = walkWith();
  load(walk, 10, -16, 8);
  const half = but(UNINITIALISED, { id: 3, firstSlot: false });
  walk.frame.stack[0] = new Slot(everyKind(SLOT_DYNPTR), half);
  walk.frame.stack[1] = new Slot(everyKind(SLOT_DYNPTR), but(half, { firstSlot: true }));
  assert.equal(refusal(() => load(walk, 10, -8, 1))?.text, "invalid read from stack off -8+0 size 1");
  walk.setReg(1, byte);
  store(walk, 10, -8, 1, 1);
  assert.equal(walk.frame.stack[1]!.kinds, 0);
  assert.equal(load(walk, 10, -16, 8), UNKNOWN_SCALAR);
});
