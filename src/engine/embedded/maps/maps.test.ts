/** Maps in linear memory: each kind does what a plain JavaScript model of it does, whatever the order of operations. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { MapSpec } from "../../../object/spec.ts";
import { Memory } from "../memory.ts";
import { Random } from "../random.ts";
import { createMap, MAP_KINDS } from "./create.ts";
import type { MapStore } from "./store.ts";

/** What each kind needs besides keys of 4 bytes and 8 values of 8. */
const NEEDS: { readonly [Type in MapSpec["type"]]?: Partial<MapSpec> } = {
  lpm_trie: { flags: 1, keySize: 8 },
  queue: { keySize: 0 },
  stack: { keySize: 0 },
  bloom_filter: { keySize: 0 },
  ringbuf: { keySize: 0, valueSize: 0, maxEntries: 4096 },
  user_ringbuf: { keySize: 0, valueSize: 0, maxEntries: 4096 },
  prog_array: { valueSize: 4 },
  cgroup_array: { valueSize: 4 },
  perf_event_array: { valueSize: 4 },
  array_of_maps: { valueSize: 4 },
  hash_of_maps: { valueSize: 4 },
  sk_storage: { flags: 1, maxEntries: 0, keyType: 1, valueType: 1 },
  inode_storage: { flags: 1, maxEntries: 0, keyType: 1, valueType: 1 },
  task_storage: { flags: 1, maxEntries: 0, keyType: 1, valueType: 1 },
  cgrp_storage: { flags: 1, maxEntries: 0, keyType: 1, valueType: 1 },
  arena: { flags: 0x400, keySize: 0, valueSize: 0, maxEntries: 4 },
};

const shape = (spec: Partial<MapSpec> & Pick<MapSpec, "type">): MapSpec => ({
  name: "table",
  keySize: 4,
  valueSize: 8,
  maxEntries: 8,
  flags: 0,
  keyType: 0,
  valueType: 0,
  ...NEEDS[spec.type],
  ...spec,
});

/** A map, and a place in the same memory for keys and values that programs would have on their stack. */
class Bench {
  readonly memory = new Memory({ size: 1 << 20 });
  readonly map: MapStore;
  readonly #key = this.memory.allocate(300, "key").start + 1; // programs' keys need not be aligned
  readonly #value = this.memory.allocate(64, "value").start + 3;

  constructor(spec: MapSpec, cpus = 2) {
    const random = new Random(7);
    this.map = createMap(spec, { memory: this.memory, cpus, random: () => random.next() });
  }

  #put(key: Uint8Array): number {
    this.memory.bytes.set(key, this.#key);
    return this.#key;
  }

