/** Logs as people have them: with what a loader printed around. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutFrame } from "../../src/cli/loader-output.ts";

test("libbpf marks where a log begins and ends; the last one counts", () => {
  const lines = [
    "libbpf: loading main.o",
    "libbpf: -- BEGIN PROG LOAD LOG --",
    "R1 !read_ok",
    "-- END PROG LOAD LOG --",
    "libbpf: -- BEGIN PROG LOAD LOG --",
    "0: (95) exit",
    "R0 !read_ok",
    "-- END PROG LOAD LOG --",
    "libbpf: failed to load object 'main.o'",
  ];
  assert.deepEqual(withoutFrame(lines), ["0: (95) exit", "R0 !read_ok"]);
  assert.deepEqual(withoutFrame(lines.slice(4, 7)), ["0: (95) exit", "R0 !read_ok"], "a log that was cut has no end");
});

test("without marks, the loaders' own lines go", () => {
  assert.deepEqual(withoutFrame(["Error: failed to load", "0: (95) exit", "R0 !read_ok", "[  12.5] oops"]), [
    "0: (95) exit",
    "R0 !read_ok",
  ]);
});
