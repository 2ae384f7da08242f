/** The linear memory: what is given out, what is left, what comes back. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ALIGNMENT, Memory, PAGE, type Region } from "./memory.ts";

const MIB = 1 << 20;

test("the first 64 KiB are never given out, so that null pointers hit nothing", () => {
  const memory = new Memory({ size: MIB });
  assert.ok(memory.allocate(8, "first").start >= PAGE);
});

test("regions are aligned to cache lines, and zero, also where something was before", () => {
  const memory = new Memory({ size: MIB });
  const first = memory.allocate(100, "first");
  memory.bytes.fill(0xff, first.start, first.start + first.size);
  memory.release(first);
  const second = memory.allocate(200, "second");
  assert.equal(second.start % ALIGNMENT, 0);
  assert.ok(memory.bytes.subarray(second.start, second.start + 200).every((byte) => byte === 0));
});

test("when it is full, it says what was asked for and what is there", () => {
  const memory = new Memory({ size: MIB });
  assert.throws(() => memory.allocate(2 * MIB, "values of drops", "drops"), {
    name: "MapError",
    code: "memory",
    map: "drops",
    message:
      "values of drops: needs 2097216 bytes of the engine's 1048576; 983040 are free, 983040 in one piece (declare fewer entries, or open the engine with more memory)",
  });
});

test("releasing what was not given out is refused", () => {
  const memory = new Memory({ size: MIB });
  const region = memory.allocate(8, "once");
  memory.release(region);
  assert.throws(() => memory.release(region), RangeError);
});

test("sizes that make no sense are refused", () => {
  for (const size of [0, -1, Number.NaN, PAGE, 5 * 1024 * MIB]) assert.throws(() => new Memory({ size }), RangeError);
});

test("a shared memory is a SharedArrayBuffer", () => {
  assert.ok(new Memory({ size: MIB, shared: true }).buffer instanceof SharedArrayBuffer);
});

test("whatever is taken and given back, regions never overlap and nothing is lost", () => {
  const actions = fc.array(fc.record({ take: fc.boolean(), size: fc.integer({ min: 1, max: 60_000 }), which: fc.nat() }), {
    maxLength: 100,
  });
  fc.assert(
    fc.property(actions, (list) => {
      const memory = new Memory({ size: MIB });
      const live: Region[] = [];
      for (const { take, size, which } of list) {
        if (take) {
          try {
            live.push(memory.allocate(size, "piece"));
          } catch {
            assert.ok(memory.free < MIB - PAGE);
          }
        } else if (live.length > 0) {
          memory.release(live.splice(which % live.length, 1)[0]!);
        }
        const sorted = [...live].sort((a, b) => a.start - b.start);
        assert.deepEqual(memory.regions, sorted);
        for (const [index, { start, size }] of sorted.entries()) {
          assert.ok(start + size <= (sorted[index + 1]?.start ?? MIB));
          assert.equal(memory.regionAt(start + size - 1), sorted[index]);
        }
      }
      for (const region of live) memory.release(region);
      assert.equal(memory.used, 0);
      assert.equal(memory.allocate(MIB - PAGE - ALIGNMENT, "all").start, PAGE, "in one piece again");
    }),
    { numRuns: 50 },
  );
});
