/** A collection attached at once: what is, what is not, and what becomes of the others when one cannot be. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { compileSource } from "../compiler/compile.ts";
import { LinuxEngine } from "./linux/engine.ts";
import { FakeKernel, fakeFacts } from "./linux/fixtures/fake-kernel.ts";
import { openEngine } from "./open.ts";

const SPEC = compileSource(
  `import { rawTracepoint, syscall, type u64, xdp, xdpDevmap, XDP_PASS } from "skep/bpf";
interface Asked { value: u64 }
export const first = xdp(() => XDP_PASS);
export const forEntries = xdpDevmap(() => XDP_PASS);
export const traced = rawTracepoint("sched_switch", () => {});
export const also = rawTracepoint("sys_enter", () => {});
export const asked = syscall<Asked>((ctx) => { ctx.value = 1; return 0; });
`,
  { file: "all.bpf.ts" },
);

test("all that are attached by themselves, where their sections or the options say", async () => {
  const kernel = new FakeKernel();
  const engine = new LinuxEngine(kernel, fakeFacts());
  const collection = await engine.load(SPEC);
  const open = engine.descriptors.length;
  const attached = await collection.attach({ first: { interface: "eth0" }, traced: { cookie: 7 } });
  assert.deepEqual(
    Object.entries(attached.links).map(([name, { description }]) => [name, description]),
    [
      ["first", "xdp on eth0 (native)"],
      ["traced", "raw_tp sched_switch"],
      ["also", "raw_tp sys_enter"],
    ],
  );
  assert.equal(kernel.callsOf("raw_tracepoint_open")[0]?.u64("cookie"), 7n);
  await attached.detach();
  assert.equal(engine.descriptors.length, open);
  await engine[Symbol.asyncDispose]();
});

test("all or nothing", async () => {
  const kernel = new FakeKernel().failing("raw_tracepoint_open", "ENOENT");
  const engine = new LinuxEngine(kernel, fakeFacts());
  const collection = await engine.load(SPEC);
  const open = engine.descriptors.length;
  await assert.rejects(collection.attach({ first: { interface: "eth0" } }), {
    name: "AttachError",
    message: /there is no such tracepoint/,
  });
  assert.equal(kernel.callsOf("link_create").length, 1, "one was attached before");
  assert.equal(engine.descriptors.length, open, "and is not any more");
  await assert.rejects(collection.attach({ frist: {} }), {
    name: "RangeError",
    message: "all has no program frist that is loaded; it has first, forEntries, traced, also, asked",
  });
});

test("in the embedded engine, too", async () => {
  await using engine = await openEngine("embedded");
  await using collection = await engine.load(SPEC, { programs: ["traced", "also", "asked"] });
  await using attached = await collection.attach();
  assert.deepEqual(Object.keys(attached.links), ["traced", "also"]);
});
