/** What is attached to the network, to control groups and to perf events of a kernel that is made up. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ATTACH_TYPE, type AttachType } from "../../../uapi/attach-types.ts";
import { type FakeCall, FakeKernel, fakeFacts } from "../fixtures/fake-kernel.ts";
import { FakeObjects } from "../fixtures/fake-objects.ts";
import { ERRNO } from "../sys/system-error.ts";
import { KernelInspector } from "./inspector.ts";

/** What `BPF_PROG_QUERY` answers, by attach type. */
interface Place {
  readonly programs: readonly number[];
  readonly links?: readonly number[];
  readonly flags?: readonly number[];
  readonly attachFlags?: number;
  readonly revision?: bigint;
}

function answer(call: FakeCall, { programs, links = [], flags = [], attachFlags = 0, revision = 0n }: Place): number {
  const room = call.u32("count");
  call.answer("count", programs.length);
  if (programs.length > room) return -ERRNO.ENOSPC;
  const fill = (field: string, numbers: readonly number[]) =>
    call.memory(field)?.set(new Uint8Array(Uint32Array.from(numbers).buffer));
  fill("prog_ids", programs);
  fill("link_ids", links);
  fill("prog_attach_flags", flags);
  call.answer("attach_flags", attachFlags);
  call.answer("revision", revision);
  return 0;
}

/** A kernel that knows these places, and no others. */
function querying(kernel: FakeKernel, places: Partial<Record<AttachType, Place>>): FakeKernel {
  return kernel.on("prog_query", (call) => {
    const [, place] = Object.entries(places).find(([name]) => ATTACH_TYPE[name as AttachType] === call.u32("attach_type")) ?? [];
    const isNetkit = call.u32("attach_type") === ATTACH_TYPE.netkit_primary;
    return place === undefined ? (isNetkit ? -ERRNO.ENXIO : -ERRNO.EINVAL) : answer(call, place);
  });
}

// ── routing messages ────────────────────────────────────────────────────────────────────────────────────────────────

