/** Maps that programs of this kernel and an application share: kind by kind, filled from the start or later, going on from one load to the next. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { scenariosOf } from "./scenario.ts";
import "../kernel/leaks.ts";
import { needs, noEngine, noTypes } from "./this-kernel.ts";

const run = scenariosOf("./maps.scenarios.ts");

describe("maps of the kernel", { skip: noEngine || needs("6.1") }, () => {
  for (const [name, expected, missing] of [
    [
      "maps in maps",
      {
        before: 42,
        names: [
          [1, "first"],
          [2, "second"],
        ],
        changed: 43,
        deleted: true,
        after: [-1, true, true],
        wrong: "MapError invalid",
      },
      false,
    ],
    ["program arrays", { names: [[2, "second_step"]], jumps: 77, after: -1, beyond: "gave false" }, false],
    [
      "queues and stacks",
      { full: "MapError full", peeked: 2, moved: [true, 4, 3, 3, 2, true], cleared: true, length: "MapError unsupported" },
      false,
    ],
    ["bloom filters", [true, false], false],
    ["a ring that programs read", { waiting: 48, drained: 3, answer: 123, left: 4096, full: "MapError full", count: 256 }, false],
    ["arrays as memory, empty once they are gone", { read: 123, plain: "MapError unsupported", length: 0 }, false],
    ["arenas", { status: 0, value: 7, place: true, pages: "MapError unsupported" }, noTypes || needs("6.9")],
    [
      "sockets in a map",
      {
        answer: "hello",
        ran: [true, true],
        after: [0, 0],
        descriptions: ["sk_msg on sockets", "sk_skb/stream_verdict on sockets"],
      },
      false,
    ],
    [
      "maps go on",
      {
        value: 5,
        refused: [
          "map first cannot be reused: its maxEntries is 4, the Spec declares 5; load without it, or give the map another name",
          "map first cannot be reused: its type is array, the Spec declares hash; load without it, or give the map another name",
        ],
        left: [],
      },
      false,
    ],
    [
      "an interface of the kernel",
      {
        description: "tcp_congestion_ops skep_test",
        before: false,
        during: true,
        twice: "skep_test is attached already: detach it first",
        after: false,
        gone: true,
        left: [],
      },
      noTypes || needs("6.4"),
    ],
    [
      "names of the kernel",
      { verdict: 0, version: true, hz: true, cookie: 1, text: true, absent: 0, found: 1 },
      noTypes || (existsSync("/proc/config.gz") ? false : "the kernel does not tell its configuration"),
    ],
  ] as const) {
    test(name, { skip: missing }, async () => {
      const result = await run(name);
      assert.deepEqual(result, expected);
    });
  }
});
