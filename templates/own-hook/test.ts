import { test } from "node:test";
import { defineHook, u32 } from "skep/hooks";
import { load } from "skep/test";

type Program = typeof import("./program.bpf.ts");

test("large requests are refused, all are counted", async () => {
  const request = defineHook("request", { client: u32, size: u32 }, { returns: u32 });
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url), { hooks: [request] });
  const hook = await it.hook(request);
  hook.run({ client: 7, size: 100 }).expectVerdict(0);
  hook.run({ client: 7, size: 5000 }).expectVerdict(1);
  it.map("clients").expectEntries([[7, 2]]);
});
