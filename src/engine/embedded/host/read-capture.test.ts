import assert from "node:assert/strict";
import { createReadStream, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { type BuiltCapture, buildPcap, buildPcapng, concatenate, type TestPacket } from "./fixtures/build-capture.ts";
import { collect, inPieces } from "./fixtures/collect.ts";
import { CaptureError, openCapture } from "./read-capture.ts";

const office = new URL("../../../../examples/captures/office.pcap", import.meta.url);

const hello: TestPacket = {
  seconds: 1_700_000_000,
  nanoseconds: 123_456_000,
  data: new TextEncoder().encode("an Ethernet frame, let us say"),
  originalLength: 29,
};
const short: TestPacket = {
  seconds: 1_700_000_001,
  nanoseconds: 999_999_000,
  data: Uint8Array.of(1, 2, 3),
  originalLength: 1500,
};

/** What is read must be what was built. */
async function assertReads(built: BuiltCapture | Uint8Array, expected: readonly TestPacket[]): Promise<void> {
  const { reader, packets } = await collect(built instanceof Uint8Array ? built : built.bytes);
  assert.equal(reader.truncated, null);
  assert.deepEqual(packets.map(plain), expected.map(plain));
}

function plain({ seconds, nanoseconds, data, originalLength }: TestPacket): unknown {
  return { seconds, nanoseconds, originalLength, data: Array.from(data) };
}

describe("reading a capture", () => {
  it("streams a file, batch by batch", async () => {
    const reader = await openCapture(createReadStream(office));
    let packets = 0;
    let bytes = 0;
    for await (const batch of reader) {
      packets += batch.length;
      for (const packet of batch) bytes += packet.data.length;
    }
    assert.equal(reader.format, "pcap");
    assert.equal(reader.packets, packets);
    assert.equal(reader.truncated, null);
    assert.deepEqual(reader.interfaces, [{ linkType: 1, snapLength: 262144, name: null }]);
    assert.equal(bytes, readFileSync(office).length - 24 - packets * 16);
  });

  it("reads pcap in both byte orders, with micro- and nanoseconds, and Kuznetsov's", async () => {
    for (const little of [true, false]) {
      for (const variant of ["micro", "nano", "kuznetsov"] as const) {
        await assertReads(buildPcap([hello, short], { little, variant }), [hello, short]);
      }
    }
    const exact = { ...hello, nanoseconds: 123_456_789 };
    await assertReads(buildPcap([exact], { variant: "nano" }), [exact]);
  });

  it("reads pcap of before 1998, whose records had the two lengths the other way round", async () => {
    await assertReads(buildPcap([hello, short], { version: [2, 2] }), [hello, short]);
  });

  it("reads all three packet blocks of pcapng, in both byte orders", async () => {
    for (const little of [true, false]) {
      for (const block of ["enhanced", "obsolete"] as const) {
        await assertReads(buildPcapng([hello, short], { little, block, noise: true }), [hello, short]);
      }
      const { packets } = await collect(buildPcapng([hello, short], { little, block: "simple", snapLength: 29 }).bytes);
      assert.deepEqual(
        packets.map((packet) => packet.originalLength),
        [29, 1500],
      );
      assert.deepEqual(packets[0]?.data, hello.data);
      assert.deepEqual(
        packets.map((packet) => packet.seconds),
        [Number.NaN, Number.NaN],
        "simple packets have no time",
      );
    }
  });

  it("reads time in whatever unit and from whatever origin the interface counts it", async () => {
    const exact = { ...hello, nanoseconds: 123_456_789 };
    await assertReads(buildPcapng([exact], { resolution: 9 }), [exact]);
    // 64 bits of picoseconds are 213 days: who counts them counts from a later origin than 1970.
    await assertReads(buildPcapng([exact], { resolution: 12, offset: 1_699_999_000 }), [exact]);
    await assertReads(buildPcapng([exact], { resolution: 9, offset: 1_600_000_000 }), [exact]);
    await assertReads(buildPcapng([hello], { resolution: 6, offset: -3600 }), [hello]);
    await assertReads(buildPcapng([exact], { resolution: 3 }), [{ ...exact, nanoseconds: 123_000_000 }]);
    await assertReads(buildPcapng([exact], { resolution: 0 }), [{ ...exact, nanoseconds: 0 }]);
    const half = { ...hello, nanoseconds: 500_000_000 };
    await assertReads(buildPcapng([half], { resolution: 0x80 | 32 }), [half]);
    await assertReads(buildPcapng([half], { resolution: 0x80 | 1 }), [half]);
  });

  it("reads several sections, of other byte orders, and numbers the interfaces through", async () => {
    const capture = concatenate(
      buildPcapng([hello], { name: "eth0", linkType: 1 }),
      buildPcapng([short], { name: "wlan0", linkType: 127, little: false, resolution: 9 }),
    );
    const { reader, packets } = await collect(capture.bytes);
    assert.deepEqual(
      packets.map((packet) => reader.interfaces[packet.interface]?.name),
      ["eth0", "wlan0"],
    );
    assert.deepEqual(
      reader.interfaces.map((described) => described.linkType),
      [1, 127],
    );
    assert.deepEqual(packets.map(plain), [hello, short].map(plain));
  });

  it("sees through gzip, also of several members", async () => {
    const { bytes } = buildPcap([hello, short]);
    const { reader } = await collect(gzipSync(bytes));
    assert.equal(reader.compressed, true);
    await assertReads(gzipSync(bytes), [hello, short]);
    await assertReads(Buffer.concat([gzipSync(bytes.subarray(0, 50)), gzipSync(bytes.subarray(50))]), [hello, short]);
  });

  it("passes over large blocks without holding them", async () => {
    const { bytes } = buildPcapng([hello]);
    const size = 64 << 20;
    const head = new Uint8Array(8);
    new DataView(head.buffer).setUint32(0, 0x0bad, true);
    new DataView(head.buffer).setUint32(4, 8 + size + 4, true);
    async function* source(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 48); // section and interface
      yield head;
      const megabyte = new Uint8Array(1 << 20);
      for (let sent = 0; sent < size; sent += megabyte.length) yield megabyte;
      yield head.subarray(4);
      yield bytes.subarray(48);
    }
    const before = process.memoryUsage().arrayBuffers;
    const { packets } = await collect(source());
    assert.equal(packets.length, 1);
    assert(process.memoryUsage().arrayBuffers - before < size / 2);
  });

  it("happens once", async () => {
    const { reader } = await collect(buildPcap([hello]).bytes);
    await assert.rejects(reader.each().next(), /a capture can be read once: open it again/);
  });

  it("closes its source when the reader stops early", async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield buildPcap([hello, short]).bytes;
      } finally {
        closed = true;
      }
    }
    const reader = await openCapture(source());
    for await (const _packet of reader.each()) break;
    assert(closed);
  });
});

