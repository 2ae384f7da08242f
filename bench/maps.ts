/**
 * How fast the maps of the embedded engine are: nanoseconds for one operation, called directly as a helper calls it,
 * and the memory each takes for an entry. Run: `node bench/maps.ts`.
 */

import { createMap } from "../src/engine/embedded/maps/create.ts";
import type { MapStore } from "../src/engine/embedded/maps/store.ts";
import { Memory } from "../src/engine/embedded/memory.ts";
import { Random } from "../src/engine/embedded/random.ts";
import type { MapSpec } from "../src/object/spec.ts";

const ENTRIES = 32_768;
const FILLED = 14_336; // as in the measurements of other engines that these are compared with
const OPERATIONS = 500_000;

const KINDS: readonly Pick<MapSpec, "type" | "keySize">[] = [
  { type: "array", keySize: 4 },
  { type: "percpu_array", keySize: 4 },
  { type: "hash", keySize: 4 },
  { type: "hash", keySize: 8 },
  { type: "hash", keySize: 16 },
  { type: "percpu_hash", keySize: 4 },
  { type: "lru_hash", keySize: 4 },
  { type: "lru_hash", keySize: 16 },
  { type: "lpm_trie", keySize: 8 },
  { type: "lpm_trie", keySize: 20 },
];

/** Best of five rounds, in nanoseconds an operation; `run` gives back a number so that nothing is optimized away. */
function best(run: () => number): string {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    if (Number.isNaN(run())) throw new TypeError("not a number");
    least = Math.min(least, ((performance.now() - start) * 1e6) / OPERATIONS);
  }
  return least.toFixed(1).padStart(9);
}

/** Addresses of keys, in an order that no cache foresees. */
function order(keys: number, from: number, keySize: number): Uint32Array {
  return Uint32Array.from({ length: OPERATIONS }, (_, i) => keys + (from + ((Math.imul(i, 5003) >>> 0) % FILLED)) * keySize);
}

function lookups(map: MapStore, keys: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < keys.length; i++) sum = (sum + map.lookup(keys[i]!, 0)) | 0;
  return sum;
}

function updates(map: MapStore, keys: Uint32Array, value: number): number {
  let sum = 0;
  for (let i = 0; i < keys.length; i++) sum |= map.update(keys[i]!, value, 0, 0);
  return sum;
}

function churns(map: MapStore, keys: Uint32Array, value: number): number {
  let sum = 0;
  for (let i = 0; i < keys.length; i++) sum |= map.delete(keys[i]!) | map.update(keys[i]!, value, 0, 0);
  return sum;
}

console.log(`ns an operation; ${FILLED} of ${ENTRIES} entries, 8-byte values, keys in random order\n`);
console.log("map                 key    lookup     miss   update  replace   B/entry");
for (const { type, keySize } of KINDS) {
  const memory = new Memory({ size: 64 << 20 });
  const random = new Random(1);
  const before = memory.used;
  const spec: MapSpec = {
    name: "m",
    type,
    keySize,
    valueSize: 8,
    maxEntries: ENTRIES,
    flags: type === "lpm_trie" ? 1 : 0,
    keyType: 0,
    valueType: 0,
  };
  const map = createMap(spec, { memory, cpus: 1, random: () => random.next() });
  const perEntry = (memory.used - before) / ENTRIES;
  const keys = memory.allocate(2 * FILLED * keySize, "keys").start;
  const value = memory.allocate(8, "value").start;
  const trie = type === "lpm_trie";
  for (let index = 0; index < 2 * FILLED; index++) {
    const at = keys + index * keySize;
    const number = type.includes("array") ? (Math.imul(index, 7919) >>> 0) % FILLED : Math.imul(index, 0x9e37_79b1) >>> 0;
    memory.view.setUint32(at + (trie ? 4 : 0), number, true);
    // Prefixes of 24 bits and more are stored; whole addresses are looked up.
    if (trie) memory.view.setUint32(at, index < FILLED ? 24 + (index % 9) : (keySize - 4) * 8, true);
  }
  for (let index = 0; index < FILLED; index++) map.update(keys + index * keySize, value, 0, 0);
  const there = order(keys, 0, keySize);
  const absent = order(keys, FILLED, keySize);
  const lookup = best(() => lookups(map, there));
  const miss = best(() => lookups(map, absent));
  const replace = best(() => updates(map, there, value));
  const churn = best(() => churns(map, there, value));
  console.log(
    `${type.padEnd(19)}${String(keySize).padStart(4)} ${lookup}${miss}${churn}${replace}${perEntry.toFixed(0).padStart(10)}`,
  );
}
console.log("\nmiss: of an array, and of a trie, what the keys happen to find; update: delete, then add again");
