/** `bpf_redirect_map`: where device and CPU maps lead, and what the programs of their entries decide. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MapSpec } from "../../../object/spec.ts";
import { ethernet, ipv4, packet, padding, payload, udp } from "../../../packets/index.ts";
import type { MapType } from "../../../uapi/map-types.ts";
import type { BpfMap } from "../../engine.ts";
import { openEmbedded } from "../engine.ts";
import { eventSpec } from "../programs/fixtures/assembled.ts";

const PACKET = packet(ethernet(), ipv4({ destination: "203.0.113.9" }), udp(), padding());
const BROADCAST = 8;
const EXCLUDE_INGRESS = 16;

const mapOf = (type: MapType, valueSize: 4 | 8): MapSpec => {
  return { name: "way", type, keySize: 4, valueSize, maxEntries: 4, flags: 0, keyType: 0, valueType: 0 };
};
const u32s = (...words: number[]) => new Uint8Array(new Uint32Array(words).buffer);

type Sections = Readonly<Record<string, readonly [section: string, text: string]>>;

/** `main` on eth0 (2) of three devices; all that leaves or arrives is written down. */
async function open(type: MapType, main: string, more: Sections = {}, valueSize: 4 | 8 = 8) {
  const devices = [
    { name: "eth0", ifindex: 2 },
    { name: "eth1", ifindex: 3 },
    { name: "eth2", ifindex: 4, mtu: 100 },
  ];
  const engine = openEmbedded({ unsafe: true, seed: 1, cpus: 2, room: { devices } });
  const { maps, programs } = await engine.load(eventSpec({ main: ["xdp", main], ...more }, [mapOf(type, valueSize)]));
  await programs["main"]!.attach({ interface: "eth0" });
  const seen: string[] = [];
  const packets: Uint8Array[] = [];
  for (const device of engine.devices) {
    device.onTransmit((packet) => {
      seen.push(`out of ${device.name}`);
      packets.push(packet);
    });
    device.onDeliver((packet) => {
      seen.push(`to the stack of ${device.name}`);
      packets.push(packet);
    });
  }
  const way: BpfMap = maps["way"]!;
  const set = (key: number, value: number, program?: string, mode: "any" | "create" | "replace" = "any") =>
    way.set(
      keyOf(type, key),
      valueSize === 8 ? u32s(value, 0) : u32s(value),
      program === undefined ? mode : { mode, program: programs[program]! },
    );
  const [eth0, eth1] = engine.devices;
  return { engine, programs, way, set, seen, packets, eth0: eth0!, eth1: eth1! };
}

/** Keys are indexes but in hashes, where the Spec does not say what they are. */
const keyOf = (type: string, key: number): number | Uint8Array => (type.includes("hash") ? u32s(key) : key);

const redirectMap = (key: number, flags = 0) => `r1 = map way\nr2 = ${key}\nr3 = ${flags}\ncall bpf_redirect_map\nexit`;

describe("through a device map", () => {
  for (const type of ["devmap", "devmap_hash"] as const)
    for (const { what, flags, key = 1, verdict, seen } of [
      { what: "out of the entry's device", flags: 0, verdict: 4, seen: ["out of eth1"] },
      { what: "nothing there: XDP_ABORTED", key: 3, flags: 0, verdict: 0, seen: [] },
      { what: "nothing there: the verdict in the low bits", key: 3, flags: 2, verdict: 2, seen: ["to the stack of eth0"] },
      { what: "nothing there: sent back", key: 3, flags: 3, verdict: 3, seen: ["out of eth0"] },
      { what: "a key beyond the map", key: 100, flags: 1, verdict: 1, seen: [] },
      { what: "flags that there are not", flags: 4, verdict: 0, seen: [] },
      { what: "to all", key: 100, flags: BROADCAST, verdict: 4, seen: ["out of eth0", "out of eth1", "out of eth2"] },
      { what: "to all others", flags: BROADCAST | EXCLUDE_INGRESS, verdict: 4, seen: ["out of eth1", "out of eth2"] },
      { what: "without broadcast nothing is excluded", key: 0, flags: EXCLUDE_INGRESS, verdict: 4, seen: ["out of eth0"] },
    ])
      test(`${type}: ${what}`, async () => {
        const { set, seen: happened, packets, eth0 } = await open(type, redirectMap(key, flags));
        set(0, 2);
        set(1, 3);
        set(2, 4);
        assert.equal(eth0.receive(PACKET), verdict);
        assert.deepEqual(happened.toSorted(), seen);
        for (const each of packets) assert.deepEqual(each, PACKET);
        const { delivered, dropped, redirected } = eth0.counters;
        assert.equal(delivered + dropped + redirected, 1, "every packet ends once");
      });

  test("not where it is too long, or the device is down; to the others it goes", async () => {
    const { set, seen, eth0, eth1 } = await open("devmap", redirectMap(0, BROADCAST));
    set(0, 3);
    set(1, 4);
    const long = packet(ethernet(), ipv4(), udp(), payload(new Uint8Array(200)));
    eth0.receive(long);
    assert.deepEqual(seen, ["out of eth1"]);
    eth1.up = false;
    eth0.receive(long);
    assert.deepEqual([seen.length, eth0.counters.redirected, eth0.counters.dropped], [1, 1, 1]);
  });
});

