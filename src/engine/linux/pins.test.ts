import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PinError } from "../errors.ts";
import { FakeKernel, fakeFacts, fakeMachine } from "./fixtures/fake-kernel.ts";
import { fileSystemAt, openPinned, pinObject, unpin } from "./pins.ts";
import { ERRNO } from "./sys/system-error.ts";

const MOUNTS = [
  "overlay / overlay rw 0 0",
  "sysfs /sys sysfs rw 0 0",
  "bpf /sys/fs/bpf bpf rw 0 0",
  "bpf /run/my\\040pins bpf rw 0 0",
  "tmpfs /sys/fs/bpf/hidden tmpfs rw 0 0",
].join("\n");

const machine = (kernel: FakeKernel, mounts = MOUNTS, release = "6.18.0", more: Record<string, string> = {}) =>
  fakeMachine(kernel, fakeFacts({ "/proc/self/mounts": mounts, ...more }, release));

const textOf = (bytes: Uint8Array | null) => new TextDecoder().decode(bytes ?? new Uint8Array());

const refusal = (code: PinError["code"], message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof PinError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

describe("pinning", () => {
  test("what the kernel is given", () => {
    const kernel = new FakeKernel();
    pinObject(machine(kernel), 9, "/sys/fs/bpf/drops");
    const [call] = kernel.callsOf("obj_pin");
    assert.equal(call!.u32("bpf_fd"), 9);
    assert.equal(textOf(call!.memory("pathname")), "/sys/fs/bpf/drops\0");
    assert.equal(call!.u32("file_flags"), 0);
  });

  test("folders that are missing are made, in the bpf file system only", () => {
    const kernel = new FakeKernel().failing("obj_pin", "ENOENT");
    kernel.onOther("mkdir", ({ text }) => (text.length <= "/sys/fs/bpf".length ? -ERRNO.EEXIST : 0));
    pinObject(machine(kernel), 9, "/sys/fs/bpf/skep/app/drops");
    assert.deepEqual(
      kernel.others.map(({ name, text }) => `${name} ${text}`),
      ["/sys", "/sys/fs", "/sys/fs/bpf", "/sys/fs/bpf/skep", "/sys/fs/bpf/skep/app"].map((path) => `mkdir ${path}`),
    );
    assert.equal(kernel.callsOf("obj_pin").length, 2);

    const other = new FakeKernel().failing("obj_pin", "ENOENT");
    assert.throws(
      () => pinObject(machine(other), 9, "/tmp/skep/drops"),
      refusal("file-system", /^pinning: \/tmp\/skep\/drops is not in a bpf file system: one is mounted at \/sys\/fs\/bpf$/),
    );
    assert.deepEqual(other.others, []);
  });

  test("relative to a folder's descriptor, since 6.5", () => {
    const kernel = new FakeKernel();
    pinObject(machine(kernel), 9, "drops", { folder: 4 });
    const [call] = kernel.calls;
    assert.deepEqual([call!.u32("file_flags"), call!.u32("path_fd")], [1 << 14, 4]);
    const old = machine(new FakeKernel().failing("obj_pin", "EINVAL"), MOUNTS, "6.1.0");
    assert.throws(
      () => pinObject(old, 9, "drops", { folder: 4 }),
      refusal("file-system", /paths relative to a folder need Linux 6\.5, this is 6\.1\.0/),
    );
  });

  for (const [path, why] of [
    ["drops", /expected a whole path, like \/sys\/fs\/bpf\/drops/],
    ["/sys/fs/bpf/", /it ends with \//],
    ["", /it is empty/],
    ["/sys/fs/bpf/a.b", /the kernel keeps names with dots for itself; write _/],
    ["/sys/fs/bpf/a\0b", /it contains a NUL/],
    [`/sys/fs/bpf/${"a".repeat(256)}`, /longer than 255 bytes/],
  ] as const) {
    test(`names that kernels do not take: ${JSON.stringify(path.slice(0, 20))}`, () => {
      const kernel = new FakeKernel();
      assert.throws(() => pinObject(machine(kernel), 9, path), refusal("name", why));
      assert.deepEqual(kernel.calls, [], "the kernel is not asked");
    });
  }

  for (const [errno, mounts, path, code, message] of [
    ["EEXIST", MOUNTS, "/sys/fs/bpf/drops", "exists", /map drops: .*there is something of that name/],
    ["EPERM", "sysfs /sys sysfs rw 0 0", "/sys/fs/bpf/drops", "file-system", /none is mounted here \(mount -t bpf bpf/],
    ["EPERM", MOUNTS, "/sys/fs/bpf/hidden/drops", "file-system", /is not in a bpf file system/],
    ["EINVAL", MOUNTS, "/sys/fs/bpf/drops", "other", /pins no object of this kind/],
    ["ENOSPC", MOUNTS, "/sys/fs/bpf/drops", "other", /ENOSPC/],
  ] as const) {
    test(`${errno} at ${path}: ${code}`, () => {
      const kernel = machine(new FakeKernel().failing("obj_pin", errno), mounts);
      assert.throws(() => pinObject(kernel, 9, path, { what: "map drops" }), refusal(code, message));
    });
  }

  test("EPERM in a bpf file system is a matter of privileges", () => {
    const status = { "/proc/self/status": "CapEff:\t0000000000000000" };
    const kernel = machine(new FakeKernel().failing("obj_pin", "EPERM"), MOUNTS, "6.18.0", status);
    assert.throws(() => pinObject(kernel, 9, "/sys/fs/bpf/drops"), {
      name: "PrivilegeError",
      message: /lacks CAP_BPF/,
    });
  });
});

describe("opening what is pinned", () => {
  test("a new descriptor, which the ledger knows", () => {
    const kernel = new FakeKernel();
    const at = machine(kernel);
    const descriptor = openPinned(at, "/sys/fs/bpf/drops", { access: "read" });
    assert.equal(kernel.calls[0]!.u32("file_flags"), 1 << 3);
    assert.deepEqual(at.ledger.report(), [`${descriptor.fd}: object pinned at /sys/fs/bpf/drops`]);
  });

  test("another kind of thing is closed again", () => {
    const kernel = new FakeKernel();
    const at = machine(kernel, MOUNTS, "6.18.0", { "/proc/self/fdinfo/100": "pos:\t0\nmap_type:\t1" });
    assert.throws(
      () => openPinned(at, "/sys/fs/bpf/drops", { kind: "program" }),
      refusal("kind", /expected a program at \/sys\/fs\/bpf\/drops, found a map/),
    );
    assert.deepEqual(at.ledger.report(), []);
    assert.equal(kernel.descriptors.size, 0);
  });

  test("nothing there", () => {
    assert.throws(
      () => openPinned(machine(new FakeKernel().failing("obj_get", "ENOENT")), "/sys/fs/bpf/drops"),
      refusal("not-found", /nothing of that name is pinned/),
    );
  });
});

describe("removing a name", () => {
  test("only from a bpf file system", () => {
    const kernel = new FakeKernel();
    unpin(machine(kernel), "/run/my pins/drops");
    assert.deepEqual(
      kernel.others.map(({ name, text }) => [name, text]),
      [["unlink", "/run/my pins/drops"]],
    );
    assert.throws(
      () => unpin(machine(kernel), "/etc/passwd"),
      refusal("file-system", /\/etc\/passwd is not in a bpf file system/),
    );
    assert.equal(kernel.others.length, 1);
  });

  test("nothing there", () => {
    const kernel = new FakeKernel().onOther("unlink", () => -ERRNO.ENOENT);
    assert.throws(() => unpin(machine(kernel), "/sys/fs/bpf/drops"), refusal("not-found", /unpinning: \/sys\/fs\/bpf\/drops/));
  });
});

test("which file system a path is in", () => {
  const facts = fakeFacts({ "/proc/self/mounts": MOUNTS });
  assert.deepEqual(
    ["/sys/fs/bpf/x", "/sys/fs/bpf", "/sys/fs/bpfx", "/run/my pins/x", "/sys/fs/bpf/hidden/x"].map((path) =>
      fileSystemAt(facts, path),
    ),
    ["bpf", "bpf", "sysfs", "bpf", "tmpfs"],
  );
  assert.equal(fileSystemAt(fakeFacts(), "/"), null);
});
