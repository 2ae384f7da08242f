/** What is generated passes the live kernel's verifier, and computes the same there. In a child process: see DESIGN.md §10. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

interface Line {
  readonly name: string;
  readonly cpu: number;
  readonly optimized: boolean;
  readonly expected: number;
  readonly found: number;
  readonly log: string;
}

describe("generated code in the kernel", () => {
  it("is accepted, and returns what it should, for every cpu version, optimized or not", (t) => {
    const child = spawnSync(process.execPath, [fileURLToPath(new URL("load-in-kernel.ts", import.meta.url))], {
      encoding: "utf8",
      timeout: 60_000,
    });
    if (child.status === 3) {
      t.skip(`no kernel to load into: ${child.stderr.trim()}`);
      return;
    }
    assert.equal(child.status, 0, child.stderr);
    const lines = child.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
    for (const { name, cpu, optimized, expected, found, log } of lines) {
      assert.equal(found, expected, `${name}, cpu v${cpu}${optimized ? ", optimized" : ""}\n${log}`);
    }
  });
});
