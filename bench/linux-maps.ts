/**
 * What a map of the kernel costs from TypeScript, beside the same system calls from C, compiled here. `sudo node bench/linux-maps.ts` prints a
 * table: nanoseconds an operation (of many at once: an entry). Both use the same maps; rounds of both alternate, and the quickest of each counts, so that
 * what else the machine does weighs on neither. Makes maps only: no program is loaded, nothing is attached.
 *
 * A call through koffi costs something by itself, whatever is called: the row `nothing` calls getppid, with as many arguments.
 */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { BtfBuilder } from "../src/btf/builder.ts";
import type { AnyMap } from "../src/engine/engine.ts";
import { openLinux, probeLinux } from "../src/engine/linux/engine.ts";
import { LinuxHandle } from "../src/engine/linux/maps/handle.ts";
import { mapInfo } from "../src/engine/linux/maps/info.ts";
import { openLibrary } from "../src/engine/linux/sys/library.ts";
import type { MapSpec } from "../src/object/spec.ts";
import type { MapType } from "../src/uapi/map-types.ts";
import { printTable } from "./measure.ts";

const ROUNDS = 40;
/** So few that a round ends before the scheduler gives the processor to somebody else, most often. */
const OPERATIONS = 2000;
const ENTRIES = 10_000;
const BPF_F_NO_PREALLOC = 1;
const BPF_F_MMAPABLE = 1 << 10;
/** getppid(2), where the row can be had. */
const GETPPID: Partial<Record<string, number>> = { x64: 110, arm64: 173 };

const { available, reason } = probeLinux();
if (!available) {
  console.log(`skipped: ${reason}`);
  process.exit(0);
}

const types = new BtfBuilder();
const u32 = types.int("u32", 4);
const u64 = types.int("u64", 8);
const prefix = types.struct("prefix", 8, [
  { name: "prefixLength", type: u32, bitOffset: 0 },
  { name: "address", type: u32, bitOffset: 32 },
]);
const row = types.struct("row", 16, [
  { name: "packets", type: u64, bitOffset: 0 },
  { name: "port", type: u32, bitOffset: 64 },
]);
const declare = (name: string, type: MapType, flags = 0, value = u64): MapSpec => ({
  name,
  type,
  keySize: type === "lpm_trie" ? 8 : 4,
  valueSize: value === u64 ? 8 : 16,
  maxEntries: ENTRIES,
  flags,
  keyType: type === "lpm_trie" ? prefix : u32,
  valueType: value,
});

await using engine = await openLinux();
await using collection = await engine.load({
  name: "bench",
  license: "GPL",
  types: types.encode(),
  maps: [
    declare("hash", "hash"),
    declare("percpu", "percpu_hash"),
    declare("trie", "lpm_trie", BPF_F_NO_PREALLOC),
    declare("array", "array"),
    declare("mapped", "array", BPF_F_MMAPABLE),
    declare("rows", "array", BPF_F_MMAPABLE, row),
    { ...declare("variables", "array", BPF_F_MMAPABLE, row), maxEntries: 1, valueType: 0 },
  ],
  globals: [
    { name: "large", map: "variables", offset: 0, size: 8, type: u64, linkage: "global" },
    { name: "small", map: "variables", offset: 8, size: 4, type: u32, linkage: "global" },
  ],
  programs: [],
});
const open = (name: string): AnyMap => {
  const map = collection.maps[name];
  if (map === undefined) throw new RangeError(name);
  return map;
};
const [hash, percpu, trie, array, mapped, rows] = ["hash", "percpu", "trie", "array", "mapped", "rows"].map(open) as [
  AnyMap,
  AnyMap,
  AnyMap,
  AnyMap,
  AnyMap,
  AnyMap,
];

/** Somewhere for results to go. */
let sink = 0;
let wide = 0n;
const each = (run: (key: number) => void) => () => {
  for (let i = 0; i < OPERATIONS; i++) run(i % ENTRIES);
};
const walk = (map: AnyMap) => () => {
  for (const [key] of map) sink += typeof key === "number" ? key : 1;
};
const pairs = Array.from({ length: ENTRIES }, (_, key) => [key, key] as const);
const all = pairs.map(([key]) => key);
hash.setAll(pairs);
percpu.setAll(pairs);
trie.setAll(pairs.map(([address]) => [{ prefixLength: 32, address }, 1n] as const));
const { small, large } = collection.variables;
if (small === undefined || large === undefined) throw new RangeError("no variables");
const packets = rows.column("packets");
const port = rows.column("port");

interface Case {
  /** As the C program calls it. */
  readonly name: string;
  readonly what: string;
  readonly count: number;
  run(): void;
  after?(): void;
}

const one = (name: string, what: string, run: (key: number) => void): Case => ({ name, what, count: OPERATIONS, run: each(run) });
const many = (name: string, what: string, run: () => void, after?: () => void): Case => ({
  name,
  what,
  count: ENTRIES,
  run,
  ...(after === undefined ? {} : { after }),
});

