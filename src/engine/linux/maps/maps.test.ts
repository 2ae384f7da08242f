import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MapType } from "../../../uapi/map-types.ts";
import { type FakeCall, FakeKernel, fakeFacts, fakeMachine } from "../fixtures/fake-kernel.ts";
import { number, openFake as open, shape, u32 } from "../fixtures/maps.ts";
import { ERRNO } from "../sys/system-error.ts";
import { createMap } from "./create.ts";
import { RawMap } from "./raw-map.ts";

describe("making a map", () => {
  test("the kernel is given its shape", () => {
    const kernel = new FakeKernel();
    createMap(fakeMachine(kernel), shape({ type: "lpm_trie", keySize: 8, maxEntries: 100_000, flags: 1 }), null);
    const [call] = kernel.calls;
    assert.equal(call!.u32("map_type"), 11);
    assert.equal(call!.u32("key_size"), 8);
    assert.equal(call!.u32("max_entries"), 100_000);
    assert.equal(call!.u32("map_flags"), 1);
    assert.equal(call!.text("map_name"), "table");
    assert.equal(call!.u32("btf_fd"), 0);
  });

  test("with types when there are some, and again without when the kernel does not take them", () => {
    const kernel = new FakeKernel().failing("map_create", "EINVAL");
    const machine = fakeMachine(kernel);
    createMap(machine, shape({ keyType: 3, valueType: 4 }), machine.ledger.adopt(7, "types"));
    assert.deepEqual(
      kernel.calls.map((call) => [call.u32("btf_fd"), call.u32("btf_key_type_id"), call.u32("btf_value_type_id")]),
      [
        [7, 3, 4],
        [0, 0, 0],
      ],
    );
  });

  test("kernels before 4.15 know no names", () => {
    const kernel = new FakeKernel().failing("map_create", "EINVAL");
    createMap(fakeMachine(kernel, fakeFacts({}, "4.14.9")), shape(), null);
    assert.deepEqual(
      kernel.calls.map((call) => call.text("map_name")),
      ["table", ""],
    );
  });

  for (const { what, spec, message } of [
    { what: "an array's key", spec: { type: "array", keySize: 8 }, message: /keys are 4 bytes \(u32\), found 8/ },
    { what: "no entries", spec: { maxEntries: 0 }, message: /maxEntries is 0/ },
    { what: "no key", spec: { keySize: 0 }, message: /keys need at least 1 byte/ },
    { what: "no value", spec: { valueSize: 0 }, message: /values need at least 1 byte/ },
    { what: "a trie's flag", spec: { type: "lpm_trie", keySize: 8 }, message: /BPF_F_NO_PREALLOC \(1\)/ },
    { what: "a trie's key", spec: { type: "lpm_trie", keySize: 4, flags: 1 }, message: /1 to 256 bytes of data, found 4/ },
  ] as const) {
    test(`a wrong shape is refused before the kernel sees it: ${what}`, () => {
      const kernel = new FakeKernel();
      assert.throws(() => createMap(fakeMachine(kernel), shape(spec), null), {
        name: "MapError",
        code: "invalid",
        map: "table",
        message,
      });
      assert.deepEqual(kernel.calls, []);
    });
  }

  for (const { errno, facts, expected } of [
    {
      errno: "EPERM",
      facts: fakeFacts({ "/proc/self/status": "CapEff:\t0" }),
      expected: { name: "PrivilegeError", message: /lacks CAP_BPF/ },
    },
    { errno: "EPERM", facts: fakeFacts({}, "5.10.0"), expected: { name: "PrivilegeError", message: /locked memory.*ulimit -l/ } },
    { errno: "ENOMEM", facts: fakeFacts(), expected: { name: "MapError", code: "memory", message: /8 entries of 4 \+ 4 bytes/ } },
    { errno: "E2BIG", facts: fakeFacts(), expected: { name: "MapError", code: "memory" } },
    {
      errno: "EINVAL",
      facts: fakeFacts(),
      expected: { name: "MapError", code: "invalid", message: /values 4 bytes, 8 entries, flags 0x0 \(EINVAL\)/ },
    },
    {
      errno: "EINVAL",
      facts: fakeFacts({}, "3.18.1"),
      expected: { name: "FeatureError", since: "3.19", feature: "BPF_MAP_TYPE_HASH" },
    },
    { errno: "ENOSYS", facts: fakeFacts(), expected: { name: "FeatureError", message: /CONFIG_BPF_SYSCALL/ } },
  ] as const) {
    test(`${errno} on ${facts.release}: ${expected.name}`, () => {
      const kernel = new FakeKernel().on("map_create", () => -ERRNO[errno]);
      assert.throws(() => createMap(fakeMachine(kernel, facts), shape(), null), expected);
      assert.equal(kernel.descriptors.size, 0);
    });
  }
});

