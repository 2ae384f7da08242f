import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { but } from "../memory/testing.ts";
import { constant, UNKNOWN } from "../numbers/bounds.ts";
import { Frame } from "../state/frame.ts";
import { pointer, type Reg, scalar, UNINITIALISED, UNKNOWN_SCALAR } from "../state/register.ts";
import { everyKind, SLOT_ITER, SLOT_MISC, SLOT_SPILL, SLOT_ZERO, Slot } from "../state/slot.ts";
import { State } from "../state/state.ts";
import { PTR_TO_PACKET, PTR_TO_STACK } from "../state/types.ts";
import { EXACT, iterationsDiffer, type Likeness, mayBeLooping, NOT_EXACT, RANGE_WITHIN, statesEqual } from "./equal.ts";
import { IdMap } from "./ids.ts";

/** One frame with r6, and below its frame pointer the slots. */
function state(r6: Reg, ...slots: readonly Slot[]): State {
  const frame = new Frame(-1, 0, 0);
  frame.regs[6] = r6;
  frame.stack = [...slots];
  return new State([frame]);
}

function equal(old: State, cur: State, likeness: Likeness = NOT_EXACT, readsUninitialised = true): boolean {
  const conditions = { readsUnwritten: false };
  const liveRegisters = Uint16Array.of(1 << 6);
  return statesEqual({ ids: new IdMap(), lastId: 1000, liveRegisters, readsUninitialised, conditions }, old, cur, likeness);
}

const number = (value: number, fields: Partial<Reg> = {}): Reg => but(scalar(constant(value, 0)), fields);
const spilled = (reg: Reg) => new Slot(everyKind(SLOT_SPILL), reg);
const MISC = new Slot(everyKind(SLOT_MISC), UNINITIALISED);
const ZERO = new Slot(everyKind(SLOT_ZERO), UNINITIALISED);

describe("numbers", () => {
  test("that nobody relied on are all the same", () => assert.ok(equal(state(number(1)), state(number(2)))));
  test("that somebody relied on must lie within", () => {
    const old = state(but(UNKNOWN_SCALAR, { precise: true }));
    assert.ok(equal(old, state(number(2))));
    assert.ok(!equal(state(number(2, { precise: true })), state(UNKNOWN_SCALAR)));
  });
  test("must lie within while it is not known what is relied on", () => {
    assert.ok(!equal(state(number(1)), state(number(2)), RANGE_WITHIN));
    assert.ok(equal(state(UNKNOWN_SCALAR), state(number(2)), RANGE_WITHIN));
    assert.ok(!equal(state(UNKNOWN_SCALAR), state(number(2)), EXACT));
  });
  test("are no pointers", () => assert.ok(!equal(state(number(1)), state(pointer(PTR_TO_STACK)))));
  test("are anything where nothing was set", () => assert.ok(equal(state(UNINITIALISED), state(number(1)))));
});

describe("packet pointers", () => {
  const packet = (range: number): Reg => but(pointer(PTR_TO_PACKET), { range });
  test("may reach further than before", () => assert.ok(equal(state(packet(8)), state(packet(14)))));
  test("may not reach less far", () => assert.ok(!equal(state(packet(14)), state(packet(8)))));
  test("beyond the end are told apart", () => assert.ok(!equal(state(packet(-1)), state(packet(8)))));
});

describe("the stack", () => {
  const r6 = UNINITIALISED;
  test("written before and not now is not the same, unless it may be read unwritten", () => {
    assert.ok(!equal(state(r6, MISC), state(r6), NOT_EXACT, false));
    assert.ok(equal(state(r6, MISC), state(r6)));
    assert.ok(!equal(state(r6, ZERO), state(r6)));
  });
  test("written now and not before is the same", () => assert.ok(equal(state(r6), state(r6, MISC))));
  test("something may be zero, zero may not be something", () => {
    assert.ok(equal(state(r6, MISC), state(r6, ZERO), NOT_EXACT, false));
    assert.ok(!equal(state(r6, ZERO), state(r6, MISC)));
  });
  test("a spilled number is held against another", () => {
    assert.ok(equal(state(r6, spilled(number(1))), state(r6, spilled(number(2)))));
    assert.ok(!equal(state(r6, spilled(number(1, { precise: true }))), state(r6, spilled(number(2)))));
    assert.ok(
      equal(state(r6, spilled(but(scalar(UNKNOWN), { precise: true }))), state(r6, MISC)),
      "a load of either is any number",
    );
    assert.ok(!equal(state(r6, spilled(pointer(PTR_TO_STACK))), state(r6, MISC)));
  });
  test("every byte is alike when that is asked", () => assert.ok(!equal(state(r6, MISC), state(r6, ZERO), RANGE_WITHIN)));
});

test("locks, references and sections are the same", () => {
  const locked = state(UNINITIALISED);
  locked.activeRcuLocks = 1;
  assert.ok(!equal(state(UNINITIALISED), locked));
  const held = (kind: "pointer" | "irq", id: number) => {
    const to = state(UNINITIALISED);
    to.references = [{ kind, id, slot: 3, lockOf: null, lockId: 0, irqClass: 0, callbackFrame: -1 }];
    return to;
  };
  assert.ok(equal(held("pointer", 1), held("pointer", 2)), "other ids of as many");
  assert.ok(!equal(held("pointer", 1), state(UNINITIALISED)));
  assert.ok(!equal(held("pointer", 1), held("irq", 1)));
});

test("a loop that changes nothing is endless, one whose iterator went on is not", () => {
  const iterating = (iterDepth: number): State =>
    state(number(1), new Slot(everyKind(SLOT_ITER), but(pointer(PTR_TO_STACK), { iterState: 1, iterDepth })));
  assert.ok(mayBeLooping(iterating(1), iterating(1)));
  assert.ok(!mayBeLooping(state(number(1)), state(number(2))));
  assert.ok(equal(iterating(1), iterating(2), EXACT), "how often it was walked is no part of what it is");
  assert.ok(iterationsDiffer(iterating(1), iterating(2)));
  assert.ok(!iterationsDiffer(iterating(1), iterating(1)));
});
