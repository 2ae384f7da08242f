import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FEW, MANY, Pace } from "./pace.ts";

const SIZE = 1 << 20;

describe("how the next records are waited for", () => {
  test("few: the kernel wakes us for each", () => {
    const pace = new Pace(SIZE);
    for (let now = 0; now < 100; now++) assert.equal(pace.note(1, 72, now), "woken");
  });

  test("many at once, or soon one after the other: a timer", () => {
    assert.equal(new Pace(SIZE).note(MANY, MANY * 72, 5), "timer");
    const pace = new Pace(SIZE);
    const answers = Array.from({ length: MANY }, (_, at) => pace.note(1, 72, 5 + at / 100));
    assert.deepEqual([answers.indexOf("timer"), answers.at(-1)], [MANY - 1, "timer"]);
  });

  test("as long as the timer finds some; then the kernel again", () => {
    const pace = new Pace(SIZE);
    pace.note(MANY, MANY * 72, 0);
    assert.equal(pace.note(FEW, FEW * 72, 1.1), "timer");
    assert.equal(pace.note(FEW - 1, FEW * 72, 2.2), "woken");
    assert.equal(pace.note(1, 72, 2.3), "woken");
  });

  test("a buffer that fills faster than a timer can look is looked at all the time, until it does not any more", () => {
    const pace = new Pace(SIZE);
    assert.equal(pace.note(1000, SIZE / 2, 0), "turn");
    // Within the millisecond nothing is decided by a look that found little.
    assert.equal(pace.note(1, 72, 0.01), "turn");
    assert.equal(pace.note(5000, SIZE / 2, 1.1), "turn");
    assert.equal(pace.note(100, 7200, 2.2), "timer");
    assert.equal(pace.note(0, 0, 3.3), "woken");
  });
});
