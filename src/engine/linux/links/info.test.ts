/** What a kernel says of links, decoded: every type, from the bytes of `struct bpf_link_info`. And what can be done with a link. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LinkInfo } from "../../link-info.ts";
import { LinuxEngine } from "../engine.ts";
import { type FakeCall, FakeKernel, fakeFacts, fakeMachine } from "../fixtures/fake-kernel.ts";
import { program } from "../fixtures/programs.ts";
import { ERRNO } from "../sys/system-error.ts";
import { attach } from "./attach.ts";
import { linkInfo } from "./info.ts";
import { LINK_INFO, LINK_TYPE, PERF_EVENT_TYPE } from "./info-layout.ts";

type Fields = Readonly<Record<string, number | bigint>>;
/** What the kernel writes where an address of the struct points to. */
type Pointed = Readonly<Record<string, string | readonly bigint[]>>;

/** A kernel that fills the struct. Through addresses it writes when they are there, as the real one does. */
function telling(kernel: FakeKernel, fields: Fields, pointed: Pointed = {}): FakeKernel {
  return kernel.on("obj_get_info_by_fd", (call: FakeCall) => {
    const info = call.memory("info");
    assert.ok(info);
    const view = new DataView(info.buffer, info.byteOffset, info.byteLength);
    const u32: Readonly<Record<string, number>> = LINK_INFO.u32;
    const u64: Readonly<Record<string, number>> = LINK_INFO.u64;
    const pointers: Readonly<Record<string, number>> = LINK_INFO.pointer;
    for (const [name, value] of Object.entries(pointed)) {
      const at = pointers[name] ?? -1;
      const address = at + 8 <= info.length ? view.getBigUint64(at, true) : 0n;
      const memory = address === 0n ? null : kernel.memoryAt(address);
      if (memory === null) continue;
      if (typeof value === "string") memory.set(new TextEncoder().encode(`${value}\0`).subarray(0, memory.length));
      else memory.set(new Uint8Array(new BigUint64Array(value).buffer).subarray(0, memory.length));
    }
    for (const [name, value] of Object.entries(fields)) {
      const at = u32[name];
      const wide = u64[name];
      if (at !== undefined && at + 4 <= info.length) view.setInt32(at, Number(value), true);
      if (wide !== undefined && wide + 8 <= info.length) view.setBigUint64(wide, BigInt(value), true);
    }
    return 0;
  });
}

const COMMON = { id: 7, prog_id: 9 };

