/**
 * What CPUs that are threads are worth: `node bench/threads.ts [--rounds 15] [--only fnv,count,parse]`.
 *
 * The same work by one thread and by two, each with a ring full of packets, in turns. `ns` is processor time of the threads for one
 * packet (from /proc, so Linux only), `ratio` how many packets two threads do in the processor time in which one does one: 2 when they do not
 * disturb each other. `wall` is the same of the wall clock, handing over and waiting included; whatever else the machine does takes from
 * two threads more than from one, so it says what it should only where the printed load is small. Medians of the rounds, and the best.
 * Then what waking costs, and memory.
 */

import { readdirSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { type EmbeddedEngine, openEmbedded } from "../src/engine/embedded/engine.ts";
import type { PacketRing } from "../src/engine/embedded/room/packet-ring.ts";
import { ethernet, ipv4, packet, payload, tcp } from "../src/packets/index.ts";
import { nodeThreads } from "../src/threads/node.ts";
import { type MapShape, specOf } from "../test/contract/specs.ts";
import { median, printTable } from "./measure.ts";

interface Work {
  readonly maps: Readonly<Record<string, MapShape>>;
  readonly frames: number;
  readonly bytes: number;
}

/** Rings are so large that a turn takes a millisecond or more. */
const WORK: Readonly<Record<string, Work>> = {
  fnv: { maps: {}, frames: 1024, bytes: 1500 },
  count: { maps: { table: { type: "hash", maxEntries: 32_768, key: "u32", value: "u64" } }, frames: 1024, bytes: 60 },
  parse: { maps: {}, frames: 65_536, bytes: 60 },
};
const FILLED = 14_336;

async function ringsFor(engine: EmbeddedEngine, name: string, { maps, frames, bytes }: Work): Promise<PacketRing[]> {
  const text = readFileSync(new URL(`./programs/${name}.s`, import.meta.url), "utf8").replace(/^;.*$/gm, "");
  const collection = await engine.load(specOf(maps, { main: text }));
  const table = collection.maps["table"];
  if (table !== undefined) {
    for (let index = 0; index < FILLED; index++) table.set(Math.imul(index, 0x9e37_79b1) >>> 0, BigInt(index));
  }
  const device = engine.addDevice(name);
  await collection.programs["main"]!.attach({ interface: name });
  return [1, 2].map((cpu) => {
    const ring = device.openRing({ frames, size: bytes, tailRoom: 0, cpu });
    for (let frame = 0; frame < frames; frame++) {
      ring
        .frame(frame)
        .set(
          packet(
            ethernet(),
            ipv4({ source: `10.${cpu}.0.${frame & 255}` }),
            tcp({ destinationPort: 443 }),
            payload(new Uint8Array(bytes - 54)),
          ),
        );
      ring.lengths[frame] = bytes;
    }
    return ring;
  });
}

/** Nanoseconds that the threads of CPUs have run so far. */
function processorTime(): number {
  let sum = 0;
  for (const task of readdirSync("/proc/self/task")) {
    const read = (name: string): string => readFileSync(`/proc/self/task/${task}/${name}`, "utf8");
    if (read("comm").startsWith("skep cpu")) sum += Number(read("schedstat").split(" ")[0]);
  }
  return sum;
}

interface Measured {
  /** Milliseconds. */
  readonly wall: number;
  /** Nanoseconds of processor time for a packet. */
  readonly packet: number;
}

/** `turns` times a full ring, of every given one. */
async function measure(rings: readonly PacketRing[], turns: number): Promise<Measured> {
  const before = processorTime();
  const start = performance.now();
  await Promise.all(
    rings.map(async (ring) => {
      for (let turn = 0; turn < turns; turn++) {
        ring.submit(ring.frames);
        await ring.done();
      }
    }),
  );
  const wall = performance.now() - start;
  const packets = rings.reduce((sum, { frames }) => sum + frames * turns, 0);
  return { wall, packet: (processorTime() - before) / packets };
}

async function compare(engine: EmbeddedEngine, name: string, rounds: number): Promise<string[]> {
  const work = WORK[name]!;
  const rings = await ringsFor(engine, name, work);
  const [first, second] = rings as [PacketRing, PacketRing];
  for (let warm = 0; warm < 5; warm++) await measure(rings, 4);
  const { wall: once } = await measure([first], 4);
  const turns = Math.max(4, Math.ceil((4 * 40) / once));
  const one: number[] = [];
  const two: number[] = [];
  const ratios: number[] = [];
  const walls: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Each of the two alone, so that neither's place in memory decides.
    const alone = [await measure([first], turns), await measure([second], turns)];
    const both = await measure(rings, turns);
    const packet = alone.reduce((sum, { packet }) => sum + packet, 0) / 2;
    one.push(packet);
    two.push(both.packet);
    ratios.push((2 * packet) / both.packet);
    walls.push(alone.reduce((sum, { wall }) => sum + wall, 0) / both.wall);
  }
  for (const ring of rings) await ring.close();
  return [
    name,
    median(one).toFixed(1),
    median(two).toFixed(1),
    ...[ratios, walls].flatMap((list) => [median(list).toFixed(2), Math.max(...list).toFixed(2)]),
  ];
}

