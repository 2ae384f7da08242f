/** What becomes of loops: state machines, first rounds, counters. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { prepared } from "../../../../test/jit/prepared.ts";
import { countLoops } from "./counted.ts";
import { peel } from "./peel.ts";
import { threadStates } from "./threads.ts";

const MACHINE = `
  r0 = 0
  r2 = 0
  w3 = 0
next:
  r4 = r1
  r4 += r2
  r4 = *(u8 *)(r4 + 0)
  if w3 == 1 goto one
  if r4 == 32 goto go
  w3 = 1
  if r4 != 34 goto go
  w3 = 0
  goto go
one:
  if r4 == 10 goto back
  r0 += 1
  if r4 == 35 goto go
  w3 = 1
  goto go
back:
  w3 = 0
go:
  r2 += 1
  if r2 != 100 goto next
  exit`;

describe("a state machine", () => {
  const { program, flow } = prepared(MACHINE);
  const threaded = threadStates(program, flow, []);

  test("goes back to the same state without asking for it", () => {
    const copies = threaded.last.length - flow.last.length;
    assert.ok(copies > 0, "some way is written once more");
    // The block that asks for the state has two ways out; some copy of it has one, and it leads to the state.
    const asks = flow.successors.findIndex((list, block) => list.length === 2 && flow.last[block] === 6);
    const decided = [...threaded.first.subarray(flow.last.length)].map(
      (first, at) => first === flow.first[asks] && threaded.successors[flow.last.length + at]!.length === 1,
    );
    assert.ok(decided.includes(true));
  });

  test("stays what it is where the next state is not known", () => {
    const unknown = prepared(MACHINE.replace("next:", "next:\nr3 = *(u32 *)(r10 - 8)"));
    assert.equal(threadStates(unknown.program, unknown.flow, []), unknown.flow);
  });
});

describe("in checked mode", () => {
  const { program, flow } = prepared(
    "r0 = 0\nr2 = 0\ntop:\nr3 = r1\nr3 += r2\nr3 = *(u8 *)(r3 + 0)\nr0 += r3\nr2 += 1\nif r2 != 60 goto top\nexit",
  );

  test("the first round of a loop is written before it", () => {
    const peeled = peel(program, flow);
    assert.equal(peeled.last.length, flow.last.length + 1);
    const copy = flow.last.length;
    assert.deepEqual(peeled.successors[0], [copy]);
    assert.deepEqual(peeled.successors[copy], flow.successors[1]);
  });

  test("a loop that counts is known as one, and so is what it counts with", () => {
    const { counters } = countLoops(program, flow);
    assert.deepEqual(
      counters.map(({ header, steps }) => ({ header, steps })),
      [{ header: 1, steps: [{ register: 2, by: 1, narrow: false }] }],
    );
  });

  test("a register that changes otherwise, too, does not count", () => {
    const other = prepared("r2 = 0\ntop:\nr2 += 1\nr2 *= 3\nif r2 != 60 goto top\nexit");
    assert.deepEqual(countLoops(other.program, other.flow).counters, []);
  });
});
