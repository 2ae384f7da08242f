/** Programs, maps and types of a kernel that is made up: what is told of them, how they are found, and why not. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BtfBuilder } from "../../../btf/builder.ts";
import { FakeKernel, fakeFacts } from "../fixtures/fake-kernel.ts";
import { type FakeObject, FakeObjects } from "../fixtures/fake-objects.ts";
import { ERRNO } from "../sys/system-error.ts";
import { KernelInspector } from "./inspector.ts";

const builder = new BtfBuilder();
const nothing = builder.prototype(builder.int("int", 4, { signed: true }), []);
const FUNCTION = builder.function("count_packets_of_the_world", nothing, "global");
const TYPES = builder.encode();

const words = (...numbers: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(numbers).buffer);

const COUNTER: FakeObject = {
  kind: "program",
  id: 7,
  tag: Uint8Array.of(0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0),
  u32: { type: 6, created_by_uid: 1000, gpl_compatible: 1, btf_id: 3, verified_insns: 42 },
  u64: { load_time: 5_000_000_000n, run_time_ns: 1234n, run_cnt: 10n, recursion_misses: 1n },
  text: { name: "count_packets_o" },
  arrays: {
    map_ids: words(11, 12),
    xlated_prog_insns: new Uint8Array(48),
    jited_prog_insns: new Uint8Array(70),
    func_info: words(0, FUNCTION),
    jited_func_lens: words(70),
  },
};
const PLAIN: FakeObject = { kind: "program", id: 9, u32: { type: 99, ifindex: 4 }, u64: { netns_dev: 4n, netns_ino: 5n } };
const DROPS: FakeObject = {
  kind: "map",
  id: 11,
  u32: {
    type: 1,
    key_size: 4,
    value_size: 8,
    max_entries: 100,
    map_flags: 1,
    btf_id: 3,
    btf_key_type_id: 1,
    btf_value_type_id: 2,
  },
  text: { name: "drops" },
};
const TABLE: FakeObject = {
  kind: "map",
  id: 12,
  u32: { type: 3, key_size: 4, value_size: 4, max_entries: 8 },
  text: { name: "drops" },
};
const OWN: FakeObject = { kind: "btf", id: 3, arrays: { btf: TYPES } };
const VMLINUX: FakeObject = {
  kind: "btf",
  id: 1,
  u32: { kernel_btf: 1 },
  arrays: { btf: TYPES, name: new TextEncoder().encode("vmlinux\0") },
};

function machine(
  objects: readonly FakeObject[] = [COUNTER, PLAIN, DROPS, TABLE, OWN, VMLINUX],
  files: Record<string, string> = {},
) {
  const kernel = new FakeKernel();
  const fake = new FakeObjects(kernel, objects);
  const inspector = new KernelInspector(kernel, fakeFacts(files));
  return { kernel, fake, inspector };
}

describe("what is told", () => {
  test("of a program", () => {
    // Descriptors are numbered from 1000: the program's own, and those of its types.
    const { inspector } = machine(undefined, {
      "/proc/uptime": "100.00 50",
      "/proc/self/fdinfo/1000": "prog_type:\t6\nmemlock:\t4096",
    });
    const before = Date.now();
    const { loadedAt, ...rest } = inspector.program(7);
    const after = Date.now();
    assert.deepEqual(rest, {
      kind: "program",
      id: 7,
      name: "count_packets_of_the_world",
      type: "xdp",
      tag: "123456789abcdef0",
      gplCompatible: true,
      uid: 1000,
      translatedBytes: 48,
      jitedBytes: 70,
      memory: 4096,
      functions: 1,
      verifiedInstructions: 42,
      maps: [11, 12],
      btf: 3,
      target: null,
      device: null,
      statistics: { runTime: 1234, runCount: 10, recursionMisses: 1 },
    });
    // Five of a hundred seconds after the machine started.
    const loaded = Number(loadedAt) + 95_000;
    assert.ok(loaded >= before && loaded <= after, `loaded at ${loaded}, asked from ${before} to ${after}`);
  });

  test("of a program that is newer than Skep, on a device, and says little", () => {
    const { inspector } = machine();
    const { type, name, btf, loadedAt, memory, device, functions } = inspector.program(9);
    assert.deepEqual(
      { type, name, btf, loadedAt, memory, device, functions },
      {
        type: "99",
        name: "",
        btf: null,
        loadedAt: null,
        memory: null,
        device: { interface: 4, namespace: { device: 4n, inode: 5n } },
        functions: 1,
      },
    );
  });

  test("of a program with more maps than were expected", () => {
    const ids = Array.from({ length: 100 }, (_, at) => at + 1);
    const { inspector } = machine([{ ...PLAIN, arrays: { map_ids: words(...ids) } }]);
    assert.deepEqual(inspector.program(9).maps, ids);
  });

  test("of maps", () => {
    const { inspector } = machine(undefined, {
      "/proc/self/fdinfo/1000": "map_type:\t1\nmemlock:\t8192\nfrozen:\t1",
      "/proc/self/fdinfo/1001": "map_type:\t3\nowner_prog_type:\t6\nowner_jited:\t1",
    });
    const [drops, table] = inspector.maps("drops");
    assert.deepEqual(drops, {
      kind: "map",
      id: 11,
      name: "drops",
      type: "hash",
      keySize: 4,
      valueSize: 8,
      maxEntries: 100,
      flags: 1,
      extra: 0n,
      frozen: true,
      memory: 8192,
      owner: null,
      types: { btf: 3, key: 1, value: 2 },
      kernelType: null,
      device: null,
    });
    assert.deepEqual([table?.type, table?.owner, table?.types], ["prog_array", { type: "xdp", jited: true }, null]);
  });

  test("of types, and the types themselves", () => {
    const { inspector } = machine();
    assert.deepEqual(
      inspector.btfs().map(({ id, name, kernel, size }) => [id, name, kernel, size]),
      [
        [1, "vmlinux", true, TYPES.length],
        [3, "", false, TYPES.length],
      ],
    );
    assert.equal(inspector.types(3).name(FUNCTION), "count_packets_of_the_world");
    assert.throws(() => inspector.types(4), { name: "NotFoundError", kind: "btf", reference: 4 });
  });
});

describe("finding one", () => {
  test("by number, by the name it has, by the name that was cut, in hand", () => {
    const { inspector, fake } = machine();
    for (const reference of [7, "count_packets_of_the_world", "count_packets_o", { fd: fake.open(COUNTER, "prog_load") }])
      assert.equal(inspector.program(reference).id, 7);
  });

  test("by the path of a pin", () => {
    const { kernel, inspector, fake } = machine(undefined, {
      "/proc/self/mounts": "bpf /sys/fs/bpf bpf rw 0 0",
      "/proc/self/fdinfo/1000": "map_type:\t1\nmap_id:\t11",
      "/proc/self/fdinfo/1001": "map_type:\t1\nmap_id:\t11",
    });
    fake.pins["/sys/fs/bpf/drops"] = DROPS;
    assert.equal(inspector.map("/sys/fs/bpf/drops").id, 11);
    assert.equal(kernel.callsOf("obj_get")[0]?.u32("file_flags"), 8, "for reading alone");
    assert.throws(() => inspector.program("/sys/fs/bpf/drops"), { name: "PinError", code: "kind" });
    assert.throws(() => inspector.map("/sys/fs/bpf/drips"), { name: "PinError", code: "not-found" });
  });

  for (const [what, find, message] of [
    ["no such number", (at: KernelInspector) => at.program(8), "there is no program 8; skep list programs shows what there is"],
    ["no number at all", (at: KernelInspector) => at.map(1.5), "there is no map 1.5; skep list maps shows what there is"],
    ["a name like another", (at: KernelInspector) => at.map("drop"), "there is no map drop: did you mean drops?"],
    ["a name like none", (at: KernelInspector) => at.map("firewall"), "there is no map firewall: there is only drops"],
    ["one name of two", (at: KernelInspector) => at.map("drops"), "2 maps have the name drops: 11, 12; say which by its number"],
  ] as const)
    test(what, () => {
      assert.throws(() => find(machine().inspector), { name: "NotFoundError", message });
    });
});

describe("a kernel that does not tell", () => {
  test("what is gone when it is looked at was never there", () => {
    const { kernel, inspector } = machine();
    kernel.on("prog_get_fd_by_id", () => -ERRNO.ENOENT);
    assert.deepEqual(inspector.programs(), []);
    assert.equal(inspector.maps().length, 2);
  });

  test("a link that is being made just now is not there yet", () => {
    const { kernel, inspector } = machine();
    kernel.on("link_get_next_id", (call) => {
      if (call.u32("start_id") > 0) return -ERRNO.ENOENT;
      call.answer("next_id", 7);
      return 0;
    });
    kernel.on("link_get_fd_by_id", () => -ERRNO.EAGAIN);
    assert.deepEqual(inspector.links(), []);
  });

  test("without privileges", () => {
    const { kernel, inspector } = machine(undefined, { "/proc/self/status": "CapEff:\t0000000000000000" });
    kernel.on("prog_get_next_id", () => -ERRNO.EPERM);
    kernel.on("map_get_fd_by_id", () => -ERRNO.EPERM);
    const lacks =
      "not permitted: this process lacks CAP_SYS_ADMIN; run it as root (sudo), or give it with setcap: cap_sys_admin+ep";
    assert.throws(() => inspector.programs(), { name: "PrivilegeError", message: `listing programs: ${lacks}` });
    assert.throws(() => inspector.map(11), { name: "PrivilegeError", message: `opening map 11: ${lacks}` });
  });

  test("what this process has itself needs no privilege", () => {
    const { kernel, fake, inspector } = machine();
    for (const command of ["prog_get_fd_by_id", "map_get_fd_by_id", "btf_get_fd_by_id"] as const)
      kernel.on(command, () => -ERRNO.EPERM);
    // Its types, and with them the rest of its name, are not its own.
    assert.equal(inspector.program({ fd: fake.open(COUNTER, "prog_load") }).name, "count_packets_o");
    assert.equal(inspector.map({ fd: fake.open(DROPS, "map_create") }).name, "drops");
  });

  test("and what is closed, or another engine's, is none", () => {
    const { inspector } = machine();
    assert.throws(() => inspector.map({ fd: -1 }), {
      name: "NotFoundError",
      message: ": it is no map of the Linux engine, or was closed",
    });
    const link = { description: "xdp on net0" };
    assert.throws(() => inspector.link(link), { message: "xdp on net0: it is no link of the Linux engine, or was closed" });
  });

  test("because it is too old", () => {
    const kernel = new FakeKernel().on("btf_get_next_id", () => -ERRNO.EINVAL);
    const inspector = new KernelInspector(kernel, fakeFacts({}, "5.3.0"));
    assert.throws(() => inspector.btfs(), {
      name: "FeatureError",
      since: "5.4",
      message: "listing BTF objects needs Linux 5.4, this is 5.3.0",
    });
  });
});

test("links: what they are, and that they have no names", () => {
  // Type 6 is XDP; number, program, interface.
  const info = new Uint8Array(Uint32Array.of(6, 2, 7, 0, 3).buffer);
  const { inspector, kernel } = machine([{ kind: "link", id: 2, info }]);
  const link = { type: "xdp", id: 2, program: 7, attachType: "xdp", interface: 3 };
  assert.deepEqual(inspector.links(), [link]);
  assert.deepEqual(inspector.link(2), link);
  assert.throws(() => inspector.link(3), {
    name: "NotFoundError",
    message: "there is no link 3; skep list links shows what there is",
  });
  assert.throws(() => inspector.links("eth0"), {
    name: "NotFoundError",
    message: "there is no link eth0: links have numbers, no names",
  });
  kernel.on("link_get_next_id", () => -ERRNO.EINVAL);
  assert.throws(() => new KernelInspector(kernel, fakeFacts({}, "5.7.0")).links(), { name: "FeatureError", since: "5.8" });
  assert.deepEqual([...kernel.descriptors], []);
});

describe("what is in maps", () => {
  const constants = new BtfBuilder();
  const number = constants.int("int", 4, { signed: true });
  const version = constants.variable("bpf_metadata_version", number, "global");
  const limit = constants.variable("limit", number, "global");
  const section = constants.section(".rodata", 8, [
    { type: version, offset: 0, size: 4 },
    { type: limit, offset: 4, size: 4 },
  ]);
  const RODATA: FakeObject = {
    ...DROPS,
    u32: { type: 2, key_size: 4, value_size: 8, max_entries: 1, btf_id: 5, btf_value_type_id: section },
    text: { name: "p.rodata" },
  };
  const CONSTANTS: FakeObject = { kind: "btf", id: 5, arrays: { btf: constants.encode() } };

  /** A kernel whose maps have these entries, by u32. */
  function holding(values: ReadonlyMap<number, Uint8Array>, ...objects: readonly FakeObject[]) {
    const { kernel, fake, inspector } = machine(objects);
    kernel.onOther("duplicate", ({ numbers: [fd = 0] }) => fake.duplicate(fd));
    kernel.on("map_lookup_batch", () => -ERRNO.EINVAL);
    const keyOf = (bytes: Uint8Array | null) =>
      bytes === null ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    kernel.on("map_get_next_key", (call) => {
      const next = [...values.keys()].find((key) => key > keyOf(call.memory("key")));
      if (next === undefined) return -ERRNO.ENOENT;
      call.memory("next_key")?.set(words(next));
      return 0;
    });
    kernel.on("map_lookup_elem", (call) => {
      const value = values.get(keyOf(call.memory("key")));
      if (value === undefined) return -ERRNO.ENOENT;
      call.memory("value")?.set(value);
      return 0;
    });
    return { kernel, inspector };
  }

  test("typed by their types, read through a descriptor of its own", async () => {
    const { kernel, inspector } = holding(new Map([[0, words(7, 5)]]), RODATA, CONSTANTS);
    {
      using map = await inspector.openMap(11);
      assert.deepEqual([...(map as unknown as Map<number, unknown>).entries()], [[0, { bpf_metadata_version: 7, limit: 5 }]]);
      assert.equal(inspector.descriptors.length, 1);
    }
    assert.deepEqual([...kernel.descriptors], []);
  });

  test("what a program says of itself", async () => {
    const program: FakeObject = { ...PLAIN, arrays: { map_ids: words(11, 12, 99) } };
    const { kernel, inspector } = holding(new Map([[0, words(7, 5)]]), program, RODATA, TABLE, CONSTANTS);
    assert.deepEqual(await inspector.metadata(9), { version: 7 });
    assert.deepEqual([...kernel.descriptors], []);
  });

  test("how full a ring is", async () => {
    const ring: FakeObject = { ...DROPS, u32: { type: 27, max_entries: 8192 }, text: { name: "ring" } };
    const { kernel, inspector } = holding(new Map(), ring, TABLE);
    const memory = new ArrayBuffer(8192);
    new DataView(memory).setBigUint64(0, 2n ** 64n - 8n, true);
    new DataView(memory).setBigUint64(4096, 64n, true);
    let mapped = 0;
    const asked: unknown[] = [];
    kernel.map = (...args: unknown[]) => {
      asked.push(args.slice(1));
      mapped++;
      return { address: 0n, memory, unmap: () => mapped-- };
    };
    assert.deepEqual(await inspector.ringFill("ring"), { size: 8192, unread: 72 });
    assert.deepEqual([asked, mapped], [[[8192, 0, false]], 0]);
    kernel.map = () => -ERRNO.EPERM;
    await assert.rejects(inspector.ringFill("ring"), { name: "SystemError" });
    await assert.rejects(inspector.ringFill(12), { name: "MapError", code: "unsupported" });
    assert.deepEqual([...kernel.descriptors], []);
  });

  test("programs by their numbers", async () => {
    const { inspector } = holding(
      new Map([
        [0, words(0)],
        [3, words(7)],
      ]),
      TABLE,
      DROPS,
    );
    assert.deepEqual(await inspector.references(12), [{ key: 3, kind: "program", id: 7 }]);
    await assert.rejects(inspector.references(11), { name: "MapError", code: "unsupported" });
  });
});

