/** Every family of maps from both sides: a program on one, user space on the other; interpreted and generated. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type MapShape, specOf } from "../../../../test/contract/specs.ts";
import type { MapSpec, Spec } from "../../../object/spec.ts";
import type { AnyMap, Collection } from "../../engine.ts";
import { type EmbeddedEngine, openEmbedded } from "../engine.ts";

const PACKET = Uint8Array.from({ length: 60 }, (_, at) => at);

interface Loaded {
  readonly engine: EmbeddedEngine;
  readonly collection: Collection;
  readonly map: AnyMap;
  run(program?: string): number;
}

function both(name: string, spec: Spec | (() => Spec), body: (loaded: Loaded) => Promise<void> | void): void {
  for (const execution of ["interpreter", "jit"] as const) {
    test(`${name} (${execution})`, async () => {
      await using engine = openEmbedded({ unsafe: true, memory: 8 << 20, execution, seed: 1, cpus: 2 });
      await using collection = await engine.load(typeof spec === "function" ? spec() : spec);
      const run = (program = "main") => collection.programs[program]!.run({ packet: PACKET }).verdict | 0;
      await body({ engine, collection, map: collection.maps["m"]!, run });
    });
  }
}

/** A map `m`, changed as `more` says. */
function withMap(shape: MapShape, programs: Readonly<Record<string, string>>, more: Partial<MapSpec> = {}): Spec {
  const spec = specOf({ m: shape }, programs);
  return { ...spec, maps: spec.maps.map((map) => ({ ...map, ...more })) };
}

const call = (helper: number, setup: string): string => `r1 = map m\nr2 = r10\nr2 += -8\n${setup}\ncall ${helper}\nexit`;

describe("queues and stacks", () => {
  const programs = {
    push: `r1 = 7\n*(u64 *)(r10 - 8) = r1\n${call(87, "r3 = 0")}`,
    replace: `r1 = 9\n*(u64 *)(r10 - 8) = r1\n${call(87, "r3 = 2")}`,
    pop: `r1 = map m\nr2 = r10\nr2 += -8\ncall 88\nif r0 != 0 goto +1\nr0 = *(u64 *)(r10 - 8)\nexit`,
    peek: `r1 = map m\nr2 = r10\nr2 += -8\ncall 89\nif r0 != 0 goto +1\nr0 = *(u64 *)(r10 - 8)\nexit`,
  };
  both(
    "a queue gives the oldest first",
    withMap({ type: "queue", key: 0, value: "u64", maxEntries: 3 }, programs),
    ({ map, run }) => {
      assert.equal(run("pop"), -2, "empty");
      map.push(1n);
      map.push(2n);
      assert.equal(run("push"), 0);
      assert.equal(map.length, 3);
      assert.equal(run("push"), -7, "full");
      assert.throws(() => map.push(3n), { name: "MapError", code: "full" });
      assert.equal(run("replace"), 0, "the oldest makes room");
      assert.equal(run("peek"), 2);
      assert.deepEqual([map.pop(), run("pop"), map.peek(), map.pop(), map.pop()], [2n, 7, 9n, 9n, undefined]);
    },
  );
  both(
    "a stack gives the newest first",
    withMap({ type: "stack", key: 0, value: "u64", maxEntries: 3 }, programs),
    ({ map, run }) => {
      map.push(1n);
      map.push(2n);
      run("push");
      map.push(5n, { replace: true });
      assert.deepEqual([run("pop"), map.pop(), run("pop"), run("pop")], [5, 7n, 2, -2]);
      run("push");
      map.clear();
      assert.equal(map.length, 0);
    },
  );
});

both(
  "a bloom filter never forgets",
  withMap(
    { type: "bloom_filter", key: 0, value: "u64", maxEntries: 500 },
    {
      add: `r1 = 77\n*(u64 *)(r10 - 8) = r1\n${call(87, "r3 = 0")}`,
      has: `r1 = *(u32 *)(r1 + 0)\nr1 = *(u8 *)(r1 + 20)\n*(u64 *)(r10 - 8) = r1\n${call(89, "")}`,
    },
  ),
  ({ map, run }) => {
    assert.equal(run("has"), -2);
    for (let value = 100n; value < 600n; value++) map.add(value);
    for (let value = 100n; value < 600n; value++) assert.ok(map.has(value));
    let wrong = 0;
    for (let value = 1000n; value < 3000n; value++) if (map.has(value)) wrong++;
    assert.ok(wrong < 2000 * 0.1, `${wrong} of 2000 false`);
    assert.equal(run("add"), 0);
    assert.ok(map.has(77n));
  },
);

