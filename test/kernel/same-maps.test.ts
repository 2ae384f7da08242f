/** Maps of the embedded engine are the kernel's: same shapes accepted, same results and error numbers of thousands of operations. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { inChild } from "./child.ts";
import "./leaks.ts";

const probe = probeLinux();

describe("the kernel's maps and ours", { skip: probe.available ? false : probe.reason }, () => {
  for (const [scenario, least] of [
    ["sameShapes", 15_000],
    ["sameOperations", 10_000],
  ] as const) {
    test(scenario, async () => {
      const { compared, differences } = (await inChild(scenario)) as { compared: number; differences: string[] };
      assert.deepEqual(differences, []);
      assert.ok(compared > least, `${compared} compared`);
    });
  }
});
