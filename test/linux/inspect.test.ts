/** What is told of what is in this kernel is what bpftool tells of it, field by field. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { cgroupRoot } from "../../src/engine/linux/cgroups.ts";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { atLeast } from "../../src/engine/linux/release.ts";
import { openLab, probeLab } from "../support/netns.ts";
import { runScenario } from "./scenario.ts";
import "../kernel/leaks.ts";

const { available, reason } = probeLinux();
const bpftool = spawnSync("bpftool", ["version"]).status === 0;
const needs = (since: string) => (atLeast(MACHINE.release, since) ? false : `needs Linux ${since}`);
const noLab = (await probeLab()) ?? needs("6.6");
const noGroups = cgroupRoot({ facts: MACHINE }) === null ? "no cgroup version 2" : false;
const skip = available ? (bpftool ? false : "no bpftool") : reason;

async function run(name: string): Promise<Record<string, unknown>> {
  const { result, left } = await runScenario("./inspect.scenarios.ts", name);
  assert.deepEqual(left, [], "everything was closed");
  return result as Record<string, unknown>;
}

describe("programs and maps", { skip }, () => {
  for (const [name, programs, maps] of [
    ["maps", 5, 10],
    ["network", 31, 2],
    ["tracing", 8, 6],
  ] as const)
    test(`of ${name}.bpf.c: what is told of them`, async () => {
      assert.deepEqual(await run(`infos of ${name}`), { programs, maps, found: [] });
    });

  for (const [name, programs] of [
    ["maps", 5],
    ["tracing", 8],
  ] as const)
    test(`of ${name}.bpf.c: their code`, async () => {
      assert.deepEqual(await run(`code of ${name}`), { programs, found: [] });
    });
});

test("types", { skip }, async () => {
  const { types, found } = await run("types");
  assert.deepEqual(found, []);
  assert.ok(Number(types) > 20);
});

describe("what is attached", { skip }, () => {
  test("to the network", { skip: noLab }, async () => {
    await using lab = await openLab();
    const enter = ["nsenter", `--net=/run/netns/${lab.namespace("a")}`];
    const { result, left } = await runScenario("./inspect.scenarios.ts", "network", enter);
    assert.deepEqual(left, []);
    assert.deepEqual(result, {
      attached: [
        "xdp veth0 on_xdp generic false 0",
        "tcx_ingress veth0 on_ingress  true 3",
        "tcx_ingress veth0 on_tc  true 3",
        "tcx_egress veth0 on_egress  true 2",
        "tc_egress veth0 on_tc  false 0",
        "flow_dissector  on_flow  false 0",
        "sk_lookup  on_lookup  false 0",
      ],
      index: false,
      found: [],
      after: [],
    });
  });

  test("by links", { skip: noLab || noGroups }, async () => {
    await using lab = await openLab();
    const enter = ["nsenter", `--net=/run/netns/${lab.namespace("a")}`];
    const { result, left } = await runScenario("./inspect.scenarios.ts", "links", enter);
    assert.deepEqual(left, []);
    assert.deepEqual(result, {
      types: ["tcx", "netfilter", "netns", "cgroup", "raw_tracepoint", "perf_event", "perf_event"],
      found: [],
      gone: "NotFoundError",
    });
  });

  test("to control groups", { skip: noGroups }, async () => {
    assert.deepEqual(await run("cgroups"), {
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
