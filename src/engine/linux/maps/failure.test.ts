/** What each error number of the kernel means, by kind of map and operation: the code, and words that tell what to do. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MapType } from "../../../uapi/map-types.ts";
import type { UpdateMode, UpdateOptions } from "../../engine.ts";
import type { MapError } from "../../errors.ts";
import { FakeKernel, fakeFacts } from "../fixtures/fake-kernel.ts";
import { openFake, shape, u32 } from "../fixtures/maps.ts";
import { ERRNO } from "../sys/system-error.ts";
import type { MapOperation } from "./failure.ts";

type Row = readonly [
  type: MapType,
  operation: MapOperation,
  errno: keyof typeof ERRNO,
  code: MapError["code"],
  message: RegExp,
  mode?: UpdateMode | UpdateOptions,
];

const ROWS: readonly Row[] = [
  // No room, no such key.
  ["hash", "set", "E2BIG", "full", /set: it holds its 8 entries already/],
  ["lpm_trie", "set", "ENOSPC", "full", /8 entries/],
  ["devmap_hash", "set", "E2BIG", "full", /8 entries/],
  ["hash", "set", "ENOMEM", "memory", /no memory/],
  ["array", "set", "E2BIG", "not-found", /key 7 is beyond its 8 entries \(0 to 7\)/],
  ["cpumap", "set", "E2BIG", "not-found", /key 7 is beyond/],
  // Modes.
  ["hash", "set", "EEXIST", "exists", /there is an entry with this key/, "create"],
  ["array", "set", "EEXIST", "exists", /there from the start/, "create"],
  ["hash", "set", "ENOENT", "not-found", /no entry with this key/, "replace"],
  ["hash", "set", "EINVAL", "invalid", /lock: its values have no bpf_spin_lock/, { lock: true }],
  ["prog_array", "set", "EINVAL", "invalid", /only the mode any/, "create"],
  ["cgroup_storage", "set", "EINVAL", "invalid", /the mode is replace/, "create"],
  ["cgroup_storage", "set", "ENOENT", "not-found", /once a program is attached to its group/],
  ["percpu_cgroup_storage", "set", "ENOENT", "not-found", /attached/],
  // Keys that do not go.
  ["lpm_trie", "set", "EINVAL", "invalid", /prefix length is more than the key's 32 bits/],
  ["hash", "get", "EINVAL", "invalid", /EINVAL/],
  ["sk_storage", "get", "ENOTSOCK", "invalid", /expected the descriptor of a socket as key, found 7/],
  ["task_storage", "set", "EBADF", "invalid", /a process \(pidfd_open\) as key, found 7/],
  ["inode_storage", "delete", "EBADF", "invalid", /a file as key/],
  ["cgrp_storage", "get", "EBADF", "invalid", /a control group as key/],
  ["task_storage", "get", "ESRCH", "not-found", /the process is gone/],
  // Values that do not go.
  ["hash", "set", "EINVAL", "invalid", /this key, value or mode \(EINVAL\)/],
  ["sockmap", "set", "EBADF", "invalid", /descriptor of a socket: TCP.*found 1/],
  ["sockmap", "set", "ENOTSOCK", "invalid", /descriptor of a socket/],
  ["sockhash", "set", "EOPNOTSUPP", "invalid", /descriptor of a socket: TCP \(connected or listening\)/],
  ["xskmap", "set", "EOPNOTSUPP", "invalid", /a socket of AF_XDP/],
  ["reuseport_sockarray", "set", "EINVAL", "invalid", /with SO_REUSEPORT that is bound/],
  ["reuseport_sockarray", "set", "ENOENT", "invalid", /SO_REUSEPORT before it is bound/],
  ["reuseport_sockarray", "set", "EBUSY", "busy", /in use/],
  ["prog_array", "set", "EINVAL", "invalid", /a program of the type of those that are there, found 1/],
  ["array_of_maps", "set", "EINVAL", "invalid", /a map like the inner map/],
  ["cgroup_array", "set", "EBADF", "invalid", /descriptor of a control group, found 1/],
  ["devmap", "set", "EINVAL", "invalid", /no network device 1 here/],
  ["devmap_hash", "set", "EINVAL", "invalid", /no network device 1 here/],
  ["cpumap", "set", "ENODEV", "invalid", /there is no CPU 7/],
  ["cpumap", "set", "EOVERFLOW", "invalid", /at most 16384 packets, found 1/],
  ["cpumap", "set", "EINVAL", "invalid", /no xdp\/cpumap/],
  // What a kind does not do.
  ["array", "delete", "EINVAL", "unsupported", /cannot be deleted; set them to zero/],
  ["cgroup_storage", "delete", "EINVAL", "unsupported", /cannot be deleted/],
  ["array", "take", "ENOTSUPP", "unsupported", /no such operation/],
  ["lpm_trie", "take", "ENOTSUPP", "unsupported", /no such operation/],
  ["hash", "take", "EINVAL", "unsupported", /taking one entry of a hash needs Linux 5.14, this is 5.10/],
  ["perf_event_array", "get", "ENOTSUPP", "unsupported", /no such operation/],
  ["xskmap", "get", "EOPNOTSUPP", "unsupported", /no such operation/],
  ["sockmap", "get", "ENOSPC", "unsupported", /values are 4 bytes: with 8, a socket reads as its cookie/],
  ["queue", "get", "EINVAL", "unsupported", /have no keys/],
  ["hash", "freeze", "ENOTSUPP", "unsupported", /special fields/],
  // Not allowed, not now, not any more.
  ["hash", "set", "EPERM", "unsupported", /frozen/],
  ["hash", "get", "EPERM", "unsupported", /for reading \(or writing\) alone/],
  ["hash", "set", "EBUSY", "busy", /in use by the kernel; try again/],
  ["array", "freeze", "EBUSY", "busy", /mapped into memory for writing; let go of its views/],
  ["hash", "get", "EBADF", "closed", /closed/],
  ["hash", "get", "EFAULT", "invalid", /EFAULT/],
];

const COMMAND = {
  get: "map_lookup_elem",
  set: "map_update_elem",
  delete: "map_delete_elem",
  take: "map_lookup_and_delete_elem",
  freeze: "map_freeze",
} as const;

describe("what the kernel's error numbers mean", () => {
  for (const [type, operation, errno, code, message, mode] of ROWS) {
    if (operation === "iterate") continue;
    test(`${type}, ${operation}${mode === undefined ? "" : ` (${JSON.stringify(mode)})`}, ${errno}: ${code}`, () => {
      const size = type === "lpm_trie" ? 8 : 4;
      const kernel = new FakeKernel().on(COMMAND[operation], () => -ERRNO[errno]);
      const map = openFake(kernel, shape({ type, keySize: size, flags: type === "lpm_trie" ? 1 : 0 }), fakeFacts({}, "5.10.0"));
      const key = new Uint8Array(size);
      key[0] = 7;
      const run = {
        get: () => map.get(key),
        set: () => map.set(key, u32(1), mode),
        delete: () => map.delete(key),
        take: () => map.take(key),
        freeze: () => map.freeze(),
      };
      assert.throws(run[operation], (error: MapError) => {
        assert.equal(error.name, "MapError");
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.equal(error.map, "table");
        assert.equal((error.cause as { code: string }).code, errno === "EOPNOTSUPP" ? "ENOTSUP" : errno);
        return true;
      });
    });
  }
});

describe("a key that is not there is no error, whatever the kernel calls it", () => {
  for (const [type, operation, errno] of [
    ["hash", "get", "ENOENT"],
    ["hash", "delete", "ENOENT"],
    ["hash", "take", "ENOENT"],
    ["sockmap", "delete", "EINVAL"],
    ["prog_array", "delete", "E2BIG"],
    ["stack_trace", "delete", "E2BIG"],
    ["reuseport_sockarray", "delete", "E2BIG"],
    ["devmap", "delete", "EINVAL"],
  ] as const) {
    test(`${type}, ${operation}: ${errno}`, () => {
      const map = openFake(
        new FakeKernel().on(COMMAND[operation], () => -ERRNO[errno]),
        shape({ type }),
      );
      assert.equal(map[operation](u32(1)), operation === "delete" ? false : undefined);
    });
  }

  test("maps of devices delete what is not there, too: they are asked first", () => {
    const kernel = new FakeKernel().on("map_lookup_elem", () => -ERRNO.ENOENT);
    assert.equal(openFake(kernel, shape({ type: "cpumap" })).delete(u32(1)), false);
    assert.equal(kernel.callsOf("map_delete_elem").length, 0);
  });

  test("one of sockets that nobody can read deletes, and says so", () => {
    const kernel = new FakeKernel().on("map_lookup_elem", () => -ERRNO.EOPNOTSUPP);
    assert.equal(openFake(kernel, shape({ type: "xskmap" })).delete(u32(1)), true);
  });
});
