/**
 * Maps, from programs: the same eBPF programs with 256 operations each in this kernel (BPF_PROG_TEST_RUN, in a child process) and here, as
 * a proven program runs and as one that nobody proved; and from user space; and the memory each kind takes. Run: `node bench/maps.ts`,
 * `--only lru_hash,lpm_trie` for some kinds.
 *
 * A time is that of one operation: the run's less that of the same loop without it, by 256. Kernel and ours take turns.
 */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openEmbedded } from "../src/engine/embedded/engine.ts";
import type { AnyMap, Collection, Engine } from "../src/engine/engine.ts";
import { openLinux, probeLinux } from "../src/engine/linux/engine.ts";
import type { MapSpec, Spec } from "../src/object/spec.ts";
import { ethernet, ipv4, packet, payload, tcp } from "../src/packets/index.ts";
import { type MapShape, specOf } from "../test/contract/specs.ts";
import { median, printTable } from "./measure.ts";

const ENTRIES = 32_768;
const FILLED = 14_336; // as in the measurements of other engines that these are compared with
const OPERATIONS = 256;
/** From one key to the next, so that they are from all over the map. */
const STEP = FILLED / OPERATIONS;
const SPREAD = 0x1e37_79b1;
const PACKET = packet(ethernet(), ipv4({ source: "198.51.100.9" }), tcp({ destinationPort: 443 }), payload(new Uint8Array(100)));

interface Case {
  readonly shape: MapShape;
  readonly operations: Readonly<Record<string, string>>;
  /** Begins with 14,336 entries. */
  readonly filled: boolean;
}

const ARGUMENTS = "r1 = map m\nr2 = r10\nr2 += -32\n";
const LOOKUP = `${ARGUMENTS}call 1\nif r0 == 0 goto skip\nr7 += 1\nskip:`;
const INCREMENT = `${ARGUMENTS}call 1\nif r0 == 0 goto skip\nr1 = *(u64 *)(r0 + 0)\nr1 += 1\n*(u64 *)(r0 + 0) = r1\nskip:`;
const UPDATE = `${ARGUMENTS}r3 = r10\nr3 += -64\nr4 = 0\ncall 2`;
const REPLACE = `${ARGUMENTS}call 3\n${UPDATE}`;
const PUSH_POP = "r1 = map m\nr2 = r10\nr2 += -64\nr3 = 0\ncall 87\nr1 = map m\nr2 = r10\nr2 += -64\ncall 88";
const RESERVE =
  "r1 = map m\nr2 = 56\nr3 = 0\ncall 131\nif r0 == 0 goto skip\n*(u64 *)(r0 + 0) = r6\nr1 = r0\nr2 = 1\ncall 133\nskip:";

const KEYED = { lookup: LOOKUP, increment: INCREMENT, update: UPDATE, "delete + add": REPLACE };
const ARRAY = { lookup: LOOKUP, increment: INCREMENT, update: UPDATE };
const keyed = (type: MapShape["type"], key: number, operations: Readonly<Record<string, string>> = KEYED): Case => ({
  shape: { type, key, value: "u64", maxEntries: ENTRIES, flags: type === "lpm_trie" ? 1 : 0 },
  operations,
  filled: true,
});

const CASES: readonly Case[] = [
  keyed("array", 4, ARRAY),
  keyed("percpu_array", 4, ARRAY),
  keyed("hash", 4),
  keyed("hash", 8),
  keyed("hash", 16),
  keyed("percpu_hash", 4),
  keyed("lru_hash", 4),
  keyed("lru_hash", 16),
  keyed("lpm_trie", 8),
  keyed("lpm_trie", 20, { lookup: LOOKUP }),
  { shape: { type: "queue", key: 0, value: "u64", maxEntries: 64 }, operations: { "push + pop": PUSH_POP }, filled: false },
  {
    shape: { type: "ringbuf", key: 0, value: 0, maxEntries: 65_536 },
    operations: { "reserve + discard": RESERVE },
    filled: false,
  },
];

/** 256 rounds; the key's number is at r10-32, in a trie behind a prefix length. */
function loop({ type }: MapShape, body: string): string {
  const trie = type === "lpm_trie";
  const clear = [8, 16, 24, 32, 64].map((at) => `*(u64 *)(r10 - ${at}) = r6`).join("\n");
  const prefix = trie ? "r1 = 32\n*(u32 *)(r10 - 32) = r1\n" : "";
  const spread = type.includes("array") ? "" : `w1 *= ${SPREAD}\n`;
  const at = trie ? 28 : 32;
  return `r6 = 0\nr7 = 0\n${clear}\n${prefix}again:\nr1 = r6\nr1 *= ${STEP}\n${spread}*(u32 *)(r10 - ${at}) = r1\n${body}\nr6 += 1\nif r6 < ${OPERATIONS} goto again\nr0 = 2\nexit`;
}

