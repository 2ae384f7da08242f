/** What each example must have done with its play (plays.ts), as people would say it. */

import assert from "node:assert/strict";
import { checksum, pseudoHeader } from "../../src/packets/checksum.ts";
import { layersOf } from "../../src/packets/index.ts";
import type { Performance } from "./perform.ts";
import type { ExampleName } from "./plays.ts";

type Rows = readonly (readonly [unknown, unknown])[];

const tally = ({ packets }: Performance): Record<number, number> => {
  const counts: Record<number, number> = {};
  for (const { verdict } of packets) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
};

/** Slots that are not 0. */
const filled = (slots: Iterable<number | bigint>): Record<number, number> =>
  Object.fromEntries([...slots].flatMap((count, slot) => (Number(count) === 0 ? [] : [[slot, Number(count)]])));

/** Of IPv4, and TCP or UDP in it; a datagram may have none. */
function checksumsAreRight(frame: Uint8Array): boolean {
  if (frame[12] !== 0x08 || frame[13] !== 0 || frame.length < 42) return true;
  const header = frame.subarray(14, 14 + ((frame[14] ?? 0) & 15) * 4);
  if (checksum(header) !== 0) return false;
  // Of a fragment behind the first the checksum is elsewhere.
  if ((((header[6] ?? 0) & 0x1f) | (header[7] ?? 0)) !== 0) return true;
  const body = frame.subarray(14 + header.length);
  const protocol = header[9] ?? 0;
  if (protocol === 17 && body[6] === 0 && body[7] === 0) return true;
  return checksum(pseudoHeader(header.subarray(12, 16), header.subarray(16, 20), protocol, body.length), body) === 0;
}

