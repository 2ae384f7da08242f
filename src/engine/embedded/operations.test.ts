/** The numbers in the interpreter's case labels are those of the table. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { OPERATION } from "./operations.ts";

test("every case label of the interpreter carries its operation's number", () => {
  const source = readFileSync(new URL("interpreter.ts", import.meta.url), "utf8");
  const labels = new Map<string, number>();
  // The name stands in a comment behind the label, or on the first line of its block.
  for (const [, number, name] of source.matchAll(/case (\d+):(?: \{)?\s*\/\/ (\w+)/g)) labels.set(name!, Number(number));
  const { invalid: _, ...expected } = OPERATION;
  assert.deepEqual(Object.fromEntries(labels), expected);
});

test("numbers are dense, for a jump table", () => {
  const numbers = Object.values(OPERATION);
  assert.deepEqual(
    [...numbers].sort((a, b) => a - b),
    numbers.map((_, index) => index),
  );
});