/** Returns XDP_PASS when the context is as expected, else XDP_DROP. */
const expects = (offset: number, value: number) =>
  `r2 = *(u32 *)(r1 + ${offset})\nif r2 != ${value} goto drop\nw0 = 2\nexit\ndrop:\nw0 = 1\nexit`;

describe("an entry's program", () => {
  for (const { what, text, seen } of [
    { what: "XDP_PASS goes out", text: "w0 = 2\nexit", seen: ["out of eth1"] },
    { what: "XDP_DROP ends", text: "w0 = 1\nexit", seen: [] },
    { what: "XDP_TX ends", text: "w0 = 3\nexit", seen: [] },
    { what: "XDP_REDIRECT ends", text: "r1 = 4\nr2 = 0\ncall bpf_redirect\nexit", seen: [] },
    { what: "reads where it goes out", text: expects(20, 3), seen: ["out of eth1"] },
    { what: "reads where it came in", text: expects(12, 2), seen: ["out of eth1"] },
  ])
    test(`of a device map: ${what}`, async () => {
      const { set, seen: happened, eth0, eth1 } = await open("devmap", redirectMap(0), { outward: ["xdp/devmap", text] });
      set(0, 3, "outward");
      assert.equal(eth0.receive(PACKET), 4);
      assert.deepEqual(happened, seen);
      assert.deepEqual([eth0.counters.redirected, eth1.counters.dropped], [1, seen.length === 0 ? 1 : 0]);
    });

  for (const { what, text, seen } of [
    { what: "XDP_PASS goes to the stack", text: "w0 = 2\nexit", seen: ["to the stack of eth0"] },
    { what: "XDP_DROP ends", text: "w0 = 1\nexit", seen: [] },
    { what: "XDP_TX ends", text: "w0 = 3\nexit", seen: [] },
    { what: "XDP_REDIRECT goes on", text: "r1 = 3\nr2 = 0\ncall bpf_redirect\nexit", seen: ["out of eth1"] },
    { what: "runs on the CPU", text: "call bpf_get_smp_processor_id\nr0 += 1\nexit", seen: ["to the stack of eth0"] },
    { what: "itself again ends after some rounds", text: redirectMap(1), seen: [] },
  ])
    test(`of a CPU map: ${what}`, async () => {
      const { set, seen: happened, eth0 } = await open("cpumap", redirectMap(1), { there: ["xdp/cpumap", text] });
      set(1, 64, "there");
      assert.equal(eth0.receive(PACKET), 4);
      assert.deepEqual(happened, seen);
    });

  test("finds packet and metadata as the first one left them, each copy its own", async () => {
    // Four bytes of metadata, "meta"; the second puts them in place of the packet's first four bytes.
    const main = `r6 = r1\nr2 = -4\ncall bpf_xdp_adjust_meta\nr2 = *(u32 *)(r6 + 8)\nr3 = *(u32 *)(r6 + 0)\nr4 = r2\nr4 += 4\n
      if r4 > r3 goto end\n*(u32 *)(r2 + 0) = 0x6174656d\nend:\n${redirectMap(0, BROADCAST)}`;
    const outward = `r6 = r1\nr2 = *(u32 *)(r6 + 8)\nr3 = *(u32 *)(r6 + 0)\nr4 = *(u32 *)(r6 + 4)\nr5 = r3\nr5 += 4\nif r5 > r4 goto drop\n
      r5 = r2\nr5 += 4\nif r5 > r3 goto drop\nr2 = *(u32 *)(r2 + 0)\n*(u32 *)(r3 + 0) = r2\nr1 = r6\nr2 = -4\ncall bpf_xdp_adjust_head\nw0 = 2\nexit\ndrop:\nw0 = 1\nexit`;
    const { set, seen, packets, eth0 } = await open("devmap", main, { outward: ["xdp/devmap", outward] });
    set(0, 3, "outward");
    set(1, 2);
    eth0.receive(PACKET);
    assert.deepEqual(seen, ["out of eth1", "out of eth0"]);
    assert.equal(packets[0]!.length, PACKET.length + 4);
    assert.equal(new TextDecoder().decode(packets[0]!.subarray(4, 8)), "meta");
    assert.deepEqual(packets[0]!.subarray(8), PACKET.subarray(4));
    assert.deepEqual(packets[1], PACKET);
  });

  test("that is stopped ends its packet, and others go on", async () => {
    const stopped = "r1 = 0\nr0 = *(u64 *)(r1 + 0)\nexit";
    const { set, seen, eth0, eth1 } = await open("devmap", redirectMap(0, BROADCAST), { stopped: ["xdp/devmap", stopped] });
    set(0, 3, "stopped");
    set(1, 4);
    assert.equal(eth0.receive(PACKET), 4);
    assert.deepEqual(seen, ["out of eth2"]);
    assert.equal(eth1.counters.faulted, 1);
  });

  test("is for entries only", async () => {
    const { programs } = await open("devmap", redirectMap(0), { outward: ["xdp/devmap", "w0 = 2\nexit"] });
    await assert.rejects(programs["outward"]!.attach({ interface: "eth1" }), {
      name: "AttachError",
      message: /SEC\("xdp\/devmap"\) goes into a map/,
    });
    assert.throws(() => programs["outward"]!.run({ packet: PACKET }), /has no test run/);
  });

  test("takes its entries with it when its collection is disposed", async () => {
    const { engine, way, eth0, seen } = await open("devmap", redirectMap(0));
    const other = await engine.load(eventSpec({ outward: ["xdp/devmap", "w0 = 2\nexit"] }));
    way.set(0, u32s(3, 0), { program: other.programs["outward"]! });
    await other[Symbol.asyncDispose]();
    assert.equal(way.has(0), false);
    assert.equal(eth0.receive(PACKET), 0);
    assert.deepEqual(seen, []);
  });
});

