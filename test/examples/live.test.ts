/**
 * The examples at their hooks in this machine's kernel, each in a process of its own (live.ts), from both sources. They see only what that
 * process started.
 */

import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { noKernel } from "../object/load-with-bpftool.ts";
import { noClang } from "./clang.ts";
import type { ExampleName } from "./plays.ts";
import { isWritten } from "./sources.ts";

const CHILD = fileURLToPath(new URL("./live.ts", import.meta.url));

const SEEN: Readonly<Partial<Record<ExampleName, unknown>>> = {
  "tcp-latency": { opened: 5, destinations: [{ address: "::ffff:127.0.0.1", right: true, connections: 5 }], opening: 0 },
  "open-exec": {
    own: true,
    executed: [["cat", "cat"]],
    opened: [
      ["cat", "/etc/hostname"],
      ["cat", "/nowhere"],
    ],
  },
  "runqueue-latency": [{ own: true, comm: "perl", enough: true }],
  profiler: { own: true, enough: true, stacks: true },
  "uprobe-libc": { large: true, consistent: true },
  "task-iterator": { own: true, threads: true, process: [true, true, true, "R"] },
  "connect-guard": {
    told: ["open", "1"],
    attempts: [
      { address: "::ffff:127.0.0.1", right: true, allowed: 1, comm: "perl" },
      { address: "::ffff:127.0.0.2", right: true, allowed: 0, comm: "perl" },
    ],
  },
  "sock-ops": [1, 2].map(() => ({ remote: "::ffff:127.0.0.1", right: true, passive: 0, measured: true, acknowledged: true })),
};

const noPerl = spawnSync("perl", ["-e", "1"]).status === 0 ? false : "needs perl";

for (const [name, seen] of Object.entries(SEEN) as [ExampleName, unknown][]) {
  // The types of what records and maps hold are those of the source in TypeScript.
  const missing = noKernel() || noPerl || (isWritten(name) ? false : "not written in TypeScript yet");
  describe(name, { skip: missing }, () => {
    for (const source of ["ts", "c"] as const) {
      test(`from ${source}: sees in the kernel what happens`, { skip: source === "c" && noClang() }, async () => {
        const { stdout } = await promisify(execFile)(process.execPath, ["--no-warnings", CHILD, name, source], {
          timeout: 90_000,
        });
        assert.deepEqual(JSON.parse(stdout), seen);
      });
    }
  });
}
