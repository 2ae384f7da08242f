import assert from "node:assert/strict";
import { test } from "node:test";
import { realClock, virtualClock } from "../clock.ts";
import { Timers } from "./timers.ts";

const OWNER = { name: "blink" };

/** A timer that starts itself anew after so many nanoseconds whenever it fires. */
function endless(timers: Timers, after: bigint): { count: number } {
  const fired = { count: 0 };
  const callback = (): number => {
    fired.count++;
    timers.start(1, after, false);
    return 10;
  };
  timers.add(1);
  timers.setCallback(1, callback, OWNER);
  timers.start(1, after, false);
  return fired;
}

for (const after of [0n, 1n]) {
  test(`a timer that starts itself anew after ${after} ns does not hold up a clock that is set to a time years away`, () => {
    const clock = virtualClock();
    const timers = new Timers(
      clock,
      () => false,
      () => {},
    );
    const fired = endless(timers, after);
    assert.throws(() => clock.advance(1e17), {
      name: "FaultError",
      message: "blink: timers fired too often on the way to the time that the clock was set to; move it in smaller steps",
    });
    // The clock stands where it came to, and goes on from there.
    const before = fired.count;
    assert.ok(before > 1_000_000);
    if (after > 0n) clock.advance(5);
    if (after > 0n) assert.equal(fired.count, before + 5);
  });
}

test("with the real clock, one that is due at once again lets the host's other work come between", () => {
  const timers = new Timers(
    realClock(),
    () => false,
    () => {},
  );
  const fired = endless(timers, 0n);
  const work = timers.fire();
  assert.ok(fired.count > 1_000 && work > 26 * 1_000, `${fired.count}`);
  timers.close();
});

test("of 100,000 timers each fires at its time, however often they were started before", () => {
  const clock = virtualClock();
  const timers = new Timers(
    clock,
    () => false,
    () => {},
  );
  const order: number[] = [];
  for (let timer = 0; timer < 100_000; timer++) {
    timers.add(timer);
    const callback = (): number => {
      order.push(timer);
      return 0;
    };
    timers.setCallback(timer, callback, OWNER);
    for (const time of [5n, 3n, BigInt((timer * 7_919) % 1_000) + 10n]) timers.start(timer, time, true);
  }
  timers.cancel(77);
  clock.advance(2_000);
  assert.equal(order.length, 99_999);
  assert.deepEqual(
    order,
    Array.from({ length: 100_000 }, (_, timer) => timer)
      .filter((timer) => timer !== 77)
      .sort((a, b) => ((a * 7_919) % 1_000) - ((b * 7_919) % 1_000) || a - b),
  );
  assert.equal(timers.next, null);
});
