import assert from "node:assert/strict";
import { test } from "node:test";
import { but, mapWith, refusal, store } from "../memory/testing.ts";
import type { Reg } from "../state/register.ts";
import { PTR_MAYBE_NULL, PTR_TO_MEM, SCALAR } from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import { before, callOf, mapPointer, number, stackAt } from "./testing.ts";

const ring = mapWith({ type: "ringbuf", keySize: 0, valueSize: 0 });

/** Reserves 16 bytes by a dynptr at fp-16. */
function reserve(walk: Walk): void {
  callOf(walk, "bpf_ringbuf_reserve_dynptr", mapPointer(ring), number(16), number(0), stackAt(-16));
}

function slice(walk: Walk, bytes = 8): Reg {
  return callOf(walk, "bpf_dynptr_data", stackAt(-16), number(0), number(bytes));
}

test("a reserved dynptr holds a reference until it is submitted or discarded", () => {
  const walk = before("bpf_ringbuf_reserve_dynptr");
  reserve(walk);
  assert.equal(walk.state.references.length, 1);
  callOf(walk, "bpf_ringbuf_submit_dynptr", stackAt(-16), number(0));
  assert.equal(walk.state.references.length, 0);
  assert.equal(
    refusal(() => callOf(walk, "bpf_ringbuf_submit_dynptr", stackAt(-16), number(0)))?.text,
    "arg 1 is an unacquired reference",
  );
});

test("slices may be null, have their size, and end with the dynptr", () => {
  const walk = before("bpf_ringbuf_reserve_dynptr");
  reserve(walk);
  const data = slice(walk, 12);
  assert.equal(data.type, PTR_TO_MEM | PTR_MAYBE_NULL);
  assert.equal(data.memSize, 12);
  walk.setReg(6, but(data, { type: PTR_TO_MEM }));
  callOf(walk, "bpf_ringbuf_discard_dynptr", stackAt(-16), number(0));
  assert.equal(walk.reg(6).type, SCALAR);
});

test("a dynptr with a reference is not written over; what it is not, it is not read as", () => {
  const walk = before("bpf_ringbuf_reserve_dynptr");
  reserve(walk);
  walk.setReg(2, number(0));
  assert.equal(refusal(() => store(walk, 10, -8, 8, 2))?.text, "cannot overwrite referenced dynptr");
  assert.equal(
    refusal(() => callOf(walk, "bpf_dynptr_data", stackAt(-8), number(0), number(8)))?.text,
    "cannot pass in dynptr at an offset=-8\nExpected an initialized dynptr as arg #0",
  );
  assert.equal(
    refusal(() => callOf(before("bpf_dynptr_data"), "bpf_dynptr_data", stackAt(-16), number(0), number(8)))?.text,
    "Expected an initialized dynptr as arg #0",
  );
});

test("before 6.3 nobody looked at what writes over a dynptr", () => {
  const walk = before("bpf_ringbuf_reserve_dynptr", { era: 601 });
  reserve(walk);
  walk.setReg(2, number(0));
  store(walk, 10, -8, 8, 2);
  assert.notEqual(
    refusal(() => slice(walk)),
    null,
  );
});