export const RESULTS: Readonly<Record<ExampleName, (performance: Performance) => void>> = {
  firewall(played) {
    assert.deepEqual(tally(played), { 1: 891, 2: 1965 });
    assert.deepEqual(played.observed, [
      ["203.0.113.53", 24n],
      ["203.0.113.66", 603n],
      ["203.0.113.7", 192n],
      ["203.0.113.99", 72n],
    ]);
  },

  "rate-limit"(played) {
    assert.deepEqual(tally(played), { 1: 161, 2: 390 });
    const { buckets, verdicts } = played.observed as { buckets: Rows; verdicts: Rows };
    assert.deepEqual(
      buckets.map(([source]) => source),
      ["198.51.100.9", "203.0.113.7"],
    );
    assert.deepEqual(verdicts, [
      [0, 390n],
      [1, 161n],
    ]);
  },

  "dns-counter"(played) {
    assert.deepEqual(tally(played), { 2: played.packets.length });
    const counts = new Map((played.observed as Rows).map(([key, count]) => [JSON.stringify(key), count]));
    const count = (name: string, type: number) => counts.get(JSON.stringify({ type, name }));
    assert.equal(count("example.org", 1), 2n);
    assert.equal(count("example.org", 15), 1n);
    assert.equal(count("example.org", 28), 1n);
    assert.equal(count("x.y.z", 1), 1n);
    const [a, b] = ["a".repeat(31), "b".repeat(31)];
    assert.equal(count(`${a}.${b}`, 1), 1n);
    assert.equal(count(`${a}.${b}b`, 1), 1n);
    assert.equal(count(`${"a".repeat(30)}.${"b".repeat(30)}.cc`, 1), 1n, "cut off");
    assert.equal(count("mail.office.example", 1), 2n, "of the capture");
    assert.deepEqual(
      [...counts.keys()].filter((key) => key.includes("no.example")),
      [],
    );
    assert.equal(counts.size, 28);
  },

  "tcp-latency"({ observed }) {
    const { histogram, destinations, opening } = observed as { histogram: Rows; destinations: Rows; opening: number };
    // 4^0 … 4^11 microseconds, and twelve times a quarter of a millisecond.
    const slots = Object.fromEntries(histogram.map(([slot, count]) => [slot, Number(count)]));
    assert.deepEqual(slots, { ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [2 * i, 1])), 7: 12 });
    const latency = (connections: bigint, total: bigint, longest: bigint) => ({ connections, total, longest });
    assert.deepEqual(destinations, [
      [{ address: "2001:db8::", port: 80 }, latency(6n, 1500n, 250n)],
      [{ address: "2001:db8::1", port: 80 }, latency(6n, 1500n, 250n)],
      [{ address: "::ffff:192.0.2.1", port: 443 }, latency(4n, 266_305n, 262_144n)],
      [{ address: "::ffff:192.0.2.2", port: 443 }, latency(4n, 1_065_220n, 1_048_576n)],
      [{ address: "::ffff:192.0.2.3", port: 443 }, latency(4n, 4_260_880n, 4_194_304n)],
    ]);
    assert.equal(opening, 1, "who was refused is forgotten");
  },

  "open-exec"({ happened }) {
    const events = happened as readonly Record<string, unknown>[];
    assert.equal(events.length, 100);
    const first = { pid: 7, uid: 1000, kind: 0, flags: 0, comm: "sh", path: "/etc/passwd", time: 2_000_000_777n };
    assert.deepEqual(events[0], first);
    assert.deepEqual(events[1], { ...first, pid: 9, uid: 0, flags: 0o101, comm: "cat", path: "notes.txt", time: 2_000_001_554n });
    assert.equal(events[2]?.["path"], `/${"long/".repeat(80)}`.slice(0, 255), "cut off");
    assert.equal(events[3]?.["path"], "", "nothing is there");
    assert.deepEqual(events[99], {
      ...first,
      pid: 9,
      uid: 0,
      kind: 1,
      comm: "cat",
      path: `/usr/bin/${"x".repeat(19)}`,
      time: 2_000_077_700n,
    });
  },

  "runqueue-latency"({ observed }) {
    const { histograms, waiting } = observed as { histograms: Rows; waiting: Rows };
    const [web, batch] = histograms as [[number, { comm: string; slots: number[] }], [number, { comm: string; slots: number[] }]];
    assert.deepEqual([web[0], web[1].comm, batch[0], batch[1].comm], [100, "web", 200, "batch"]);
    // The thread waits 2^0 to 2^23 microseconds, its worker 2 once and 4,000 then, sixty times.
    const waits = filled(web[1].slots);
    assert.deepEqual([waits[0], waits[1], waits[11], waits[23]], [3, 63, 63, 2]);
    assert.equal(
      web[1].slots.reduce((sum, count) => sum + count, 0),
      180,
    );
    assert.equal(
      batch[1].slots.reduce((sum, count) => sum + count, 0),
      60,
    );
    assert.deepEqual(
      waiting.map(([pid]) => pid),
      [200],
      "it was put off the CPU last",
    );
  },

  profiler({ observed }) {
    const samples = observed as readonly (readonly [{ pid: number; user: number; kernel: number; comm: string }, bigint])[];
    assert.equal(samples.length, 6, "two processes, three stacks");
    assert.equal(
      samples.reduce((sum, [, count]) => sum + count, 0n),
      80n,
      "the idle thread is not counted",
    );
    assert.deepEqual(new Set(samples.map(([{ pid, comm }]) => `${pid} ${comm}`)), new Set(["40 web", "50 batch"]));
    assert.equal(samples.filter(([{ kernel }]) => kernel === -14).length, 4, "no kernel stack: -EFAULT");
  },

  "connect-guard"({ happened }) {
    const seen = happened as readonly unknown[];
    const attempt = (address: string, allowed: number, family = 2, port = 440) => ({
      pid: 40,
      family,
      port,
      address,
      allowed,
      comm: "web",
    });
    assert.deepEqual(seen.slice(0, 14), [
      ...[0, attempt("::ffff:10.0.0.1", 1)],
      ...[-1, attempt("::ffff:10.1.2.3", 0)],
      ...[0, attempt("::ffff:10.1.3.3", 1)],
      ...[-1, attempt("::ffff:192.0.2.1", 0)],
      ...[-1, attempt("::ffff:203.0.113.200", 0)],
      ...[0, attempt("2001:db8:0:7::1", 1, 10, 80)],
      ...[-1, attempt("2001:db8:0:8::1", 0, 10, 80)],
    ]);
    assert.equal(seen.length, 140);
  },

  "l4-redirect"(played) {
    assert.deepEqual(tally(played), { 0: played.packets.length });
    const packets = played.packets.map(({ packet }) => Buffer.from(packet, "hex"));
    for (const [index, packet] of packets.entries()) assert.ok(checksumsAreRight(packet), `packet ${index}`);
    const layers = layersOf(packets[0] ?? new Uint8Array());
    const field = (layer: string, name: string) => layers.find((each) => each.name === layer)?.fields[name];
    assert.equal(field("ipv4", "destination"), "198.51.100.2");
    assert.equal(field("tcp", "destinationPort"), 8080);
    const { flows, packets: counts } = played.observed as { flows: Rows; packets: Rows };
    assert.equal(flows.length, 40, "one to a web server, one to the name server, each");
    const web = new Set(flows.map(([flow]) => (flow as { backend: string }).backend));
    assert.deepEqual(web, new Set(["198.51.100.1", "198.51.100.2", "198.51.100.3"]));
    assert.deepEqual(counts, [
      [0, 60n],
      [1, 40n],
    ]);
  },

  "uprobe-libc"({ observed }) {
    const [malloc, calloc, realloc] = (observed as readonly [number, { calls: bigint; bytes: bigint; slots: bigint[] }][]).map(
      ([, requests]) => requests,
    );
    assert.deepEqual([malloc?.calls, calloc?.calls, realloc?.calls], [96n, 96n, 96n], "the other process is not counted");
    assert.equal(calloc?.bytes, 135_936n);
    assert.deepEqual(filled(realloc?.slots.slice(0, 6) ?? []), { 0: 3, 1: 3, 2: 3, 3: 3, 5: 3 });
    assert.equal(realloc?.slots[31], 21n, "2^31 and more");
  },

  "task-iterator"({ happened }) {
    assert.deepEqual(happened, [
      "PROCESS  THREAD   PARENT   S NAME",
      "1        1        0        R init",
      "7        7        1        R sh",
      "40       40       7        R web",
      "40       41       7        R worker",
      "50       50       1        R batch",
      "60       60       7        S sleeper",
      "61       61       7        D disk",
      "62       62       7        T stopped",
      "63       63       7        Z gone",
      "64       64       1        D idle",
      "65       65       1        I parked",
    ]);
  },

  "sock-ops"({ happened, observed }) {
    const ended = happened as readonly Record<string, unknown>[];
    const open = observed as readonly Record<string, unknown>[];
    assert.equal(ended.length, 9);
    assert.equal(open.length, 3);
    assert.deepEqual(ended[1], {
      family: 2,
      localPort: 40_001,
      remotePort: 443,
      remote: "::ffff:192.0.2.1",
      passive: 1,
      roundTrip: 1_080,
      roundTripMin: 901,
      roundTrips: 8,
      retransmits: 2,
      bytesReceived: 1_001n,
      bytesAcknowledged: 500n,
    });
    assert.deepEqual(new Set(open.map(({ localPort }) => localPort)), new Set([40_003, 40_007, 40_011]));
  },
};
