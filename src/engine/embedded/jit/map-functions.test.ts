/** Generated map operations leave memory as the map's class does, byte for byte, whatever the order of operations. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { MapSpec } from "../../../object/spec.ts";
import { HELPER } from "../../../uapi/helpers.ts";
import { createMap } from "../maps/create.ts";
import type { MapStore } from "../maps/store.ts";
import { Memory, type WasmMemory } from "../memory.ts";
import { Random } from "../random.ts";
import { lookupName, MapFunctions, updateName } from "./map-functions.ts";
import { ModuleWriter } from "./wasm.ts";

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { skep: Record<string, WasmMemory | number | ((...args: number[]) => number)> },
  ) => { readonly exports: Record<string, (...args: number[]) => number> };
};

const CPUS = 3;

/** A map in a memory of its own, and places for keys and values. */
class Site {
  readonly memory = new Memory({ size: 1 << 20 });
  readonly map: MapStore;
  readonly key = this.memory.allocate(300, "key").start + 1;
  readonly value = this.memory.allocate(300, "value").start + 3;

  constructor(spec: MapSpec) {
    this.map = createMap(spec, { memory: this.memory, cpus: CPUS, random: () => 0x1234_5678 });
  }

  /** The operations as generated code, on a CPU. */
  generate(cpu: number) {
    const { map, memory } = this;
    const module = new ModuleWriter();
    module.importMemory("memory", memory.size / 65_536, false);
    const cpuGlobal = module.importGlobal("cpu");
    const ids = new Set<number>([HELPER.bpf_map_lookup_elem, HELPER.bpf_map_update_elem]);
    const functions = new MapFunctions(module, [map], ids, cpuGlobal);
    const keyed = map.type !== "queue" && map.type !== "stack";
    const indexes: Readonly<Record<string, number | null>> = {
      lookup: map.type.endsWith("array") || !keyed ? null : functions.lookupOf(map),
      update: functions.updateOf(map),
      delete: functions.deleteOf(map),
      push: functions.pushOf(map),
      pop: functions.popOf(map),
      peek: functions.peekOf(map),
    };
    const names = Object.keys(indexes).filter((name) => {
      const index = indexes[name]!;
      if (index !== null) module.exportFunction(name, index);
      return index !== null;
    });
    module.table([]);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish().bytes), {
      skep: {
        memory: memory.wasm,
        cpu,
        [lookupName(map)]: (key) => map.lookup(key! >>> 0, cpu),
        [updateName(map)]: (key, value, flags) => map.update(key! >>> 0, value! >>> 0, flags!, cpu),
      },
    });
    return { names, exports };
  }
}

const SHAPES: readonly (Partial<MapSpec> & Pick<MapSpec, "type">)[] = [
  ...[1, 3, 4, 5, 8, 12, 16, 23, 64].flatMap((keySize) =>
    [1, 8, 14, 100].map((valueSize) => ({ type: "hash" as const, keySize, valueSize })),
  ),
  ...[4, 8, 11].map((keySize) => ({ type: "percpu_hash" as const, keySize, valueSize: 10 })),
  ...[4, 9].flatMap((keySize) => [
    { type: "lru_hash" as const, keySize },
    { type: "lru_percpu_hash" as const, keySize },
  ]),
  { type: "array", valueSize: 14 },
  { type: "percpu_array", valueSize: 70 },
  ...[8, 12, 20, 36].map((keySize) => ({ type: "lpm_trie" as const, keySize, flags: 1 })),
];