describe("ring buffers", () => {
  const shape: MapShape = { type: "ringbuf", key: 0, value: 0, maxEntries: 4096 };
  const output = (size: number, flags = 0): string =>
    `r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr4 = r2\nr4 += 60\nr0 = 1\nif r4 > r3 goto +5\nr1 = map m\nr3 = ${size}\nr4 = ${flags}\ncall 130\nexit`;
  const programs = {
    main: output(60),
    long: output(21),
    reserve: `r1 = map m\nr2 = 8\nr3 = 0\ncall 131\nif r0 == 0 goto +6\nr1 = 0x1122334455667788 ll\n*(u64 *)(r0 + 0) = r1\nr1 = r0\nr2 = 0\ncall 132\nr0 = 0\nexit`,
    discard: `r1 = map m\nr2 = 100\nr3 = 0\ncall 131\nif r0 == 0 goto +3\nr1 = r0\nr2 = 0\ncall 133\nr0 = 0\nexit`,
    forgotten: "r1 = map m\nr2 = 8\nr3 = 0\ncall 131\nr0 = 0\nexit",
    size: "r1 = map m\nr2 = 1\ncall 134\nexit",
    waiting: "r1 = map m\nr2 = 0\ncall 134\nexit",
    flags: output(8, 4),
  };
  both("records come out whole and in order; what is discarded does not", withMap(shape, programs), ({ map, run }) => {
    assert.deepEqual([run(), run("reserve"), run("discard"), run("long"), run("flags")], [0, 0, 0, 0, -22]);
    assert.equal(run("size"), 4096);
    assert.equal(run("waiting"), 72 + 16 + 112 + 32);
    assert.equal(map.available, 232);
    const records: Uint8Array[] = [];
    assert.equal(
      map.drain((record) => void records.push(record as Uint8Array)),
      3,
    );
    assert.deepEqual(records, [PACKET, Uint8Array.of(0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11), PACKET.subarray(0, 21)]);
    assert.deepEqual([map.available, map.lost, run("waiting")], [0, 0, 0]);
  });
  both("what finds no room is counted, and records cross the end in one piece", withMap(shape, programs), ({ map, run }) => {
    let sent = 0;
    let lost = 0;
    let received = 0;
    for (let round = 0; round < 300; round++) {
      if (run() === 0) sent++;
      else lost++;
      if (round % 70 === 69)
        map.drain((record) => {
          assert.deepEqual(record, PACKET);
          received++;
        });
    }
    map.drain(() => void received++);
    assert.equal(sent, received);
    assert.equal(map.lost, lost);
    assert.ok(lost > 0);
  });
  both("whoever waits is woken, and stops when told", withMap(shape, programs), async ({ map, run }) => {
    const stop = new AbortController();
    const seen: number[] = [];
    const reader = (async () => {
      for await (const record of map.records({ signal: stop.signal }))
        if (seen.push((record as Uint8Array).length) === 3) stop.abort();
    })();
    run();
    await new Promise((resolve) => setTimeout(resolve, 5));
    run("reserve");
    run("long");
    await reader;
    assert.deepEqual(seen, [60, 8, 21]);
  });
  both("a reader ends when the collection is disposed", withMap(shape, programs), async ({ collection, map }) => {
    const reader = (async () => {
      for await (const _ of map.records()) assert.fail("nothing was written");
    })();
    await new Promise((resolve) => setTimeout(resolve, 1));
    await collection[Symbol.asyncDispose]();
    await reader;
    assert.throws(() => map.drain(() => {}), { code: "closed" });
  });
  both("a record that was reserved must be given back", withMap(shape, programs), ({ run }) => {
    assert.throws(() => run("forgotten"), /ring buffer record reserved at slot 4 was neither submitted nor discarded/);
  });
});

both(
  "a user ring buffer takes records until it is full",
  withMap({ type: "user_ringbuf", key: 0, value: 0, maxEntries: 4096 }, { main: "r0 = 2\nexit" }),
  ({ map }) => {
    let count = 0;
    assert.throws(
      () => {
        for (; ; count++) map.submit(new Uint8Array(56).fill(count));
      },
      { name: "MapError", code: "full" },
    );
    assert.equal(count, 63);
    assert.equal(map.available, 63 * 64);
  },
);

