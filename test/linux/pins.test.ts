/** What is pinned outlives the process, and is opened again by its name. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { atLeast } from "../../src/engine/linux/release.ts";
import "../kernel/leaks.ts";
import { missingForMounts } from "./objects/compare.ts";
import { runScenario } from "./scenario.ts";

const { available, reason } = probeLinux();
const skip = available ? (atLeast(MACHINE.release, "5.9") ? (missingForMounts() ?? false) : "needs Linux 5.9") : reason;
const PRIVATE = ["unshare", "-mn", "sh", "-c", 'mount -t bpf bpf /sys/fs/bpf && exec "$@"', "sh"];

describe("pins", { skip }, () => {
  test("in a file system that is mounted nowhere", {
    skip: atLeast(MACHINE.release, "6.5") ? false : "needs Linux 6.5",
  }, async () => {
    const { result, left } = await runScenario("./pins.scenarios.ts", "relative to a folder");
    assert.deepEqual(result, {
      kind: "map",
      twice: "PinError exists",
      absent: "PinError not-found",
      program: "PinError kind",
      left: [],
    });
    assert.deepEqual(left, []);
  });

  test("programs and maps outlive who pinned them", async () => {
    const { result, left } = await runScenario("./pins.scenarios.ts", "outlives who pinned it", PRIVATE);
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
    assert.deepEqual(left, []);
  });
});
