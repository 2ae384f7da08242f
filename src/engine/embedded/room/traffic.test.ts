/** Packets through the devices of a room: what each hook decides, where redirects lead, who is told. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MapSpec } from "../../../object/spec.ts";
import { ethernet, icmp, ipv4, packet, padding, payload, udp, vlan } from "../../../packets/index.ts";
import { type EmbeddedEngine, openEmbedded } from "../engine.ts";
import { netSpec, type ProgramText } from "../fixtures/net-spec.ts";
import { eventSpec, outMap } from "../programs/fixtures/assembled.ts";
import type { RoomDescription } from "./room.ts";

const PACKET = packet(ethernet(), ipv4({ destination: "203.0.113.9" }), udp(), padding());

const ROOM: RoomDescription = {
  devices: [
    { name: "eth0", ifindex: 2, addresses: ["192.0.2.2/24"] },
    { name: "eth1", ifindex: 3, addresses: ["203.0.113.1/24"], mtu: 1400 },
    { name: "left", ifindex: 10, peer: "right" },
    { name: "right", ifindex: 11 },
  ],
  routes: [{ to: "default", device: "eth0", via: "192.0.2.1" }],
  neighbours: [{ address: "203.0.113.9", mac: "02:00:00:00:00:99", device: "eth1" }],
};

/** A room with programs loaded; everything that leaves or arrives is written down as `device: bytes`. */
async function open(programs: Readonly<Record<string, ProgramText>>, room = ROOM) {
  const engine = openEmbedded({ unsafe: true, seed: 1, room });
  const collection = await engine.load(netSpec(programs));
  const seen: string[] = [];
  const packets: Uint8Array[] = [];
  for (const device of engine.devices) {
    for (const [what, listen] of [
      ["leaves", device.onTransmit],
      ["reaches the stack of", device.onDeliver],
    ] as const)
      listen.call(device, (packet) => {
        seen.push(`${what} ${device.name}`);
        packets.push(packet);
      });
  }
  const attach = (name: string, device: string, more = {}) => collection.programs[name]!.attach({ interface: device, ...more });
  return { engine, seen, packets, attach, loaded: collection.programs };
}

function device(engine: EmbeddedEngine, name: string) {
  return engine.devices.find((each) => each.name === name)!;
}

const xdp = (text: string): ProgramText => ({ type: "xdp", text });
const tc = (text: string): ProgramText => ({ type: "sched_cls", text });
const returns = (code: number): string => `w0 = ${code}\nexit`;
const redirect = (ifindex: number, flags = 0): string => `r1 = ${ifindex}\nr2 = ${flags}\ncall bpf_redirect\nexit`;