both(
  "perf events are kept from when somebody opens them, each CPU's by itself",
  withMap(
    { type: "perf_event_array", key: "u32", value: "u32", maxEntries: 2 },
    {
      main: `r6 = *(u32 *)(r1 + 0)\nr7 = *(u32 *)(r1 + 4)\n*(u64 *)(r10 - 8) = r6\nr2 = map m\nr3 = 0x500000000 ll\nr4 = 0xffffffff ll\nr3 |= r4\nr4 = r10\nr4 += -8\nr5 = 8\ncall 25\nexit`,
    },
  ),
  ({ engine, collection, map, run }) => {
    assert.equal(run(), -2, "nobody listens");
    map.open({ bytes: 4096 });
    const device = engine.addDevice("eth0");
    return collection.programs["main"]!.attach({ interface: "eth0" }).then(() => {
      for (let round = 0; round < 300; round++) device.receive(PACKET, { cpu: round & 1 });
      const seen = [0, 0];
      map.drain((record) => {
        const { cpu, data } = record as { cpu: number; data: Uint8Array };
        assert.equal(data.length, 13);
        assert.deepEqual(data.subarray(8), PACKET.subarray(0, 5));
        seen[cpu]!++;
      });
      assert.equal(seen[0], seen[1]);
      assert.equal(seen[0]! + seen[1]! + map.lost, 300);
    });
  },
);

describe("maps in maps", () => {
  const inner: MapShape = { type: "hash", key: "u32", value: "u64", maxEntries: 4 };
  const lookup = `r1 = 1\n*(u32 *)(r10 - 4) = r1\nr1 = map m\nr2 = r10\nr2 += -4\ncall 1\nif r0 == 0 goto +8\nr1 = r0\nr2 = r10\nr2 += -4\ncall 1\nif r0 == 0 goto +3\nr1 = *(u64 *)(r0 + 0)\nr1 += 1\n*(u64 *)(r0 + 0) = r1\nexit`;
  for (const type of ["array_of_maps", "hash_of_maps"] as const) {
    const spec = (): Spec => {
      const all = specOf(
        { m: { type, key: "u32", value: "u32", maxEntries: 4 }, a: inner, b: inner, other: { ...inner, key: "u64" } },
        { main: lookup },
      );
      return { ...all, maps: all.maps.map((map) => (map.name === "m" ? { ...map, inner: all.maps[1]! } : map)) };
    };
    both(`${type}: a program finds the map, and in it the value`, spec, ({ collection, run }) => {
      const outer = collection.maps["m"]!;
      const { a, b, other } = collection.maps;
      assert.equal(run(), 0, "no map there");
      outer.set(1, a!);
      assert.equal(run(), 0, "no key in it");
      a!.set(1, 40n);
      b!.set(1, 100n);
      run();
      assert.equal(a!.get(1), 41n);
      outer.set(1, b!);
      run();
      assert.deepEqual([a!.get(1), b!.get(1)], [41n, 101n]);
      assert.equal(outer.get(1), b);
      assert.deepEqual([...outer.entries()], [[1, b]]);
      assert.throws(() => outer.set(1, other!), {
        name: "MapError",
        code: "invalid",
        message: /expected an inner map as it was declared/,
      });
      assert.ok(outer.delete(1));
      assert.equal(outer.get(1), undefined);
    });
  }
  both(
    "contents name the maps, and say what they look like",
    () => {
      const all = specOf({ m: { type: "array_of_maps", key: "u32", value: "u32", maxEntries: 4 }, a: inner }, { main: lookup });
      const contents = { kind: "maps", entries: [{ key: 1, map: "a" }] } as const;
      return { ...all, maps: all.maps.map((map) => (map.name === "m" ? { ...map, contents } : map)) };
    },
    ({ collection, run }) => {
      collection.maps["a"]!.set(1, 5n);
      run();
      assert.equal(collection.maps["a"]!.get(1), 6n);
    },
  );
  test("an inner map lives as long as it is in one", async () => {
    await using engine = openEmbedded({ unsafe: true, memory: 8 << 20 });
    const first = await engine.load(specOf({ a: inner }, {}));
    const all = specOf({ m: { type: "hash_of_maps", key: "u32", value: "u32", maxEntries: 4 } }, { main: lookup });
    const second = await engine.load({ ...all, maps: all.maps.map((map) => ({ ...map, inner: first.spec.maps[0]! })) });
    const { used } = engine.memory;
    second.maps["m"]!.set(1, first.maps["a"]!);
    first.maps["a"]!.set(1, 5n);
    await first[Symbol.asyncDispose]();
    assert.equal(engine.memory.used, used);
    assert.equal(second.programs["main"]!.run({ packet: PACKET }).verdict > 0, true);
    await second[Symbol.asyncDispose]();
    assert.ok(engine.memory.used < used);
  });
});

