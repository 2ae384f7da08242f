import { test } from "node:test";
import { load } from "skep/test";

type Program = typeof import("./program.bpf.ts");

test("threads are counted by process", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url), {
    room: {
      processes: [
        { pid: 7, comm: "sh" },
        { pid: 8, comm: "cat" },
        { pid: 8, tid: 9, comm: "cat" },
      ],
    },
  });
  for await (const _line of it.program("each").program.iterate?.() ?? []);
  it.map("threads").expectEntries([
    [7, 1],
    [8, 2],
  ]);
});
