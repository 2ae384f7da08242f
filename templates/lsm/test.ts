import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "skep/test";

type Program = typeof import("./program.bpf.ts");

test("while it is locked, nothing is opened for writing", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url));
  await it.program("onOpen").program.attach({});
  const { locked, refused } = it.collection.variables;
  const open = (mode: number) => {
    const file = it.engine.kernel.object("file", { f_mode: mode });
    return it.engine.emit("lsm/file_open", { args: [file] }).result;
  };
  assert.equal(open(2), 0);
  locked.set(1);
  assert.equal(open(1), 0);
  assert.equal(open(2), -1);
  assert.equal(refused.get(), 1n);
});
