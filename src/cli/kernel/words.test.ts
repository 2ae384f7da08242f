import assert from "node:assert/strict";
import { test } from "node:test";
import { age, referenceOf } from "./words.ts";

test("how long ago, in the unit that says enough", () => {
  const now = Date.UTC(2026, 0, 10);
  for (const [seconds, text] of [
    [0, "0 s ago"],
    [99, "99 s ago"],
    [100, "1 min ago"],
    [5999, "99 min ago"],
    [6000, "1 h ago"],
    [172_799, "47 h ago"],
    [172_800, "2 d ago"],
    // Two clocks are not one.
    [-2, "0 s ago"],
  ] as const)
    assert.equal(age(new Date(now - seconds * 1000), now), text);
  assert.equal(age(null, now), "");
});

test("what is a number, and what a name", () => {
  assert.deepEqual(["12", "drops", "/sys/fs/bpf/12", "12a", ""].map(referenceOf), [12, "drops", "/sys/fs/bpf/12", "12a", ""]);
});