describe("a packet that comes in", () => {
  for (const { what, program, verdict, decidedBy, seen } of [
    { what: "nothing attached", program: null, verdict: 2, decidedBy: "none", seen: ["reaches the stack of eth0"] },
    { what: "XDP_PASS", program: xdp(returns(2)), verdict: 2, decidedBy: "xdp", seen: ["reaches the stack of eth0"] },
    { what: "XDP_DROP", program: xdp(returns(1)), verdict: 1, decidedBy: "xdp", seen: [] },
    { what: "XDP_TX", program: xdp(returns(3)), verdict: 3, decidedBy: "xdp", seen: ["leaves eth0"] },
    { what: "XDP_REDIRECT", program: xdp(redirect(3)), verdict: 4, decidedBy: "xdp", seen: ["leaves eth1"] },
    { what: "XDP_REDIRECT to nowhere", program: xdp(redirect(77)), verdict: 4, decidedBy: "xdp", seen: [] },
    { what: "XDP_REDIRECT without a target", program: xdp(returns(4)), verdict: 4, decidedBy: "xdp", seen: [] },
    { what: "no verdict of XDP", program: xdp(returns(99)), verdict: 99, decidedBy: "xdp", seen: [] },
    { what: "TCX_PASS", program: tc(returns(0)), verdict: 0, decidedBy: "ingress", seen: ["reaches the stack of eth0"] },
    { what: "TCX_DROP", program: tc(returns(2)), verdict: 2, decidedBy: "ingress", seen: [] },
    {
      what: "TCX_NEXT",
      program: tc(returns(-1)),
      verdict: 0xffff_ffff,
      decidedBy: "ingress",
      seen: ["reaches the stack of eth0"],
    },
    {
      what: "TC_ACT_STOLEN is next",
      program: tc(returns(4)),
      verdict: 0xffff_ffff,
      decidedBy: "ingress",
      seen: ["reaches the stack of eth0"],
    },
    { what: "TCX_REDIRECT out", program: tc(redirect(3)), verdict: 7, decidedBy: "ingress", seen: ["leaves eth1"] },
    {
      what: "TCX_REDIRECT in",
      program: tc(redirect(3, 1)),
      verdict: 7,
      decidedBy: "ingress",
      seen: ["reaches the stack of eth1"],
    },
    { what: "bpf_redirect with other flags", program: tc(redirect(3, 2)), verdict: 2, decidedBy: "ingress", seen: [] },
    {
      what: "bpf_redirect_peer",
      program: tc("r1 = 10\nr2 = 0\ncall bpf_redirect_peer\nexit"),
      verdict: 7,
      decidedBy: "ingress",
      seen: ["reaches the stack of right"],
    },
    {
      what: "bpf_clone_redirect: the copy goes out when the program has ended",
      program: tc("r2 = 10\nr3 = 0\ncall bpf_clone_redirect\nr0 = 0\nexit"),
      verdict: 0,
      decidedBy: "ingress",
      seen: ["reaches the stack of eth0", "leaves left", "reaches the stack of right"],
    },
  ] as const) {
    test(what, async () => {
      const room = await open(program === null ? {} : { program });
      if (program !== null) await room.attach("program", "eth0");
      const eth0 = device(room.engine, "eth0");
      assert.equal(eth0.receive(PACKET), verdict);
      assert.equal(eth0.decidedBy, decidedBy);
      assert.deepEqual(room.seen, seen);
      for (const packet of room.packets) assert.deepEqual(packet, PACKET);
      const { received, delivered, dropped, redirected, transmitted } = eth0.counters;
      const came = delivered + dropped + redirected + (verdict === 3 ? 0 : transmitted);
      assert.equal(received, 1);
      assert.equal(came, 1, "every packet ends somewhere");
    });
  }

  test("XDP first, then tc: what XDP cut off, tc does not see", async () => {
    const room = await open({
      trim: xdp("r2 = -10\ncall bpf_xdp_adjust_tail\nr0 = 2\nexit"),
      length: tc("r0 = *(u32 *)(r1 + 0)\nr0 -= 50\nexit"),
    });
    await room.attach("trim", "eth0");
    await room.attach("length", "eth0");
    assert.equal(device(room.engine, "eth0").receive(packet(ethernet(), ipv4(), udp(), payload(new Uint8Array(18)))), 0);
    assert.equal(room.packets[0]?.length, 50);
  });

  test("a VLAN tag is beside the packet in tc, and in it again on the wire", async () => {
    const tagged = packet(ethernet(), vlan({ id: 42 }), ipv4(), icmp(), padding());
    const room = await open({ tag: tc("r0 = *(u32 *)(r1 + 24)\nr0 -= 42\nexit") });
    await room.attach("tag", "eth0");
    assert.equal(device(room.engine, "eth0").receive(tagged), 0);
    assert.deepEqual(room.packets, [tagged]);
  });

  test("with the next hop's Ethernet addresses: bpf_redirect_neigh", async () => {
    const room = await open({ next: tc("r1 = 3\nr2 = 0\nr3 = 0\nr4 = 0\ncall bpf_redirect_neigh\nexit") });
    await room.attach("next", "eth0");
    device(room.engine, "eth0").receive(PACKET);
    assert.deepEqual(room.seen, ["leaves eth1"]);
    assert.deepEqual([...room.packets[0]!.subarray(0, 12)], [2, 0, 0, 0, 0, 0x99, 2, 0, 0, 0, 0, 3]);
    device(room.engine, "eth0").receive(packet(ethernet(), ipv4({ destination: "203.0.113.10" }), udp(), padding()));
    assert.equal(room.seen.length, 1, "nobody knows 203.0.113.10");
    room.engine.network.setNeighbour({ address: "203.0.113.10", mac: "02:00:00:00:00:10", device: "eth1" });
    device(room.engine, "eth0").receive(packet(ethernet(), ipv4({ destination: "203.0.113.10" }), udp(), padding()));
    assert.equal(room.packets[1]?.[5], 0x10);
  });
});

