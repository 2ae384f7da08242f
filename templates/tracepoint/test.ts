import { test } from "node:test";
import { load } from "skep/test";

type Program = typeof import("./program.bpf.ts");

test("calls are counted by their result", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url));
  await it.program("opened").program.attach({});
  for (const ret of [3, 4, -2]) it.engine.emit("syscalls/sys_exit_openat", { ret });
  it.map("results").expectEntries([
    [0n, 2],
    [-2n, 1],
  ]);
});
