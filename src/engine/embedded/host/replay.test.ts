import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { FaultError } from "../../errors.ts";
import { buildPcap, buildPcapng, concatenate, type TestPacket } from "./fixtures/build-capture.ts";
import { collect } from "./fixtures/collect.ts";
import { openCapture } from "./read-capture.ts";
import { type ReplayDevice, replay } from "./replay.ts";
import { CaptureWriter } from "./write-capture.ts";

const office = readFileSync(new URL("../../../../examples/captures/office.pcap", import.meta.url));
const [XDP_ABORTED, XDP_DROP, XDP_PASS] = [0, 1, 2];

/** A device with a program that is a function; the function may write into the packet, which is a copy. */
function deviceOf(program: (packet: Uint8Array, seconds: number) => number): ReplayDevice {
  let last = new Uint8Array(0);
  return {
    receive(packet, meta) {
      last = packet.slice();
      return program(last, meta?.seconds ?? Number.NaN);
    },
    get packet() {
      return last;
    },
  };
}

/** Drops IPv4 from 203.0.113.0/24, as the example does. */
function firewall(packet: Uint8Array): number {
  const ipv4 = packet[12] === 8 && packet[13] === 0;
  return ipv4 && packet[26] === 203 && packet[27] === 0 && packet[28] === 113 ? XDP_DROP : XDP_PASS;
}

function packet(seconds: number, length: number, originalLength = length): TestPacket {
  return { seconds, nanoseconds: 0, originalLength, data: new Uint8Array(length) };
}

