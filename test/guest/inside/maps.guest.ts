/** Maps on kernels that lack some of the commands for many entries, and of the operations. */

import assert from "node:assert/strict";
import type { AnyMap, PerCpuMap } from "../../../src/engine/engine.ts";
import { openLinux } from "../../../src/engine/linux/engine.ts";
import { type MapShape, specOf } from "../../contract/specs.ts";
import { lacks, leavesNothing, test } from "./guest.ts";

leavesNothing();

async function withMap(shape: MapShape, use: (map: AnyMap, cpus: number) => void): Promise<void> {
  await using engine = await openLinux();
  await using collection = await engine.load(specOf({ table: shape }, {}));
  const map = collection.maps["table"];
  assert.ok(map);
  use(map, engine.cpus);
}

const pairs = (count: number) => Array.from({ length: count }, (_, key) => [key, key * 2] as const);
const byKey = (one: readonly unknown[], other: readonly unknown[]) => Number(one[0]) - Number(other[0]);

for (const type of ["hash", "lru_hash", "array", "percpu_hash", "percpu_array"] as const) {
  test(`maps: many entries of a ${type} at once`, () =>
    // A map that forgets does so long before it is full.
    withMap({ type, maxEntries: type === "lru_hash" ? 4096 : 300, key: "u32", value: "u32" }, (map, cpus) => {
      const value = (key: number) => (type.startsWith("percpu") ? new Array<number>(cpus).fill(key * 2) : key * 2);
      map.setAll(pairs(300));
      assert.deepEqual(
        [...map].sort(byKey),
        pairs(300).map(([key]) => [key, value(key)]),
      );
      if (!type.endsWith("array")) {
        assert.equal(map.deleteAll([1, 500, 2]), 2);
        assert.deepEqual(map.take(3), value(3));
        assert.equal(map.takeAll().length, 297);
        map.setAll(pairs(5));
      }
      map.clear();
      assert.equal([...map.keys()].length, type.endsWith("array") ? 300 : 0);
    }));
}

test("maps: a trie is walked, also while its entries are deleted", () => {
  const key = { prefixLength: "u32", address: "u32" } as const;
  return withMap({ type: "lpm_trie", maxEntries: 300, flags: 1, key, value: "u32" }, (trie) => {
    trie.setAll(pairs(300).map(([address, value]) => [{ prefixLength: 32, address }, value] as const));
    let count = 0;
    for (const prefix of trie.keys()) {
      assert.equal(trie.delete(prefix), true);
      count++;
    }
    assert.deepEqual([count, [...trie].length], [300, 0]);
    assert.throws(() => trie.take({ prefixLength: 32, address: 1 }), { code: "unsupported" });
  });
});

test("maps: an array that is memory", () =>
  withMap({ type: "array", maxEntries: 9, flags: 0x400, key: "u32", value: { low: "u32", high: "u64" } }, (map) => {
    map.set(3, { low: 7, high: 8n });
    assert.deepEqual([map.column("low").get(3), map.column("high").number(3)], [7, 8]);
  }));

test("maps: a map that is frozen", () =>
  withMap({ type: "array", maxEntries: 9, flags: 0x400, key: "u32", value: "u32" }, (map) => {
    map.set(3, 7);
    map.freeze();
    assert.equal(map.get(3), 7);
    assert.throws(() => map.set(3, 8), { name: "MapError", code: "unsupported" });
  }));

test("maps: values of every CPU", () =>
  withMap({ type: "percpu_array", maxEntries: 2, key: "u32", value: "u64" }, (map, cpus) => {
    const perCpu = map as unknown as PerCpuMap<number, bigint>;
    const values = Array.from({ length: cpus }, (_, cpu) => BigInt(cpu) + 5n);
    perCpu.set(1, values);
    assert.deepEqual([...perCpu.values()], [new Array(cpus).fill(0n), values]);
  }));

test("maps: arenas", { skip: lacks("6.9") }, () =>
  withMap({ type: "arena", maxEntries: 2, flags: 0x400, key: 0, value: 0 }, (arena) => {
    arena.view()[5] = 7;
    assert.equal(arena.view()[5], 7);
  }),
);
