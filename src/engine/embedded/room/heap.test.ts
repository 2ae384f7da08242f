import assert from "node:assert/strict";
import { test } from "node:test";
import { Memory } from "../memory.ts";
import { Heap } from "./heap.ts";

test("blocks are zero, apart from each other, and given out again", () => {
  const memory = new Memory({ size: 1 << 20 });
  const heap = new Heap(memory);
  const first = heap.allocate(40);
  const second = heap.allocate(40);
  assert.ok(first !== 0 && Math.abs(first - second) >= 64);
  memory.bytes.fill(0xff, first, first + 40);
  assert.equal(heap.free(first), true);
  assert.equal(heap.free(first), false, "it is free already");
  assert.equal(heap.allocate(33), first);
  assert.ok(memory.bytes.subarray(first, first + 33).every((byte) => byte === 0));
});

test("an address within a block tells where it begins and how long it is", () => {
  const heap = new Heap(new Memory({ size: 1 << 20 }));
  const block = heap.allocate(100);
  assert.equal(heap.startOf(block + 99), block);
  assert.equal(heap.startOf(block + 100), 0);
  assert.equal(heap.holds(block + 90, block + 100), true);
  assert.equal(heap.holds(block + 90, block + 101), false);
  heap.free(block);
  assert.equal(heap.startOf(block), 0);
});

test("when there is no memory, or a block would be too large, the address is 0", () => {
  const heap = new Heap(new Memory({ size: 1 << 18 }));
  assert.equal(heap.allocate(8193), 0);
  let blocks = 0;
  while (heap.allocate(8192) !== 0) blocks++;
  assert.ok(blocks > 0 && blocks < 32);
  assert.equal(heap.count, blocks);
});