describe("a file that is cut off", () => {
  it("gives every whole packet and says what was lost", async () => {
    const { bytes } = buildPcap([hello, short]);
    const { reader, packets } = await collect(bytes.subarray(0, bytes.length - 1));
    assert.equal(packets.length, 1);
    assert.deepEqual(reader.truncated, {
      offset: 69,
      bytes: 18,
      reason: "the file is cut off: of a record at byte 69 that takes at least 19 bytes there are 18",
    });
  });

  it("says so of gzip too", async () => {
    const packed = gzipSync(buildPcap([hello, short]).bytes);
    const { reader } = await collect(packed.subarray(0, packed.length - 4));
    assert.match(reader.truncated?.reason ?? "", /between two records: its gzip data ends too early$/);
  });

  it("at any byte: exactly the whole packets, in every format", async () => {
    const packets = [hello, short, hello];
    for (const { bytes, ends } of [
      buildPcap(packets),
      buildPcap(packets, { little: false, variant: "nano" }),
      buildPcap(packets, { variant: "kuznetsov" }),
      buildPcapng(packets, { noise: true, name: "lo" }),
      buildPcapng(packets, { block: "obsolete", little: false, resolution: 9 }),
      buildPcapng(packets, { block: "simple" }),
      concatenate(buildPcapng(packets), buildPcapng(packets, { little: false })),
    ]) {
      for (let length = 0; length <= bytes.length; length++) {
        const whole = ends.filter((end) => end <= length).length;
        try {
          const { packets, reader } = await collect(bytes.slice(0, length));
          assert.equal(packets.length, whole);
          if (length < bytes.length && reader.format === "pcap")
            assert.equal(reader.truncated === null, length === 24 || ends.includes(length));
        } catch (error) {
          assert(error instanceof CaptureError, String(error));
          assert.equal(whole, 0, "only a file without a whole header is refused");
        }
      }
    }
  });
});

