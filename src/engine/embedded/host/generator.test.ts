import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { completeChecksum } from "../../../live/checksum.ts";
import { virtualClock } from "../clock.ts";
import { openEmbedded } from "../engine.ts";
import { netSpec } from "../fixtures/net-spec.ts";
import { drive, packets, type TrafficOptions } from "./generator.ts";

function take(count: number, options: TrafficOptions): Uint8Array[] {
  const traffic = packets(options);
  return Array.from({ length: count }, () => traffic.next().value.slice());
}

describe("packets", () => {
  test("are the same from the same seed", () => {
    assert.deepEqual(take(50, { seed: 7 }), take(50, { seed: 7 }));
    assert.notDeepEqual(take(50, { seed: 7 }), take(50, { seed: 8 }));
  });

  for (const source of ["10.0.0.0/8", "2001:db8::/32"]) {
    test(`are whole, their checksums right: ${source}`, () => {
      const destination = source.includes(":") ? "2001:db8:1::/48" : "192.0.2.0/24";
      const kinds = new Set<number>();
      for (const packet of take(200, { source, destination, flows: 40, seed: 3 })) {
        assert.ok(packet.length >= 64 && packet.length <= 1514);
        kinds.add(source.includes(":") ? packet[20]! : packet[23]!);
        const again = packet.slice();
        completeChecksum(again);
        assert.deepEqual(packet, again);
      }
      assert.equal(kinds.size, 3);
    });
  }

  test("have as many flows as asked, from and to the networks", () => {
    const ends = new Set(
      take(500, { flows: 5, destination: "192.0.2.9", protocols: ["udp"], size: 100 }).map((packet) => {
        assert.equal(packet.length, 100);
        assert.equal(packet[26], 10);
        assert.deepEqual([...packet.subarray(30, 34)], [192, 0, 2, 9]);
        return packet.subarray(26, 38).join();
      }),
    );
    assert.equal(ends.size, 5);
  });

  test("of options that make no sense there are none", () => {
    for (const options of [
      { size: 20 },
      { flows: 0 },
      { source: "x" },
      { source: "2001:db8::/32" },
      { ports: [70_000] },
      { protocols: [] },
    ])
      assert.throws(() => packets({ protocols: ["udp"], ...options }).next(), RangeError);
  });
});

describe("a device that is driven", () => {
  test("so many packets a second, by the engine's clock", async () => {
    const engine = openEmbedded({ unsafe: true, clock: virtualClock() });
    const device = engine.addDevice("eth0");
    // Drops what comes in the second half of each second.
    const { programs } = await engine.load(
      netSpec({
        half: {
          type: "xdp",
          text: "call bpf_ktime_get_ns\nr1 = 1000000000\nr0 %= r1\nr1 = r0\nw0 = 2\nif r1 < 500000000 goto out\nw0 = 1\nout:\nexit",
        },
      }),
    );
    await programs["half"]!.attach({ interface: "eth0" });
    const {
      verdicts,
      packets: given,
      bytes,
    } = await drive(device, packets({ size: 64 }), { count: 1000, perSecond: 100, start: 3 });
    assert.deepEqual([given, bytes, verdicts.get(2), verdicts.get(1)], [1000, 64_000, 500, 500]);
  });

  test("in real time", async () => {
    const engine = openEmbedded();
    const began = performance.now();
    await drive(engine.addDevice("eth0"), packets(), { count: 11, perSecond: 100, realTime: true });
    assert.ok(performance.now() - began >= 95);
  });

  test("counts what a program was stopped on", async () => {
    const engine = openEmbedded({ unsafe: true });
    const { programs } = await engine.load(netSpec({ bad: { type: "xdp", text: "r1 = 0\nr0 = *(u64 *)(r1 + 0)\nexit" } }));
    const device = engine.addDevice("eth0");
    await programs["bad"]!.attach({ interface: "eth0" });
    const { faults, verdicts } = await drive(device, packets(), { count: 5 });
    assert.equal(faults.packets, 5);
    assert.match(faults.first?.message ?? "", /null pointer/);
    assert.equal(verdicts.get(0), 5);
  });
});