  update(key: Uint8Array, value: number, flags = 0, cpu = 0): number {
    const { memory, map } = this;
    memory.bytes.fill(0, this.#value, this.#value + map.valueSize);
    memory.bytes[this.#value] = value;
    return map.update(this.#put(key), this.#value, flags, cpu);
  }

  /** As a program reads it, or null. */
  lookup(key: Uint8Array, cpu = 0): number | null {
    const address = this.map.lookup(this.#put(key), cpu);
    return address === 0 ? null : this.memory.bytes[address]!;
  }

  /** As user space reads it. */
  peek(key: Uint8Array, cpu = 0): number | null {
    const element = this.map.find(this.#put(key));
    return element < 0 ? null : this.memory.bytes[this.map.valueAddress(element, cpu)]!;
  }

  delete(key: Uint8Array): number {
    return this.map.delete(this.#put(key));
  }

  /** All entries by scanning: key in hexadecimal to the first CPU's value. */
  entries(): Map<string, number> {
    const found = new Map<string, number>();
    for (let element = this.map.scan(0); element >= 0; element = this.map.scan(element + 1)) {
      const at = this.map.keyAddress(element);
      const key = hex(this.memory.bytes.subarray(at, at + this.map.keySize));
      assert.ok(!found.has(key), `${key} twice`);
      found.set(key, this.memory.bytes[this.map.valueAddress(element, 0)]!);
    }
    return found;
  }
}

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);

/** A key of `size` bytes from a small number, so that operations meet. */
const keyOf = (size: number, n: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => (at === size - 1 ? n : at * 31));

type Step = {
  readonly do: "update" | "lookup" | "delete" | "clear";
  readonly key: number;
  readonly value: number;
  readonly flags: number;
};
const steps = fc.array(
  fc.record<Step>({
    do: fc.constantFrom("update", "update", "update", "lookup", "lookup", "delete", "delete", "clear"),
    key: fc.nat(11),
    value: fc.integer({ min: 1, max: 255 }),
    flags: fc.constantFrom(0, 0, 0, 1, 2, 3),
  }),
  { maxLength: 80 },
);

for (const type of ["hash", "percpu_hash"] as const) {
  for (const keySize of [1, 3, 4, 7, 8, 16, 23]) {
    test(`${type} with keys of ${keySize} bytes behaves like a Map`, () => {
      fc.assert(
        fc.property(steps, (list) => {
          const bench = new Bench(shape({ type, keySize, maxEntries: 5 }));
          const model = new Map<string, number>();
          for (const step of list) {
            const key = keyOf(keySize, step.key);
            const name = hex(key);
            const old = model.get(name);
            if (step.do === "lookup") {
              assert.equal(bench.lookup(key), old ?? null);
            } else if (step.do === "delete") {
              assert.equal(bench.delete(key), model.delete(name) ? 0 : -2);
            } else if (step.do === "clear") {
              if (step.value > 40) continue;
              bench.map.clear();
              model.clear();
            } else {
              const present = old !== undefined;
              let expected = 0;
              if (step.flags === 3) expected = -22;
              else if (step.flags === 1 && present) expected = -17;
              else if (step.flags === 2 && !present) expected = -2;
              else if (!present && model.size === 5) expected = -7;
              assert.equal(bench.update(key, step.value, step.flags), expected);
              if (expected === 0 && (model.delete(name) || true)) model.set(name, step.value);
            }
            assert.equal(bench.map.count, model.size);
          }
          assert.deepEqual(new Map([...bench.entries()].sort()), new Map([...model].sort()));
        }),
        { numRuns: 60 },
      );
    });
  }
}

for (const type of ["array", "percpu_array"] as const) {
  test(`${type}: every entry is there from the start, none goes`, () => {
    const bench = new Bench(shape({ type, maxEntries: 3 }));
    assert.deepEqual([bench.lookup(u32(0)), bench.lookup(u32(2)), bench.lookup(u32(3))], [0, 0, null]);
    assert.equal(bench.update(u32(1), 9), 0);
    assert.equal(bench.update(u32(1), 10, 2), 0);
    assert.equal(bench.update(u32(1), 11, 1), -17, "BPF_NOEXIST");
    assert.equal(bench.update(u32(3), 1), -7, "beyond the end");
    assert.equal(bench.update(u32(1), 1, 4), -22, "unknown flags");
    assert.equal(bench.delete(u32(1)), -22);
    assert.deepEqual([...bench.entries().values()], [0, 10, 0]);
    bench.map.clear();
    assert.deepEqual([...bench.entries().values()], [0, 0, 0]);
  });
}

describe("per-CPU kinds", () => {
  for (const type of ["percpu_array", "percpu_hash", "lru_percpu_hash"] as const) {
    test(`${type}: an update from a program is of its own CPU's value; a new entry's others are zero`, () => {
      const bench = new Bench(shape({ type }), 3);
      bench.update(u32(1), 5, 0, 1);
      assert.deepEqual(
        [0, 1, 2].map((cpu) => bench.peek(u32(1), cpu)),
        [0, 5, 0],
      );
      bench.update(u32(1), 7, 0, 2);
      assert.deepEqual(
        [0, 1, 2].map((cpu) => bench.lookup(u32(1), cpu)),
        [0, 5, 7],
      );
      if (type === "percpu_array") return;
      bench.delete(u32(1));
      bench.update(u32(1), 1, 0, 0);
      assert.deepEqual(
        [0, 1, 2].map((cpu) => bench.peek(u32(1), cpu)),
        [1, 0, 0],
        "nothing is left of the old entry",
      );
    });
  }
});

describe("least recently used", () => {
  for (const [type, flags] of [
    ["lru_hash", 0],
    ["lru_percpu_hash", 0],
    ["lru_hash", 2],
  ] as const) {
    test(`${type}, flags ${flags}: forgets only when it is full, and never what was just added or replaced`, () => {
      fc.assert(
        fc.property(steps, (list) => {
          const bench = new Bench(shape({ type, flags, keySize: 8, maxEntries: 6 }));
          // With a list for each CPU, all of CPU 0's updates go into its half.
          const most = flags === 0 ? 6 : 3;
          const model = new Map<string, number>();
          for (const step of list) {
            const key = keyOf(8, step.key);
            const name = hex(key);
            const there = bench.peek(key);
            if (there === null) model.delete(name);
            assert.equal(there, model.get(name) ?? null);
            const before = bench.map.count;
            if (step.do === "lookup") assert.equal(bench.lookup(key), there);
            else if (step.do === "delete") assert.equal(bench.delete(key), model.delete(name) ? 0 : -2);
            else if (step.do === "update" && step.flags < 3) {
              const expected = step.flags === 1 && there !== null ? -17 : step.flags === 2 && there === null ? -2 : 0;
              assert.equal(bench.update(key, step.value, step.flags), expected);
              if (expected !== 0) continue;
              model.set(name, step.value);
              assert.equal(bench.peek(key), step.value);
              assert.equal(bench.map.count, there === null ? Math.min(before + 1, most) : before);
            }
          }
          for (const [key, value] of bench.entries()) assert.equal(model.get(key), value);
        }),
        { numRuns: 100 },
      );
    });
  }

  test("what a program looked up survives, what user space looked at does not", () => {
    const bench = new Bench(shape({ type: "lru_hash", maxEntries: 3 }));
    for (const key of [1, 2, 3]) bench.update(u32(key), key);
    bench.lookup(u32(1));
    bench.peek(u32(2));
    bench.update(u32(4), 4);
    assert.deepEqual(
      [1, 2, 3, 4].map((key) => bench.peek(u32(key))),
      [1, null, 3, 4],
    );
  });
  test("a full map of one entry replaces it", () => {
    const bench = new Bench(shape({ type: "lru_hash", maxEntries: 1 }));
    for (let key = 0; key < 50; key++) assert.equal(bench.update(u32(key), key), 0);
    assert.equal(bench.peek(u32(49)), 49);
    assert.equal(bench.map.count, 1);
  });
});

describe("longest prefix match", () => {
  for (const bytes of [1, 2, 3, 4, 5, 16, 256]) {
    test(`with ${bytes} bytes of data behaves like a search through a list`, () => {
      const prefix = fc.record({
        length: fc.nat(bytes * 8 + 1),
        // Few distinct bytes, so that prefixes share their beginnings.
        data: fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((data) => data.map((byte) => byte & 0x81)),
      });
      const step = fc.record({
        do: fc.constantFrom("set", "set", "delete", "find"),
        prefix,
        value: fc.integer({ min: 1, max: 255 }),
        flags: fc.constantFrom(0, 0, 0, 1, 2),
      });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (list) => {
          const bench = new Bench(shape({ type: "lpm_trie", keySize: 4 + bytes, maxEntries: 12 }));
          const model = new Map<string, { bits: string; value: number }>();
          for (const { do: what, prefix, value, flags } of list) {
            const bits = [...prefix.data].map((byte) => byte.toString(2).padStart(8, "0")).join("");
            const mine = bits.slice(0, prefix.length);
            const key = Uint8Array.of(...u32(prefix.length), ...prefix.data);
            const tooLong = prefix.length > bytes * 8;
            if (what === "find") {
              const best = [...model.values()]
                .filter((entry) => mine.startsWith(entry.bits))
                .sort((a, b) => b.bits.length - a.bits.length)[0];
              assert.equal(bench.lookup(key), tooLong ? null : (best?.value ?? null));
            } else if (what === "delete") {
              assert.equal(bench.delete(key), tooLong ? -22 : model.delete(mine) ? 0 : -2);
            } else {
              const present = model.has(mine);
              let expected = 0;
              if (tooLong) expected = -22;
              else if (flags === 1 && present) expected = -17;
              else if (flags === 2 && !present) expected = -2;
              else if (!present && model.size === 12) expected = -28;
              assert.equal(bench.update(key, value, flags), expected);
              if (expected === 0) model.set(mine, { bits: mine, value });
            }
          }
          assert.deepEqual([...bench.entries().values()].sort(), [...model.values()].map(({ value }) => value).sort());
          assert.equal(bench.map.count, model.size);
        }),
        { numRuns: bytes > 16 ? 20 : 100 },
      );
    });
  }

  test("filled and emptied for long, a trie loses no node", () => {
    const bench = new Bench(shape({ type: "lpm_trie", keySize: 8, maxEntries: 64 }));
    const random = new Random(3);
    const live: Uint8Array[] = [];
    for (let round = 0; round < 20_000; round++) {
      if (live.length === 64 || (live.length > 0 && random.next() % 2 === 0)) {
        const [key] = live.splice(random.next() % live.length, 1);
        assert.equal(bench.delete(key!), 0);
      } else {
        const key = Uint8Array.of(...u32(random.next() % 33), ...u32(random.next() & 0x0101_0181));
        if (bench.map.count < 64 && bench.update(key, 1, 1) === 0) live.push(key);
      }
    }
    for (const key of live) assert.equal(bench.delete(key), 0);
    assert.equal(bench.map.count, 0);
  });
});

describe("memory", () => {
  for (const type of MAP_KINDS) {
    test(`${type}: gives back all that it took, and values stay where they are`, () => {
      const memory = new Memory({ size: 1 << 20 });
      const map = createMap(shape({ type }), { memory, cpus: 4, random: () => 1 });
      assert.ok(memory.used > 0);
      assert.equal(map.values.start % 8, 0);
      map.dispose();
      assert.equal(memory.used, 0);
    });
  }

  test("a map that does not fit takes nothing", () => {
    const memory = new Memory({ size: 1 << 20 });
    const home = { memory, cpus: 1, random: () => 1 };
    assert.throws(() => createMap(shape({ type: "hash", maxEntries: 40_000 }), home), {
      name: "MapError",
      code: "memory",
      map: "table",
      message: /nodes of map table: needs \d+ bytes of the engine's 1048576; \d+ are free/,
    });
    assert.equal(memory.used, 0);
  });

  test("a value's address stays the same through every change around it", () => {
    const bench = new Bench(shape({ type: "hash", maxEntries: 64 }));
    bench.update(u32(1), 77);
    const element = bench.map.find(0) >= 0 ? 0 : bench.map.scan(0);
    const address = bench.map.valueAddress(element, 0);
    for (let key = 2; key < 60; key++) bench.update(u32(key), key);
    for (let key = 2; key < 60; key += 2) bench.delete(u32(key));
    assert.equal(bench.memory.bytes[address], 77);
  });
});

describe("what a map may not be", () => {
  for (const [what, spec, message] of [
    ["no entries", { type: "hash", maxEntries: 0 }, /maxEntries: expected 1 to 4294967295, found 0/],
    ["an array with another key than u32", { type: "array", keySize: 8 }, /key: expected 4 bytes, found 8/],
    ["a hash without key", { type: "hash", keySize: 0 }, /key: expected at least 1 byte, found 0/],
    ["no value", { type: "array", valueSize: 0 }, /value: expected at least 1 byte/],
    ["a trie with preallocation", { type: "lpm_trie", keySize: 8, flags: 0 }, /BPF_F_NO_PREALLOC/],
    ["a trie without data", { type: "lpm_trie", keySize: 4 }, /key: expected 5 to 260 bytes, found 4/],
    ["a large per-CPU value", { type: "percpu_hash", valueSize: 32_769 }, /at most 32768 bytes for each CPU/],
    ["an LRU map that allocates as it goes", { type: "lru_hash", flags: 1 }, /flags: BPF_F_NO_PREALLOC does not go with/],
  ] as const) {
    test(what, () => {
      const home = { memory: new Memory({ size: 1 << 20 }), cpus: 1, random: () => 1 };
      assert.throws(() => createMap(shape(spec), home), { name: "MapError", code: "invalid", message });
    });
  }
  test("a kind that the engine does not have, by name", () => {
    const home = { memory: new Memory({ size: 1 << 20 }), cpus: 1, random: () => 1 };
    assert.throws(() => createMap(shape({ type: "sockmap" }), home), {
      name: "FeatureError",
      feature: "BPF_MAP_TYPE_SOCKMAP",
      message: /has no sockmap; it has array,/,
    });
  });
});
