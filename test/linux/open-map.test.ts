/** A map that somebody else made is opened by its number, and reads and writes as its types in the kernel say. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { atLeast } from "../../src/engine/linux/release.ts";
import { runScenario } from "./scenario.ts";
import "../kernel/leaks.ts";

const { available, reason } = probeLinux();
const skip = available ? (atLeast(MACHINE.release, "5.0") ? false : "needs Linux 5.0") : reason;

const ROW = {
  flag: 1,
  port: 443,
  low: 5,
  high: 4097,
  color: 1,
  either: { word: 7, half: 7 },
  total: 2 ** 63,
};

/** A mount namespace of its own, with a bpf file system that nobody else sees. */
const PRIVATE = ["unshare", "-m", "sh", "-c", 'mount -t bpf bpf /sys/fs/bpf && exec "$@"', "sh"];
const noMount =
  spawnSync(PRIVATE[0] ?? "", [...PRIVATE.slice(1), "true"]).status === 0 ? false : "cannot mount a bpf file system";

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
    ["by name", { value: ROW, refused: "MapError unsupported", absent: "PinError not-found" }, PRIVATE],
    ["what is not there", ["MapError not-found", "MapError not-found", "PinError file-system"]],
  ] as const) {
    test(name, { skip: prefix !== undefined && noMount }, async () => {
      const { result, left } = await runScenario("./open-map.scenarios.ts", name, prefix);
      assert.deepEqual(result, expected);
      assert.deepEqual(left, []);
    });
  }
});
