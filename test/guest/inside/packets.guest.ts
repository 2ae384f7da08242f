/** Programs on packets, on devices of the guest's own. */

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { after, before, describe } from "node:test";
import { askRoute, attribute, NLM_F, nested, text } from "../../../src/engine/linux/route-messages.ts";
import { openNative } from "../../../src/engine/linux/sys/native.ts";
import { fires, lacks, leavesNothing, loadModule, sh, test, typescript, variable } from "./guest.ts";

leavesNothing();

/** Datagrams to a port where nobody listens. */
const sendTo = (address: string) => async () => {
  const socket = createSocket("udp4");
  socket.on("error", () => {});
  for (let count = 0; count < 3; count++) await new Promise((resolve) => socket.send("hello", 9, address, resolve));
  socket.close();
};

describe("on a pair of virtual devices", () => {
  before(() => {
    for (const module of ["veth", "sch_ingress", "cls_bpf", "cls_matchall", "act_bpf"]) loadModule(module);
    sh("ip netns add skep");
    sh("ip link add name skep0 type veth peer name skep1 netns skep");
    sh("ip addr add 192.0.2.1/24 dev skep0");
    sh("ip netns exec skep ip addr add 192.0.2.2/24 dev skep1");
    sh("ip link set dev skep0 up");
    sh("ip netns exec skep ip link set dev skep1 up");
  });
  after(() => sh("ip netns del skep"));

  /** A datagram in each direction. */
  const act = async () => {
    await sendTo("192.0.2.2")();
    sh(`ip netns exec skep bash -c "echo hello > /dev/udp/192.0.2.1/9"`);
  };
  const filter = lacks("6.6") === false ? "tcx" : "filter";
  for (const { program, counter, options = {}, description } of [
    { program: "onXdp", counter: "received", description: "xdp on skep0 (native)" },
    { program: "onXdp", counter: "received", options: { mode: "generic" }, description: "xdp on skep0 (generic)" },
    { program: "onTc", counter: "filtered", description: `tc ingress on skep0 (${filter})` },
    { program: "onAction", counter: "acted", description: "tc ingress on skep0 (action)" },
    {
      program: "onAction",
      counter: "acted",
      options: { direction: "egress" },
      description: "tc egress on skep0 (action)",
    },
    { program: "onEgress", counter: "sent", description: `tc egress on skep0 (${filter})` },
  ] as const) {
    test(description, async () => {
      const spec = typescript("packets");
      const link = { interface: "skep0", ...options };
      assert.equal(await fires({ spec, program, counter: variable(counter), options: link, act }), description);
    });
  }
});

// iproute2 of Debian 12 does not know these devices.
describe("on a netkit pair", { skip: lacks("6.7", "CONFIG_NETKIT") }, () => {
  const RTM_NEWLINK = 16;
  const IFLA = { name: 3, info: 18, kind: 1, data: 2, peer: 1 } as const;

  before(async () => {
    const interfaceMessage = new Uint8Array(16);
    const peer = nested(IFLA.peer, interfaceMessage, attribute(IFLA.name, text("skep3")));
    const info = nested(IFLA.info, attribute(IFLA.kind, text("netkit")), nested(IFLA.data, peer));
    const parts = [interfaceMessage, attribute(IFLA.name, text("skep2")), info];
    const { error } = askRoute(await openNative(), RTM_NEWLINK, NLM_F.create | NLM_F.exclusive, parts);
    assert.equal(error, 0, "a netkit pair was made");
    for (const [device, address] of [
      ["skep2", "198.51.100.1/25"],
      ["skep3", "198.51.100.129/25"],
    ]) {
      sh(`ip link set dev ${device} up`);
      sh(`ip addr add ${address} dev ${device}`);
    }
  });
  after(() => sh("ip link del dev skep2"));

  for (const { program, counter, to, description } of [
    { program: "onPrimary", counter: "primary", to: "198.51.100.2", description: "netkit primary of skep2" },
    { program: "onPeer", counter: "peer", to: "198.51.100.130", description: "netkit peer of skep2" },
  ] as const) {
    test(description, async () => {
      const spec = typescript("packets");
      const options = { interface: "skep2" };
      assert.equal(await fires({ spec, program, counter: variable(counter), options, act: sendTo(to) }), description);
    });
  }
});
