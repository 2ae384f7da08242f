import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MapError } from "../../errors.ts";
import { FakeKernel } from "../fixtures/fake-kernel.ts";
import { number, openFake, shape, u32 } from "../fixtures/maps.ts";
import { ERRNO } from "../sys/system-error.ts";

const LARGE = shape({ maxEntries: 100_000 });

/** Entries of a batch of u32 keys. */
function keysOf(call: { u32(field: string): number; memory(field: string): Uint8Array | null }): number[] {
  const bytes = call.memory("keys")?.slice() ?? new Uint8Array();
  return [...new Uint32Array(bytes.buffer, 0, call.u32("count"))];
}

/** A hash that knows the batch commands; keys in `bad` are refused, one by one too. */
function batching(table = new Map<number, number>(), bad: ReadonlyMap<number, keyof typeof ERRNO> = new Map()): FakeKernel {
  const kernel: FakeKernel = new FakeKernel()
    .on("map_update_batch", (call) => {
      const values = new Uint32Array(call.memory("values")?.slice().buffer ?? new ArrayBuffer(0));
      for (const [at, key] of keysOf(call).entries()) {
        call.answer("count", at);
        const refused = bad.get(key);
        if (refused !== undefined) return -ERRNO[refused];
        table.set(key, values[at] ?? Number.NaN);
      }
      return 0;
    })
    .on("map_delete_batch", (call) => {
      for (const [at, key] of keysOf(call).entries()) {
        call.answer("count", at);
        if (!table.delete(key)) return -ERRNO.ENOENT;
      }
      return 0;
    })
    .on("map_update_elem", (call) => {
      const key = number(call.memory("key")?.slice());
      const refused = bad.get(key);
      if (refused !== undefined) return -ERRNO[refused];
      table.set(key, number(call.memory("value")?.slice()));
      return 0;
    })
    .on("map_delete_elem", (call) => (table.delete(number(call.memory("key")?.slice())) ? 0 : -ERRNO.ENOENT));
  return kernel;
}

/** The same without batches, as kernels before 5.6 (EINVAL), or those that have none for this kind. */
function withoutBatches(errno: "EINVAL" | "ENOTSUPP", table: Map<number, number>, bad?: ReadonlyMap<number, keyof typeof ERRNO>) {
  const kernel = batching(table, bad);
  for (const command of ["map_update_batch", "map_delete_batch", "map_lookup_and_delete_batch"] as const)
    kernel.on(command, () => -ERRNO[errno]);
  return kernel;
}

const entries = (count: number) => Array.from({ length: count }, (_, key) => [u32(key), u32(key * 10)] as const);

function thrown(operation: () => unknown): MapError {
  try {
    operation();
  } catch (error) {
    if (error instanceof MapError) return error;
    throw error;
  }
  return assert.fail("nothing was thrown");
}

describe("setting many entries", () => {
  test("takes a call for some thousand", () => {
    const table = new Map<number, number>();
    const kernel = batching(table);
    openFake(kernel, LARGE).setAll(entries(20_000));
    assert.equal(table.size, 20_000);
    assert.equal(table.get(19_999), 199_990);
    assert.deepEqual(
      kernel.callsOf("map_update_batch").map((call) => call.u32("count")),
      [8192, 8192, 3616],
    );
    assert.equal(kernel.callsOf("map_update_elem").length, 0);
  });

  test("none, one", () => {
    const kernel = batching();
    const map = openFake(kernel, LARGE);
    map.setAll([]);
    map.setAll(entries(1));
    assert.deepEqual(
      kernel.calls.map(({ command }) => command),
      ["map_create", "map_update_elem"],
    );
  });

  test("one that is refused ends it: the error says which, and how many were set", () => {
    const table = new Map<number, number>();
    const error = thrown(() => openFake(batching(table, new Map([[9000, "E2BIG"]])), LARGE).setAll(entries(20_000)));
    assert.equal(error.code, "full");
    assert.equal(error.count, 9000);
    assert.equal(table.size, 9000);
    const array = thrown(() =>
      openFake(batching(table, new Map([[77, "E2BIG"]])), shape({ type: "array", maxEntries: 77 })).setAll(entries(100)),
    );
    assert.match(array.message, /key 77 is beyond its 77 entries/);
  });

  test("what came before an entry that does not fit its type is set", () => {
    const table = new Map<number, number>();
    const map = openFake(batching(table), LARGE);
    assert.throws(() => map.setAll([...entries(3), [u32(3), new Uint8Array(9)]]), { name: "ValueError" });
    assert.equal(table.size, 3);
  });

  test("what came before an error of the source is set", () => {
    const table = new Map<number, number>();
    function* source() {
      yield* entries(3);
      throw new RangeError("no more");
    }
    assert.throws(() => openFake(batching(table), LARGE).setAll(source()), RangeError);
    assert.equal(table.size, 3);
  });

  for (const mode of ["create", "replace"] as const) {
    test(`the mode ${mode} goes one by one: the command does not know it`, () => {
      const kernel = batching();
      openFake(kernel, LARGE).setAll(entries(3), mode);
      assert.equal(kernel.callsOf("map_update_batch").length, 0);
      assert.equal(kernel.callsOf("map_update_elem").length, 3);
    });
  }

  test("the lock goes along", () => {
    const kernel = batching();
    openFake(kernel, LARGE).setAll(entries(3), { lock: true });
    assert.deepEqual(
      kernel.callsOf("map_update_batch").map((call) => call.u64("elem_flags")),
      [4n],
    );
  });

  for (const errno of ["EINVAL", "ENOTSUPP"] as const) {
    test(`a kernel without batches (${errno}) gets them one by one`, () => {
      const table = new Map<number, number>();
      const kernel = withoutBatches(errno, table, new Map([[4, "ENOMEM"]]));
      const map = openFake(kernel, LARGE);
      map.setAll(entries(3));
      assert.deepEqual([...table.keys()], [0, 1, 2]);
      const error = thrown(() => map.setAll(entries(9)));
      assert.deepEqual([error.code, error.count], ["memory", 4]);
      // Only what the kernel knows nothing of is not asked for again.
      assert.equal(kernel.callsOf("map_update_batch").length, errno === "EINVAL" ? 2 : 1);
    });
  }

  test("a kernel that fails before it begins may leave the count as it was", () => {
    const kernel = batching().on("map_update_batch", () => -ERRNO.ENOMEM);
    assert.equal(thrown(() => openFake(kernel, LARGE).setAll(entries(5))).count, 0);
  });
});

