/** Programs on functions and probes of user space: on 6.1 through perf events, on 6.12 through one link for many places. */

import assert from "node:assert/strict";
import { openLinux } from "../../../src/engine/linux/engine.ts";
import { fixture } from "../../linux/fixtures.ts";
import { Probes } from "../../linux/probes.ts";
import { fires, hits, lacks, leavesNothing, probesFile, test, typescript } from "./guest.ts";

leavesNothing();

const spec = fixture("tracing");
const act = () => process.ppid;

for (const { program, place, skip = false, description } of [
  { program: "on_entry", place: 3, description: "uprobe libc.so.6:getppid" },
  { program: "on_return", place: 4, description: "uretprobe libc.so.6:getppid" },
  { program: "on_many", place: 5, skip: lacks("6.6"), description: "uprobe.multi libc.so.6:getppid" },
] as const) {
  test(`clang: ${description}`, { skip }, async () => {
    assert.equal(await fires({ program, spec, counter: hits(place), act }), description);
  });
}

const file = probesFile();

test("clang: usdt, with arguments, cookies and a semaphore", {
  skip: file === null ? "nothing compiled its target" : false,
}, async () => {
  await using probes = await Probes.start(file ?? "");
  await using engine = await openLinux();
  await using collection = await engine.load(fixture("usdt"));
  const { programs, variables } = collection;
  variables["watched"]?.set(probes.pid);
  const plain = await programs["on_plain"]?.attach({ event: "skep:plain", library: probes.file, cookie: 77 });
  const counted = await programs["on_counted"]?.attach({ event: `${probes.file}:skep:counted`, pid: probes.pid });
  assert.equal(await probes.pass(), 1, "the kernel counts the semaphore up");
  const [first] = variables["plain"]?.get() as Record<string, unknown>[];
  assert.deepEqual(first, { number: 1, here: -1, wide: 1n << 32n, byte: 7, count: 4, cookie: 77n });
  assert.deepEqual((variables["hits"]?.get() as bigint[]).slice(0, 5), [1n, 1n, 0n, 0n, 1n]);
  assert.equal(variables["counted"]?.get(), 1);
  await plain?.detach();
  await counted?.detach();
  assert.equal(await probes.pass(), 0);
  assert.deepEqual((variables["hits"]?.get() as bigint[]).slice(0, 5), [1n, 1n, 0n, 0n, 1n]);
});

test("TypeScript: usdt, with arguments in registers, in memory and in tables", {
  skip: file === null ? "nothing compiled its target" : false,
}, async () => {
  await using probes = await Probes.start(file ?? "");
  await using engine = await openLinux();
  await using collection = await engine.load(typescript("probes"));
  const { programs, variables } = collection;
  variables["watched"]?.set(probes.pid);
  const plain = await programs["onPlain"]?.attach({ event: "skep:plain", library: probes.file });
  const indexed = await programs["onIndexed"]?.attach({ event: "skep:indexed", library: probes.file });
  await probes.pass();
  const seen = ["number", "here", "wide", "last", "byte", "hits"].map((name) => variables[name]?.get());
  assert.deepEqual(seen, [1, -1, 1n << 32n, 200n, 203n, 1n]);
  await plain?.detach();
  await indexed?.detach();
  await probes.pass();
  assert.equal(variables["hits"]?.get(), 1n);
});
