/**
 * What a map of the kernel costs from TypeScript, beside the same system calls from C. `sudo node bench/linux-maps.ts` prints a
 * table: nanoseconds per operation, median of 9 rounds. Makes maps only: no program is loaded, nothing is attached.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BtfBuilder } from "../src/btf/builder.ts";
import type { BpfMap } from "../src/engine/engine.ts";
import { openLinux, probeLinux } from "../src/engine/linux/engine.ts";
import { LinuxMap } from "../src/engine/linux/maps/map.ts";
import { openNative } from "../src/engine/linux/sys/native.ts";
import type { MapSpec } from "../src/object/spec.ts";
import type { MapType } from "../src/uapi/map-types.ts";
import { median, printTable } from "./measure.ts";

const ROUNDS = 9;
const OPERATIONS = 50_000;
const ENTRIES = 10_000;
const BPF_F_NO_PREALLOC = 1;
const BPF_F_MMAPABLE = 1 << 10;

const SOURCE = String.raw`
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e9 + t.tv_nsec; }
int main(void) {
  union bpf_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.map_type = BPF_MAP_TYPE_HASH; attr.key_size = 4; attr.value_size = 8; attr.max_entries = ${ENTRIES};
  int fd = syscall(__NR_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
  if (fd < 0) return 1;
  __u32 key; __u64 value = 1;
  memset(&attr, 0, sizeof attr);
  attr.map_fd = fd; attr.key = (__u64)&key; attr.value = (__u64)&value;
  double took[2];
  for (int command = 0; command < 2; command++) {
    double start = now();
    for (int i = 0; i < ${OPERATIONS}; i++) { key = i % ${ENTRIES}; syscall(__NR_bpf, command ? BPF_MAP_LOOKUP_ELEM : BPF_MAP_UPDATE_ELEM, &attr, 32); }
    took[command] = (now() - start) / ${OPERATIONS};
  }
  printf("%f %f\n", took[0], took[1]);
}`;

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
const declare = (name: string, type: MapType, flags = 0): MapSpec => ({
  name,
  type,
  keySize: type === "lpm_trie" ? 8 : 4,
  valueSize: 8,
  maxEntries: ENTRIES,
  flags,
  keyType: type === "lpm_trie" ? prefix : u32,
  valueType: u64,
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
    declare("array", "array", BPF_F_MMAPABLE),
  ],
  programs: [],
});

/** Nanoseconds per operation of `run`, which does `count` of them. */
function time(count: number, run: () => void): number {
  run();
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = process.hrtime.bigint();
    run();
    return Number(process.hrtime.bigint() - start) / count;
  });
  return median(rounds);
}

const each = (run: (key: number) => void) => () => {
  for (let i = 0; i < OPERATIONS; i++) run(i % ENTRIES);
};
const walk = (map: BpfMap) => () => {
  for (const _ of map);
};
const open = (name: string): BpfMap => {
  const map = collection.maps[name];
  if (map === undefined) throw new RangeError(name);
  return map;
};
const hash = open("hash");
const percpu = open("percpu");
const trie = open("trie");
const array = open("array");
if (!(array instanceof LinuxMap)) throw new TypeError("not a map of the Linux engine");

const c = compiled();
const rows: string[][] = [];
const row = (what: string, ns: number, inC?: number) =>
  rows.push([
    what,
    ns.toFixed(ns < 100 ? 1 : 0),
    inC === undefined ? "" : inC.toFixed(0),
    inC === undefined ? "" : `${(ns / inC).toFixed(2)}x`,
  ]);

row(
  "hash set(u32, u64)",
  time(
    OPERATIONS,
    each((key) => hash.set(key, key)),
  ),
  c?.update,
);
row(
  "hash get(u32)",
  time(
    OPERATIONS,
    each((key) => hash.get(key)),
  ),
  c?.lookup,
);
row(
  "hash has(u32)",
  time(
    OPERATIONS,
    each((key) => hash.has(key)),
  ),
);
row(`hash entries, of ${ENTRIES}`, time(ENTRIES, walk(hash)));
for (let key = 0; key < ENTRIES; key++) percpu.set(key, 1n);
row(
  `per-CPU hash get, ${engine.cpus} CPUs`,
  time(
    OPERATIONS,
    each((key) => percpu.get(key)),
  ),
);
row(`per-CPU hash entries, of ${ENTRIES}`, time(ENTRIES, walk(percpu)));
row(
  "trie set({ prefixLength, address })",
  time(
    OPERATIONS,
    each((key) => trie.set({ prefixLength: 32, address: key }, 1n)),
  ),
);
row(
  "trie get({ prefixLength, address })",
  time(
    OPERATIONS,
    each((key) => trie.get({ prefixLength: 32, address: key })),
  ),
);
row(`trie entries, of ${ENTRIES}`, time(ENTRIES, walk(trie)));
row(
  "array get(u32)",
  time(
    OPERATIONS,
    each((key) => array.get(key)),
  ),
);
row(`array entries, of ${ENTRIES}`, time(ENTRIES, walk(array)));

const native = await openNative();
const mapping = native.map(array.fd, Math.ceil((ENTRIES * 8) / native.pageSize) * native.pageSize, 0, false);
if (typeof mapping !== "number") {
  const low = new Uint32Array(mapping.memory);
  let sum = 0;
  row(
    "array, mapped: one u32",
    time(
      OPERATIONS,
      each((key) => {
        sum += low[key * 2] ?? 0;
      }),
    ),
  );
  if (Number.isNaN(sum)) console.log(sum);
  mapping.unmap();
}

console.log(`Node ${process.version}, nanoseconds per operation, median of ${ROUNDS} rounds`);
printTable(["operation", "ns", "C", "ratio"], rows);

/** The same two operations from C, compiled here; null without a compiler. */
function compiled(): { readonly lookup: number; readonly update: number } | null {
  const folder = mkdtempSync(join(tmpdir(), "skep-bench-"));
  try {
    const program = join(folder, "maps");
    const compiler = ["clang-19", "clang", "gcc", "cc"].find(
      (name) => spawnSync(name, ["-O2", "-x", "c", "-o", program, "-"], { input: SOURCE }).status === 0,
    );
    if (compiler === undefined) return null;
    const runs = Array.from({ length: ROUNDS }, () =>
      spawnSync(program, { encoding: "utf8" }).stdout.trim().split(" ").map(Number),
    );
    return {
      update: median(runs.map(([update]) => update ?? Number.NaN)),
      lookup: median(runs.map(([, lookup]) => lookup ?? Number.NaN)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
