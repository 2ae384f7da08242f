/** Packets received in place: what the program sees, what the host finds afterwards, and what is refused. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { specOf } from "../../../../test/contract/specs.ts";
import { ethernet, ipv4, packet, payload, tcp } from "../../../packets/index.ts";
import { openEmbedded } from "../engine.ts";
import { eventSpec } from "../programs/fixtures/assembled.ts";
import type { PacketDevice } from "./packet-host.ts";
import type { PacketRing } from "./packet-ring.ts";

const WAYS = [
  { name: "generated code, bare", options: {} },
  { name: "generated code, checked", options: { unsafe: true } },
  { name: "interpreter", options: { unsafe: true, execution: "interpreter" } },
] as const;

type Options = (typeof WAYS)[number]["options"];

async function deviceWith(options: Options, program: string): Promise<PacketDevice> {
  const engine = openEmbedded({ memory: 4 << 20, ...options });
  const device = engine.addDevice("net0");
  const { programs } = await engine.load(specOf({}, { main: program }));
  await programs["main"]!.attach({ interface: "net0" });
  return device;
}

/** A packet of `length` bytes whose source is told from others. */
const packetOf = (number: number, length = 60): Uint8Array =>
  packet(ethernet(), ipv4({ source: `10.0.0.${number}` }), tcp(), payload(new Uint8Array(length - 54)));

function fill(ring: PacketRing, packets: readonly Uint8Array[]): void {
  packets.forEach((packet, at) => {
    const frame = (ring.next + at) % ring.frames;
    ring.frame(frame).set(packet);
    ring.lengths[frame] = packet.length;
  });
}

/** r0 is the length and the last byte of the source address: every packet has a verdict of its own. */
const LENGTH_AND_SOURCE = `
  r2 = *(u32 *)(r1 + 0)
  r3 = *(u32 *)(r1 + 4)
  r0 = r3
  r0 -= r2
  r4 = r2
  r4 += 30
  if r4 > r3 goto +3
  r5 = *(u8 *)(r2 + 29)
  r5 <<= 16
  r0 |= r5
  exit`;

