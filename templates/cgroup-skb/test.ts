import assert from "node:assert/strict";
import { test } from "node:test";
import { ethernet, ipv4, load, packet, payload, udp } from "skep/test";

type Program = typeof import("./program.bpf.ts");

test("bytes are counted by destination, and everything may leave", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url));
  const frame = packet(ethernet(), ipv4({ destination: "192.0.2.1" }), udp(), payload("hello"));
  assert.equal(it.program("meter").run(frame).verdict, 1);
  it.map("sent").expectEntries([["192.0.2.1", frame.length - 14]]);
});