describe("replaying a capture", () => {
  it("counts what became of the packets", async () => {
    const result = await replay(await openCapture(office), deviceOf(firewall));
    const tshark = /from 203\.0\.113\.0\/24.*?\| (\d+) \| (\d+) \|/.exec(
      readFileSync(new URL("../../../../examples/captures/README.md", import.meta.url), "utf8"),
    );
    const dropped = result.verdicts.find(({ verdict }) => verdict === XDP_DROP);
    assert.deepEqual(dropped, { verdict: XDP_DROP, packets: Number(tshark?.[1]), bytes: Number(tshark?.[2]) });
    assert.equal(result.verdicts[0]?.verdict, XDP_PASS);
    assert.equal(
      result.packets,
      result.verdicts.reduce((sum, { packets }) => sum + packets, 0),
    );
    assert.deepEqual([result.skipped, result.cutShort, result.faults.packets, result.truncated], [[], 0, 0, null]);
    assert(result.time !== null && result.time.medianPerPacket > 0 && result.time.total >= result.time.meanPerPacket);
  });

  it("hands out every packet with its verdict, in order: what --pass and --drop write", async () => {
    const writers = new Map([XDP_DROP, XDP_PASS].map((verdict) => [verdict, new CaptureWriter()]));
    await replay(await openCapture(office), deviceOf(firewall), {
      onVerdict: (verdict, packet) => writers.get(verdict)?.add(packet),
    });
    const dropped = await collect(writers.get(XDP_DROP)?.take() ?? new Uint8Array(0));
    const passed = await collect(writers.get(XDP_PASS)?.take() ?? new Uint8Array(0));
    const all = await collect(office);
    const time = ({ seconds, nanoseconds }: { seconds: number; nanoseconds: number }) => seconds * 1e9 + nanoseconds;
    assert(dropped.packets.every(({ data }) => firewall(data) === XDP_DROP));
    assert.deepEqual([...dropped.packets, ...passed.packets].map(time).sort(), all.packets.map(time).sort());
  });

  it("hands out packets as the program left them", async () => {
    const device = deviceOf((packet) => packet.fill(0xee, 0, 6)[0] ?? 0);
    const seen: unknown[] = [];
    const capture = buildPcap([packet(1, 14, 1500)]);
    await replay(await openCapture(capture.bytes), device, {
      onVerdict: (verdict, { data, originalLength }) => seen.push([verdict, data[0], data[6], originalLength]),
    });
    assert.deepEqual(seen, [[0xee, 0xee, 0, 1500]]);
  });

  it("tells the device when each packet was captured; one without a time comes with the time before it", async () => {
    const capture = concatenate(
      buildPcapng([packet(100, 60), packet(101, 60)]),
      buildPcapng([packet(0, 60)], { block: "simple" }),
    );
    const times: number[] = [];
    const device = deviceOf((_packet, seconds) => times.push(seconds));
    const { captured } = await replay(await openCapture(capture.bytes), device);
    assert.deepEqual(times, [100, 101, 101]);
    assert.deepEqual([captured?.first.seconds, captured?.last.seconds], [100, 101]);
  });

  it("skips what is no Ethernet frame, and says what it was", async () => {
    const capture = concatenate(
      buildPcapng([packet(1, 60), packet(2, 13), packet(3, 14)]),
      buildPcapng([packet(4, 60), packet(5, 60)], { linkType: 113 }),
      buildPcapng([packet(6, 70_000)]),
    );
    const result = await replay(await openCapture(capture.bytes), deviceOf(firewall));
    assert.equal(result.packets, 2);
    assert.deepEqual(result.skipped, [
      { reason: "shorter than an Ethernet header (14 bytes)", packets: 1, bytes: 13 },
      { reason: "LINUX_SLL (tcpdump -i any), not Ethernet", packets: 2, bytes: 120 },
      { reason: "longer than 65535 bytes", packets: 1, bytes: 70_000 },
    ]);
  });

  it("counts packets that were captured in part", async () => {
    const result = await replay(await openCapture(buildPcap([packet(1, 60, 1500), packet(2, 60)]).bytes), deviceOf(firewall));
    assert.equal(result.cutShort, 1);
  });

  it("goes on after a fault, which counts as XDP_ABORTED", async () => {
    const device = deviceOf((_packet, seconds) => {
      if (seconds !== 1) throw new FaultError("firewall", 7, `reads beyond packet ${seconds}`);
      return XDP_PASS;
    });
    const { bytes } = buildPcap([packet(1, 60), packet(2, 60), packet(3, 60)]);
    const result = await replay(await openCapture(bytes), device);
    assert.equal(result.verdicts.find(({ verdict }) => verdict === XDP_ABORTED)?.packets, 2);
    assert.equal(result.faults.packets, 2);
    assert.equal(result.faults.first?.message, "reads beyond packet 2");
  });

  it("does not hide other errors", async () => {
    const device = deviceOf(() => {
      throw new TypeError("a bug");
    });
    await assert.rejects(replay(await openCapture(buildPcap([packet(1, 60)]).bytes), device), TypeError);
  });

  it("uses what is whole of a capture that is cut off, and of one without packets nothing", async () => {
    const { bytes } = buildPcap([packet(1, 60), packet(2, 60)]);
    const cut = await replay(await openCapture(bytes.subarray(0, bytes.length - 10)), deviceOf(firewall));
    assert.equal(cut.packets, 1);
    assert.equal(cut.truncated?.bytes, 66);
    const empty = await replay(await openCapture(bytes.subarray(0, 24)), deviceOf(firewall));
    assert.deepEqual([empty.packets, empty.time, empty.captured, empty.verdicts], [0, null, null, []]);
  });

  it("of any length takes the same memory, and still knows a median", async () => {
    const { bytes } = buildPcap(Array.from({ length: 40_000 }, (_, index) => packet(index, 14)));
    const result = await replay(await openCapture(bytes), deviceOf(firewall), { onVerdict: () => {} });
    assert.equal(result.packets, 40_000);
    assert(result.time !== null && result.time.medianPerPacket > 0 && result.time.medianPerPacket <= result.time.total);
  });

  it("stops when asked: after the packet at hand, or those that were given with it", async () => {
    const { bytes } = buildPcap(Array.from({ length: 3000 }, (_, index) => packet(index, 60)));
    // Packets are given one, two, four … at a time, fewer only when they take long.
    for (const [asks, most] of [
      [1, 1],
      [2, 3],
      [1000, 1000 + 63],
    ] as const) {
      const stop = new AbortController();
      let given = 0;
      const device = deviceOf(() => {
        if (++given === asks) stop.abort();
        return XDP_PASS;
      });
      const { packets } = await replay(await openCapture(bytes), device, { signal: stop.signal });
      assert(packets >= asks && packets <= most, `asked at packet ${asks}, stopped after ${packets}`);
      assert.equal(packets, given);
    }
  });

  it("hears who asks from outside while it runs, and gives nothing to a device after that", async () => {
    const { bytes } = buildPcap(Array.from({ length: 3000 }, (_, index) => packet(index, 60)));
    const asked = await replay(await openCapture(bytes), deviceOf(firewall), { signal: AbortSignal.abort() });
    assert.equal(asked.packets, 0);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 1);
    const slow = deviceOf(() => {
      for (const until = performance.now() + 5; performance.now() < until; );
      return XDP_PASS;
    });
    assert((await replay(await openCapture(bytes), slow, { signal: stop.signal })).packets < 3000);
  });
});