describe("deleting many entries", () => {
  test("those that are not there are left out", () => {
    const table = new Map(Array.from({ length: 10_000 }, (_, key) => [key, key]));
    const kernel = batching(table);
    const keys = Array.from({ length: 10_003 }, (_, at) => u32(at % 5000 === 0 ? 20_000 + at : at));
    assert.equal(openFake(kernel, LARGE).deleteAll(keys), 9998);
    assert.equal(table.size, 2);
    assert.ok(kernel.callsOf("map_delete_batch").length < 10);
  });

  test("one by one where there are no batches", () => {
    const table = new Map([[1, 1]]);
    assert.equal(openFake(withoutBatches("EINVAL", table), LARGE).deleteAll([u32(0), u32(1), u32(1)]), 1);
  });

  test("an error says how many were deleted", () => {
    const kernel = batching(new Map([[0, 0]])).on("map_delete_batch", (call) => {
      call.answer("count", 1);
      return -ERRNO.EBUSY;
    });
    const error = thrown(() => openFake(kernel, LARGE).deleteAll([u32(0), u32(1)]));
    assert.deepEqual([error.code, error.count], ["busy", 1]);
  });

  test("entries of an array cannot be deleted", () => {
    const kernel = new FakeKernel().on("map_delete_elem", () => -ERRNO.EINVAL);
    const error = thrown(() => openFake(kernel, shape({ type: "array" })).deleteAll([u32(0)]));
    assert.equal(error.code, "unsupported");
    assert.equal(kernel.callsOf("map_delete_batch").length, 0);
  });
});

describe("taking all entries", () => {
  /** Buckets that are given out whole, and are empty then. */
  function buckets(sizes: readonly number[]): FakeKernel {
    let bucket = 0;
    let key = 0;
    return new FakeKernel().on("map_lookup_and_delete_batch", (call) => {
      const room = call.u32("count");
      call.answer("count", 0);
      let count = 0;
      while (bucket < sizes.length && count + (sizes[bucket] ?? 0) <= room) {
        for (let left = sizes[bucket] ?? 0; left > 0; left--) call.memory("keys")?.set(u32(key++), count++ * 4);
        bucket++;
      }
      if (bucket < sizes.length && count === 0) return -ERRNO.ENOSPC;
      call.answer("count", count);
      return bucket === sizes.length ? -ERRNO.ENOENT : 0;
    });
  }

  test("a hash gives them by buckets; one that does not fit is asked for again with more room", () => {
    const kernel = buckets([8000, 8000, 20_000]);
    const taken = openFake(kernel, LARGE).takeAll();
    assert.equal(new Set(taken.map(([key]) => number(key))).size, 36_000);
    assert.deepEqual(
      kernel.callsOf("map_lookup_and_delete_batch").map((call) => call.u32("count")),
      [8192, 8192, 8192, 16_384, 32_768],
    );
  });

  test("clear does the same and keeps nothing", () => {
    const kernel = buckets([3, 4]);
    openFake(kernel, LARGE).clear();
    assert.equal(kernel.callsOf("map_lookup_and_delete_batch").length, 1);
  });

  test("where nothing can be taken, an empty map says so, too", () => {
    const kernel = new FakeKernel().on("map_lookup_and_delete_elem", () => -ERRNO.ENOTSUPP);
    const trie = openFake(kernel, shape({ type: "lpm_trie", keySize: 8, flags: 1 }));
    assert.equal(thrown(() => trie.takeAll()).code, "unsupported");
  });
});

test("clearing an array writes zeroes, in batches", () => {
  const table = new Map<number, number>();
  const kernel = batching(table);
  openFake(kernel, shape({ type: "array", maxEntries: 20_000 })).clear();
  assert.equal(table.size, 20_000);
  assert.deepEqual(new Set(table.values()), new Set([0]));
  assert.equal(kernel.callsOf("map_update_batch").length, 3);
});

test("clearing a map of devices deletes each entry", () => {
  const kernel = new FakeKernel().on("map_lookup_elem", (call) =>
    number(call.memory("key")?.slice()) === 1 ? 0 : -ERRNO.ENOENT,
  );
  openFake(kernel, shape({ type: "devmap", maxEntries: 3 })).clear();
  assert.equal(kernel.callsOf("map_update_elem").length, 0);
  assert.equal(kernel.callsOf("map_delete_elem").length, 1);
});
