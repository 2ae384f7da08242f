import { test } from "node:test";
import { load } from "skep/test";

type Program = typeof import("./program.bpf.ts");

test("samples are counted by address", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url));
  await it.program("sample").program.attach({});
  for (const ip of [0x401000, 0x402000, 0x401000]) it.engine.emit("perf_event/cpu-clock", { ip });
  it.map("samples").expectEntries([
    [0x401000n, 2],
    [0x402000n, 1],
  ]);
});