describe("what the kernel says of a link", () => {
  for (const [expected, fields, pointed] of [
    [
      { type: "raw_tracepoint", tracepoint: "sched_switch", cookie: 5n },
      { type: LINK_TYPE.raw_tracepoint, "raw_tracepoint.tp_name_len": 13, "raw_tracepoint.cookie": 5n },
      { "raw_tracepoint.tp_name": "sched_switch" },
    ],
    [
      { type: "tracing", attachType: "trace_fexit", target: { object: 1, type: 1234 }, cookie: 6n },
      {
        type: LINK_TYPE.tracing,
        "tracing.attach_type": 25,
        "tracing.target_obj_id": 1,
        "tracing.target_btf_id": 1234,
        "tracing.cookie": 6n,
      },
    ],
    [
      { type: "cgroup", attachType: "cgroup_inet4_connect", cgroup: 77n },
      { type: LINK_TYPE.cgroup, "cgroup.attach_type": 10, "cgroup.cgroup_id": 77n },
    ],
    [
      { type: "iter", target: "bpf_map_elem", map: 3 },
      { type: LINK_TYPE.iter, "iter.target_name_len": 13, "iter.map.map_id": 3 },
      { "iter.target_name": "bpf_map_elem" },
    ],
    [
      { type: "iter", target: "task", task: { tid: 0, pid: 12 } },
      { type: LINK_TYPE.iter, "iter.target_name_len": 5, "iter.task.pid": 12 },
      { "iter.target_name": "task" },
    ],
    [
      { type: "iter", target: "cgroup", cgroup: { id: 8n, order: 2 } },
      { type: LINK_TYPE.iter, "iter.target_name_len": 7, "iter.cgroup.cgroup_id": 8n, "iter.cgroup.order": 2 },
      { "iter.target_name": "cgroup" },
    ],
    [
      { type: "netns", attachType: "sk_lookup", namespace: 4026531840 },
      { type: LINK_TYPE.netns, "netns.netns_ino": 4026531840, "netns.attach_type": 36 },
    ],
    [
      { type: "xdp", attachType: "xdp", interface: 2 },
      { type: LINK_TYPE.xdp, "xdp.ifindex": 2 },
    ],
    [
      { type: "tcx", attachType: "tcx_egress", interface: 2 },
      { type: LINK_TYPE.tcx, "tcx.ifindex": 2, "tcx.attach_type": 47 },
    ],
    [
      { type: "netkit", attachType: "netkit_peer", interface: 4 },
      { type: LINK_TYPE.netkit, "tcx.ifindex": 4, "tcx.attach_type": 55 },
    ],
    [{ type: "perf_event", event: { kind: "unknown" } }, { type: LINK_TYPE.perf_event }],
    [
      { type: "perf_event", event: { kind: "tracepoint", name: "sched_switch", cookie: 3n } },
      { type: LINK_TYPE.perf_event, "perf_event.type": PERF_EVENT_TYPE.tracepoint, "perf_event.tracepoint.cookie": 3n },
      { "perf_event.name": "sched_switch" },
    ],
    [
      {
        type: "perf_event",
        event: { kind: "kretprobe", function: "do_unlinkat", offset: 0, address: 0xffff_ffff_8100_0000n, missed: 1n, cookie: 2n },
      },
      {
        type: LINK_TYPE.perf_event,
        "perf_event.type": PERF_EVENT_TYPE.kretprobe,
        "perf_event.kprobe.addr": 0xffff_ffff_8100_0000n,
        "perf_event.kprobe.missed": 1n,
        "perf_event.kprobe.cookie": 2n,
      },
      { "perf_event.name": "do_unlinkat" },
    ],
    [
      { type: "perf_event", event: { kind: "uprobe", file: "/bin/app", offset: 4660, semaphore: 16n, cookie: 4n } },
      {
        type: LINK_TYPE.perf_event,
        "perf_event.type": PERF_EVENT_TYPE.uprobe,
        "perf_event.offset": 4660,
        "perf_event.uprobe.cookie": 4n,
        "perf_event.uprobe.ref_ctr_offset": 16n,
      },
      { "perf_event.name": "/bin/app" },
    ],
    [
      { type: "perf_event", event: { kind: "event", event: 1, config: 2n, cookie: 3n } },
      {
        type: LINK_TYPE.perf_event,
        "perf_event.type": PERF_EVENT_TYPE.event,
        "perf_event.event.config": 2n,
        "perf_event.event.type": 1,
        "perf_event.event.cookie": 3n,
      },
    ],
    [
      { type: "kprobe_multi", returns: true, addresses: [16n, 32n], cookies: [1n, 2n], missed: 3n },
      { type: LINK_TYPE.kprobe_multi, "kprobe_multi.count": 2, "kprobe_multi.flags": 1, "kprobe_multi.missed": 3n },
      { "kprobe_multi.addrs": [16n, 32n], "kprobe_multi.cookies": [1n, 2n] },
    ],
    [
      { type: "uprobe_multi", returns: false, file: "/bin/app", offsets: [64n], semaphores: [8n], cookies: [9n], pid: 12 },
      { type: LINK_TYPE.uprobe_multi, "uprobe_multi.count": 1, "uprobe_multi.pid": 12 },
      {
        "uprobe_multi.path": "/bin/app",
        "uprobe_multi.offsets": [64n],
        "uprobe_multi.ref_ctr_offsets": [8n],
        "uprobe_multi.cookies": [9n],
      },
    ],
    [
      { type: "struct_ops", map: 5 },
      { type: LINK_TYPE.struct_ops, "struct_ops.map_id": 5 },
    ],
    [
      { type: "netfilter", family: "ipv6", hook: "output", priority: -200, defragment: true },
      { type: LINK_TYPE.netfilter, "netfilter.pf": 10, "netfilter.hooknum": 3, "netfilter.priority": -200, "netfilter.flags": 1 },
    ],
    [
      { type: "sockmap", attachType: "sk_msg_verdict", map: 6 },
      { type: LINK_TYPE.sockmap, "sockmap.map_id": 6, "sockmap.attach_type": 7 },
    ],
    [{ type: "unknown", number: 99 }, { type: 99 }],
  ] as readonly (readonly [Record<string, unknown>, Fields, Pointed?])[]) {
    test(`${expected["type"]} ${(expected["event"] as { kind: string } | undefined)?.kind ?? expected["target"] ?? ""}`, () => {
      const kernel = telling(new FakeKernel(), { ...COMMON, ...fields }, pointed);
      const info: LinkInfo = linkInfo(fakeMachine(kernel), 5);
      assert.deepEqual(info, { id: 7, program: 9, ...expected });
    });
  }

  test("a descriptor of something else is the kernel's error", () => {
    const kernel = new FakeKernel().on("obj_get_info_by_fd", () => -ERRNO.EINVAL);
    assert.throws(() => linkInfo(fakeMachine(kernel), 5), { name: "SystemError", code: "EINVAL" });
  });
});