for (const partial of SHAPES) {
  const spec: MapSpec = { name: "m", keySize: 4, valueSize: 8, maxEntries: 7, flags: 0, keyType: 0, valueType: 0, ...partial };
  test(`${spec.type}, keys of ${spec.keySize} and values of ${spec.valueSize} bytes`, () => {
    const [ours, generated] = [new Site(spec), new Site(spec)];
    const random = new Random(spec.keySize * 100 + spec.valueSize);
    const cpus = Array.from({ length: CPUS }, (_, cpu) => generated.generate(cpu));
    assert.ok(cpus[0]!.names.length > 0);
    for (let round = 0; round < 3000; round++) {
      const cpu = random.next() % CPUS;
      const { names, exports } = cpus[cpu]!;
      const name = names[random.next() % names.length]!;
      const key = new Uint8Array(spec.keySize);
      if (spec.type === "lpm_trie") {
        key[0] = random.next() % ((spec.keySize - 4) * 8 + 3);
        for (let at = 4; at < spec.keySize; at++) key[at] = [0, 0x80, 1][random.next() % 3]!;
      } else {
        key[0] = random.next() % 10;
        if (spec.type.includes("hash")) key[spec.keySize - 1]! |= random.next() & 1;
      }
      const value = Uint8Array.from({ length: spec.valueSize }, () => random.next());
      const flags = [0, 0, 0, 1, 2, 3, 4, -1][random.next() % 8]!;
      for (const site of [ours, generated]) {
        site.memory.bytes.set(key, site.key);
        site.memory.bytes.set(value, site.value);
      }
      // What no code is generated for happens now and then, too.
      if (!names.includes("update") && round % 2 === 0) {
        for (const { map, key, value } of [ours, generated]) map.update(key, value, 0, cpu);
        if (round % 8 === 0) for (const { map, key } of [ours, generated]) map.delete(key);
        continue;
      }
      const { map } = ours;
      const expected =
        name === "lookup"
          ? map.lookup(ours.key, cpu)
          : name === "update"
            ? map.update(ours.key, ours.value, flags, cpu)
            : map.delete(ours.key);
      const found = name === "update" ? exports["update"]!(generated.key, generated.value, flags) : exports[name]!(generated.key);
      assert.equal(name === "lookup" ? found >>> 0 : found, expected, `${name} in round ${round}`);
      if (round % 16 === 0 || round > 2990)
        assert.ok(Buffer.compare(ours.memory.bytes, generated.memory.bytes) === 0, `memory after round ${round}`);
    }
  });
}

for (const type of ["queue", "stack"] as const) {
  for (const [valueSize, maxEntries] of [
    [1, 1],
    [8, 3],
    [14, 7],
    [100, 5],
  ] as const) {
    test(`${type} of ${maxEntries}, values of ${valueSize} bytes`, () => {
      const spec: MapSpec = { name: "m", type, keySize: 0, valueSize, maxEntries, flags: 0, keyType: 0, valueType: 0 };
      const [ours, generated] = [new Site(spec), new Site(spec)];
      const random = new Random(valueSize);
      const { names, exports } = generated.generate(0);
      assert.deepEqual(names, ["push", "pop", "peek"]);
      for (let round = 0; round < 2000; round++) {
        // Now more come, now more go.
        const name = random.next() % 4 < (round % 64 < 32 ? 3 : 1) ? "push" : names[1 + (random.next() % 2)]!;
        const value = Uint8Array.from({ length: valueSize }, () => random.next());
        const flags = [0, 0, 0, 2, 1, 3, 4, -1][random.next() % 8]!;
        for (const { memory, value: at } of [ours, generated]) memory.bytes.set(value, at);
        const { map } = ours;
        const expected =
          name === "push" ? map.push(ours.value, flags) : name === "pop" ? map.pop(ours.value) : map.peek(ours.value);
        assert.equal(exports[name]!(generated.value, flags), expected, `${name} in round ${round}`);
        assert.ok(Buffer.compare(ours.memory.bytes.subarray(0, 1 << 16), generated.memory.bytes.subarray(0, 1 << 16)) === 0);
      }
      assert.ok(ours.memory.used < 1 << 16);
    });
  }
}

test("a chain that leads round and round is left", () => {
  const spec: MapSpec = { name: "m", type: "hash", keySize: 4, valueSize: 8, maxEntries: 7, flags: 0, keyType: 0, valueType: 0 };
  const site = new Site(spec);
  const { map, memory } = site;
  for (let key = 0; key < 7; key++) {
    memory.view.setUint32(site.key, key, true);
    map.update(site.key, site.value, 0, 0);
  }
  // Every node is its own successor.
  for (let element = 0; element < 8; element++) memory.view.setUint32(map.keyAddress(element) - 8, element + 1, true);
  const { exports } = site.generate(0);
  for (let key = 7; key < 40; key++) {
    memory.view.setUint32(site.key, key, true);
    assert.equal(exports["lookup"]!(site.key), 0);
    assert.equal(exports["delete"]!(site.key), -2);
    assert.equal(map.lookup(site.key, 0), 0);
  }
});