const bytes = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));
const padded = (part: Uint8Array): Uint8Array => bytes(part, new Uint8Array((4 - (part.length % 4)) % 4));
const u32 = (number: number): Uint8Array => new Uint8Array(Uint32Array.of(number).buffer);
const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`);
const attribute = (type: number, payload: Uint8Array): Uint8Array =>
  padded(bytes(new Uint8Array(Uint16Array.of(4 + payload.length, type).buffer), payload));
const message = (type: number, payload: Uint8Array): Uint8Array =>
  padded(bytes(u32(16 + payload.length), new Uint8Array(Uint16Array.of(type, 2).buffer), u32(0), u32(0), payload));
const DONE = message(3, u32(0));
const link = (index: number, name: string, ...attributes: readonly Uint8Array[]): Uint8Array =>
  message(16, bytes(u32(0), u32(index), u32(0), u32(0), attribute(3, text(name)), ...attributes));
const tc = (type: number, index: number, handle: number, ...attributes: readonly Uint8Array[]): Uint8Array =>
  message(type, bytes(u32(0), u32(index), u32(handle), u32(0), u32(0), ...attributes));
/** Nested attributes have a bit set in their type. */
const NESTED = 0x8000;
const xdp = (...attributes: readonly Uint8Array[]): Uint8Array => attribute(43 | NESTED, bytes(...attributes));

/** Answers by the type of the request, and for filters by where they hang. */
function routing(kernel: FakeKernel, answers: Readonly<Record<string, readonly Uint8Array[]>>): FakeKernel {
  return kernel.onOther("netlink", ({ memory }, filled) => {
    const view = new DataView(memory.buffer);
    const type = view.getUint16(4, true);
    const key = type === 46 || type === 42 ? `${type} ${view.getUint32(16 + 12, true).toString(16)}` : String(type);
    const all = bytes(...(answers[key] ?? []), DONE);
    if (all.length > filled.length) return -ERRNO.ENOSPC;
    filled.set(all);
    return all.length;
  });
}

describe("the network", () => {
  const filter = (name: string, id: number, ...more: readonly Uint8Array[]) =>
    tc(44, 2, 1, attribute(1, text("bpf")), attribute(2, bytes(attribute(7, text(name)), attribute(11, u32(id)), ...more)));
  const action = attribute(
    1,
    attribute(1, bytes(attribute(1, text("bpf")), attribute(2, bytes(attribute(6, text("act")), attribute(9, u32(77)))))),
  );

  test("interfaces, and the namespace", () => {
    const kernel = querying(new FakeKernel(), {
      tcx_ingress: { programs: [31, 32], links: [5, 0], revision: 4n },
      flow_dissector: { programs: [41] },
      sk_lookup: { programs: [42, 43] },
    });
    routing(kernel, {
      18: [
        link(2, "eth0", xdp(attribute(2, Uint8Array.of(1)), attribute(4, u32(11)), attribute(5, u32(11)))),
        message(99, u32(0)),
      ],
      38: [
        tc(36, 1, 0, attribute(1, text("noqueue"))),
        tc(36, 2, 0x8001_0000, attribute(1, text("htb"))),
        tc(36, 2, 0xffff_0000, attribute(1, text("clsact"))),
      ],
      "42 80010000": [tc(40, 2, 0x8001_0001)],
      "46 80010000": [tc(44, 2, 1, attribute(1, text("u32")))],
      "46 80010001": [filter("class", 21)],
      "46 fffffff2": [filter("in", 22, action)],
      "46 fffffff3": [filter("out", 23)],
    });
    const u32s = (...numbers: readonly number[]) => new Uint8Array(Int32Array.from(numbers).buffer);
    new FakeObjects(kernel, [
      { kind: "link", id: 61, info: u32s(6, 61, 11, 0, 2) },
      { kind: "link", id: 62, info: u32s(10, 62, 12, 0, 2, 3, -10, 0) },
      // Which namespace, is not looked at: the kernel tells its inode, and the query was of our own.
      { kind: "link", id: 63, info: u32s(5, 63, 42, 0, 1, ATTACH_TYPE.sk_lookup) },
    ]);
    const inspector = new KernelInspector(kernel, fakeFacts());
    const at = { name: "eth0", index: 2 };
    const nothing = { interface: at, link: null, mode: null, discipline: null, filter: null, netfilter: null, revision: 0n };
    assert.deepEqual(inspector.network(), [
      { ...nothing, hook: "xdp", program: 11, mode: "native", link: 61 },
      { ...nothing, hook: "tcx_ingress", program: 31, link: 5, revision: 4n },
      { ...nothing, hook: "tcx_ingress", program: 32, revision: 4n },
      { ...nothing, hook: "tc_egress", program: 21, discipline: "htb", filter: "class" },
      { ...nothing, hook: "tc_ingress", program: 22, discipline: "clsact", filter: "in" },
      { ...nothing, hook: "tc_action", program: 77, discipline: "clsact", filter: "act" },
      { ...nothing, hook: "tc_egress", program: 23, discipline: "clsact", filter: "out" },
      { ...nothing, interface: null, hook: "flow_dissector", program: 41 },
      { ...nothing, interface: null, hook: "sk_lookup", program: 42, link: 63 },
      { ...nothing, interface: null, hook: "sk_lookup", program: 43 },
      {
        ...nothing,
        interface: null,
        hook: "netfilter",
        program: 12,
        link: 62,
        netfilter: { family: "ipv4", hook: "output", priority: -10 },
      },
    ]);
    assert.deepEqual([...kernel.descriptors], []);
  });

  test("XDP in two modes, and as old kernels tell it", () => {
    const kernel = routing(querying(new FakeKernel(), {}), {
      18: [
        link(2, "eth0", xdp(attribute(2, Uint8Array.of(4)), attribute(5, u32(11)), attribute(6, u32(12)), attribute(7, u32(13)))),
        link(3, "eth1", xdp(attribute(2, Uint8Array.of(2)), attribute(4, u32(14)))),
        link(4, "eth2", xdp(attribute(2, Uint8Array.of(0)))),
      ],
    });
    assert.deepEqual(
      new KernelInspector(kernel, fakeFacts()).network().map(({ interface: at, program, mode }) => [at?.name, program, mode]),
      [
        ["eth0", 11, "native"],
        ["eth0", 12, "generic"],
        ["eth0", 13, "offloaded"],
        ["eth1", 14, "generic"],
      ],
    );
  });

  test("more interfaces than there was room for", () => {
    const many = Array.from({ length: 100 }, (_, at) =>
      link(at + 1, `i${at}`, attribute(50, new Uint8Array(5000)), xdp(attribute(2, Uint8Array.of(2)), attribute(4, u32(at + 1)))),
    );
    const kernel = routing(querying(new FakeKernel(), {}), { 18: many });
    assert.equal(new KernelInspector(kernel, fakeFacts()).network().length, 100);
  });

  test("what the kernel refuses", () => {
    const failing = new FakeKernel().onOther("netlink", (_, filled) => {
      const error = message(2, bytes(new Uint8Array(Int32Array.of(-ERRNO.EOPNOTSUPP).buffer), new Uint8Array(16)));
      filled.set(error);
      return error.length;
    });
    assert.throws(() => new KernelInspector(failing, fakeFacts()).network(), { name: "SystemError", errno: ERRNO.EOPNOTSUPP });
    const refusing = routing(new FakeKernel(), { 18: [link(2, "eth0")] }).on("prog_query", () => -ERRNO.EPERM);
    assert.throws(
      () => new KernelInspector(refusing, fakeFacts({ "/proc/self/status": "CapEff:\t0000000000000000" })).network(),
      {
        name: "PrivilegeError",
        message: /^asking what is attached to eth0: not permitted: this process lacks CAP_NET_ADMIN/,
      },
    );
  });
});

describe("control groups", () => {
  const files = {
    "/proc/self/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0",
    "/sys/fs/cgroup/cgroup.procs": "",
    "/sys/fs/cgroup/web/cgroup.procs": "",
    "/sys/fs/cgroup/web/api.slice/cgroup.procs": "",
    "/sys/fs/cgroup/other/cgroup.procs": "",
  };

  /** Programs by the group's folder. */
  function machine(places: Readonly<Record<string, Partial<Record<AttachType, Place>>>>) {
    const kernel = new FakeKernel();
    const opened = new Map<number, string>();
    let next = 500;
    kernel.onOther("open", ({ text: given }) => {
      const path = given.replace(/\/$/, "");
      if (!Object.keys(files).some((file) => file.startsWith(`${path}/`))) return -ERRNO.ENOENT;
      opened.set(++next, path);
      kernel.descriptors.set(next, "open");
      return next;
    });
    kernel.on("prog_query", (call) => {
      const group = places[opened.get(call.u32("target_fd")) ?? ""] ?? {};
      const [, place] = Object.entries(group).find(([name]) => ATTACH_TYPE[name as AttachType] === call.u32("attach_type")) ?? [];
      return answer(call, place ?? { programs: [] });
    });
    return { kernel, inspector: new KernelInspector(kernel, fakeFacts(files)) };
  }

  const places = {
    "/sys/fs/cgroup": { cgroup_device: { programs: [1], attachFlags: 0 } },
    "/sys/fs/cgroup/web": { cgroup_inet_ingress: { programs: [2, 3], flags: [2, 10], attachFlags: 2, revision: 7n } },
    "/sys/fs/cgroup/web/api.slice": { cgroup_inet4_connect: { programs: [4], attachFlags: 1 } },
  };

  test("all, or one and those below it, or one alone", () => {
    const { kernel, inspector } = machine(places);
    const device = {
      cgroup: "/",
      attachType: "cgroup_device",
      mode: "exclusive",
      programs: [{ program: 1, flags: 0 }],
      revision: 0n,
    };
    const web = {
      cgroup: "/web",
      attachType: "cgroup_inet_ingress",
      mode: "multi",
      programs: [
        { program: 2, flags: 2 },
        { program: 3, flags: 10 },
      ],
      revision: 7n,
    };
    const api = {
      cgroup: "/web/api.slice",
      attachType: "cgroup_inet4_connect",
      mode: "override",
      programs: [{ program: 4, flags: 0 }],
      revision: 0n,
    };
    assert.deepEqual(inspector.cgroups(), [device, web, api]);
    assert.deepEqual(inspector.cgroups("/web"), [web, api]);
    assert.deepEqual(inspector.cgroups("/sys/fs/cgroup/web/", { alone: true }), [web]);
    assert.deepEqual([...kernel.descriptors], []);
  });

  test("what is effective is asked for without what is each one's", () => {
    const { kernel, inspector } = machine(places);
    const [web] = inspector.cgroups("/web", { effective: true, alone: true });
    assert.deepEqual([web?.mode, web?.programs], [null, [2, 3].map((program) => ({ program, flags: 0 }))]);
    for (const call of kernel.callsOf("prog_query")) {
      assert.equal(call.u32("query_flags"), 1);
      assert.equal(call.memory("prog_attach_flags"), null);
    }
  });

  test("more programs than there was room for; kernels that know no flags of each", () => {
    const many = Array.from({ length: 100 }, (_, at) => at + 1);
    const { kernel, inspector } = machine({
      "/sys/fs/cgroup/web": { cgroup_device: { programs: many, flags: many.map(() => 2) } },
    });
    assert.deepEqual(inspector.cgroups("/web", { alone: true })[0]?.programs.length, 100);
    kernel.on("prog_query", (call) => {
      if (call.memory("prog_attach_flags") !== null) return -ERRNO.E2BIG;
      return call.u32("attach_type") === ATTACH_TYPE.cgroup_device ? answer(call, { programs: [9] }) : -ERRNO.EINVAL;
    });
    assert.deepEqual(inspector.cgroups("/web", { alone: true })[0]?.programs, [{ program: 9, flags: 0 }]);
  });

  test("none of that name, and none at all", () => {
    const { inspector } = machine({});
    assert.throws(() => inspector.cgroups("/wb"), {
      name: "NotFoundError",
      kind: "cgroup",
      message: "control group /wb: there is none of that name",
    });
    assert.throws(() => new KernelInspector(new FakeKernel(), fakeFacts()).cgroups(), {
      message: "control group /: control groups of version 2 are not mounted here",
    });
  });
});

describe("perf events", () => {
  const files = {
    "/proc/12/comm": "tracer",
    "/proc/12/fd/3": "-> anon_inode:[perf_event]",
    "/proc/12/fd/4": "-> anon_inode:[perf_event]",
    "/proc/12/fd/5": "-> anon_inode:bpf_link",
    "/proc/12/fd/6": "-> anon_inode:[eventfd]",
  };

  test("those that have a program", () => {
    const kernel = new FakeKernel().on("task_fd_query", (call) => {
      if (call.u32("fd") === 4) return -ERRNO.ENOENT;
      const probe = call.u32("fd") === 3;
      call.answer("prog_id", probe ? 7 : 8);
      call.answer("fd_type", probe ? 4 : 0);
      if (probe) call.answer("probe_offset", 0x1234n);
      call.memory("buf")?.set(text(probe ? "/bin/app" : "sys_enter"));
      return 0;
    });
    const common = { pid: 12, command: "tracer" };
    assert.deepEqual(new KernelInspector(kernel, fakeFacts(files)).perfEvents(), [
      { ...common, fd: 3, program: 7, type: "uprobe", name: "/bin/app", offset: 0x1234n, address: 0n },
      { ...common, fd: 5, program: 8, type: "raw_tracepoint", name: "sys_enter", offset: null, address: null },
    ]);
    assert.deepEqual(
      kernel.callsOf("task_fd_query").map((call) => [call.u32("pid"), call.u32("fd")]),
      [
        [12, 3],
        [12, 4],
        [12, 5],
      ],
    );
  });

  test("not for this process", () => {
    const kernel = new FakeKernel().on("task_fd_query", () => -ERRNO.EPERM);
    assert.throws(() => new KernelInspector(kernel, fakeFacts(files)).perfEvents(), { name: "PrivilegeError" });
    // Nothing is to be seen of others then, which is not to say that there is nothing.
    const plain = fakeFacts({ "/proc/self/status": "CapEff:\t0000000000000000" });
    assert.throws(() => new KernelInspector(kernel, plain).perfEvents(), { message: /: this process lacks CAP_SYS_ADMIN;/ });
  });
});