describe("a file that is no capture", () => {
  const cases: readonly (readonly [what: string, bytes: Uint8Array, message: RegExp])[] = [
    ["nothing", new Uint8Array(0), /this is an empty file; pcap and pcapng are read/],
    ["an object", Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1), /this is an ELF object/],
    ["a program", new TextEncoder().encode("import { xdp } from 'skep/bpf';\n"), /this is text: "import \{ xdp \} from 'ske…"/],
    ["other compression", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0), /compressed by zstd \(decompress it with unzstd\)/],
    ["gzip of text", gzipSync("hello"), /this is gzip of text: "hello"/],
    ["gzip of nothing", gzipSync(""), /this is gzip of an empty file/],
    ["noise", Uint8Array.of(0, 1, 2, 3, 255), /something unknown that begins with the bytes 00 01 02 03 ff/],
    ["bytes above ASCII", Uint8Array.of(0xe4, 0xff, 0xfe, 0x80), /something unknown that begins with the bytes e4 ff fe 80/],
    ["text in any language", new TextEncoder().encode("蜜蜂"), /this is text: "蜜蜂"/],
    ["half a header", buildPcap([]).bytes.subarray(0, 10), /its header takes 24 bytes, the file ends after 10/],
    ["pcap of the future", buildPcap([], { version: [3, 0] }).bytes, /pcap version 3\.0 is not known/],
  ];
  for (const [what, bytes, message] of cases) {
    it(`is refused by what it looks like: ${what}`, async () => {
      await assert.rejects(openCapture(bytes), (error) => {
        assert(error instanceof CaptureError);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});

describe("a damaged file", () => {
  /** Sets one u32 and reads. */
  async function withWord(built: BuiltCapture, offset: number, value: number): Promise<{ count: number; error: unknown }> {
    const bytes = built.bytes.slice();
    new DataView(bytes.buffer).setUint32(offset, value, true);
    const reader = await openCapture(bytes);
    let count = 0;
    try {
      for await (const batch of reader) count += batch.length;
      return { count, error: null };
    } catch (error) {
      return { count, error };
    }
  }

  const pcap = buildPcap([hello, short]);
  const pcapng = buildPcapng([hello, short]);
  const packetBlock = pcapng.ends[0] ?? 0;
  const cases: readonly (readonly [what: string, built: BuiltCapture, offset: number, value: number, message: RegExp])[] = [
    ["a record of 4 GB", pcap, 69 + 8, 0xffff_ffff, /the record at byte 69 claims 4294967295 bytes, a packet has at most 262144/],
    ["a block of 4 GB", pcapng, packetBlock + 4, 0xffff_fffc, /claims a length of 4294967292 bytes: longer than/],
    ["a block of no length", pcapng, packetBlock + 4, 0, /claims a length of 0 bytes: shorter than the 32/],
    ["a crooked block", pcapng, packetBlock + 4, 37, /not a multiple of 4/],
    ["two lengths", pcapng, packetBlock + 4, 32, /two different lengths/],
    ["a packet beyond its block", pcapng, packetBlock + 20, 5000, /claims 5000 bytes, more than its block has/],
    ["an unknown interface", pcapng, packetBlock + 8, 7, /of interface 7, and this section has described 1/],
  ];
  for (const [what, built, offset, value, message] of cases) {
    it(`gives what stands before the damage: ${what}`, async () => {
      const { count, error } = await withWord(built, offset, value);
      assert.equal(count, 1);
      assert(error instanceof CaptureError);
      assert.match(error.message, message);
      assert.equal(error.offset, built.ends[0]);
    });
  }

  it("of any kind never does worse than CaptureError", async () => {
    const seeds = [buildPcap([hello, short]), buildPcapng([hello, short], { noise: true, name: "lo", resolution: 9 })].flatMap(
      ({ bytes }) => [bytes, new Uint8Array(gzipSync(bytes))],
    );
    const change = fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seeds),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
        async (seed, changes, pieces) => {
          const bytes = seed.slice();
          for (const { at, value } of changes) bytes[at % bytes.length] = value;
          try {
            await collect(inPieces(bytes, pieces));
          } catch (error) {
            assert(error instanceof CaptureError, String(error));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("every capture", () => {
  const packet: fc.Arbitrary<TestPacket> = fc
    .record({
      seconds: fc.integer({ min: 0, max: 0xffff_ffff }),
      nanoseconds: fc.integer({ min: 0, max: 999_999 }).map((micro) => micro * 1000),
      data: fc.uint8Array({ maxLength: 200 }),
      cut: fc.nat({ max: 2000 }),
    })
    .map(({ cut, data, ...rest }) => ({ ...rest, data, originalLength: data.length + cut }));
  const pcap = fc.record({ little: fc.boolean(), variant: fc.constantFrom("micro", "nano", "kuznetsov") });
  const pcapng = fc.record({
    little: fc.boolean(),
    block: fc.constantFrom("enhanced", "obsolete"),
    resolution: fc.constantFrom(6, 7, 8, 9),
    noise: fc.boolean(),
    name: fc.string({ maxLength: 9 }),
  });
  const build = fc.oneof(
    pcap.map((options) => (packets: readonly TestPacket[]) => buildPcap(packets, options)),
    pcapng.map((options) => (packets: readonly TestPacket[]) => buildPcapng(packets, options)),
  );

  it("comes out as it went in, however its bytes arrive, compressed or not", async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(packet, { maxLength: 12 }),
        build,
        pieces,
        fc.boolean(),
        async (packets, builder, pieces, compressed) => {
          const { bytes } = builder(packets);
          const { reader, packets: read } = await collect(inPieces(compressed ? gzipSync(bytes) : bytes, pieces));
          assert.equal(reader.truncated, null);
          assert.deepEqual(read.map(plain), packets.map(plain));
        },
      ),
      { numRuns: 400 },
    );
  });

  it("fills more than one batch", async () => {
    const packets = Array.from({ length: 5000 }, (_, index) => ({ ...short, seconds: index }));
    await assertReads(buildPcap(packets), packets);
    await assertReads(buildPcapng(packets), packets);
  });
});
