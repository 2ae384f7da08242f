/** Objects that clang made of programs that call — callbacks, tail calls, kfuncs — in this kernel and in the embedded engine: the same answers. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { ARENA_PROGRAMS, runOnArena } from "../calls/arenas.ts";
import { answersIn, objectPath, objectSpec, PACKET, PROGRAMS, RESULTS, runObject, WAYS } from "../calls/objects.ts";
import { noKernel } from "../object/load-with-bpftool.ts";
import { runInKernel } from "./run-object.ts";
import "./leaks.ts";

const skip = noKernel() || (spawnSync("bpftool", ["version"]).status === 0 ? false : "needs bpftool");

for (const [object, programs] of Object.entries(PROGRAMS)) {
  describe(object, { skip }, () => {
    for (const program of programs) {
      test(program, async () => {
        const { verdict, packet } = runInKernel(objectPath(object), program, PACKET);
        const expected = answersIn(verdict, packet);
        for (const way of WAYS) assert.deepEqual(await runObject(object, program, way), expected, way.way);
      });
    }
  });
}

describe("arena", { skip: noKernel() }, () => {
  for (const program of ARENA_PROGRAMS) {
    test(program, async () => {
      const runner = new URL("run-arena.ts", import.meta.url).pathname;
      const { stdout, stderr } = spawnSync(process.execPath, [runner, "arena", program, `${RESULTS * 8}`], { encoding: "utf8" });
      assert.notEqual(stdout, "", stderr);
      const { verdict, bytes }: { verdict: number; bytes: number[] } = JSON.parse(stdout);
      const expected = answersIn(verdict, Uint8Array.from(bytes));
      for (const way of WAYS) assert.deepEqual(await runOnArena(program, way), expected, way.way);
    });
  }
});

test("every program of the objects is tried", () => {
  for (const [object, programs] of Object.entries(PROGRAMS)) {
    const entries = objectSpec(object).programs.filter(({ name }) => !name.startsWith("_"));
    assert.deepEqual(entries.map(({ name }) => name).sort(), [...programs].sort());
  }
});
