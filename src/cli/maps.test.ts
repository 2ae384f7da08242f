import assert from "node:assert/strict";
import { test } from "node:test";
import { inLine } from "./maps.ts";

test("values of any shape are one line for people", () => {
  assert.equal(
    inLine({ used: 4, name: "bash", next: null, bytes: Uint8Array.of(1, 255) }),
    '{ used: 4, name: "bash", next: null, bytes: "01ff" }',
  );
  assert.equal(inLine([1, 2n, 0]), "[1, 2, 0]");
});

test("long lists are cut, and say how much", () => {
  assert.equal(inLine([7, 8, ...new Array(500).fill(0)]), "[7, 8, … 500 zeroes]");
  assert.equal(inLine(new Array(9).fill({ hits: 0n })), "[… 9 zeroes]");
  assert.equal(inLine(Array.from({ length: 1070 }, () => 1)), `[${"1, ".repeat(64)}… 1,006 more]`);
});