describe("what an entry may not say", () => {
  const sections: Sections = { outward: ["xdp/devmap", "w0 = 2\nexit"], there: ["xdp/cpumap", "w0 = 2\nexit"] };
  for (const { type, size = 8, key = 0, value, program, message } of [
    { type: "devmap", value: 77, message: /no device with ifindex 77/ },
    { type: "devmap", value: 0, program: "outward", message: /no device with ifindex 0/ },
    { type: "devmap_hash", value: 0, message: /no device with ifindex 0/ },
    {
      type: "devmap",
      value: 3,
      program: "there",
      message: /expected a program of this engine with SEC\("xdp\/devmap"\), found there/,
    },
    { type: "cpumap", value: 8, program: "main", message: /SEC\("xdp\/cpumap"\), found main \(xdp\)/ },
    { type: "devmap", size: 4, value: 3, program: "outward", message: /its values have 4 bytes/ },
    { type: "cpumap", value: 16_385, message: /expected at most 16384 packets/ },
    { type: "cpumap", key: 2, value: 8, message: /there is no CPU 2; the engine has 0 to 1/ },
    { type: "cpumap", key: 4, value: 8, message: /there is no entry/ },
    { type: "hash", value: 8, program: "outward", message: /entries of a map of type hash have no program/ },
  ] as const)
    test(`${type}[${key}] = ${value}, ${program ?? "no program"}`, async () => {
      const main = type === "hash" ? "w0 = 2\nexit" : redirectMap(0);
      const { set, way } = await open(type, main, sections, size);
      assert.throws(() => set(key, value, program), { name: "MapError", message });
      assert.equal(way.has(keyOf(type, key)), false, "nothing changed");
    });

  test("a descriptor, as there are none", async () => {
    const { way } = await open("devmap", redirectMap(0));
    assert.throws(() => way.set(0, u32s(3, 5)), /name the program: set\(key, value, \{ program \}\)/);
    way.set(0, u32s(3, 0xffff_ffff));
    assert.deepEqual(way.get(0), u32s(3, 0), "-1 is none");
  });
});
