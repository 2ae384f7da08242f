/** What is pinned outlives the process, and is opened again by its name. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import "../kernel/leaks.ts";
import { scenariosOf } from "./scenario.ts";
import { needs, noEngine, noMounts, PRIVATE_MOUNTS } from "./this-kernel.ts";

const run = scenariosOf("./pins.scenarios.ts");

const skip = noEngine || needs("5.9") || noMounts();
/** A network of its own, too. */
const PRIVATE = ["unshare", "-n", ...PRIVATE_MOUNTS];

describe("pins", { skip }, () => {
  test("in a file system that is mounted nowhere", {
    skip: needs("6.5"),
  }, async () => {
    const result = await run("relative to a folder");
    assert.deepEqual(result, {
      kind: "map",
      twice: "PinError exists",
      absent: "PinError not-found",
      program: "PinError kind",
      left: [],
    });
  });

  test("programs and maps outlive who pinned them", async () => {
    const result = await run("outlives who pinned it", PRIVATE);
    assert.deepEqual(result, {
      value: [7, 0, 0, 0],
      verdict: ["verdict", "xdp", 0],
      link: "sk_lookup in this network namespace",
      twice: "PinError exists",
      kind: "PinError kind",
      section: "AttachError",
      dots: "PinError name",
      elsewhere: "PinError file-system",
      gone: ["PinError not-found", false],
      twiceGone: "PinError not-found",
      none: "NotFoundError",
    });
  });
});