for (const { name, options } of WAYS) {
  test(`${name}: verdicts are those of packets that were received one by one`, async () => {
    const device = await deviceWith(options, LENGTH_AND_SOURCE);
    const packets = Array.from({ length: 16 }, (_, at) => packetOf(at, 60 + at));
    const expected = packets.map((packet) => device.receive(packet));
    const ring = device.openRing({ frames: 8, queue: 3 });
    // Five at a time: the ring begins anew in the middle of a batch.
    const verdicts: number[] = [];
    for (let from = 0; from < packets.length; from += 5) {
      const some = packets.slice(from, from + 5);
      const first = ring.next;
      fill(ring, some);
      ring.submit(some.length);
      await ring.done();
      for (let at = 0; at < some.length; at++) verdicts.push(ring.verdicts[(first + at) % ring.frames]!);
    }
    assert.deepEqual(verdicts, expected);
    assert.equal(expected[3], (3 << 16) | 63);
    assert.deepEqual([ring.pending, ring.free, ring.next], [0, 8, 0]);
  });

  test(`${name}: the context says which device and queue`, async () => {
    const device = await deviceWith(options, "r0 = *(u32 *)(r1 + 12)\nr0 <<= 8\nr2 = *(u32 *)(r1 + 16)\nr0 += r2\nexit");
    const ring = device.openRing({ frames: 1, queue: 5 });
    fill(ring, [packetOf(1)]);
    ring.submit();
    assert.equal(ring.verdicts[0], (device.ifindex << 8) + 5);
  });

  test(`${name}: a packet is what the program made of it: written to, longer at both ends`, async () => {
    const device = await deviceWith(
      options,
      `r6 = r1
       r2 = -4
       call 44
       if r0 != 0 goto +11
       r1 = r6
       r2 = 8
       call 65
       if r0 != 0 goto +7
       r2 = *(u32 *)(r6 + 0)
       r3 = *(u32 *)(r6 + 4)
       r4 = r2
       r4 += 14
       if r4 > r3 goto +2
       *(u32 *)(r2 + 0) = 0x44332211
       r0 = 2
       exit`,
    );
    const ring = device.openRing({ frames: 4 });
    const packets = [packetOf(1), packetOf(2, 100), packetOf(3, 1500)];
    fill(ring, packets);
    ring.submit(3);
    assert.deepEqual([...ring.verdicts], [2, 2, 2, 0]);
    packets.forEach((packet, at) => {
      assert.deepEqual([...ring.packet(at)], [0x11, 0x22, 0x33, 0x44, ...packet, ...new Array(8).fill(0)]);
    });
    // Filled again, a frame begins where it did.
    ring.frame(3).set(packets[0]!);
    ring.lengths[3] = 60;
    ring.submit();
    assert.equal(ring.packet(3).length, 72);
  });

  test(`${name}: room before and behind a packet ends at the frame`, async () => {
    // r0 counts what was granted: 216 bytes before (256 less the kernel's 40), 100 behind of those of the ring.
    const grow = (helper: number, size: number): string =>
      `r1 = r6\nr2 = ${size}\ncall ${helper}\nr7 <<= 1\nif r0 == 0 goto +1\nr7 += 1\n`;
    const program = `r6 = r1\nr7 = 0\n${grow(44, -217)}${grow(44, -216)}${grow(65, 101)}${grow(65, 100)}r0 = r7\nexit`;
    const device = await deviceWith(options, program);
    const ring = device.openRing({ frames: 2, size: 60, tailRoom: 100 });
    fill(ring, [packetOf(1), packetOf(2)]);
    ring.submit(2);
    assert.deepEqual([...ring.verdicts], [0b1010, 0b1010]);
  });

  if (name !== "generated code, bare") {
    test(`${name}: a fault is one packet's; the others have their verdicts`, async () => {
      // Reads a byte that only packets of 64 have, and null before those whose source ends in 3.
      const device = await deviceWith(
        options,
        `r2 = *(u32 *)(r1 + 0)
         r3 = *(u32 *)(r1 + 4)
         r4 = r2
         r4 += 30
         r0 = 1
         if r4 > r3 goto +3
         r5 = *(u8 *)(r2 + 29)
         if r5 != 3 goto +1
         r0 = *(u8 *)(r0 + 0)
         exit`,
      );
      const ring = device.openRing({ frames: 8 });
      fill(
        ring,
        [1, 3, 2, 3, 4].map((source) => packetOf(source)),
      );
      ring.submit(5);
      assert.deepEqual([...ring.verdicts.subarray(0, 5)], [1, 0, 1, 0, 1]);
      assert.equal(ring.faults.packets, 2);
      assert.match(String(ring.faults.first), /main, slot 8 .*null\+1|main, slot 8 .*null pointer/);
    });
  }
}

test("without a program everything passes as it is", () => {
  const ring = openEmbedded({ memory: 4 << 20 })
    .addDevice("net0")
    .openRing({ frames: 2 });
  const packet = packetOf(7, 99);
  fill(ring, [packet]);
  ring.submit();
  assert.equal(ring.verdicts[0], 2);
  assert.deepEqual([...ring.packet(0)], [...packet]);
});

test("a program may be replaced between two batches", async () => {
  const engine = openEmbedded({ memory: 4 << 20, unsafe: true });
  const ring = engine.addDevice("net0").openRing();
  const { programs } = await engine.load(specOf({}, { one: "r0 = 1\nexit", two: "r0 = 2\nexit" }));
  const link = await programs["one"]!.attach({ interface: "net0" });
  const verdict = (): number => {
    const frame = ring.next;
    fill(ring, [packetOf(1)]);
    ring.submit();
    return ring.verdicts[frame]!;
  };
  assert.equal(verdict(), 1);
  await link.update(programs["two"]!);
  assert.equal(verdict(), 2);
  await link.detach();
  assert.equal(verdict(), 2);
});

test("options that make no sense are refused", () => {
  const device = openEmbedded({ memory: 1 << 20 }).addDevice("net0");
  const refused = [
    [{ frames: 3 }, /frames: expected a power of two from 1 to 65536, found 3/],
    [{ frames: 0 }, /frames/],
    [{ size: 13 }, /size: expected 14 to 65535 bytes, found 13/],
    [{ tailRoom: -1 }, /tailRoom/],
    [{ queue: -1 }, /queue/],
    [{ cpu: 1 }, /cpu: expected 0 to 0, found 1/],
  ] as const;
  for (const [options, message] of refused) assert.throws(() => device.openRing(options), { name: "RangeError", message });
  assert.throws(() => device.openRing({ frames: 65_536 }), { name: "MapError", code: "memory" });
});

