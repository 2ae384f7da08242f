/** Clocks: nanoseconds in two halves. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Clock, realClock, virtualClock } from "./clock.ts";

const read = (clock: Clock): bigint => {
  const out = new Uint32Array(2);
  clock.read(out);
  return (BigInt(out[1]!) << 32n) | BigInt(out[0]!);
};

test("a virtual clock tells the time it was set to, exactly", () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.nat(999_999_999), (seconds, nanoseconds) => {
      assert.equal(read(virtualClock(seconds, nanoseconds)), BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
    }),
  );
});

test("it advances, and never goes back", () => {
  const clock = virtualClock(5);
  clock.advance(7_000_000_000);
  assert.equal(read(clock), 12_000_000_000n);
  clock.set(6, 0);
  assert.equal(read(clock), 12_000_000_000n);
  clock.set(12, 1);
  assert.equal(read(clock), 12_000_000_001n);
});

test("the real clock moves by itself and cannot be set", () => {
  const clock = realClock();
  const before = read(clock);
  assert.ok(read(clock) >= before);
  assert.equal(clock.set, undefined);
});