describe("operations", () => {
  test("get reads what the kernel puts into the value; nothing there is undefined", () => {
    const kernel = new FakeKernel().on("map_lookup_elem", (call) => {
      if (number(call.memory("key")!.slice()) !== 7) return -ERRNO.ENOENT;
      call.memory("value")!.set(u32(42));
      return 0;
    });
    const map = open(kernel);
    assert.equal(number(map.get(u32(7))), 42);
    assert.equal(map.get(u32(8)), undefined);
    assert.equal(map.has(u32(7)), true);
    assert.equal(map.has(u32(8)), false);
  });

  test("set says how: any 0, create 1, replace 2", () => {
    const kernel = new FakeKernel();
    const map = open(kernel);
    map.set(u32(1), u32(2));
    map.set(u32(1), u32(2), "create");
    map.set(u32(1), u32(2), "replace");
    map.set(u32(1), u32(2));
    assert.deepEqual(
      kernel.callsOf("map_update_elem").map((call) => call.u64("flags")),
      [0n, 1n, 2n, 0n],
    );
  });

  test("a per-CPU value has a place of 8 bytes or more for each CPU", () => {
    let sent = new Uint8Array();
    const kernel = new FakeKernel().on("map_update_elem", (call) => {
      sent = call.memory("value")!.slice();
      return 0;
    });
    const map = open(kernel, shape({ type: "percpu_hash" }));
    map.set(u32(1), [u32(1), u32(2), u32(3), u32(4)]);
    assert.deepEqual([...new Uint32Array(sent.buffer)], [1, 0, 2, 0, 3, 0, 4, 0]);
    map.set(u32(1), u32(9));
    assert.deepEqual([...new Uint32Array(sent.buffer)], [9, 0, 9, 0, 9, 0, 9, 0]);
    assert.throws(() => map.set(u32(1), [u32(1)]), {
      name: "ValueError",
      message: "table.value: expected 4 values, one a CPU, or one for all, found 1 values",
    });
  });

  test("after its descriptor was closed, a map does not ask the kernel: the number may be somebody else's", () => {
    const kernel = new FakeKernel();
    const machine = fakeMachine(kernel);
    const descriptor = createMap(machine, shape(), null);
    const raw = new RawMap(machine, shape(), descriptor);
    descriptor.close();
    descriptor.close();
    const before = kernel.calls.length;
    assert.throws(() => raw.lookup(), { name: "MapError", code: "closed" });
    assert.throws(() => raw.update(0), { name: "MapError", code: "closed" });
    assert.throws(() => raw.delete(), { name: "MapError", code: "closed" });
    assert.equal(kernel.calls.length, before);
  });
});

/** A hash without batches whose keys follow each other as they were put in; a key that is gone starts over, as in the kernel. */
function oldHash(keys: number[]): FakeKernel {
  return new FakeKernel()
    .on("map_lookup_batch", () => -ERRNO.EINVAL)
    .on("map_lookup_and_delete_batch", () => -ERRNO.EINVAL)
    .on("map_delete_batch", () => -ERRNO.EINVAL)
    .on("map_get_next_key", (call) => {
      const key = call.memory("key");
      const following = keys[key === null ? 0 : keys.indexOf(number(key.slice())) + 1];
      if (following === undefined) return -ERRNO.ENOENT;
      call.memory("next_key")!.set(u32(following));
      return 0;
    })
    .on("map_lookup_elem", (call) => {
      const key = number(call.memory("key")!.slice());
      if (!keys.includes(key)) return -ERRNO.ENOENT;
      call.memory("value")!.set(u32(key * 10));
      return 0;
    })
    .on("map_delete_elem", (call) => {
      const at = keys.indexOf(number(call.memory("key")!.slice()));
      return at >= 0 && keys.splice(at, 1).length === 1 ? 0 : -ERRNO.ENOENT;
    });
}