const nothing = await emptyCall();
const CASES: readonly Case[] = [
  ...(nothing === null ? [] : [one("nothing", "getppid", nothing)]),
  one("hash lookup", "get(u32)", (key) => hash.get(key)),
  one("hash update", "set(u32, u64)", (key) => hash.set(key, key)),
  one("array lookup", "get(u32)", (key) => array.get(key)),
  one("array update", "set(u32, u64)", (key) => array.set(key, key)),
  one("per-CPU hash lookup", `get(u32), ${engine.cpus} CPUs`, (key) => percpu.get(key)),
  one("trie lookup", "get({ prefixLength, address })", (address) => trie.get({ prefixLength: 32, address })),
  one("trie update", "set({ prefixLength, address }, u64)", (address) => trie.set({ prefixLength: 32, address }, 1n)),
  many("hash batch lookup", "for (… of map)", walk(hash)),
  many("hash batch update", "setAll", () => hash.setAll(pairs)),
  many(
    "hash batch delete",
    "deleteAll",
    () => hash.deleteAll(all),
    () => hash.setAll(pairs),
  ),
  many(
    "hash batch take",
    "takeAll",
    () => hash.takeAll(),
    () => hash.setAll(pairs),
  ),
  many("per-CPU hash batch lookup", "for (… of map)", walk(percpu)),
  many("per-CPU hash batch update", "setAll", () => percpu.setAll(pairs)),
  many("array batch lookup", "for (… of map)", walk(array)),
  many("trie batch lookup", "for (… of map)", walk(trie)),
  one("mapped read", "get(u32): bigint", (key) => (wide ^= mapped.get(key) as bigint)),
  one("mapped read", "column.get: number", (key) => (sink += port.get(key) as number)),
  one("mapped read", "column.get: bigint", (key) => (wide ^= packets.get(key) as bigint)),
  one("mapped read", "column.number, of u64", (key) => (sink += packets.number(key))),
  one("mapped read", "variable.get: number", () => (sink += small.get() as number)),
  one("mapped read", "variable.get: bigint", () => (wide ^= large.get() as bigint)),
];

interface Times {
  ours: number;
  /** From C, and from C with a second thread, as Node has. */
  readonly c: [alone: number, threaded: number];
}

const folder = mkdtempSync(join(tmpdir(), "skep-bench-"));
try {
  const c = startC();
  const best = CASES.map(
    (): Times => ({ ours: Number.POSITIVE_INFINITY, c: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] }),
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, { name, count, run, after }] of CASES.entries()) {
      const times = best[at];
      if (times === undefined) continue;
      // What C left in the caches is gone the second time.
      for (let again = 0; again < 2; again++) {
        const start = process.hrtime.bigint();
        run();
        times.ours = Math.min(times.ours, Number(process.hrtime.bigint() - start) / count);
        after?.();
      }
      for (const [which, child] of c.children.entries())
        times.c[which as 0 | 1] = Math.min(times.c[which as 0 | 1], await child.ask(name));
    }
  }
  for (const child of c.children) child.stop();
  const digits = (ns: number) => (Number.isFinite(ns) ? ns.toFixed(ns < 50 ? 1 : 0) : "");
  const ratio = (ours: number, theirs: number) => (Number.isFinite(theirs) ? `${(ours / theirs).toFixed(2)}x` : "");
  const [first] = best;
  const koffi = nothing === null || first === undefined ? Number.NaN : first.ours - first.c[1];
  const table = CASES.map(({ name, what }, at) => {
    const { ours, c: theirs } = best[at] ?? { ours: Number.NaN, c: [Number.NaN, Number.NaN] };
    const [alone, threaded] = theirs as [number, number];
    const cells = [name, what, digits(ours), digits(alone), digits(threaded)];
    if (/mapped/.test(name)) return cells;
    // What C's time would be, called through koffi.
    const called = name === "nothing" || /batch/.test(name) || Number.isNaN(koffi) ? "" : ratio(ours, threaded + koffi);
    return [...cells, ratio(ours, alone), ratio(ours, threaded), called];
  });
  console.log(
    `Node ${process.version}; ${c.text}; nanoseconds, the best of ${ROUNDS} rounds that alternate (${OPERATIONS} operations each)`,
  );
  printTable(["operation", "ours", "ns", "C", "C, 2 threads", "to C", "to C, 2 threads", "and koffi"], table);
  if (Number.isNaN(sink) || wide < 0n) console.log(sink, wide);
} finally {
  rmSync(folder, { recursive: true });
}

/** A system call that does nothing, through the very function that bpf(2) is called by. */
async function emptyCall(): Promise<((key: number) => void) | null> {
  const number = GETPPID[process.arch];
  if (number === undefined) return null;
  const { library } = await openLibrary("the benchmark", "bench/linux-maps.ts");
  const syscall = library.func("syscall", "int", ["long", "int", "uintptr_t", "uint32"]) as (...args: number[]) => number;
  return (key) => {
    sink += syscall(number, 0, key, 32);
  };
}

/** The kernel's number of a map: C opens the same ones, so that they lie alike in memory. */
function numberOf(map: AnyMap): number {
  if (!(map instanceof LinuxHandle)) throw new TypeError("not a map of the Linux engine");
  return mapInfo(map.raw.kernel, map.fd).id;
}

interface Child {
  ask(name: string): Promise<number>;
  stop(): void;
}

/** None without a compiler. */
function startC(): { readonly text: string; readonly children: readonly Child[] } {
  const source = fileURLToPath(new URL("programs/linux-maps.c", import.meta.url));
  const program = join(folder, "maps");
  const compiler = ["cc", "gcc", "clang", "clang-19"].find(
    (name) => spawnSync(name, ["-O2", "-pthread", "-o", program, source]).status === 0,
  );
  if (compiler === undefined) return { text: "no C compiler: C's side is missing", children: [] };
  const children = [[], ["threaded"]].map((more): Child => {
    const ids = [hash, percpu, trie, array, mapped].map((map) => String(numberOf(map)));
    const args = [String(OPERATIONS), String(engine.cpus), ...ids, ...more];
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    return {
      async ask(name) {
        child.stdin.write(`${name}\n`);
        const [line] = (await once(lines, "line")) as [string];
        return Number(line);
      },
      stop: () => child.stdin.end(),
    };
  });
  return { text: `C by ${compiler} -O2`, children };
}
