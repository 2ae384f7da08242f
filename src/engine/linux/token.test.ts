import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BtfBuilder } from "../../btf/builder.ts";
import type { Spec } from "../../object/spec.ts";
import { LinuxEngine, type LinuxOptions } from "./engine.ts";
import { FakeKernel, fakeFacts } from "./fixtures/fake-kernel.ts";
import { program } from "./fixtures/programs.ts";
import { ERRNO } from "./sys/system-error.ts";

const BUILDER = new BtfBuilder();
BUILDER.int("int", 4);
const SPEC: Spec = {
  name: "delegated",
  license: "GPL",
  types: BUILDER.encode(),
  maps: [{ name: "table", type: "hash", keySize: 4, valueSize: 4, maxEntries: 4, flags: 1, keyType: 0, valueType: 0 }],
  programs: [program("main")],
};
const FLAG = 1 << 16;
const CONTAINER = { "/proc/self/uid_map": "0 100000 65536", "/proc/self/mounts": "none /sys/fs/bpf bpf rw 0 0" };

async function load(
  kernel: FakeKernel,
  files: Record<string, string>,
  options: LinuxOptions = {},
  release = "6.18.0",
): Promise<void> {
  await using engine = new LinuxEngine(kernel, fakeFacts(files, release), options);
  await engine.load(SPEC);
  await engine.load(SPEC);
}

/** What went with each call: its flags and its token. */
const tokens = (kernel: FakeKernel) =>
  kernel.calls.flatMap((call) => {
    switch (call.command) {
      case "btf_load":
        return [[call.u32("btf_flags"), call.u32("btf_token_fd")]];
      case "map_create":
        return [[call.u32("map_flags"), call.u32("map_token_fd")]];
      case "prog_load":
        return [[call.u32("prog_flags"), call.u32("prog_token_fd")]];
      default:
        return [];
    }
  });

describe("a BPF token", () => {
  test("is made once in a user namespace, and goes with types, maps and programs", async () => {
    const kernel = new FakeKernel().on("token_create", () => 300);
    await load(kernel, CONTAINER);
    assert.deepEqual(
      kernel.others.map(({ name, text }) => [name, text]),
      [["open", "/sys/fs/bpf"]],
    );
    assert.equal(kernel.callsOf("token_create").length, 1);
    const once = [
      [FLAG, 300],
      [FLAG | 1, 300],
      [FLAG, 300],
    ];
    assert.deepEqual(tokens(kernel), [...once, ...once]);
    assert.equal(kernel.descriptors.size, 0);
  });

  test("whoever loads at the same time waits for it; who insists in vain loads nothing, however often", async () => {
    const kernel = new FakeKernel().on("token_create", () => 300);
    await using engine = new LinuxEngine(kernel, fakeFacts(CONTAINER));
    await Promise.all([engine.load(SPEC), engine.load(SPEC)]);
    assert.equal(kernel.callsOf("token_create").length, 1);
    assert.ok(tokens(kernel).every(([, token]) => token === 300));
    const none = new FakeKernel().on("token_create", () => -ERRNO.ENOENT);
    await using insisting = new LinuxEngine(none, fakeFacts(CONTAINER), { token: "/sys/fs/bpf" });
    for (let time = 0; time < 2; time++) await assert.rejects(insisting.load(SPEC), { name: "PrivilegeError" });
    assert.deepEqual(none.callsOf("map_create"), []);
  });

  test("nobody else asks for one", async () => {
    const kernel = new FakeKernel();
    await load(kernel, {});
    assert.deepEqual([kernel.others, kernel.callsOf("token_create")], [[], []]);
    assert.deepEqual(tokens(kernel)[0], [0, 0]);
  });

  test("where there is none to be had, it goes on without", async () => {
    for (const kernel of [
      new FakeKernel().failing("token_create", "ENOENT"),
      new FakeKernel().failing("token_create", "EINVAL"),
      new FakeKernel().onOther("open", () => -ERRNO.ENOENT),
    ]) {
      await load(kernel, CONTAINER);
      assert.deepEqual(tokens(kernel)[0], [0, 0]);
    }
  });

  test("a place of one's own; an empty one is none", async () => {
    const kernel = new FakeKernel().on("token_create", () => 300);
    await load(kernel, CONTAINER, { token: "/run/bpf" });
    assert.deepEqual(kernel.others[0]?.text, "/run/bpf");
    const none = new FakeKernel();
    await load(none, CONTAINER, { token: "" });
    assert.deepEqual(none.others, []);
  });

  for (const [errno, files, release, error] of [
    [
      "ENOENT",
      CONTAINER,
      "6.18.0",
      { name: "PrivilegeError", message: /\/sys\/fs\/bpf: that file system allows nothing: mount it with delegate_cmds/ },
    ],
    ["EOPNOTSUPP", {}, "6.18.0", { name: "FeatureError", message: /outside of user namespaces there are no tokens/ }],
    ["EPERM", {}, "6.18.0", { name: "PrivilegeError", message: /in no user namespace/ }],
    ["EPERM", CONTAINER, "6.18.0", { name: "PrivilegeError", message: /lacks CAP_BPF in its own/ }],
    ["EINVAL", CONTAINER, "6.8.0", { name: "FeatureError", since: "6.9", message: /needs Linux 6\.9, this is 6\.8\.0/ }],
    ["EINVAL", { "/proc/self/mounts": "tmpfs / tmpfs rw 0 0" }, "6.18.0", { name: "PinError", code: "file-system" }],
  ] as const) {
    test(`insisted on, and ${errno} (${release}): ${error.name}`, async () => {
      const kernel = new FakeKernel().failing("token_create", errno);
      await assert.rejects(load(kernel, files, { token: "/sys/fs/bpf" }, release), error);
      assert.equal(kernel.descriptors.size, 0);
    });
  }

  test("insisted on, and there is no such place", async () => {
    const kernel = new FakeKernel().onOther("open", () => -ERRNO.ENOENT);
    await assert.rejects(load(kernel, CONTAINER, { token: "/nowhere" }), { name: "PinError", code: "not-found" });
  });
});
