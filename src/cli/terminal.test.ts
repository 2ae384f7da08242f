import assert from "node:assert/strict";
import { test } from "node:test";
import { counted } from "./terminal.ts";

test("one is told as one, and everything else as many", () => {
  assert.deepEqual(
    [counted(0, "program"), counted(1, "program"), counted(1n, "entry", "entries"), counted(12_345, "entry", "entries")],
    ["0 programs", "1 program", "1 entry", "12,345 entries"],
  );
});