function specFor({ shape, operations }: Case): Spec {
  const programs = Object.entries(operations).map(([name, body]) => [name.replace(/\W+/g, "_"), loop(shape, body)] as const);
  return specOf({ m: shape }, { nothing: loop(shape, ""), ...Object.fromEntries(programs) });
}

async function fill({ maps }: Collection, { shape, filled }: Case): Promise<void> {
  if (!filled) return;
  const map: AnyMap = maps["m"]!;
  const bytes = new Uint8Array(typeof shape.key === "number" ? shape.key : 4);
  const view = new DataView(bytes.buffer);
  const trie = shape.type === "lpm_trie";
  for (let index = 0; index < FILLED; index++) {
    view.setUint32(trie ? 4 : 0, Math.imul(index, SPREAD), true);
    if (trie) view.setUint32(0, index % STEP === 0 ? 32 : 24 + (index % 9), true);
    map.set(shape.type.includes("array") ? index : bytes, BigInt(index));
  }
}

// ── the kernel, in a child process ──────────────────────────────────────────────────────────────────────────────────

async function serveKernel(): Promise<void> {
  await using engine = await openLinux();
  let collection: Collection | null = null;
  let loaded = -1;
  for await (const line of createInterface({ input: process.stdin })) {
    const { index, program, repeat } = JSON.parse(line) as { index: number; program: string; repeat: number };
    if (index !== loaded) {
      await collection?.[Symbol.asyncDispose]();
      collection = await engine.load(specFor(CASES[index]!));
      await fill(collection, CASES[index]!);
      loaded = index;
    }
    console.log(collection!.programs[program]!.run({ packet: PACKET, repeat }).duration);
  }
}

class Kernel {
  readonly #child = spawn(process.execPath, ["--no-warnings", fileURLToPath(import.meta.url), "--kernel"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  readonly #lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();

  async measure(index: number, program: string, repeat: number): Promise<number> {
    this.#child.stdin.write(`${JSON.stringify({ index, program, repeat })}\n`);
    const { value, done } = await this.#lines.next();
    return done === true ? Number.NaN : Number(value);
  }

  close(): void {
    this.#child.stdin.end();
  }
}

// ── times ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const REPEAT = 200;
const ROUNDS = 15;