describe("walking over a map from key to key, where there are no batches", () => {
  test("every entry appears once", () => {
    const map = open(oldHash([5, 3, 9]));
    assert.deepEqual(
      [...map].map(([key, value]) => [number(key), number(value)]),
      [
        [5, 50],
        [3, 30],
        [9, 90],
      ],
    );
    assert.deepEqual([...open(oldHash([]))], []);
  });

  test("deleting the entry just seen is safe", () => {
    const keys = [5, 3, 9, 7];
    const map = open(oldHash(keys));
    const seen: number[] = [];
    for (const key of map.keys()) {
      seen.push(number(key));
      map.delete(key);
    }
    assert.deepEqual(seen, [5, 3, 9, 7]);
    assert.deepEqual(keys, []);
  });

  test("an entry that is deleted before its turn does not appear", () => {
    const keys = [5, 3, 9];
    const map = open(oldHash(keys));
    const walk = map.keys();
    assert.equal(number(walk.next().value), 5);
    keys.splice(1, 1);
    assert.deepEqual([...walk].map(number).includes(3), false);
  });

  test("sent back to the start, a walk shows no entry twice", () => {
    const keys = [5, 3, 9];
    const map = open(oldHash(keys));
    const walk = map.keys();
    assert.deepEqual([walk.next().value, walk.next().value].map(number), [5, 3]);
    // Its next key, 9, has been fetched; what follows that is not there, so the kernel begins again.
    keys.splice(2, 1);
    assert.deepEqual([...walk].map(number), []);
  });

  test("a walk that somebody keeps sending back to the start gives up, and says so", () => {
    const kernel = oldHash([1]).on("map_get_next_key", (call) => {
      call.memory("next_key")!.set(u32(1));
      return 0;
    });
    const walk = open(kernel).keys();
    assert.equal(number(walk.next().value), 1);
    assert.throws(() => walk.next(), { name: "MapError", code: "busy", message: /faster than it can be walked/ });
    assert.ok(kernel.callsOf("map_get_next_key").length < 2000);
  });

  test("a kind without a limit of entries is walked to its end", () => {
    const kernel = oldHash([1, 2, 3]);
    assert.equal([...open(kernel, shape({ type: "cgroup_storage", maxEntries: 0 }))].length, 3);
  });

  test("clear deletes them all", () => {
    const keys = [1, 2, 3];
    open(oldHash(keys)).clear();
    assert.deepEqual(keys, []);
  });
});

/** A hash of `buckets`, asked in batches of whole buckets: ENOSPC when not even one fits. */
function batchedHash(buckets: readonly (readonly number[])[]): FakeKernel {
  return new FakeKernel().on("map_lookup_batch", (call) => {
    const room = call.u32("count");
    const from = call.memory("in_batch");
    let bucket = from === null ? 0 : number(from.slice());
    const found: number[] = [];
    while (bucket < buckets.length && found.length + buckets[bucket]!.length <= room) found.push(...buckets[bucket++]!);
    if (bucket < buckets.length && found.length === 0 && buckets[bucket]!.length > room) return -ERRNO.ENOSPC;
    found.forEach((key, i) => {
      call.memory("keys")!.set(u32(key), i * 4);
      call.memory("values")!.set(u32(key * 10), (i * call.memory("values")!.length) / room);
    });
    call.memory("out_batch")!.set(u32(bucket));
    call.answer("count", found.length);
    return bucket >= buckets.length ? -ERRNO.ENOENT : 0;
  });
}