describe("a packet that leaves", () => {
  test("goes through tc egress, out, and in at the peer", async () => {
    const room = await open({ mark: tc("w2 = 5\n*(u32 *)(r1 + 8) = r2\nr0 = 0\nexit"), pass: xdp(returns(2)) });
    await room.attach("mark", "left", { direction: "egress" });
    await room.attach("pass", "right");
    const left = device(room.engine, "left");
    assert.equal(left.send(PACKET), 0);
    assert.equal(left.decidedBy, "egress");
    assert.deepEqual(room.seen, ["leaves left", "reaches the stack of right"]);
    assert.equal(device(room.engine, "right").counters.received, 1);
  });

  test("is of a control group", async () => {
    const room = await open({
      web: tc(
        "r6 = r1\nr2 = 1\ncall bpf_skb_ancestor_cgroup_id\nr7 = r0\nr1 = r6\ncall bpf_skb_cgroup_id\nr0 -= r7\nif r0 == 1 goto drop\nr0 = 0\nexit\ndrop:\nr0 = 2\nexit",
      ),
    });
    await room.attach("web", "left", { direction: "egress" });
    const left = device(room.engine, "left");
    assert.equal(left.send(PACKET), 0, "of nobody's");
    assert.equal(left.send(PACKET, { cgroup: "/web" }), 0, "its ancestor at level 1 is itself");
    assert.equal(left.send(PACKET, { cgroup: "/web/api" }), 2);
  });

  test("is of a control group, or of one below it", async () => {
    await using engine = openEmbedded({ unsafe: true, memory: 4 << 20 });
    const groups: MapSpec = { ...outMap(2, 4), name: "groups", type: "cgroup_array" };
    // What it answered, in a map: a verdict of tc says less.
    const text = `r2 = map groups\n r3 = 0\n call bpf_skb_under_cgroup\n *(u64 *)(r10 - 16) = r0\n *(u32 *)(r10 - 4) = 0
      r1 = map out\n r2 = r10\n r2 += -4\n r3 = r10\n r3 += -16\n r4 = 0\n call bpf_map_update_elem\n r0 = 0\n exit`;
    await using collection = await engine.load(eventSpec({ under: ["tc", text] }, [groups, outMap(1)]));
    const left = engine.addDevice("left");
    await using _link = await collection.programs["under"]!.attach({ interface: "left", direction: "egress" });
    const ask = (cgroup?: string): number => {
      left.send(PACKET, cgroup === undefined ? {} : { cgroup });
      const bytes = collection.maps["out"]!.get(0) as Uint8Array;
      return new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
    };
    assert.equal(ask("/web"), -11, "-EAGAIN: nothing is there");
    collection.maps["groups"]!.set(0, "/web");
    assert.deepEqual([ask("/web"), ask("/web/api"), ask("/db")], [1, 1, 0]);
    assert.equal(ask(), -2, "-ENOENT: of nobody's socket");
  });

  test("two that send everything back to each other end", async () => {
    const room = await open({ back: xdp(returns(3)) });
    await room.attach("back", "left");
    await room.attach("back", "right");
    device(room.engine, "left").receive(PACKET);
    assert.equal(room.seen.length, 9);
  });

  test("not from a device that is down, nor into one", async () => {
    const room = await open({ there: xdp(redirect(3)) });
    await room.attach("there", "eth0");
    device(room.engine, "eth1").up = false;
    device(room.engine, "eth0").receive(PACKET);
    assert.deepEqual(room.seen, []);
    assert.equal(device(room.engine, "eth0").counters.dropped, 1);
  });

  test("not from one whose MTU it is too long for", async () => {
    const room = await open({ there: xdp(redirect(3)) });
    await room.attach("there", "eth0");
    device(room.engine, "eth0").receive(packet(ethernet(), ipv4(), udp(), payload(new Uint8Array(1500))));
    assert.deepEqual(room.seen, []);
  });
});