test("maps are opened for reading alone", () => {
  const { kernel, inspector } = machine();
  inspector.maps();
  assert.deepEqual(
    kernel.callsOf("map_get_fd_by_id").map((call) => call.u32("open_flags")),
    [8, 8],
  );
});

test("names in bpf file systems", () => {
  const { inspector, fake } = machine(undefined, {
    "/proc/self/mounts": "none /sys sysfs rw 0 0\nbpf /sys/fs/bpf bpf rw 0 0\nbpf /run/my\\040pins bpf rw 0 0",
    "/sys/fs/bpf/drops": "",
    "/sys/fs/bpf/maps.debug": "",
    "/sys/fs/bpf/folder/count": "",
    "/sys/fs/bpf/loop": "-> /sys/fs/bpf",
    "/run/my pins/drops": "",
    "/proc/self/fdinfo/1000": "map_type:\t1\nmap_id:\t11",
    "/proc/self/fdinfo/1001": "prog_type:\t6\nprog_id:\t7",
    "/proc/self/fdinfo/1002": "map_type:\t1\nmap_id:\t11",
  });
  fake.pins["/sys/fs/bpf/drops"] = DROPS;
  fake.pins["/sys/fs/bpf/folder/count"] = COUNTER;
  fake.pins["/run/my pins/drops"] = DROPS;
  assert.deepEqual(inspector.pins(), [
    { path: "/sys/fs/bpf/drops", kind: "map", id: 11 },
    { path: "/sys/fs/bpf/folder/count", kind: "program", id: 7 },
    { path: "/run/my pins/drops", kind: "map", id: 11 },
  ]);
});

