import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "skep/test";

type Program = typeof import("./program.bpf.ts");

test("calls and failures are counted", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url));
  for (const name of ["removing", "removed"] as const) await it.program(name).program.attach({});
  for (const ret of [0, -2, 0]) {
    it.engine.emit("kprobe/do_unlinkat", { args: [-100, 0] });
    it.engine.emit("kretprobe/do_unlinkat", { ret });
  }
  const { calls, failures } = it.collection.variables;
  assert.deepEqual([calls.get(), failures.get()], [3n, 1n]);
});