async function wakeUp(engine: EmbeddedEngine): Promise<void> {
  const ring = engine.addDevice("idle").openRing({ frames: 1, cpu: 1 });
  ring.lengths[0] = 60;
  const done: number[] = [];
  const worked: number[] = [];
  for (let round = 0; round < 100; round++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    let start = performance.now();
    ring.submit();
    while (ring.pending > 0);
    worked.push((performance.now() - start) * 1e3);
    await ring.done();
    await new Promise((resolve) => setTimeout(resolve, 2));
    start = performance.now();
    ring.submit();
    await ring.done();
    done.push((performance.now() - start) * 1e3);
  }
  console.log(
    `\na packet for a thread that sleeps, µs: ${median(worked).toFixed(0)} until it is decided, ${median(done).toFixed(0)} until who waits for it goes on`,
  );
  const usage = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const { user, system } = process.cpuUsage(usage);
  console.log(
    `a second in which nothing happens: ${((user + system) / 1000).toFixed(1)} ms of processor time, all threads together`,
  );
}

async function memory(): Promise<void> {
  const spec = specOf({}, { main: "r0 = 2\nexit" });
  const rows: string[][] = [];
  for (const [what, cpus, threads] of [
    ["one CPU", 1, false],
    ["two CPUs in one thread", 2, false],
    ["and a thread", 2, true],
    ["and two threads", 3, true],
    ["and four threads", 5, true],
  ] as const) {
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    const start = performance.now();
    const engine = openEmbedded({ cpus, ...(threads ? { threads: nodeThreads() } : {}) });
    const { used } = engine.memory;
    await engine.load(spec);
    const took = performance.now() - start;
    const rss = process.memoryUsage.rss() - before;
    rows.push([what, (used / 1024).toFixed(0), (rss / (1 << 20)).toFixed(1), took.toFixed(0)]);
    await engine[Symbol.asyncDispose]();
  }
  console.log("");
  printTable(["an engine of", "linear KiB", "resident MiB", "ready, ms"], rows);
}

const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" }, only: { type: "string" } } });
const names = Object.keys(WORK).filter((name) => values.only === undefined || values.only.split(",").includes(name));
{
  await using engine = openEmbedded({ cpus: 3, memory: 128 << 20, threads: nodeThreads() });
  const rows: string[][] = [];
  for (const name of names) rows.push(await compare(engine, name, Number(values.rounds)));
  printTable(["program", "one thread, ns", "two threads, ns", "ratio", "best", "wall", "best"], rows);
  console.log(`load of the machine meanwhile: ${loadavg()[0]!.toFixed(1)}`);
  await wakeUp(engine);
}
await memory();
