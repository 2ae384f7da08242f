import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "skep/test";

type Program = typeof import("./program.bpf.ts");

test("established connections are counted, by who began", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url));
  // BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB, BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB, and another.
  for (const op of [4, 5, 4, 3]) it.program("watch").run({ context: { op } });
  const { outgoing, incoming } = it.collection.variables;
  assert.deepEqual([outgoing.get(), incoming.get()], [2n, 1n]);
});