describe("a link", () => {
  const mounts = { "/proc/self/mounts": "bpf /sys/fs/bpf bpf rw 0 0" };

  function attached(kernel: FakeKernel, section = "xdp") {
    const machine = fakeMachine(kernel, fakeFacts(mounts));
    const options = section === "xdp" ? { interface: "eth0" } : {};
    const descriptor = machine.ledger.adopt(50, "program mine");
    return { machine, link: attach({ kernel: machine, spec: program("mine", section), descriptor, options, maps: new Map() }) };
  }
  const xdp = () => telling(new FakeKernel(), { ...COMMON, type: LINK_TYPE.xdp, "xdp.ifindex": 2 });

  test("tells what the kernel says of it, and after it was detached that it was", async () => {
    const { link } = attached(xdp());
    assert.deepEqual(await link.info(), { type: "xdp", id: 7, program: 9, attachType: "xdp", interface: 2 });
    await link.detach();
    await assert.rejects(link.info(), { name: "AttachError", message: /the link was detached; attach the program anew/ });
  });

  test("that the kernel does not know has no info, and cannot be pinned", async () => {
    const { link } = attached(new FakeKernel().on("obj_get_info_by_fd", () => -ERRNO.EINVAL));
    assert.equal(await link.info(), null);
    await assert.rejects(link.pin("/sys/fs/bpf/mine"), { name: "AttachError", message: /the kernel has no link there/ });
  });

  test("that is pinned stays when it is disposed, and goes when it is detached: by the kernel, and its name with it", async () => {
    const kernel = xdp();
    const { link } = attached(kernel);
    await link.pin("/sys/fs/bpf/mine");
    assert.equal(kernel.callsOf("obj_pin")[0]?.u32("bpf_fd"), link.fd);
    await link[Symbol.asyncDispose]();
    assert.equal(kernel.callsOf("link_detach").length, 0);
    const { link: other } = attached(kernel);
    await other.pin("/sys/fs/bpf/mine");
    const { fd } = other;
    await other.detach();
    assert.equal(kernel.callsOf("link_detach")[0]?.u32("link_fd"), fd);
    assert.deepEqual(
      kernel.others.filter(({ name }) => name === "unlink").map(({ text }) => text),
      ["/sys/fs/bpf/mine"],
    );
  });

  test("that is pinned, of a kind that kernels do not detach, goes with its name", async () => {
    const kernel = telling(new FakeKernel(), { ...COMMON, type: LINK_TYPE.tracing }).on("link_detach", () => -ERRNO.EOPNOTSUPP);
    const { link } = attached(kernel, "tp_btf/sched_switch");
    await link.pin("/sys/fs/bpf/mine");
    await link.detach();
    assert.equal(kernel.others.filter(({ name }) => name === "unlink").length, 1);
    assert.equal(kernel.descriptors.size, 0);
  });

  test("is opened again by its name, and by its number", async () => {
    const kernel = xdp();
    const engine = new LinuxEngine(kernel, fakeFacts(mounts));
    const link = await engine.openLink({ path: "/sys/fs/bpf/mine" });
    assert.equal(link.description, "xdp on interface 2");
    await link[Symbol.asyncDispose]();
    assert.equal(kernel.callsOf("link_detach").length, 0, "it is another's");
    const again = await engine.openLink({ id: 7 });
    assert.equal(kernel.callsOf("link_get_fd_by_id")[0]?.u32("link_id"), 7);
    await again.detach();
    assert.equal(kernel.callsOf("link_detach").length, 1);
    assert.deepEqual(engine.descriptors, []);
    kernel.on("link_get_fd_by_id", () => -ERRNO.ENOENT);
    await assert.rejects(engine.openLink({ id: 8 }), { name: "AttachError", message: "there is no link 8" });
  });

  test("of another's that kernels do not detach stays, and an error says who decides", async () => {
    const kernel = telling(new FakeKernel(), { ...COMMON, type: LINK_TYPE.tracing }).on("link_detach", () => -ERRNO.EOPNOTSUPP);
    const engine = new LinuxEngine(kernel, fakeFacts(mounts));
    const link = await engine.openLink({ id: 7 });
    await assert.rejects(link.detach(), {
      name: "FeatureError",
      message: /detach such a program when the last process that holds the link lets go of it/,
    });
    await link[Symbol.asyncDispose]();
    assert.deepEqual(engine.descriptors, []);
  });

  test("exchanges its program only for an expected one, when asked to", async () => {
    const kernel = xdp().failing("link_update", "EPERM");
    const { machine, link } = attached(kernel);
    const handle = (name: string, fd: number) =>
      ({ name, fd: machine.ledger.adopt(fd, name).fd }) as unknown as Parameters<typeof link.update>[0];
    const [next, old] = [handle("next", 51), handle("old", 52)];
    await assert.rejects(link.update(next, { expected: old }), {
      name: "AttachError",
      message: /putting next in its place: another program is there than old/,
    });
    await link.update(next, { expected: old });
    const call = kernel.callsOf("link_update").at(-1);
    assert.deepEqual([call?.u32("new_prog_fd"), call?.u32("old_prog_fd"), call?.u32("flags")], [51, 52, 4]);
  });
});