describe("several programs at a hook", () => {
  test("run in order until one has an opinion", async () => {
    const printed: string[] = [];
    const engine = openEmbedded({ unsafe: true, room: ROOM, onPrint: (text) => printed.push(text) });
    const say = (letter: string, verdict: number): ProgramText =>
      tc(
        `w1 = ${letter.charCodeAt(0)}\n*(u64 *)(r10 - 8) = r1\nr1 = r10\nr1 += -8\nr2 = 2\ncall bpf_trace_printk\nw0 = ${verdict}\nexit`,
      );
    const { programs } = await engine.load(
      netSpec({ a: say("a", -1), b: say("b", -1), c: say("c", -1), d: say("d", 0), e: say("e", -1) }),
    );
    const eth0 = device(engine, "eth0");
    const round = () => {
      printed.length = 0;
      eth0.receive(PACKET);
      return printed.join("");
    };
    const at = { interface: "eth0" };
    const b = await programs["b"]!.attach(at);
    const a = await programs["a"]!.attach({ ...at, position: "first" });
    assert.equal(round(), "ab");
    const d = await programs["d"]!.attach({ ...at, position: { before: b } });
    assert.equal(round(), "ad", "d returned TCX_PASS: b does not run");
    await d.update(programs["c"]!);
    assert.equal(round(), "acb", "replaced in its place");
    const e = await programs["e"]!.attach({ ...at, position: { after: a } });
    assert.equal(round(), "aecb");
    await a.detach();
    await a.detach();
    assert.equal(round(), "ecb");
    await assert.rejects(programs["a"]!.attach({ ...at, position: { before: a } }), {
      name: "AttachError",
      message: /tc ingress on eth0 \(embedded\): the link to go before is not there/,
    });
    await assert.rejects(a.update(programs["b"]!), { name: "AttachError", message: /the link was detached/ });
    await e.detach();
    assert.equal(round(), "cb");
  });

  test("come and go while packets flow: each packet meets the list as it was when it came", async () => {
    const room = await open({ back: tc(redirect(10)), pass: tc(returns(0)), drop: tc(returns(2)) });
    const link = await room.attach("back", "eth0");
    const right = device(room.engine, "right");
    const before = await room.attach("pass", "right");
    let turn = 0;
    right.onDeliver(() => {
      // In the middle of a packet's way: the first one leaves, the second is exchanged.
      turn++;
      if (turn === 1) void room.attach("drop", "right", { position: "last" });
      if (turn === 2) void before.update(room.loaded["drop"]!);
    });
    for (let at = 0; at < 4; at++) device(room.engine, "eth0").receive(PACKET);
    assert.equal(turn, 2);
    await link.detach();
    assert.equal(device(room.engine, "eth0").receive(PACKET), 2, "nothing is attached");
  });

  test("a program of another type, or of nowhere, is no replacement", async () => {
    const room = await open({ first: tc(returns(0)) });
    const link = await room.attach("first", "eth0");
    const { programs } = await room.engine.load(netSpec({ other: xdp(returns(2)) }));
    await assert.rejects(link.update(programs["other"]!), {
      name: "AttachError",
      message: /expected a sched_cls program of the embedded engine, found other \(xdp\)/,
    });
  });
});

describe("a room that makes no sense", () => {
  for (const { room, message } of [
    { room: { devices: [{ name: "a" }, { name: "a" }] }, message: /a: there is a packet device of that name/ },
    {
      room: {
        devices: [
          { name: "a", ifindex: 3 },
          { name: "b", ifindex: 3 },
        ],
      },
      message: /b: a has the ifindex 3 already/,
    },
    { room: { devices: [{ name: "with space" }] }, message: /a device's name has 1 to 15 bytes/ },
    { room: { devices: [{ name: "a", mtu: 20 }] }, message: /a: mtu: expected 68 to 65536, found 20/ },
    { room: { devices: [{ name: "a", mac: "02" }] }, message: /expected a hardware address/ },
    { room: { devices: [{ name: "a", addresses: ["192.0.2.1/33"] }] }, message: /expected a prefix like 192\.0\.2\.0\/24/ },
    { room: { devices: [{ name: "a", peer: "b" }] }, message: /no packet device b: there is a/ },
    { room: { devices: [{ name: "a", peer: "a" }] }, message: /a: a device is no peer of itself/ },
    { room: { routes: [{ to: "default" }] }, message: /route to default: name the device that it leads through/ },
    { room: { routes: [{ to: "default", device: "x" }] }, message: /no packet device x/ },
    { room: { neighbours: [{ address: "a", mac: "02:00:00:00:00:01", device: "x" }] }, message: /expected an address like/ },
  ] as const) {
    test(String(message), () => {
      assert.throws(() => openEmbedded({ room }), { message });
    });
  }
});
