/** Atomic instructions do the same in a memory that workers share as in one of this thread alone. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AtomicUnit } from "./atomics.ts";
import { Memory } from "./memory.ts";

const memories = [new Memory({ size: 1 << 18 }), new Memory({ size: 1 << 18, shared: true })];
const ADDRESS = 0x1_0000;
const i32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const pair = fc.tuple(i32, i32);

/** Memory and registers after `act`, in both memories. */
function both(
  initial: readonly number[],
  registers: readonly number[],
  act: (unit: AtomicUnit, r: Int32Array) => void,
): unknown[] {
  return memories.map((memory) => {
    const words = memory.words.subarray(ADDRESS >>> 2, (ADDRESS >>> 2) + 2);
    words.set(initial);
    const file = Int32Array.from(registers);
    act(new AtomicUnit(memory), file);
    return { words: [...words], registers: [...file] };
  });
}

for (const [name, code] of [
  ["add", 0x00],
  ["or", 0x40],
  ["and", 0x50],
  ["xor", 0xa0],
  ["xchg", 0xe1],
  ["cmpxchg", 0xf1],
] as const) {
  test(`${name} of 4 and 8 bytes, with and without fetch`, () => {
    fc.assert(
      fc.property(pair, pair, pair, fc.boolean(), fc.boolean(), (memory, r0, r1, fetch, equal) => {
        const file = [...(equal ? memory : r0), ...r1];
        const operation = code | (fetch ? 1 : 0);
        const [plain4, shared4] = both(memory, file, (unit, r) => unit.modify32(ADDRESS, operation, r, 2));
        assert.deepEqual(shared4, plain4);
        const [plain8, shared8] = both(memory, file, (unit, r) => unit.modify64(ADDRESS, operation, r, 2));
        assert.deepEqual(shared8, plain8);
      }),
    );
  });
}

test("load-acquire and store-release of every size", () => {
  fc.assert(
    fc.property(pair, pair, fc.constantFrom(1, 2, 4, 8), (memory, value, size) => {
      const [plain, shared] = both(memory, [-1, -1], (unit, r) => {
        unit.storeRelease(ADDRESS, size, ...value);
        unit.loadAcquire(ADDRESS, size, r, 0);
      });
      assert.deepEqual(shared, plain);
    }),
  );
});
