/** Programs on events: the same objects in the kernel and in the embedded engine, and the same answers from both. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { virtualClock } from "../../src/engine/embedded/clock.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { fixture } from "../events/fixtures.ts";
import { type Row, rowsOf, USER_AND_KERNEL } from "../events/texts.ts";
import { inChild } from "./child.ts";

const probe = probeLinux();
const skip = probe.available ? false : probe.reason;

describe("the same object here and in the kernel", { skip }, () => {
  for (const execution of ["interpreter", "jit"] as const) {
    test(`text in and out, reading what is not there (${execution})`, async () => {
      await using engine = openEmbedded({
        unsafe: true,
        execution,
        clock: virtualClock(),
        room: { processes: [{ pid: 7, comm: "MainThread" }] },
      });
      engine.processes.run(7);
      await using collection = await engine.load(fixture("texts"));
      const { formats, numbers, reads } = collection.programs;
      const verdicts = [formats!.run(), numbers!.run(), reads!.run(USER_AND_KERNEL)].map(({ verdict }) => verdict);
      const kernel = (await inChild("eventTexts")) as { verdicts: number[]; rows: Row[] };
      const byIndex = new Map(rowsOf(collection.maps["rows"]!).map((row) => [row.index, row]));
      for (const row of kernel.rows) assert.deepEqual(byIndex.get(row.index), row);
      assert.equal(byIndex.size, kernel.rows.length);
      assert.deepEqual(verdicts, kernel.verdicts);
    });
  }

  test("a syscall program changes its context", async () => {
    assert.deepEqual(await inChild("eventSyscall"), { verdict: 21, context: [21, 0, 0, 0, 42, 0, 0, 0] });
  });
});
