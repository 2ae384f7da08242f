import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "skep/test";

type Program = typeof import("./program.bpf.ts");

/** A port as the kernel keeps it: in network order. */
const wire = (port: number) => ((port & 0xff) << 8) | (port >> 8);

test("only allowed ports may be connected to", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url));
  it.map("allowed").set(443, 1n);
  const connect = (port: number) => it.program("guard").run({ context: { user_port: wire(port) } }).verdict;
  assert.equal(connect(443), 1);
  assert.equal(connect(25), 0);
  it.map("refused").expectEntries([[25, 1]]);
});
