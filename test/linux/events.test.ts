/** Buffers and streams of this kernel: one waiter for many, room that is waited for, what programs print. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { scenariosOf } from "./scenario.ts";
import "../kernel/leaks.ts";
import { needs, noEngine, noTypes } from "./this-kernel.ts";

const run = scenariosOf("./events.scenarios.ts");

describe("buffers and streams of the kernel", { skip: noEngine }, () => {
  for (const [name, expected, missing] of [
    [
      "one waiter for many rings",
      {
        opened: 1,
        order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        accounted: 10_001,
        lost: true,
        others: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        left: 0,
      },
      needs("5.8"),
    ],
    ["room in a ring that programs read", { before: 0, given: "AbortError", drained: 256, sent: [1, 2], left: 32 }, needs("6.1")],
    [
      "streams",
      {
        verdict: 0,
        lines: 301,
        last: "line 299, which is long enough",
        errors: "error 0error 1",
        again: "",
        lines2: ["line 0, which is long enough", "line 1, which is long enough"],
        rest: 0,
      },
      noTypes || needs("6.18"),
    ],
  ] as const) {
    test(name, { skip: missing }, async (context) => {
      const result = await run(name);
      if ((result as { error?: number }).error === -12) {
        assert.deepEqual(result, { error: -12, read: ["", ""] });
        context.skip("this kernel has no memory for what programs print (ENOMEM); nothing is there to be read");
        return;
      }
      assert.deepEqual(result, expected);
    });
  }
});
