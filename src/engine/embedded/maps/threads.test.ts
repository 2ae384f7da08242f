/** Maps that threads share: real threads hammer each kind, and nothing is lost, doubled or torn. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { MapSpec } from "../../../object/spec.ts";
import { Memory } from "../memory.ts";
import { createMap } from "./create.ts";
import type { JobName, Order } from "./fixtures/hammer.ts";
import { RingBufferMap } from "./ring-buffer.ts";
import type { MapStore } from "./store.ts";

const THREADS = 3;

class Site {
  readonly memory = new Memory({ size: 8 << 20, shared: true });
  readonly map: MapStore;
  readonly #spec: MapSpec;
  readonly #key = this.memory.allocate(64, "key").start;
  readonly #value = this.memory.allocate(64, "value").start;

  constructor(spec: Partial<MapSpec> & Pick<MapSpec, "type">) {
    this.#spec = { name: "m", keySize: 4, valueSize: 8, maxEntries: 512, flags: 0, keyType: 0, valueType: 0, ...spec };
    this.map = createMap(this.#spec, { memory: this.memory, cpus: THREADS, random: () => 99 });
  }

  put(number: number): number {
    const isTrie = this.map.type === "lpm_trie";
    if (isTrie) this.memory.view.setUint32(this.#key, 32, true);
    this.memory.view.setUint32(this.#key + (isTrie ? 4 : 0), number, true);
    return this.#key;
  }

  set(key: number, value: number): void {
    this.memory.view.setUint32(this.#value, value, true);
    assert.equal(this.map.update(this.put(key), this.#value, 0, 0), 0);
  }

  /** Runs a job on all threads at once; what each gave back. @param meanwhile called again and again until they are done. */
  async hammer(job: JobName, rounds: number, meanwhile?: () => void): Promise<number[]> {
    const start = new Int32Array(new SharedArrayBuffer(4));
    const { wasm } = this.memory;
    let ready = 0;
    let done = 0;
    const threads = Array.from({ length: THREADS }, (_, id) => {
      const key = this.memory.allocate(64, `key of ${id}`).start;
      const value = this.memory.allocate(64, `value of ${id}`).start;
      const order: Order = {
        wasm,
        spec: this.#spec,
        place: this.map.place,
        job,
        id,
        threads: THREADS,
        rounds,
        key,
        value,
        start,
      };
      const worker = new Worker(new URL("./fixtures/hammer.ts", import.meta.url), { workerData: order });
      return new Promise<number>((resolve, reject) => {
        worker.on("error", reject);
        worker.on("message", (message: "ready" | number) => {
          if (message !== "ready") {
            done++;
            resolve(message);
          } else if (++ready === THREADS) {
            Atomics.store(start, 0, 1);
            Atomics.notify(start, 0);
          }
        });
      });
    });
    while (meanwhile !== undefined && done < THREADS) {
      meanwhile();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return Promise.all(threads);
  }

  /** All keys that are in it: each once. */
  keys(): number[] {
    const found: number[] = [];
    for (let element = this.map.scan(0); element >= 0; element = this.map.scan(element + 1))
      found.push(this.memory.view.getUint32(this.map.keyAddress(element), true));
    assert.equal(new Set(found).size, found.length, "no key twice");
    return found;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0);

const HASHES = ["hash", "percpu_hash"] as const;

for (const type of HASHES) {
  for (const keySize of [4, 8, 12]) {
    test(`${type}, key ${keySize}: each key is added by exactly one thread, and removed by one`, async () => {
      const site = new Site({ type, keySize, maxEntries: 3000 });
      assert.equal(sum(await site.hammer("addOnce", 3000)), 3000);
      assert.equal(site.map.count, 3000);
      assert.equal(site.keys().length, 3000);
      assert.equal(sum(await site.hammer("removeOnce", 3000)), 3000);
      assert.equal(site.map.count, 0);
      assert.deepEqual(site.keys(), []);
    });
  }
}

for (const [type, flags] of [
  ["hash", 0],
  ["lpm_trie", 1],
] as const) {
  test(`${type}: while others come and go, what stays is found, every time`, async () => {
    const site = new Site({ type, flags, keySize: type === "lpm_trie" ? 8 : 4, maxEntries: 320 });
    for (let key = 0; key < 100; key++) site.set(key, key);
    assert.deepEqual(await site.hammer("churn", 60_000), [0, 0, 0]);
    if (type === "hash") assert.equal(site.keys().length, site.map.count);
    for (let key = 0; key < 100; key++) assert.notEqual(site.map.find(site.put(key)), -1);
  });
}

for (const [type, flags] of [
  ["lru_hash", 0],
  ["lru_percpu_hash", 0],
  ["lru_hash", 2],
] as const) {
  test(`${type}, flags ${flags}: a flood from all sides leaves it whole`, async () => {
    const site = new Site({ type, flags, maxEntries: 300 });
    assert.deepEqual(await site.hammer("flood", 30_000), [0, 0, 0]);
    assert.equal(site.map.count, 300);
    const keys = site.keys();
    assert.equal(keys.length, 300);
    for (const key of keys) {
      const element = site.map.find(site.put(key));
      assert.notEqual(element, -1);
      if (type === "lru_hash") assert.equal(site.memory.view.getUint32(site.map.valueAddress(element, 0), true), key);
    }
  });
}

for (const type of ["array", "percpu_array", "hash", "percpu_hash", "lru_hash"] as const) {
  test(`${type}: counts are exact`, async () => {
    const site = new Site({ type, maxEntries: 20 });
    for (let key = 0; key < 10; key++) site.set(key, 0);
    assert.deepEqual(await site.hammer("count", 50_000), [0, 0, 0]);
    let total = 0n;
    for (let key = 0; key < 10; key++) {
      const element = site.map.find(site.put(key));
      for (let cpu = 0; cpu < site.map.slots; cpu++)
        total += site.memory.view.getBigInt64(site.map.valueAddress(element, cpu), true);
    }
    assert.equal(total, 150_000n);
  });
}

for (const type of ["queue", "stack"] as const) {
  test(`${type}: what goes in comes out, once`, async () => {
    const site = new Site({ type, keySize: 0, maxEntries: 64 });
    const rounds = 20_000;
    let popped = sum(await site.hammer("pushAndPop", rounds));
    const value = site.map.scratchValue;
    while (site.map.pop(value) === 0) popped += site.memory.view.getUint32(value, true);
    const pushed = (THREADS * THREADS * rounds * (rounds + 1)) / 2 + rounds * sum([0, 1, 2]);
    assert.equal(popped, pushed);
  });
}

test("ring buffer: every record arrives whole, those of a thread in its order", async () => {
  const site = new Site({ type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 });
  const { map } = site;
  assert.ok(map instanceof RingBufferMap);
  const next = [0, 0, 0];
  const { view } = site.memory;
  const drain = (): void => {
    for (let length = map.ring.find(); length >= 0; length = map.ring.find()) {
      const address: number = map.ring.record;
      const id = view.getUint32(address, true);
      assert.equal(view.getUint32(address + 4, true), next[id]);
      next[id]!++;
      for (let byte = 8; byte < length; byte++) assert.equal(view.getUint8(address + byte), id);
      map.ring.consume(length);
    }
  };
  const lost = await site.hammer("output", 20_000, drain);
  drain();
  assert.deepEqual(next, [20_000, 20_000, 20_000]);
  assert.equal(map.lost, sum(lost));
});

test("bloom filter: nobody's bits are lost", async () => {
  const site = new Site({ type: "bloom_filter", keySize: 0, maxEntries: 30_000 });
  await site.hammer("add", 10_000);
  assert.equal(site.map.count, 30_000);
  const value = site.map.scratchValue;
  for (let number = 0; number < 30_000; number++) {
    site.memory.view.setBigUint64(value, BigInt(number), true);
    assert.equal(site.map.peek(value), 0);
  }
});

test("arena: a page belongs to one", async () => {
  const site = new Site({ type: "arena", keySize: 0, valueSize: 0, flags: 0x400, maxEntries: 8 });
  assert.deepEqual(await site.hammer("pages", 20_000), [0, 0, 0]);
  assert.equal(site.map.count, 0);
});
