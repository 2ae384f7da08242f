/**
 * What types cost: `node bench/btf.ts [FILE.btf]` prints two tables; without a file, for the running kernel's types.
 *
 * The first runs each task in a process of its own, once, as a command would; the median of nine. Budgets: open and find a
 * name ≤ 30 ms and ≤ 10 MB over the file, print `vmlinux.h` ≤ 2 s. The second is codecs in a hot loop.
 */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openBtf } from "../src/btf/btf.ts";
import { BtfBuilder } from "../src/btf/builder.ts";
import { makeCodec } from "../src/btf/codec.ts";
import { median, printTable } from "./measure.ts";

const ROUNDS = 9;
const [file = "/sys/kernel/btf/vmlinux", task] = process.argv.slice(2);

/** Modules are loaded before the clock starts. */
const TASKS: Readonly<Record<string, () => Promise<(bytes: Uint8Array) => unknown>>> = {
  open: async () => (bytes) => openBtf(bytes),
  "open and find": async () => (bytes) => openBtf(bytes).find("task_struct", "struct"),
  "decode all": async () => (bytes) => {
    const btf = openBtf(bytes);
    for (const id of btf.ids()) btf.type(id);
  },
  "print C": async () => {
    const { printC } = await import("../src/btf/c/print.ts");
    return (bytes) => printC(openBtf(bytes));
  },
  "print .d.ts": async () => {
    const { printDts } = await import("../src/btf/dts/print.ts");
    return (bytes) => printDts(openBtf(bytes));
  },
  deduplicate: async () => {
    const { dedup } = await import("../src/btf/dedup.ts");
    return (bytes) => dedup(openBtf(bytes));
  },
};

if (task === undefined) {
  coldTasks();
  hotCodecs();
} else {
  await runTask(task);
}

async function runTask(name: string): Promise<void> {
  const run = await TASKS[name]!();
  const bytes = new Uint8Array(readFileSync(file));
  const before = process.memoryUsage();
  const start = performance.now();
  const result = run(bytes);
  const time = performance.now() - start;
  const after = process.memoryUsage();
  // Resident memory counts everything, the code compiled meanwhile and garbage included.
  console.log(JSON.stringify({ time, resident: after.rss - before.rss, buffers: after.arrayBuffers - before.arrayBuffers }));
  if (result === 0) throw new Error("unreachable: keeps the result alive until here");
}

function coldTasks(): void {
  const rows = Object.keys(TASKS).map((name) => {
    const runs = Array.from({ length: ROUNDS }, () => {
      const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), file, name], { encoding: "utf8" });
      return JSON.parse(output) as { time: number; resident: number; buffers: number };
    });
    const of = (key: "time" | "resident" | "buffers"): number => median(runs.map((run) => run[key]));
    return [name, of("time").toFixed(1), (of("resident") / 1e6).toFixed(1), (of("buffers") / 1e6).toFixed(2)];
  });
  const bytes = readFileSync(file);
  console.log(`${file}: ${(bytes.length / 1e6).toFixed(1)} MB, ${openBtf(bytes).count} types`);
  printTable(["cold", "ms", "MB resident over the file", "MB of buffers"], rows);
}

function hotCodecs(): void {
  const b = new BtfBuilder();
  const u8 = b.int("unsigned char", 1);
  const u32 = b.int("unsigned int", 4);
  const u64 = b.int("unsigned long", 8);
  const prefix = b.struct("Ipv4Prefix", 8, [
    { name: "prefixLength", type: u32, bitOffset: 0 },
    { name: "address", type: b.typedef("Ipv4Address", u32), bitOffset: 32 },
  ]);
  const counters = b.struct("Counters", 24, [
    { name: "packets", type: u64, bitOffset: 0 },
    { name: "bytes", type: u64, bitOffset: 64 },
    { name: "last", type: u64, bitOffset: 128 },
  ]);
  const event = b.struct("Event", 56, [
    { name: "time", type: u64, bitOffset: 0 },
    { name: "pid", type: u32, bitOffset: 64 },
    { name: "kind", type: u8, bitOffset: 96 },
    { name: "comm", type: b.array(b.int("char", 1), 16), bitOffset: 128 },
    { name: "digest", type: b.array(u8, 16), bitOffset: 256 },
    { name: "ports", type: b.array(b.int("unsigned short", 2), 4), bitOffset: 384 },
  ]);
  const btf = openBtf(b.encode());
  const cases: [string, number, unknown][] = [
    ["u32", u32, 7],
    ["u64", u64, 7n],
    ["struct of prefix and address", prefix, { prefixLength: 24, address: "203.0.113.0" }],
    ["struct of 3 u64", counters, { packets: 1n, bytes: 64n, last: 1_700_000_000_000_000_000n }],
    [
      "event of 56 bytes",
      event,
      { time: 1n, pid: 1234, kind: 3, comm: "nginx", digest: new Uint8Array(16), ports: [80, 443, 1, 2] },
    ],
  ];
  const rows = cases.map(([name, id, value]) => {
    const codec = makeCodec(btf, id);
    const bytes = new Uint8Array(codec.size);
    let target: unknown;
    return [
      name,
      nanoseconds(() => codec.encode(value, bytes, 0)),
      nanoseconds(() => codec.decode(bytes, 0)),
      nanoseconds(() => (target = codec.decodeInto(target, bytes, 0))),
    ];
  });
  console.log();
  printTable(["codec", "encode ns", "decode ns", "decode into ns"], rows);
}

function nanoseconds(run: () => unknown): string {
  const LOOPS = 200_000;
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now();
    for (let index = 0; index < LOOPS; index++) run();
    return ((performance.now() - start) / LOOPS) * 1e6;
  });
  return median(times.slice(2)).toFixed(0);
}
