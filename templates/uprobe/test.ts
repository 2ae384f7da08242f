import { test } from "node:test";
import { load } from "skep/test";

type Program = typeof import("./program.bpf.ts");

test("sizes are counted by their power of two", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url));
  await it.program("allocated").program.attach({});
  for (const size of [1, 24, 31, 4096]) it.engine.emit("uprobe/libc.so.6:malloc", { args: [size] });
  it.map("sizes").expectEntries([
    [1, 1],
    [5, 2],
    [13, 1],
  ]);
});
