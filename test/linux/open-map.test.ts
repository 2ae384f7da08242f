/** A map that somebody else made is opened by its number, and reads and writes as its types in the kernel say. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { scenariosOf } from "./scenario.ts";
import "../kernel/leaks.ts";
import { needs, noEngine, noMounts, PRIVATE_MOUNTS } from "./this-kernel.ts";

const run = scenariosOf("./open-map.scenarios.ts");

const skip = noEngine || needs("5.0");

const ROW = {
  flag: 1,
  port: 443,
  low: 5,
  high: 4097,
  color: 1,
  either: { word: 7, half: 7 },
  total: 2 ** 63,
};

const noMount = noMounts();

describe("maps that somebody else made", { skip }, () => {
  for (const [name, expected, prefix] of [
    [
      "by number",
      {
        name: "rich",
        shape: ["hash", 8, 32, 16, 0],
        before: ROW,
        seen: { ...ROW, either: { word: 9, half: 9 } },
        cpus: true,
        bare: [{ 0: 4, 1: 4, 2: 4, 3: 4, 4: 4 }],
      },
    ],
    ["outlives who made it", { length: 1, closed: "MapError closed", gone: "MapError not-found" }],
    ["for reading alone", { refused: ["MapError unsupported", "MapError unsupported"], total: true }],
    ["by name", { value: ROW, refused: "MapError unsupported", absent: "PinError not-found" }, PRIVATE_MOUNTS],
    ["what is not there", ["MapError not-found", "MapError not-found", "PinError file-system"]],
  ] as const) {
    test(name, { skip: prefix !== undefined && noMount }, async () => {
      const result = await run(name, prefix);
      assert.deepEqual(result, expected);
    });
  }
});