describe("helpers and maps that do not go together", () => {
  for (const [type, key, value, entries, program, message] of [
    [
      "queue",
      0,
      "u64",
      4,
      call(1, ""),
      /a map of type queue goes with bpf_map_peek_elem, bpf_map_pop_elem, bpf_map_push_elem only/,
    ],
    ["hash", "u32", "u64", 4, call(88, ""), /expected a map of type queue or stack, found one of type hash/],
    ["ringbuf", 0, 0, 4096, call(3, ""), /a map of type ringbuf goes with bpf_ringbuf_output/],
    [
      "hash",
      "u32",
      "u64",
      4,
      "r1 = map m\nr2 = 8\nr3 = 0\ncall 131\nexit",
      /expected a map of type ringbuf, found one of type hash/,
    ],
  ] as const) {
    both(
      `${type}`,
      withMap({ type, key, value, maxEntries: entries }, { main: `r1 = 0\n*(u64 *)(r10 - 8) = r1\n${program}` }),
      ({ run }) => {
        assert.throws(() => run(), { name: "FaultError", message });
      },
    );
  }
});

test("an array's view is its memory", async () => {
  await using engine = openEmbedded({ memory: 1 << 20 });
  await using collection = await engine.load(
    specOf({ m: { type: "array", key: "u32", value: "u32", maxEntries: 3, flags: 0x400 } }, {}),
  );
  const map = collection.maps["m"]!;
  const view = map.view();
  map.set(1, 0x01020304);
  assert.deepEqual([...view], [0, 0, 0, 0, 0, 0, 0, 0, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  view[16] = 9;
  assert.equal(map.get(2), 9);
  await using plain = await engine.load(specOf({ m: { type: "array", key: "u32", value: "u32", maxEntries: 3 } }, {}));
  assert.throws(() => plain.maps["m"]!.view(), { code: "unsupported", message: /BPF_F_MMAPABLE/ });
});

test("many entries in one call, and taking them out", async () => {
  await using engine = openEmbedded({ memory: 1 << 20 });
  await using collection = await engine.load(specOf({ m: { type: "hash", key: "u32", value: "u64", maxEntries: 100 } }, {}));
  const map = collection.maps["m"]!;
  map.setAll(Array.from({ length: 50 }, (_, key) => [key, BigInt(key)] as const));
  assert.equal(map.take(7), 7n);
  assert.equal(map.take(7), undefined);
  assert.equal(map.deleteAll([1, 2, 3, 3, 900]), 3);
  assert.throws(
    () =>
      map.setAll(
        [
          [60, 1n],
          [10, 1n],
        ],
        "create",
      ),
    { code: "exists" },
  );
  assert.equal(map.get(60), 1n, "what came before is set");
  assert.equal(map.takeAll().length, 47);
  assert.deepEqual([...map], []);
  assert.throws(() => map.set(1, 1n, { lock: true }), { code: "invalid", message: /no bpf_spin_lock/ });
  assert.throws(() => map.pop(), { code: "unsupported", message: /a map of type hash has no pop/ });
});

test("walking over a hash while its values are replaced meets each entry once", async () => {
  await using engine = openEmbedded({ memory: 1 << 20 });
  await using collection = await engine.load(specOf({ m: { type: "hash", key: "u32", value: "u64", maxEntries: 64 } }, {}));
  const map = collection.maps["m"]!;
  for (let key = 0; key < 64; key++) map.set(key, 0n);
  for (const [key, value] of map) map.set(key, (value as bigint) + 1n);
  assert.deepEqual(new Set(map.values()), new Set([1n]));
});
