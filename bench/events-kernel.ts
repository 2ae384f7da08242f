/**
 * Records of a ring buffer of this kernel, beside a C program on libbpf that reads the same with `ring_buffer__poll`: what a reader sustains, what a record costs,
 * how long a wake-up takes, and what waiting costs. The program that writes them is the same (bench/programs/events/writer.bpf.ts, a record of 64
 * bytes for each getppid(2) of a process of ours); readers take turns. Medians of three rounds. Run as root: `node bench/events-kernel.ts`; on a machine that does other
 * work, too, `chrt -f 10 node bench/events-kernel.ts` shows what waking up takes by itself.
 */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compileSource } from "../src/compiler/compile.ts";
import type { Collection, Link, RingBuffer } from "../src/engine/engine.ts";
import { openLinux, probeLinux } from "../src/engine/linux/engine.ts";
import type { Spec } from "../src/object/spec.ts";
import { writeObject } from "../src/object/write/write.ts";
import { median, printTable } from "./measure.ts";

const ROUNDS = 3;
/** Several times as many as the ring holds. */
const SUSTAINED = 1_000_000;
/** Fit into the ring. */
const FILLED = 100_000;
const WAKES = 1000;
/** The first of them meet code that was never run. */
const COLD = 100;
const IDLE_SECONDS = 5;
const FILLS = 12;
/** Milliseconds that readers go on after the last record. */
const REST = 20;

interface Event {
  readonly time: bigint;
  readonly number: bigint;
}

interface Result {
  readonly records: number;
  readonly lost: number;
  /** Records that did not follow the one before. */
  readonly missing: number;
  readonly nanoseconds: number;
  readonly cpu: number;
  readonly waits?: readonly number[];
}

const { available, reason } = probeLinux();
if (!available) {
  console.log(`skipped: ${reason}`);
  process.exit(0);
}
const file = resolve(import.meta.dirname, "programs/events/writer.bpf.ts");
const spec = compileSource(readFileSync(file, "utf8"), { file });
const folder = mkdtempSync(join(tmpdir(), "skep-bench-"));

/** A process that makes events when it is told to. */
async function writer(tool: string, count: number, pause: number) {
  const child = spawn(tool, ["write", String(count), String(pause)], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child, "spawn");
  return {
    pid: child.pid ?? 0,
    go: () => child.stdin.end("x"),
    ended: once(child, "close"),
  };
}

/** Everything is loaded anew for a round, as in C. */
async function round(
  tool: string,
  count: number,
  pause: number,
  read: (ring: RingBuffer<Event>, signal: AbortSignal) => Promise<Pick<Result, "records" | "missing" | "waits">>,
  bytes?: number,
): Promise<Result> {
  await using engine = await openLinux();
  await using collection: Collection = await engine.load(spec, bytes === undefined ? {} : { maxEntries: { events: bytes } });
  const { pid, go, ended } = await writer(tool, count, pause);
  await using _ = await attach(collection, pid);
  const stop = new AbortController();
  // The last records were written before it ended; who reads by the timer sees them a millisecond later.
  void ended.then(() => setTimeout(() => stop.abort(), REST));
  const start = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  const reading = read(ringOf(collection), stop.signal);
  go();
  const result = await reading;
  const { user, system } = process.cpuUsage(cpu);
  return {
    ...result,
    nanoseconds: Number(process.hrtime.bigint() - start) - REST * 1e6,
    cpu: (user + system) * 1000,
    lost: Number(collection.variables["lost"]?.get()),
  };
}

/** Fills the ring and empties it, several times: the quickest of them. */
async function emptied(tool: string, read: (ring: RingBuffer<Event>, count: Count) => void, of: Spec = spec): Promise<Result> {
  await using engine = await openLinux();
  await using collection: Collection = await engine.load(of);
  const ring = ringOf(collection);
  let best: Result | null = null;
  for (let time = 0; time < FILLS; time++) {
    const { pid, go, ended } = await writer(tool, FILLED, 0);
    await using _ = await attach(collection, pid);
    go();
    await ended;
    const count = new Count();
    const start = process.hrtime.bigint();
    read(ring, count);
    const nanoseconds = Number(process.hrtime.bigint() - start);
    const { records } = count;
    if (best === null || nanoseconds < best.nanoseconds)
      best = { records, missing: 0, lost: Number(collection.variables["lost"]?.get()), nanoseconds, cpu: nanoseconds };
  }
  if (best === null) throw new RangeError("no fills");
  return best;
}

const ringOf = ({ maps }: { readonly maps: Record<string, unknown> }): RingBuffer<Event> => maps["events"] as RingBuffer<Event>;

