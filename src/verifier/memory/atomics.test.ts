import assert from "node:assert/strict";
import { test } from "node:test";
import { constant } from "../numbers/bounds.ts";
import { pointer, scalar, UNKNOWN_SCALAR } from "../state/register.ts";
import { PTR_TO_ARENA, PTR_TO_CTX, PTR_TO_MAP_VALUE, PTR_TO_STACK } from "../state/types.ts";
import { checkAtomic } from "./access.ts";
import { but, type Given, load, mapWith, refusal, store, walkWith } from "./testing.ts";

const ADD_FETCH = 0x01;
const OR_FETCH = 0x41;
const COMPARE_EXCHANGE = 0xf1;
const LOAD_ACQUIRE = 0x100;
const STORE_RELEASE = 0x110;

/** 8 bytes through r1 with r2; a number in r2, and in r1 a pointer to the last 8 bytes of stack. */
function atomic(imm: number, given: Given = {}): ReturnType<typeof walkWith> {
  const walk = walkWith({ opcode: 0xdb, dst: 1, src: 2, imm, ...given });
  walk.setReg(1, but(pointer(PTR_TO_STACK), { off: -8 }));
  walk.setReg(2, scalar(constant(7, 0)));
  return walk;
}

test("what is fetched is some number, and what is stored too", () => {
  const walk = atomic(ADD_FETCH);
  store(walk, 10, -8, 8, 2);
  checkAtomic(walk);
  assert.equal(load(walk, 10, -8, 8), UNKNOWN_SCALAR);
});

test("a compare and exchange needs r0, and writes it", () => {
  const walk = atomic(COMPARE_EXCHANGE);
  assert.equal(refusal(() => checkAtomic(walk))?.text, "R0 !read_ok");
  walk.setReg(0, scalar(constant(1, 0)));
  checkAtomic(walk);
  assert.equal(walk.reg(0), UNKNOWN_SCALAR);
});

test("memory is read and written, and aligned whatever the target says", () => {
  const walk = atomic(ADD_FETCH);
  const readOnly = but(pointer(PTR_TO_MAP_VALUE), { map: mapWith({ flags: 1 << 7 }) });
  walk.setReg(1, readOnly);
  assert.match(refusal(() => checkAtomic(walk))?.text ?? "", /^write into map forbidden/);
  const misaligned = atomic(ADD_FETCH);
  misaligned.setReg(1, but(pointer(PTR_TO_MAP_VALUE), { map: mapWith({}), off: 4 }));
  assert.match(refusal(() => checkAtomic(misaligned))?.text ?? "", /^misaligned value access/);
});

test("contexts are rewritten by the kernel, so nothing atomic is done there", () => {
  const walk = atomic(ADD_FETCH);
  walk.setReg(1, pointer(PTR_TO_CTX));
  assert.equal(refusal(() => checkAtomic(walk))?.text, "BPF_ATOMIC stores into R1 ctx is not allowed");
});

test("in an arena, what takes a loop is not done", () => {
  const walk = atomic(ADD_FETCH);
  walk.setReg(1, pointer(PTR_TO_ARENA));
  checkAtomic(walk);
  const loop = atomic(OR_FETCH);
  loop.setReg(1, pointer(PTR_TO_ARENA));
  assert.equal(refusal(() => checkAtomic(loop))?.text, "BPF_ATOMIC stores into R1 arena is not allowed");
});

test("load-acquire and store-release are loads and stores, since 6.15", () => {
  const storing = atomic(STORE_RELEASE);
  checkAtomic(storing);
  assert.deepEqual(load(storing, 10, -8, 8).bounds, constant(7, 0));
  const loading = atomic(LOAD_ACQUIRE, { dst: 2, src: 1 });
  loading.setReg(3, scalar(constant(9, 0)));
  store(loading, 10, -8, 8, 3);
  checkAtomic(loading);
  assert.deepEqual(loading.reg(2).bounds, constant(9, 0));
  assert.equal(refusal(() => checkAtomic(atomic(LOAD_ACQUIRE, { era: 612 })))?.text, "BPF_ATOMIC uses invalid atomic opcode 100");
});
