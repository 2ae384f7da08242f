/** What is told of programs and links that only these kernels have, and of any on kernels that know less than ours. */

import assert from "node:assert/strict";
import { openLinux } from "../../../src/engine/linux/engine.ts";
import { openInspector } from "../../../src/engine/linux/inspect/inspector.ts";
import { fixture } from "../../linux/fixtures.ts";
import { lacks, leavesNothing, ownCgroup, test, unlinks } from "./guest.ts";

leavesNothing();

test("inspected: programs on functions of the kernel, their targets, code and links", async () => {
  await using engine = await openLinux();
  await using collection = await engine.load(fixture("trampolines"), { programs: ["on_entry", "on_kprobe"] });
  using inspector = await openInspector();
  const { on_entry, on_kprobe } = collection.programs;
  assert.ok(on_entry && on_kprobe);
  await using entry = await on_entry.attach();
  await using probe = await on_kprobe.attach();
  const info = inspector.program(on_entry);
  assert.deepEqual([info.name, info.type, info.maps.length > 0, info.uid], ["on_entry", "tracing", true, 0]);
  assert.ok(info.target !== null && info.verifiedInstructions !== null);
  assert.equal(inspector.types(info.target.btf).name(info.target.type), "do_unlinkat");
  const link = inspector.link(entry);
  assert.ok(link.type === "tracing");
  assert.deepEqual([link.program, link.attachType, link.target.type], [info.id, "trace_fentry", info.target.type]);
  const probed = inspector.link(probe);
  assert.ok(probed.type === "perf_event");
  // Kernels tell since 6.6 what it is about.
  const { event } = probed;
  assert.equal("function" in event ? event.function : event.kind, lacks("6.6") === false ? "do_unlinkat" : "unknown");
  for (const program of [on_entry, on_kprobe]) {
    const code = inspector.translated(program);
    assert.equal(code?.instructions[0]?.function, program.name);
    assert.match(code?.instructions.map(({ text }) => text).join("\n") ?? "", /^call bpf_get_current_pid_tgid$/m);
    const [main] = inspector.machineCode(program)?.functions ?? [];
    assert.ok(main !== undefined && main.lines.length > 0 && main.bytes.length > 0);
    assert.equal(inspector.symbolAt(main.address ?? 0n), main.symbol);
  }
});

test("inspected: what programs cost", async () => {
  await using engine = await openLinux();
  await using collection = await engine.load(fixture("trampolines"), { programs: ["on_entry"] });
  using inspector = await openInspector();
  const { on_entry } = collection.programs;
  assert.ok(on_entry);
  await using _link = await on_entry.attach();
  unlinks();
  assert.equal(inspector.program(on_entry).statistics.runCount, 0);
  {
    using _counting = inspector.enableStatistics();
    unlinks();
  }
  const { runCount, runTime } = inspector.program(on_entry).statistics;
  assert.ok(runCount > 0 && runTime > 0);
});

test("inspected: the network and control groups of a kernel with less", async () => {
  const cgroup = ownCgroup();
  await using engine = await openLinux();
  await using collection = await engine.load(fixture("network"), { programs: ["on_connect"] });
  using inspector = await openInspector();
  const { on_connect } = collection.programs;
  assert.ok(on_connect);
  await using _connect = await on_connect.attach({ cgroup });
  assert.deepEqual(inspector.network(), []);
  const [group] = inspector.cgroups(cgroup);
  assert.deepEqual(
    [group?.attachType, group?.programs.map(({ program }) => program)],
    ["cgroup_inet4_connect", [inspector.program(on_connect).id]],
  );
});
