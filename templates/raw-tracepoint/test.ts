import { test } from "node:test";
import { load } from "skep/test";

type Program = typeof import("./program.bpf.ts");

test("calls are counted by number", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url));
  await it.program("entered").program.attach({});
  for (const number of [257, 0, 257]) it.engine.emit("raw_tp/sys_enter", { args: [0, number] });
  it.map("calls").expectEntries([
    [257, 2],
    [0, 1],
  ]);
});