test("what cannot be handed over is refused, all of it", () => {
  const ring = openEmbedded({ memory: 4 << 20 })
    .addDevice("net0")
    .openRing({ frames: 2, size: 100 });
  ring.lengths.set([60, 101]);
  assert.throws(() => ring.submit(2), { name: "RangeError", message: /length of packet 1: expected 14 to 100 bytes, found 101/ });
  assert.equal(ring.free, 2);
  assert.throws(() => ring.submit(3), { name: "RangeError", message: /expected 0 to 2 packets/ });
  assert.throws(() => ring.frame(2), { name: "RangeError", message: /frame: expected 0 to 1, found 2/ });
});

test("a ring that is closed gives its memory back", async () => {
  const engine = openEmbedded({ memory: 4 << 20 });
  const device = engine.addDevice("net0");
  const before = engine.memory.used;
  const ring = device.openRing();
  assert.ok(engine.memory.used > before);
  await ring.close();
  await ring.close();
  assert.equal(engine.memory.used, before);
  assert.throws(() => ring.submit(0), { name: "RangeError", message: /closed/ });
});

/** The verdict is the last byte of the source; 4 is a redirect to device 2, 5 stops the program. Each packet gets a shorter end. */
const EACH_VERDICT = `
  r6 = r1
  r2 = -2
  call bpf_xdp_adjust_tail
  r2 = *(u32 *)(r6 + 0)
  r3 = *(u32 *)(r6 + 4)
  r4 = r2
  r4 += 30
  r0 = 0
  if r4 > r3 goto end
  r7 = *(u8 *)(r2 + 29)
  r0 = r7
  if r7 == 5 goto stop
  if r7 != 4 goto end
  r1 = 2
  r2 = 0
  call bpf_redirect
  end:
  exit
  stop:
  r1 = 0
  r0 = *(u64 *)(r1 + 0)
  exit`;

describe("a ring whose verdicts are carried out", () => {
  /** What became of packets, however they came in. */
  async function outcome(receive: (device: PacketDevice, packets: readonly Uint8Array[]) => void, up: boolean) {
    const engine = openEmbedded({ unsafe: true, seed: 1, room: { devices: [{ name: "in" }, { name: "out" }] } });
    const { programs } = await engine.load(
      eventSpec({ main: ["xdp", EACH_VERDICT], behind: ["tc", "r0 = *(u32 *)(r1 + 0)\nr0 &= 1\nr0 <<= 1\nexit"] }),
    );
    const [device, other] = engine.devices;
    await programs["main"]!.attach({ interface: "in" });
    await programs["behind"]!.attach({ interface: "in", direction: "ingress" });
    const seen: string[] = [];
    for (const each of [device!, other!]) {
      each.onTransmit((packet) => seen.push(`${packet.length} bytes out of ${each.name}, ${packet[29]}`));
      each.onDeliver((packet) => seen.push(`${packet.length} bytes to the stack of ${each.name}, ${packet[29]}`));
    }
    device!.up = up;
    receive(
      device!,
      Array.from({ length: 21 }, (_, at) => packetOf(at % 7, 60 + at)),
    );
    return { seen, counters: [{ ...device!.counters }, { ...other!.counters }] };
  }

  for (const up of [true, false])
    test(`does what receive does, packet by packet, of a device that is ${up ? "up" : "down"}`, async () => {
      const one = await outcome((device, packets) => {
        for (const packet of packets) {
          try {
            device.receive(packet);
          } catch (error) {
            assert.equal((error as Error).name, "FaultError");
          }
        }
      }, up);
      const many = await outcome((device, packets) => {
        const ring = device.openRing({ frames: 8, carryOut: true });
        for (let at = 0; at < packets.length; at += 3) {
          fill(ring, packets.slice(at, at + 3));
          ring.submit(3);
        }
        assert.equal(ring.faults.packets, up ? 3 : 0);
      }, up);
      assert.deepEqual(many, one);
      assert.equal(many.seen.length, up ? 8 : 0, "three sent back, three redirected, two of three that tc lets through");
      assert.equal(many.counters[0]?.received, 21);
    });

  test("without a program everything goes to the stack", () => {
    const device = openEmbedded({ unsafe: true }).addDevice("net0");
    const ring = device.openRing({ carryOut: true });
    fill(ring, [packetOf(1)]);
    ring.submit();
    assert.deepEqual([device.counters.received, device.counters.delivered], [1, 1]);
  });
});
