import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { but } from "../memory/testing.ts";
import { constant } from "../numbers/bounds.ts";
import { Frame } from "../state/frame.ts";
import { pointer, type Reg } from "../state/register.ts";
import { everyKind, SLOT_SPILL, Slot } from "../state/slot.ts";
import { State } from "../state/state.ts";
import { PTR_TO_PACKET, PTR_TO_PACKET_END, PTR_TO_PACKET_META } from "../state/types.ts";
import { JEQ, JGE, JGT, JLE, JLT } from "./branches.ts";
import { matchPacketPointers, packetBranchTaken } from "./packets.ts";

const END = pointer(PTR_TO_PACKET_END);
const packet = (fields: Partial<Reg> = {}): Reg => but(pointer(PTR_TO_PACKET), fields);

/** r1 is compared with r2; r3 is where the packet begins, and so is what is spilled. */
function before(r1: Reg, r2: Reg): State {
  const frame = new Frame(-1, 0, 0);
  frame.regs[1] = r1;
  frame.regs[2] = r2;
  frame.regs[3] = packet();
  frame.stack = [new Slot(everyKind(SLOT_SPILL), packet())];
  return new State([frame]);
}

/** What r3 and the spill may reach after `r1 <condition> r2`, on both paths. */
function proven(condition: number, r1: Reg, r2: Reg): { readonly here: number; readonly there: number } {
  const here = before(r1, r2);
  const there = here.copy();
  matchPacketPointers(condition, 1, 2, here, there);
  for (const state of [here, there]) assert.equal(state.frame.regs[3]!.range, state.frame.stack[0]!.reg.range);
  return { here: here.frame.regs[3]!.range, there: there.frame.regs[3]!.range };
}

describe("a pointer 14 bytes into the packet, compared with its end", () => {
  const r1 = packet({ off: 14 });
  for (const [text, condition, here, there] of [
    ["r1 > end: not taken, 14 bytes are there", JGT, 14, 0],
    ["r1 >= end: not taken, one more is there", JGE, 15, 0],
    ["r1 <= end: taken, 14 bytes are there", JLE, 0, 14],
    ["r1 < end: taken, one more is there", JLT, 0, 15],
    ["r1 == end proves nothing", JEQ, 0, 0],
  ] as const)
    test(text, () => {
      assert.deepEqual(proven(condition, r1, END), { here, there });
    });
  test("the end on the left says the same", () => {
    assert.deepEqual(proven(JLT, END, r1), { here: 14, there: 0 });
    assert.deepEqual(proven(JGE, END, r1), { here: 0, there: 14 });
  });
});

test("other packet pointers gain nothing: those with another variable part, and those before the packet", () => {
  assert.deepEqual(proven(JGT, packet({ off: 14, id: 7 }), END), { here: 0, there: 0 });
  assert.deepEqual(proven(JGT, packet({ off: -1 }), END), { here: 0, there: 0 });
});

test("beyond the longest packet a sum might have wrapped", () => {
  assert.deepEqual(proven(JGT, packet({ off: 14, bounds: constant(0xffff, 0) }), END), { here: 0, there: 0 });
});

test("metadata is compared with where the packet begins, and nowhere else", () => {
  const here = before(but(pointer(PTR_TO_PACKET_META), { off: 4 }), packet());
  here.frame.regs[3] = pointer(PTR_TO_PACKET_META);
  const there = here.copy();
  matchPacketPointers(JGT, 1, 2, here, there);
  assert.equal(here.frame.regs[3]!.range, 4);
  assert.deepEqual(proven(JGT, pointer(PTR_TO_PACKET_META), packet({ off: 1 })), { here: 0, there: 0 });
});

test("a pointer that was found beyond the end is there still", () => {
  const beyond = packet({ range: -2 });
  const atOrBeyond = packet({ range: -1 });
  assert.equal(packetBranchTaken(beyond, END, JGT), 1);
  assert.equal(packetBranchTaken(beyond, END, JLE), 0);
  assert.equal(packetBranchTaken(atOrBeyond, END, JGT), -1, "it may be just at the end");
  assert.equal(packetBranchTaken(atOrBeyond, END, JGE), 1);
  assert.equal(packetBranchTaken(atOrBeyond, END, JLT), 0);
  assert.equal(packetBranchTaken(END, beyond, JLT), 1, "the end on the left");
  assert.equal(packetBranchTaken(packet({ range: 8 }), END, JGT), -1);
  assert.equal(packetBranchTaken(packet(), packet(), JGT), -1);
});