function attach({ variables, programs }: Collection, pid: number): Promise<Link> {
  variables["target"]?.set(pid);
  variables["call"]?.set(process.arch === "x64" ? 110 : 173);
  const { entered } = programs;
  if (entered === undefined) throw new RangeError("no program entered");
  return entered.attach();
}

/** Looks at each record's number. */
class Count {
  records = 0;
  missing = 0;
  #last = 0;
  #bytes = new Uint8Array(0);
  #words = new Int32Array(0);

  /** A view is made once: `bytes` is the same array each time. */
  readonly lease = (bytes: Uint8Array, offset: number): void => {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes as Uint8Array<ArrayBuffer>;
      this.#words = new Int32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length >>> 2);
    }
    this.#see(this.#words[(offset + 8) >>> 2] ?? 0);
  };

  readonly bytes = (bytes: unknown): void => this.#see((bytes as Uint8Array)[8] ?? 0);

  readonly decoded = (event: Event): void => this.#see(Number(event.number));

  #see(number: number): void {
    this.records++;
    this.missing += number - this.#last - 1;
    this.#last = number;
  }
}

type Reader = Parameters<typeof round>[3];
const counting =
  (read: (ring: RingBuffer<Event>, signal: AbortSignal, count: Count) => Promise<unknown>): Reader =>
  async (ring, signal) => {
    const count = new Count();
    await read(ring, signal, count);
    return count;
  };

const leased = counting((ring, signal, count) => ring.consumeLeased(count.lease, { signal }));
const reused = counting((ring, signal, count) => ring.consume(count.decoded, { signal, reuse: true }));
const consumed = counting((ring, signal, count) => ring.consume(count.decoded, { signal }));
const batches = counting(async (ring, signal, count) => {
  for await (const batch of ring.batches({ signal })) for (const event of batch) count.decoded(event);
});
const records = counting(async (ring, signal, count) => {
  for await (const event of ring.records({ signal })) count.decoded(event);
});

const woken: Reader = async (ring, signal) => {
  const waits: number[] = [];
  let words: Uint32Array = new Uint32Array(0);
  await ring.consumeLeased(
    (bytes, offset) => {
      const [seconds, nanoseconds] = process.hrtime();
      if (words.buffer !== bytes.buffer) words = new Uint32Array(bytes.buffer);
      const at = (bytes.byteOffset + offset) >>> 2;
      waits.push(seconds * 1e9 + nanoseconds - ((words[at] ?? 0) + (words[at + 1] ?? 0) * 2 ** 32));
    },
    { signal },
  );
  return { records: waits.length, missing: 0, waits };
};

function inC(tool: string, object: string, ...args: readonly (string | number)[]): Result {
  const [mode = "", ...rest] = args.map(String);
  const { stdout, status } = spawnSync(tool, [mode, object, ...rest], { encoding: "utf8", timeout: 60_000, maxBuffer: 1 << 24 });
  if (status !== 0) throw new Error(`the C program failed: ${mode}`);
  return JSON.parse(stdout) as Result;
}

async function measure(tool: string): Promise<void> {
  const object = join(folder, "writer.o");
  writeFileSync(object, writeObject(spec));
  console.log(`Node ${process.version}, medians of ${ROUNDS} rounds\n`);

  const readers: readonly (readonly [string, () => Promise<Result> | Result])[] = [
    ["C: ring_buffer__poll", () => inC(tool, object, "poll", SUSTAINED)],
    ["consumeLeased", () => round(tool, SUSTAINED, 0, leased)],
    ["consume, one object", () => round(tool, SUSTAINED, 0, reused)],
    ["consume", () => round(tool, SUSTAINED, 0, consumed)],
    ["for await of batches()", () => round(tool, SUSTAINED, 0, batches)],
    ["for await of records()", () => round(tool, SUSTAINED, 0, records)],
  ];
  table("sustained, a ring of 8 MiB", await turns(readers));

  const untyped = { ...spec, maps: spec.maps.map((map) => (map.name === "events" ? { ...map, valueType: 0 } : map)) };
  const filled: readonly (readonly [string, () => Promise<Result> | Result])[] = [
    ["C: ring_buffer__consume", () => inC(tool, object, "drain", FILLED, FILLS)],
    ["lease", () => emptied(tool, (ring, { lease }) => ring.lease(lease))],
    ["drain, 64 bytes copied", () => emptied(tool, (ring, { bytes }) => ring.drain(bytes), untyped)],
    [
      "drain, 10 fields decoded into one object",
      () => emptied(tool, (ring, { decoded }) => ring.drain(decoded, { reuse: true })),
    ],
    ["drain, 10 fields decoded", () => emptied(tool, (ring, { decoded }) => ring.drain(decoded))],
  ];
  table(`a full ring, emptied in one go; the quickest of ${FILLS}`, await turns(filled));

  const [c, ours] = await turns([
    ["C", () => inC(tool, object, "wake", WAKES, 1000)],
    ["consumeLeased", () => round(tool, WAKES, 1000, woken)],
  ]);
  const microseconds = (results: readonly Result[] | undefined, part: number): string => {
    const all = (results ?? []).flatMap(({ waits }) => (waits ?? []).slice(COLD)).sort((one, other) => one - other);
    return ((all[Math.floor(all.length * part)] ?? Number.NaN) / 1000).toFixed(0);
  };
  console.log(`\nfrom the program to the callback, a record every millisecond, ${(WAKES - COLD) * ROUNDS} in all`);
  printTable(
    ["reader", "median µs", "p99 µs"],
    [c, ours].map((row) => [row?.[0] ?? "", microseconds(row?.[1], 0.5), microseconds(row?.[1], 0.99)]),
  );

  await idle(tool, object);
  await losses(tool);
}