describe("walking over a map in batches", () => {
  const spec = shape({ maxEntries: 100_000 });

  test("entries of many buckets come in few calls", () => {
    const buckets = Array.from({ length: 5000 }, (_, i) => [i * 4, i * 4 + 1, i * 4 + 2]);
    const kernel = batchedHash(buckets);
    assert.deepEqual([...open(kernel, spec).keys()].map(number), buckets.flat());
    assert.equal(kernel.callsOf("map_lookup_batch").length, 2);
  });

  test("an empty map, and empty buckets", () => {
    assert.deepEqual([...open(batchedHash([]), spec)], []);
    assert.deepEqual([...open(batchedHash([[], [], [7], []]), spec).keys()].map(number), [7]);
  });

  test("a bucket that does not fit is asked for again with more room", () => {
    const large = Array.from({ length: 30_000 }, (_, i) => i);
    const kernel = batchedHash([[100_001], large]);
    assert.equal([...open(kernel, spec)].length, 30_001);
    const rooms = kernel.callsOf("map_lookup_batch").map((call: FakeCall) => call.u32("count"));
    assert.deepEqual(rooms, [8192, 8192, 16384, 32768]);
  });

  test("an error in the middle is not the end of the map", () => {
    let calls = 0;
    const kernel = batchedHash([]).on("map_lookup_batch", (call) => {
      if (calls++ > 0) return -ERRNO.EFAULT;
      call.answer("count", 1);
      return 0;
    });
    const walk = open(kernel, spec).keys();
    walk.next();
    assert.throws(() => walk.next(), { name: "MapError", message: /EFAULT/ });
  });

  /** Steps from key to key, `room` at a time; from a key that is gone it starts over, as tries do. */
  function stepping(keys: number[], room: number): FakeKernel {
    return new FakeKernel().on("map_lookup_batch", (call) => {
      const position = call.memory("in_batch");
      const from = position === null ? 0 : keys.indexOf(number(position.slice())) + 1;
      const found = keys.slice(from, from + Math.min(room, call.u32("count")));
      found.forEach((key, at) => {
        call.memory("keys")!.set(u32(key), at * 8);
      });
      if (found.length > 0) call.memory("out_batch")!.set(u32(found[found.length - 1]!));
      call.answer("count", found.length);
      return from + found.length >= keys.length ? -ERRNO.ENOENT : 0;
    });
  }
  const trie = { type: "lpm_trie", keySize: 8, flags: 1, maxEntries: 1000 } as const;

  test("a trie whose last key was deleted starts over, and no entry appears twice", () => {
    const keys = [1, 2, 3, 4, 5, 6];
    const walk = open(stepping(keys, 2), shape(trie)).keys();
    assert.deepEqual([walk.next().value, walk.next().value].map(number), [1, 2]);
    keys.splice(1, 1);
    assert.deepEqual([...walk].map(number), [3, 4, 5, 6]);
  });

  test("a trie that always starts over is given up", () => {
    const keys = [1, 2, 3, 4];
    const kernel = stepping(keys, 2);
    const walk = open(kernel, shape(trie)).keys();
    walk.next();
    keys.splice(0, 4, 7, 8, 9);
    kernel.on("map_lookup_batch", (call) => {
      call.memory("keys")!.set(u32(7), 0);
      call.answer("count", 1);
      return 0;
    });
    assert.throws(() => [...walk], { name: "MapError", code: "busy" });
  });

  test("interrupted in the middle, what came counts", () => {
    const keys = [1, 2, 3];
    let calls = 0;
    const kernel = new FakeKernel().on("map_lookup_batch", (call) => {
      const position = call.memory("in_batch");
      const from = position === null ? 0 : keys.indexOf(number(position.slice())) + 1;
      call.answer("count", 0);
      if (calls++ === 1) return -ERRNO.EINTR;
      call.memory("keys")!.set(u32(keys[from]!), 0);
      call.memory("out_batch")!.set(u32(keys[from]!));
      call.answer("count", 1);
      return from === 2 ? -ERRNO.ENOENT : -ERRNO.EINTR;
    });
    assert.deepEqual([...open(kernel, shape(trie)).keys()].map(number), [1, 2, 3]);
  });

  test("interrupted again and again, it gives up", () => {
    const kernel = new FakeKernel().on("map_lookup_batch", (call) => {
      call.answer("count", 0);
      return -ERRNO.EINTR;
    });
    assert.throws(() => [...open(kernel, spec)], { name: "MapError", code: "busy" });
  });

  test("interrupted by a signal, it asks again", () => {
    const results = [-ERRNO.EINTR, -ERRNO.ENOENT];
    const kernel = new FakeKernel().on("map_lookup_batch", (call) => {
      call.answer("count", 0);
      return results.shift()!;
    });
    assert.deepEqual([...open(kernel, spec)], []);
    assert.deepEqual(results, []);
  });
});

test("each of the kernel's map types says how its entries are kept", async () => {
  const { MAP_KINDS } = await import("./kinds.ts");
  for (const [type, kind] of Object.entries(MAP_KINDS) as [MapType, (typeof MAP_KINDS)[MapType]][]) {
    assert.equal(kind.perCpu, type.includes("percpu"), type);
  }
});