async function measure(kernel: Kernel | null, only: readonly string[] | null): Promise<void> {
  const rows: string[][] = [];
  for (const [index, each] of CASES.entries()) {
    const { type, key } = each.shape;
    if (only !== null && !only.includes(type)) continue;
    await using proven = openEmbedded({ memory: 32 << 20, seed: 1 });
    await using unproven = openEmbedded({ memory: 32 << 20, unsafe: true, seed: 1 });
    const ours: Collection[] = [];
    for (const engine of [proven, unproven] as Engine[]) {
      const collection = await engine.load(specFor(each));
      await fill(collection, each);
      ours.push(collection);
    }
    const runs = (program: string) => [
      async () => (await kernel?.measure(index, program, REPEAT)) ?? Number.NaN,
      ...ours.map((collection) => async () => collection.programs[program]!.run({ packet: PACKET, repeat: REPEAT }).duration),
    ];
    const time = async (program: string): Promise<number[]> => {
      const sides = runs(program);
      // Until the optimizing compiler had its say.
      for (let round = 0; round < 3; round++) {
        for (const side of sides) for (let more = 0; more < 4; more++) await side();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const times: number[][] = sides.map(() => []);
      for (let round = 0; round < ROUNDS; round++) for (const [at, side] of sides.entries()) times[at]!.push(await side());
      return times.map(median);
    };
    const nothing = await time("nothing");
    for (const name of Object.keys(each.operations)) {
      const whole = await time(name.replace(/\W+/g, "_"));
      const [k, bare, checked] = whole.map((duration, at) => (duration - nothing[at]!) / OPERATIONS) as [number, number, number];
      rows.push([
        `${type}${typeof key === "number" && key > 0 ? `, key ${key}` : ""}`,
        name,
        k.toFixed(1),
        bare.toFixed(1),
        checked.toFixed(1),
        (bare / k).toFixed(2),
      ]);
    }
  }
  console.log(`ns an operation; ${FILLED} of ${ENTRIES} entries, 8-byte values, ${OPERATIONS} keys from all over the map\n`);
  printTable(["map", "operation", "kernel", "proven", "unproven", "proven/kernel"], rows);
}

// ── user space ──────────────────────────────────────────────────────────────────────────────────────────────────────

async function userSide(): Promise<void> {
  await using engine = openEmbedded({ memory: 32 << 20 });
  const rows: string[][] = [];
  for (const type of ["array", "hash", "lru_hash"] as const) {
    await using collection = await engine.load(specOf({ m: { type, key: "u32", value: "u64", maxEntries: ENTRIES } }, {}));
    const map = collection.maps["m"]!;
    const keys = Array.from({ length: FILLED }, (_, index) => index);
    const best = (run: () => void): string => {
      const times = Array.from({ length: 7 }, () => {
        const start = performance.now();
        run();
        return ((performance.now() - start) * 1e6) / FILLED;
      });
      return median(times.slice(2)).toFixed(0);
    };
    rows.push([
      type,
      best(() => {
        for (const key of keys) map.set(key, 5n);
      }),
      best(() => {
        for (const key of keys) map.get(key);
      }),
      best(() => {
        let count = 0;
        for (const _ of map) count++;
        if (count < FILLED) throw new TypeError("lost some");
      }),
    ]);
  }
  console.log("\nuser space, ns an entry, keys u32, values u64 (bigint)\n");
  printTable(["map", "set", "get", "walk over"], rows);
}

// ── memory ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const SIZES: readonly (readonly [MapShape, Partial<MapSpec>?])[] = [
  ...(["array", "percpu_array", "hash", "percpu_hash", "lru_hash", "lru_percpu_hash"] as const).map(
    (type) => [{ type, key: 4, value: 8, maxEntries: 1024 }] as const,
  ),
  [{ type: "hash", key: 16, value: 8, maxEntries: 1024 }],
  [{ type: "lpm_trie", key: 8, value: 8, maxEntries: 1024, flags: 1 }],
  [{ type: "queue", key: 0, value: 8, maxEntries: 1024 }],
  [{ type: "bloom_filter", key: 0, value: 8, maxEntries: 1024 }],
  [{ type: "ringbuf", key: 0, value: 0, maxEntries: 4096 }],
  [{ type: "prog_array", key: 4, value: 4, maxEntries: 1024 }],
  [{ type: "perf_event_array", key: 4, value: 4, maxEntries: 1024 }],
  [{ type: "devmap", key: 4, value: 8, maxEntries: 1024 }],
  [{ type: "stack_trace", key: 4, value: 8 * 16, maxEntries: 1024 }],
  [{ type: "arena", key: 0, value: 0, maxEntries: 1024, flags: 0x400 }],
];

async function memory(): Promise<void> {
  const rows: string[][] = [];
  await using engine = openEmbedded({ memory: 64 << 20, cpus: 2 });
  console.log(
    `\nmemory: an engine takes ${(openEmbedded({ memory: 1 << 20 }).memory.used / 1024).toFixed(1)} KiB with one CPU, ${(engine.memory.used / 1024).toFixed(1)} KiB with two\n`,
  );
  for (const [shape] of SIZES) {
    const used: number[] = [];
    for (const times of [1, 2]) {
      const before = engine.memory.used;
      await using _collection = await engine.load(specOf({ m: { ...shape, maxEntries: shape.maxEntries * times } }, {}));
      used.push(engine.memory.used - before);
    }
    const each = (used[1]! - used[0]!) / shape.maxEntries;
    rows.push([
      shape.type,
      `${shape.key} + ${shape.value}`,
      String(shape.maxEntries),
      String(used[0]),
      each.toFixed(2),
      String(Math.round(used[0]! - each * shape.maxEntries)),
    ]);
  }
  printTable(["map (2 CPUs)", "key + value", "maxEntries", "bytes", "each entry", "map itself"], rows);
}

const { values } = parseArgs({ options: { kernel: { type: "boolean" }, only: { type: "string" } } });
if (values.kernel === true) await serveKernel();
else {
  const { available, reason } = probeLinux();
  if (!available) console.log(`no column for the kernel: ${reason}`);
  const kernel = available ? new Kernel() : null;
  await measure(kernel, values.only?.split(",") ?? null);
  kernel?.close();
  await userSide();
  await memory();
}
