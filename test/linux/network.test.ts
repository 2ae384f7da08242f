/** Programs on packets, sockets and control groups, in a network namespace and in groups of our own: attached, fired, detached. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { kernelConfig } from "../../src/engine/linux/kernel-config.ts";
import { type Lab, openLab, probeLab } from "../support/netns.ts";
import { scenariosOf } from "./scenario.ts";
import "../kernel/leaks.ts";
import { needs, noEngine, noGroups } from "./this-kernel.ts";

const scenario = scenariosOf("./network.scenarios.ts");

const skip = noEngine || ((await probeLab()) ?? false);
const noTunnels = ((config) => (config("CONFIG_LWTUNNEL_BPF") === "n" ? "this kernel has no programs on routes" : false))(
  kernelConfig(MACHINE),
);

describe("programs of the network", { skip }, () => {
  let lab: Lab;
  before(async () => {
    lab = await openLab();
  });
  after(() => lab[Symbol.asyncDispose]());

  /** In host `a`, whose mounts are ours: groups are still to be seen. */
  async function run(name: string): Promise<unknown> {
    return scenario(name, ["env", `SKEP_PEER=${lab.namespace("b")}`, "nsenter", `--net=/run/netns/${lab.namespace("a")}`]);
  }

  for (const [name, description, since] of [
    ["tc", "tc ingress on veth0 (tcx)", "6.6"],
    ["tc egress", "tc egress on veth0 (tcx)", "6.6"],
    ["tcx ingress", "tc ingress on veth0 (tcx)", "6.6"],
    ["tcx egress", "tc egress on veth0 (tcx)", "6.6"],
    ["socket filter", "packet socket on veth0", "3.19"],
    ["netfilter", "netfilter ipv4 output, priority -10", "6.4"],
  ] as const) {
    test(name, { skip: needs(since) }, async () => {
      assert.deepEqual(await run(name), { ran: true, after: 0, description });
    });
  }

  for (const [name, description] of [
    ["lwt_in", "lwt_in of the route to 198.51.100.0/24 by 192.0.2.2 on veth0"],
    ["lwt_out", "lwt_out of the route to 198.51.100.0/24 by 192.0.2.2 on veth0"],
    ["lwt_xmit", "lwt_xmit of the route to 198.51.100.0/24 by 192.0.2.2 on veth0"],
    ["lwt_seg6local", "lwt_seg6local of the route to 2001:db8:1::1 on veth0"],
  ] as const) {
    test(name, { skip: noTunnels }, async () => {
      assert.deepEqual(await run(name), { ran: true, after: 0, description });
    });
  }

  test("a route is made for its program, and goes with it; another's is not touched", { skip: noTunnels }, async () => {
    assert.deepEqual(await run("a route and its program"), {
      there: 1,
      twice:
        "attaching on_route_out to lwt_out of the route to 203.0.113.0/24 on veth0: there is such a route already, and it is not touched; remove it first (ip route)",
      after: 0,
    });
  });

  test("a control group as before Linux 5.7: it holds the program until that is detached", { skip: noGroups }, async () => {
    const description = "cgroup/connect4 on /GROUP";
    assert.deepEqual(await run("a control group without links"), { ran: true, after: 0, description, answer: "hello" });
  });

  test("XDP as before Linux 5.9: the interface holds the program until it is detached", async () => {
    assert.deepEqual(await run("XDP without links"), {
      ran: true,
      after: 0,
      description: "xdp on veth0 (native, held by the interface)",
      there: true,
      twice:
        "attaching on_xdp to veth0: a program is attached there in generic mode, and an interface runs XDP in one mode only; detach that one first",
      gone: true,
    });
  });

  test("sk_lookup", async () => {
    const description = "sk_lookup in this network namespace";
    assert.deepEqual(await run("sk_lookup"), { ran: true, after: 0, description, answer: "hello" });
  });

  test("a flow dissector of the namespace", async () => {
    assert.equal(await run("flow_dissector"), "flow_dissector in this network namespace");
  });

  test("the choice among sockets of a port", async () => {
    assert.deepEqual(await run("sk_reuseport"), { ran: true, after: 0, description: "socket N" });
  });

  test("several tc programs have an order, and one takes another's place", { skip: needs("6.6") }, async () => {
    assert.deepEqual(await run("order of tc programs"), { first: [true, true], second: 0, updated: true });
  });

  test("on kernels before 6.6 they are filters, which go, and what was made for them with the last", async () => {
    assert.deepEqual(await run("tc without tcx"), {
      description: "tc egress on veth0 (filter)",
      there: [true, 1, 1],
      ran: true,
      replaced: true,
      between: [true, 0, 2],
      after: false,
    });
  });

  test("a syscall program is run on a context, which it changes", async () => {
    assert.deepEqual(await run("a syscall program"), [5, 7, 14]);
  });

  for (const [section, answer, since] of [
    ["cgroup_skb/ingress", "hello", "5.7"],
    ["cgroup_skb/egress", "hello", "5.7"],
    ["cgroup/sock_create", "hello", "5.7"],
    ["cgroup/post_bind4", "hello", "5.7"],
    ["cgroup/bind4", "hello", "5.7"],
    ["cgroup/connect4", "hello", "5.7"],
    ["cgroup/sendmsg4", "hello", "5.7"],
    ["cgroup/getsockname4", "hello", "5.8"],
    ["cgroup/sysctl", true, "5.7"],
    ["cgroup/dev", true, "5.7"],
    ["cgroup/getsockopt", "hello", "5.7"],
    ["cgroup/setsockopt", "hello", "5.7"],
    ["sockops", "hello", "5.7"],
    ["cgroup/connect_unix", true, "6.7"],
  ] as const) {
    test(`${section} of a control group`, { skip: noGroups || needs(since) }, async () => {
      assert.deepEqual(await run(section), { ran: true, after: 0, description: `${section} on /GROUP`, answer });
    });
  }
});
