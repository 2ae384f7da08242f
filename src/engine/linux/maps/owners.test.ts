import assert from "node:assert/strict";
import { Socket } from "node:net";
import { describe, test } from "node:test";
import { openBtf } from "../../../btf/btf.ts";
import { BtfBuilder } from "../../../btf/builder.ts";
import type { MapType } from "../../../uapi/map-types.ts";
import { keyCodec, valueCodec } from "../../codecs.ts";
import type { UserMapOf } from "../../maps.ts";
import { FakeKernel, fakeFacts, fakeMachine } from "../fixtures/fake-kernel.ts";
import { number, shape, u32 } from "../fixtures/maps.ts";
import { ERRNO } from "../sys/system-error.ts";
import { createMap } from "./create.ts";
import { makeHandle } from "./make.ts";
import type { LinuxMap } from "./map.ts";
import { descriptorOf, LinuxStorage } from "./owners.ts";
import { RawMap } from "./raw-map.ts";

const builder = new BtfBuilder();
const int = builder.int("int", 4, { signed: true });
const u64 = builder.int("u64", 8);
const types = openBtf(builder.encode());
const FACTS = fakeFacts({ "/proc/self/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0" });

function storage(kernel: FakeKernel, type: MapType): LinuxStorage {
  const machine = fakeMachine(kernel, FACTS);
  const spec = shape({ type, maxEntries: 0, flags: 1, keyType: int });
  return new LinuxStorage(
    new RawMap(machine, spec, createMap(machine, spec, null), types),
    keyCodec(types, spec),
    valueCodec(types, spec),
  );
}

/** What a command was given, as it was then: by the first 4 bytes. */
function given(kernel: FakeKernel, command: "map_lookup_elem" | "map_update_elem", field: "key" | "value"): number[] {
  const found: number[] = [];
  kernel.on(command, (call) => {
    found.push(number(call.memory(field)?.slice()));
    return 0;
  });
  return found;
}

describe("what has a descriptor", () => {
  for (const [what, value, expected] of [
    ["a file of node:fs/promises", { fd: 7 }, 7],
    ["a socket of node:net", { _handle: { fd: 8 } }, 8],
    ["a socket of node:dgram", { [Symbol("state symbol")]: { handle: { fd: 9 } } }, 9],
    ["a socket that is closed", { _handle: null }, null],
    ["a number, which is one", 7, null],
    ["nothing", null, null],
  ] as const) {
    test(what, () => assert.equal(descriptorOf(value), expected));
  }
});

describe("local storage", () => {
  test("is known by a descriptor, or by what has one", () => {
    const kernel = new FakeKernel();
    const keys = given(kernel, "map_lookup_elem", "key");
    const map = storage(kernel, "sk_storage");
    map.get(5);
    map.has({ _handle: { fd: 6 } });
    assert.deepEqual(keys, [5, 6]);
    assert.equal(kernel.others.length, 0);
  });

  for (const [type, key, call] of [
    ["task_storage", { pid: 42 }, "pidfd_open"],
    ["inode_storage", "/etc/hostname", "open"],
    ["cgrp_storage", "/web", "open"],
  ] as const) {
    test(`${type} is known by a name, too: what is opened for an operation is closed after it`, () => {
      const kernel = new FakeKernel();
      const keys = given(kernel, "map_update_elem", "key");
      const map = storage(kernel, type);
      const before = kernel.descriptors.size;
      map.set(key, u32(1));
      map.get(key, { lock: true });
      map.delete(key);
      map.setAll([
        [key, u32(1)],
        [key, u32(2)],
      ]);
      assert.equal(map.deleteAll([key, key]), 2);
      assert.equal(kernel.others.filter(({ name }) => name === call).length, 7);
      assert.equal(kernel.descriptors.size, before);
      assert.ok(keys.length === 3 && keys.every((fd) => fd >= 100));
    });

    test(`${type}: a name of nothing says what was expected`, () => {
      const kernel = new FakeKernel().onOther(call, () => -ERRNO.ENOENT);
      const map = storage(kernel, type);
      assert.throws(() => map.get(key), {
        name: "MapError",
        code: "invalid",
        message: /expected a (process|file|control group).*ENOENT/,
      });
      assert.throws(() => map.setAll([[key, u32(1)]]), { count: 0 });
    });
  }

  test("a process that is gone is not found", () => {
    const kernel = new FakeKernel().onOther("pidfd_open", () => -ERRNO.ESRCH);
    assert.throws(() => storage(kernel, "task_storage").get({ pid: 42 }), { name: "MapError", code: "not-found" });
  });

  test("what is neither is no key", () => {
    assert.throws(() => storage(new FakeKernel(), "sk_storage").get("/web"), { name: "ValueError" });
    assert.throws(() => storage(new FakeKernel(), "task_storage").get({}), { name: "ValueError" });
  });

  test("an error in the middle of many says how many were set", () => {
    let left = 2;
    const kernel = new FakeKernel().on("map_update_elem", () => (left-- > 0 ? 0 : -ERRNO.ENOMEM));
    const map = storage(kernel, "sk_storage");
    assert.throws(() => map.setAll([1, 2, 3].map((fd) => [fd, u32(1)] as const)), { name: "MapError", code: "memory", count: 2 });
  });
});

test("a map of sockets takes them as they are", () => {
  const kernel = new FakeKernel();
  const machine = fakeMachine(kernel);
  const spec = shape({ type: "sockmap", valueSize: 8, valueType: u64 });
  const values = given(kernel, "map_update_elem", "value");
  const map = makeHandle(new RawMap(machine, spec, createMap(machine, spec, null), types), types) as LinuxMap;
  map.set(1, { _handle: { fd: 12 } });
  map.set(1, 13n);
  assert.deepEqual(values, [12, 13]);
  assert.throws(() => map.set(1, { _handle: null }), { name: "ValueError" });
});

test("the types take them, too", () => {
  const check = (
    storage: UserMapOf<"task_storage", unknown, { count: number }>,
    sockets: UserMapOf<"sockmap", number, number>,
  ) => {
    const count: number | undefined = storage.get({ pid: 1 })?.count;
    sockets.set(1, new Socket());
    const cookie: number | undefined = sockets.get(1);
    return [count, cookie];
  };
  assert.equal(typeof check, "function");
});
