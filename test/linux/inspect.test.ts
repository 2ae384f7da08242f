/** What is told of what is in this kernel is what bpftool tells of it, field by field. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { Folder } from "../cli/skep.ts";
import { openLab, probeLab } from "../support/netns.ts";
import { scenariosOf } from "./scenario.ts";
import "../kernel/leaks.ts";
import { needs, noBpftool, noEngine, noGroups, noMounts, PRIVATE_MOUNTS } from "./this-kernel.ts";

const noLab = (await probeLab()) ?? needs("6.6");
const skip = noEngine || noBpftool();

const run = scenariosOf<Record<string, unknown>>("./inspect.scenarios.ts");

describe("programs and maps", { skip }, () => {
  for (const name of ["maps", "network", "tracing"])
    test(`of ${name}.bpf.c: what is told of them`, async () => {
      const { programs, maps, found } = await run(`infos of ${name}`);
      assert.deepEqual(found, []);
      assert.ok(Number(programs) >= 5 && Number(maps) >= 2);
    });

  for (const [name, least, lacks] of [
    ["maps", 5, false],
    ["tracing", 5, false],
    ["network", 5, needs("6.6")],
    ["kernel", 1, needs("6.1")],
    ["arena", 1, needs("6.9")],
  ] as const)
    test(`of ${name}.bpf.c: their code`, { skip: lacks }, async () => {
      const { programs, found } = await run(`code of ${name}`);
      assert.deepEqual(found, []);
      assert.ok(Number(programs) >= least);
    });
});

test("docs/linux.md: its example works as it is written", { skip: noEngine }, async () => {
  const page = readFileSync(new URL("../../docs/linux.md", import.meta.url), "utf8");
  const [, code = ""] = /^## Looking into the kernel$.*?^```ts\n(.*?)^```$/ms.exec(page) ?? [];
  assert.match(code, /inspectKernel/);
  const index = new URL("../../src/index.ts", import.meta.url).href;
  using folder = new Folder();
  const script = folder.file("example.ts", code.replaceAll('from "skep"', `from "${index}"`));
  const result = await run("an example", ["env", `SKEP_EXAMPLE=${script}`]);
  assert.deepEqual(result, { status: 0, stderr: "", lines: true });
});

test("what is in maps", { skip }, async () => {
  const { compared, found } = await run("contents");
  assert.deepEqual(found, []);
  assert.deepEqual(compared, ["first", "second", "maps.bss", "tracing.bss", "tracing.rodata"]);
});

test("how full a ring buffer is", { skip: noEngine }, async () => {
  const result = await run("ring");
  // A record is a header of 8 bytes and its data.
  assert.deepEqual(result, [
    { size: 4096, unread: 0 },
    { size: 4096, unread: 48 },
  ]);
});

test("what a program says of itself", { skip }, async () => {
  assert.deepEqual(await run("metadata"), { ours: { metadata: { version: 7 } }, found: [] });
});

test("types", { skip }, async () => {
  const { types, found } = await run("types");
  assert.deepEqual(found, []);
  assert.ok(Number(types) > 20);
});

const noMount = noMounts();

test("pins", { skip: skip || noMount }, async () => {
  const result = await run("pins", PRIVATE_MOUNTS);
  assert.deepEqual(result, {
    names: [
      "link /sys/fs/bpf/link",
      "map /sys/fs/bpf/first",
      "map /sys/fs/bpf/skep/deep/first",
      "program /sys/fs/bpf/skep/drains",
    ],
    byPath: "first",
    found: [],
  });
});

test("without CAP_SYS_ADMIN: what this process has itself", { skip: noEngine }, async () => {
  const caps = ["--bounding-set", "-all,+bpf,+perfmon,+net_admin", "--inh-caps", "-all", "--"];
  const result = await run("without CAP_SYS_ADMIN", ["setpriv", ...caps]);
  assert.deepEqual(result, {
    program: "drains",
    map: "queue",
    instructions: 26,
    list: "listing programs: not permitted: this process lacks CAP_SYS_ADMIN; run it as root (sudo), or give it with setcap: cap_sys_admin+ep",
  });
});

describe("what is attached", { skip }, () => {
  test("to the network", { skip: noLab }, async () => {
    await using lab = await openLab();
    const enter = ["nsenter", `--net=/run/netns/${lab.namespace("a")}`];
    const result = await run("network", enter);
    assert.deepEqual(result, {
      attached: [
        "xdp veth0 on_xdp generic true 0",
        "tcx_ingress veth0 on_ingress  true 3",
        "tcx_ingress veth0 on_tc  true 3",
        "tcx_egress veth0 on_egress  true 2",
        "tc_egress veth0 on_tc  false 0",
        "flow_dissector  on_flow  true 0",
        "sk_lookup  on_lookup  true 0",
        "netfilter  on_netfilter  true 0",
      ],
      index: false,
      found: [],
      after: [],
    });
  });

  test("by links", { skip: noLab || noGroups }, async () => {
    await using lab = await openLab();
    const enter = ["nsenter", `--net=/run/netns/${lab.namespace("a")}`];
    const result = await run("links", enter);
    assert.deepEqual(result, {
      types: ["tcx", "netfilter", "netns", "cgroup", "raw_tracepoint", "perf_event", "perf_event"],
      found: [],
      gone: "NotFoundError",
    });
  });

  test("to control groups", { skip: noGroups }, async () => {
    const { revisions, ...rest } = await run("cgroups");
    // One for the list, and one for what was put in.
    if (needs("6.17") === false) assert.deepEqual(revisions, [2, 2, 2]);
    assert.deepEqual(rest, {
      attached: [
        "/GROUP cgroup_inet_ingress: on_in",
        "/GROUP cgroup_inet4_connect: on_connect",
        "/GROUP/inner cgroup_inet_ingress: on_in",
      ],
      effective: ["/GROUP/inner cgroup_inet_ingress: on_in, on_in", "/GROUP/inner cgroup_inet4_connect: on_connect"],
      found: [],
    });
  });

  test("to perf events", async () => {
    assert.deepEqual(await run("perf events"), {
      types: ["raw_tracepoint sys_enter", "tracepoint sys_enter_getppid", "uprobe libc.so.6"],
      theirs: 3,
      found: [],
    });
  });
});