/** Every reader once a round, so that all meet the same weather. */
async function turns(
  readers: readonly (readonly [string, () => Promise<Result> | Result])[],
): Promise<readonly (readonly [string, Result[]])[]> {
  const results = readers.map(([name]): [string, Result[]] => [name, []]);
  for (let at = 0; at < ROUNDS; at++) for (const [place, [, run]] of readers.entries()) results[place]?.[1].push(await run());
  return results;
}

function table(title: string, results: readonly (readonly [string, readonly Result[]])[]): void {
  const rate = (all: readonly Result[]): number => median(all.map((one) => (one.records / one.nanoseconds) * 1000));
  const first = rate(results[0]?.[1] ?? []);
  console.log(`\n${title}`);
  printTable(
    ["reader", "M/s", "to C", "ns CPU", "lost", "missing"],
    results.map(([name, all]) => [
      name,
      rate(all).toFixed(2),
      `${(rate(all) / first).toFixed(2)}x`,
      median(all.map((one) => one.cpu / one.records)).toFixed(1),
      String(all.reduce((sum, one) => sum + one.lost, 0)),
      String(all.reduce((sum, one) => sum + one.missing, 0)),
    ]),
  );
}

/** Processor time of who waits while nothing comes. */
async function idle(tool: string, object: string): Promise<void> {
  await using engine = await openLinux();
  await using collection: Collection = await engine.load(spec);
  const stop = new AbortController();
  const waiting = ringOf(collection).consumeLeased(() => {}, { signal: stop.signal });
  await new Promise((done) => setTimeout(done, 500));
  const before = process.cpuUsage();
  await new Promise((done) => setTimeout(done, IDLE_SECONDS * 1000));
  const { user, system } = process.cpuUsage(before);
  stop.abort();
  await waiting;
  const c = inC(tool, object, "idle", IDLE_SECONDS);
  const part = (nanoseconds: number): string => `${((nanoseconds / (IDLE_SECONDS * 1e9)) * 100).toFixed(3)} %`;
  console.log(
    `\nwaiting ${IDLE_SECONDS} s while nothing comes: ${part((user + system) * 1000)} of a processor; C, polling once a second: ${part(c.cpu)}`,
  );
}

/** A ring of one page, and a reader that sleeps: what was read and what was lost is what was written. */
async function losses(tool: string): Promise<void> {
  const result = await round(
    tool,
    FILLED,
    0,
    counting(async (ring, signal, { lease }) => {
      while (!signal.aborted) {
        ring.lease(lease);
        await new Promise((done) => setTimeout(done, 1));
      }
      ring.lease(lease);
    }),
    4096,
  );
  console.log(
    `\na ring of 4 KiB, read every millisecond: ${result.records} read + ${result.lost} lost = ${result.records + result.lost} of ${FILLED}`,
  );
}

function compiled(into: string): string | null {
  const source = resolve(import.meta.dirname, "programs/events/events.c");
  const program = join(into, "events");
  const found = ["cc", "gcc", "clang", "clang-19"].some(
    (name) => spawnSync(name, ["-O2", "-o", program, source, "-lbpf"]).status === 0,
  );
  return found ? program : null;
}

try {
  const tool = compiled(folder);
  if (tool === null) console.log("skipped: no C compiler, or no libbpf-dev");
  else await measure(tool);
} finally {
  rmSync(folder, { recursive: true });
}
