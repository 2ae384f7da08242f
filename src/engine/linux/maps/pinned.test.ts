/** Maps that are pinned by their names: found, made, and found after all. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MapSpec, Spec } from "../../../object/spec.ts";
import type { LoadOptions } from "../../engine.ts";
import { LinuxEngine } from "../engine.ts";
import { type FakeCall, FakeKernel, fakeFacts } from "../fixtures/fake-kernel.ts";
import { telling } from "../fixtures/fake-objects.ts";
import { shape } from "../fixtures/maps.ts";
import { MAP_INFO } from "../objects/info-layouts.ts";

const MOUNTS = { "/proc/self/mounts": "bpf /sys/fs/bpf bpf rw 0 0\nbpf /run/app bpf rw 0 0" };
const MAP = shape({ valueSize: 8, maxEntries: 16, pinning: "name" });

/** A kernel in which what is pinned is a map of this shape: type, key, value, entries, flags, extra. */
function having(found: readonly [number, number, number, number, number, bigint?]): FakeKernel {
  const [type, key_size, value_size, max_entries, map_flags, map_extra = 0n] = found;
  const fields = { u32: { type, key_size, value_size, max_entries, map_flags }, u64: { map_extra } };
  return new FakeKernel().on("obj_get_info_by_fd", telling(MAP_INFO, fields));
}

async function load(kernel: FakeKernel, map: MapSpec = MAP, options: LoadOptions = {}): Promise<readonly string[]> {
  const spec: Spec = { name: "pins", license: "GPL", types: null, maps: [map], programs: [] };
  {
    await using engine = new LinuxEngine(kernel, fakeFacts(MOUNTS));
    await engine.load(spec, options);
  }
  assert.equal(kernel.descriptors.size, 0);
  return kernel.calls.map(({ command }) => command).filter((command) => command !== "obj_get_info_by_fd");
}

const pathOf = (call: FakeCall | undefined): string =>
  new TextDecoder().decode(call?.memory("pathname") ?? new Uint8Array()).replace("\0", "");

describe("a map that is pinned by its name", () => {
  test("that is there is opened, and nothing made", async () => {
    const kernel = having([1, 4, 8, 16, 0]);
    assert.deepEqual(await load(kernel), ["obj_get"]);
    assert.equal(pathOf(kernel.calls[0]), "/sys/fs/bpf/table");
  });

  test("that is not is made, filled, and pinned last", async () => {
    const kernel = new FakeKernel().failing("obj_get", "ENOENT");
    const array: MapSpec = {
      ...MAP,
      type: "array",
      maxEntries: 1,
      contents: { kind: "bytes", bytes: new Uint8Array(8) },
      frozen: true,
    };
    assert.deepEqual(await load(kernel, array), ["obj_get", "map_create", "map_update_elem", "map_freeze", "obj_pin"]);
  });

  test("another process was quicker: its map is the one", async () => {
    const kernel = having([1, 4, 8, 16, 0]).failing("obj_get", "ENOENT").failing("obj_pin", "EEXIST");
    assert.deepEqual(await load(kernel), ["obj_get", "map_create", "obj_pin", "obj_get"]);
  });

  test("in a folder of the application's; dots are the kernel's", async () => {
    const kernel = new FakeKernel().failing("obj_get", "ENOENT");
    await load(kernel, { ...MAP, name: "app.table" }, { pins: "/run/app" });
    assert.deepEqual(kernel.callsOf("obj_pin").map(pathOf), ["/run/app/app_table"]);
  });

  for (const [what, map, shape] of [
    ["flags that kernels add to device maps", { ...MAP, type: "devmap", keySize: 4, valueSize: 4 }, [14, 4, 4, 16, 0x80]],
    [
      "a ring of records",
      { ...MAP, type: "ringbuf", keySize: 0, valueSize: 24, valueType: 3, maxEntries: 4096 },
      [27, 0, 0, 4096, 0],
    ],
    [
      "a bloom filter with its number of functions",
      { ...MAP, type: "bloom_filter", keySize: 0, extra: 3n },
      [30, 0, 8, 16, 0, 3n],
    ],
  ] as const satisfies readonly (readonly [string, MapSpec, Parameters<typeof having>[0]])[]) {
    test(`is the same with ${what}`, async () => {
      assert.deepEqual(await load(having(shape), map), ["obj_get"]);
    });
  }

  for (const [shape, why] of [
    [[2, 4, 8, 16, 0], /has type array, the Spec declares hash/],
    [[1, 8, 8, 16, 0], /has keySize 8, the Spec declares 4/],
    [[1, 4, 4, 16, 0], /has valueSize 4, the Spec declares 8/],
    [[1, 4, 8, 32, 0], /has maxEntries 32, the Spec declares 16/],
    [[1, 4, 8, 16, 1], /has flags 1, the Spec declares 0/],
    [[1, 4, 8, 16, 0x80], /has flags 128, the Spec declares 0/],
    [[1, 4, 8, 16, 0, 5n], /has extra 5, the Spec declares 0/],
  ] as const) {
    test(`is of another shape: ${why.source}`, async () => {
      await assert.rejects(load(having(shape)), { name: "MapError", message: why });
    });
  }

  test("the descriptor of one of another shape is closed", async () => {
    const kernel = having([2, 4, 8, 16, 0]);
    await assert.rejects(load(kernel));
    assert.equal(kernel.descriptors.size, 0);
  });
});
