/**
 * What a packet costs between the file and the program: `node bench/capture.ts`.
 *
 * The office capture, over and over, as a stream of 64 KiB pieces from memory: the disk is not measured. Best of three runs.
 */

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { buildPcapng } from "../src/engine/embedded/host/fixtures/build-capture.ts";
import { collect } from "../src/engine/embedded/host/fixtures/collect.ts";
import { openCapture } from "../src/engine/embedded/host/read-capture.ts";
import { replay } from "../src/engine/embedded/host/replay.ts";
import { CaptureWriter } from "../src/engine/embedded/host/write-capture.ts";

const ROUNDS = 350; // about a million packets
const PIECE = 65_536;

const office = new Uint8Array(readFileSync(new URL("../examples/captures/office.pcap", import.meta.url)));
const { packets } = await collect(office);
const office2 = buildPcapng(packets, { resolution: 9 }).bytes;

/** `header` bytes once, then the rest again and again. */
async function* stream(bytes: Uint8Array, header: number, rounds: number): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes.subarray(0, header);
  for (let round = 0; round < rounds; round++) {
    for (let at = header; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
  }
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

const packed = await (async () => {
  const parts: Uint8Array[] = [];
  for await (const part of stream(office, 24, ROUNDS / 10)) parts.push(part);
  return gzipSync(Buffer.concat(parts));
})();

/** Each reads or writes a capture and says how many packets there were. */
const cases: readonly (readonly [what: string, run: () => Promise<number>])[] = [
  ["read pcap, columns", async () => readColumns(stream(office, 24, ROUNDS))],
  ["read pcap, a view of each packet", async () => readViews(stream(office, 24, ROUNDS))],
  ["read pcap, an object for each packet", async () => readObjects(stream(office, 24, ROUNDS))],
  ["read pcapng (ns), columns", async () => readColumns(stream(office2, 28 + 32, ROUNDS))],
  ["read pcap.gz, columns", async () => readColumns(pieces(packed))],
  ["write pcap", async () => write()],
  [
    "replay through a device that does nothing",
    async () => {
      const reader = await openCapture(stream(office, 24, ROUNDS));
      return (await replay(reader, { receive: () => 2, packet: office })).packets;
    },
  ],
];

async function readColumns(source: AsyncIterable<Uint8Array>): Promise<number> {
  const reader = await openCapture(source);
  let bytes = 0;
  for await (const batch of reader) for (let index = 0; index < batch.length; index++) bytes += batch.lengths[index]!;
  return bytes > 0 ? reader.packets : 0;
}

async function readViews(source: AsyncIterable<Uint8Array>): Promise<number> {
  const reader = await openCapture(source);
  let sum = 0;
  for await (const batch of reader) for (let index = 0; index < batch.length; index++) sum += batch.data(index)[0]!;
  return sum >= 0 ? reader.packets : 0;
}

async function readObjects(source: AsyncIterable<Uint8Array>): Promise<number> {
  const reader = await openCapture(source);
  let sum = 0;
  for await (const batch of reader) for (const packet of batch) sum += packet.data[0]!;
  return sum >= 0 ? reader.packets : 0;
}

function write(): number {
  const writer = new CaptureWriter();
  for (let round = 0; round < ROUNDS; round++) {
    for (const packet of packets) {
      writer.add(packet);
      if (writer.pending >= PIECE) writer.take();
    }
  }
  return writer.packets;
}

console.log(`${packets.length * ROUNDS} packets of ${Math.round(office.length / packets.length)} bytes, record headers included`);
for (const [what, run] of cases) {
  let best = Number.POSITIVE_INFINITY;
  let count = 0;
  for (let attempt = 0; attempt < 3; attempt++) {
    const began = performance.now();
    count = await run();
    best = Math.min(best, performance.now() - began);
  }
  const megabytes = ((count / packets.length) * office.length) / 1e6;
  console.log(
    `${what.padEnd(44)} ${((best * 1e6) / count).toFixed(1).padStart(7)} ns/packet ${(megabytes / (best / 1000)).toFixed(0).padStart(7)} MB/s`,
  );
}
console.log(`memory at the end: ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