test("processes that hold them", () => {
  const { inspector } = machine(undefined, {
    "/proc/12/comm": "loader",
    "/proc/12/fd/3": "-> anon_inode:bpf-prog",
    "/proc/12/fd/4": "-> anon_inode:bpf-map",
    "/proc/12/fd/5": "-> anon_inode:bpf_link",
    "/proc/12/fd/6": "-> /etc/passwd",
    "/proc/12/fd/7": "-> anon_inode:btf",
    "/proc/12/fd/8": "-> anon_inode:bpf-map",
    "/proc/12/fdinfo/3": "prog_type:\t6\nprog_id:\t7",
    "/proc/12/fdinfo/4": "map_type:\t1\nmap_id:\t11",
    "/proc/12/fdinfo/5": "link_type:\txdp\nlink_id:\t2\nprog_id:\t7",
    "/proc/12/fdinfo/7": "btf_id:\t3",
    "/proc/13/comm": "MainThread",
    "/proc/13/exe": "-> /usr/bin/node (deleted)",
    "/proc/13/fd/3": "-> anon_inode:bpf-prog",
    "/proc/13/fdinfo/3": "prog_type:\t6\nprog_id:\t7",
    "/proc/sys/kernel/x": "",
  });
  const held = (kind: string, id: number, fd: number) => ({ kind, id, pid: 12, command: "loader", fd });
  assert.deepEqual(inspector.holders(), [
    held("program", 7, 3),
    held("map", 11, 4),
    held("link", 2, 5),
    held("btf", 3, 7),
    { ...held("program", 7, 3), pid: 13, command: "node" },
  ]);
});

test("nothing stays open, whatever happens", () => {
  const { kernel, fake, inspector } = machine();
  fake.pins["/sys/fs/bpf/drops"] = DROPS;
  inspector.programs();
  inspector.maps();
  inspector.types(3);
  kernel.on("obj_get_info_by_fd", () => -ERRNO.EPERM);
  assert.throws(() => inspector.programs(), { name: "PrivilegeError" });
  assert.throws(() => inspector.map("/sys/fs/bpf/drops"), { name: "PrivilegeError" });
  assert.deepEqual(inspector.descriptors, []);
  assert.deepEqual([...kernel.descriptors], []);
});
