import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CaptureBatch } from "./batch.ts";
import { ticksOf, writeTime } from "./ticks.ts";

/** Seconds and nanoseconds of a tick count. */
function timeOf(count: bigint, resolution: number, offset = 0): [seconds: number, nanoseconds: number] {
  const batch = new CaptureBatch();
  writeTime(batch, 0, ticksOf(resolution, offset), Number(count >> 32n), Number(count & 0xffff_ffffn));
  return [batch.seconds[0]!, batch.nanoseconds[0]!];
}

describe("ticks", () => {
  it("count milliseconds, microseconds, nanoseconds, or parts of a second by powers of two", () => {
    assert.deepEqual(timeOf(1_500n, 3), [1, 500_000_000]);
    assert.deepEqual(timeOf(1_500_000n, 6), [1, 500_000_000]);
    assert.deepEqual(timeOf(1_500_000_001n, 9), [1, 500_000_001]);
    assert.deepEqual(timeOf(3n << 31n, 0x80 | 32), [1, 500_000_000]);
  });

  it("are counted from another origin than 1970 where the interface says so", () => {
    assert.deepEqual(timeOf(7n, 0, 1_700_000_000), [1_700_000_007, 0]);
    assert.deepEqual(timeOf(7n, 0, -10), [-3, 0]);
  });

  it("are split exactly, next to a whole second too, where a double of all of them would not be", () => {
    const seconds = fc.bigInt({ min: 0n, max: 18_000_000_000n });
    const beside = fc.bigInt({ min: -300n, max: 300n });
    fc.assert(
      fc.property(seconds, beside, fc.constantFrom(6, 7, 8, 9), (whole, offset, resolution) => {
        const perSecond = 10n ** BigInt(resolution);
        const count = BigInt.asUintN(64, whole * perSecond + offset);
        assert.deepEqual(timeOf(count, resolution), [
          Number(count / perSecond),
          Number(((count % perSecond) * 1_000_000_000n) / perSecond),
        ]);
      }),
      { numRuns: 5000 },
    );
  });

  it("of any resolution and number give a time", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.integer({ min: 0, max: 255 }), (count, resolution) => {
        const [seconds, nanoseconds] = timeOf(count, resolution);
        const perSecond = BigInt(resolution & 0x80 ? 2 : 10) ** BigInt(resolution & 0x7f);
        assert.equal(seconds, Number(count / perSecond));
        assert.equal(nanoseconds, Number(((count % perSecond) * 1_000_000_000n) / perSecond));
      }),
      { numRuns: 2000 },
    );
  });
});
