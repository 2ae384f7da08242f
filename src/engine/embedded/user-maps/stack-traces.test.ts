/** Call chains that programs kept, as user space has them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createMap } from "../maps/create.ts";
import { MapRegistry } from "../maps/registry.ts";
import { StackTraceMap } from "../maps/stack-traces.ts";
import { Memory } from "../memory.ts";
import { UserStackTraces } from "./others.ts";

/** A map, and what keeps a chain in it as `bpf_get_stackid` does. */
function opened() {
  const memory = new Memory({ size: 1 << 20 });
  const shape = { name: "stacks", type: "stack_trace", keySize: 4, valueSize: 64, maxEntries: 64, flags: 0 } as const;
  const store = createMap(
    { ...shape, keyType: 0, valueType: 0 },
    { memory, cpus: 1, registry: new MapRegistry(), random: () => 1 },
  );
  assert.ok(store instanceof StackTraceMap);
  const place = memory.allocate(128, "chain").start;
  const keep = (...addresses: bigint[]): number => {
    for (const [at, address] of addresses.entries()) memory.view.setBigUint64(place + at * 8, address, true);
    return store.put(place, addresses.length, 0);
  };
  return { keep, map: new UserStackTraces(store, memory, null) };
}

test("chains are read, taken, deleted and cleared by their numbers", () => {
  const { keep, map } = opened();
  const id = keep(1n, 2n, 0xffff_ffff_8100_0000n);
  assert.deepEqual(map.get(id), [1n, 2n, 0xffff_ffff_8100_0000n]);
  assert.deepEqual([...map.entries()], [[id, [1n, 2n, 0xffff_ffff_8100_0000n]]]);
  assert.deepEqual(map.take(id), [1n, 2n, 0xffff_ffff_8100_0000n]);
  assert.deepEqual([map.get(id), map.take(id), map.delete(id)], [undefined, undefined, false]);
  const other = keep(7n);
  assert.deepEqual([map.delete(other), map.delete(other), map.delete(9999)], [true, false, false]);
  keep(8n);
  map.clear();
  assert.deepEqual([...map.entries()], []);
});

test("what is no number of a chain, and a map that is frozen or closed", () => {
  const { keep, map } = opened();
  const id = keep(1n);
  assert.throws(() => map.get(-1), { name: "MapError", code: "invalid" });
  map.freeze();
  assert.deepEqual(map.get(id), [1n]);
  assert.throws(() => map.take(id), { name: "MapError", code: "unsupported" });
  map.close();
  assert.throws(() => map.get(id), { name: "MapError", code: "closed" });
});
