import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { collect } from "./fixtures/collect.ts";
import { CaptureWriter } from "./write-capture.ts";

const frame = { seconds: 1_700_000_000, nanoseconds: 123_456_789, originalLength: 60, data: new Uint8Array(60).fill(7) };

describe("writing a capture", () => {
  it("gives the header and the records, a part at a time", async () => {
    const writer = new CaptureWriter();
    writer.add(frame);
    const first = writer.take();
    assert.equal(first.length, 24 + 16 + 60);
    writer.add(frame);
    assert.equal(writer.pending, 76);
    const { packets, reader } = await collect(Buffer.concat([first, writer.take()]));
    assert.deepEqual(
      packets.map(({ interface: _, ...rest }) => rest),
      [frame, frame],
    );
    assert.equal(reader.interfaces[0]?.linkType, 1);
    assert.equal(writer.packets, 2);
  });

  it("gives a capture without packets when there were none", async () => {
    const { packets, reader } = await collect(new CaptureWriter(113).take());
    assert.equal(packets.length, 0);
    assert.equal(reader.truncated, null);
    assert.equal(reader.interfaces[0]?.linkType, 113);
  });

  it("says what does not fit the format", () => {
    const writer = new CaptureWriter();
    assert.throws(
      () => writer.add({ ...frame, data: new Uint8Array(262_145) }),
      /a packet of 262145 bytes: pcap readers take at most 262144/,
    );
    assert.throws(() => writer.add({ ...frame, seconds: -1 }), /the time -1 s does not fit the 32 bits of pcap/);
    assert.throws(() => writer.add({ ...frame, seconds: 2 ** 32 }), /does not fit/);
    assert.equal(writer.packets, 0);
  });

  it("is read as it was written, whatever it was and whenever it was taken", async () => {
    const packet = fc.record({
      seconds: fc.integer({ min: 0, max: 0xffff_ffff }),
      nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
      originalLength: fc.integer({ min: 0, max: 0xffff_ffff }),
      data: fc.uint8Array({ maxLength: 100 }),
      taken: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { minLength: 1 }), async (packets) => {
        const writer = new CaptureWriter();
        const parts: Uint8Array[] = [];
        for (const packet of packets) {
          writer.add(packet);
          if (packet.taken) parts.push(writer.take());
        }
        parts.push(writer.take());
        const { packets: read } = await collect(Buffer.concat(parts));
        assert.deepEqual(
          read.map(({ interface: _, data, ...rest }) => ({ ...rest, data: [...data] })),
          packets.map(({ taken: _, data, ...rest }) => ({ ...rest, data: [...data] })),
        );
      }),
      { numRuns: 200 },
    );
  });
});
