/** What each kind of attaching asks of the kernel, without one: all kinds, also those that the machine at hand does not have. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import type { AttachOptions } from "../../engine.ts";
import { FakeKernel, fakeFacts, fakeMachine } from "../fixtures/fake-kernel.ts";
import { program } from "../fixtures/programs.ts";
import { ERRNO } from "../sys/system-error.ts";
import { attach } from "./attach.ts";

const PMU = {
  "/sys/bus/event_source/devices/kprobe/type": "6",
  "/sys/bus/event_source/devices/kprobe/format/retprobe": "config:0",
  "/sys/kernel/tracing/events/sched/sched_switch/id": "314",
  "/sys/kernel/tracing/events/sched/enable": "0",
  "/sys/kernel/tracing/available_filter_functions": "do_unlinkat\ndo_unlink\ntcp_close [tcp]",
  "/sys/devices/system/cpu/online": "0-2",
  "/sys/bus/event_source/devices/uprobe/type": "7",
  "/sys/bus/event_source/devices/uprobe/format/retprobe": "config:0",
  "/proc/self/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0",
};

function attached(kernel: FakeKernel, section: string, options: AttachOptions = {}, release?: string) {
  const machine = fakeMachine(kernel, fakeFacts(PMU, release));
  const link = attach({
    kernel: machine,
    spec: program("mine", section),
    descriptor: machine.ledger.adopt(50, "program mine"),
    options,
    maps: new Map(),
  });
  return { link, machine };
}

/** A `struct perf_event_attr`, as far as it matters here. */
function event(kernel: FakeKernel) {
  const call = kernel.others.find(({ name }) => name === "perf_event_open");
  assert.ok(call, "an event was opened");
  const view = new DataView(call.memory.buffer);
  return {
    type: view.getUint32(0, true),
    size: view.getUint32(4, true),
    config: Number(view.getBigUint64(8, true)),
    rate: Number(view.getBigUint64(16, true)),
    byFrequency: ((view.getBigUint64(40, true) >> 10n) & 1n) === 1n,
    where: call.numbers,
  };
}

describe("a link that the kernel makes", () => {
  for (const { section, options = {}, fields, description } of [
    {
      section: "tcx/egress",
      options: { interface: "eth0", position: "first" },
      fields: { target_ifindex: 2, attach_type: ATTACH_TYPE.tcx_egress, flags: 8, "tcx.relative_fd": 0 },
      description: "tc egress on eth0 (tcx)",
    },
    {
      section: "netkit/peer",
      options: { interface: "eth0" },
      fields: { target_ifindex: 2, attach_type: ATTACH_TYPE.netkit_peer, flags: 0 },
      description: "netkit peer of eth0",
    },
    {
      section: "cgroup/connect4",
      options: { cgroup: "/web" },
      fields: { target_fd: 100, attach_type: ATTACH_TYPE.cgroup_inet4_connect, flags: 0 },
      description: "cgroup/connect4 on /web",
    },
    {
      section: "cgroup/skb",
      options: { cgroup: "/sys/fs/cgroup/web", direction: "egress" },
      fields: { target_fd: 100, attach_type: ATTACH_TYPE.cgroup_inet_egress },
      description: "cgroup/skb on /sys/fs/cgroup/web",
    },
    {
      section: "lsm_cgroup/socket_bind",
      options: { cgroup: "/" },
      fields: { target_fd: 100, attach_type: ATTACH_TYPE.lsm_cgroup },
      description: "lsm_cgroup/socket_bind on /",
    },
    {
      section: "sk_lookup",
      options: { netns: "blue" },
      fields: { target_fd: 100, attach_type: ATTACH_TYPE.sk_lookup },
      description: "sk_lookup in blue",
    },
    {
      section: "flow_dissector",
      fields: { target_fd: 100, attach_type: ATTACH_TYPE.flow_dissector },
      description: "flow_dissector in this network namespace",
    },
    {
      section: "netfilter",
      options: { netfilter: { family: "ipv6", hook: "forward", priority: -5, defragment: true } },
      fields: {
        attach_type: ATTACH_TYPE.netfilter,
        "netfilter.pf": 10,
        "netfilter.hooknum": 2,
        "netfilter.priority": 2 ** 32 - 5,
        "netfilter.flags": 1,
      },
      description: "netfilter ipv6 forward, priority -5",
    },
    {
      section: "fentry/do_unlinkat",
      fields: { attach_type: ATTACH_TYPE.trace_fentry, target_fd: 0 },
      description: "fentry do_unlinkat",
    },
    {
      section: "fmod_ret/security_file_open",
      fields: { attach_type: ATTACH_TYPE.modify_return },
      description: "fmod_ret security_file_open",
    },
    { section: "lsm/file_open", fields: { attach_type: ATTACH_TYPE.lsm_mac }, description: "lsm file_open" },
    { section: "freplace/handle", fields: { attach_type: 0 }, description: "freplace handle" },
    {
      section: "kprobe.multi/do_unlink*",
      fields: { attach_type: ATTACH_TYPE.trace_kprobe_multi, "kprobe_multi.cnt": 2, "kprobe_multi.flags": 0 },
      description: "kprobe.multi do_unlink*",
    },
    {
      section: "kprobe.session/do_unlinkat",
      fields: { attach_type: ATTACH_TYPE.trace_kprobe_session, "kprobe_multi.cnt": 1, "kprobe_multi.flags": 0 },
      description: "kprobe.session do_unlinkat",
    },
    {
      section: `uprobe.multi/${process.execPath}:0x1000`,
      options: { pid: 12, cookie: 3 },
      fields: {
        attach_type: ATTACH_TYPE.trace_uprobe_multi,
        "uprobe_multi.cnt": 1,
        "uprobe_multi.pid": 12,
        "uprobe_multi.flags": 0,
      },
      description: `uprobe.multi ${process.execPath}:0x1000`,
    },
    {
      section: `uretprobe.multi/${process.execPath}:0x1000`,
      fields: { attach_type: ATTACH_TYPE.trace_uprobe_multi, "uprobe_multi.flags": 1 },
      description: `uretprobe.multi ${process.execPath}:0x1000`,
    },
    {
      section: `uprobe.session/${process.execPath}:0x1000`,
      fields: { attach_type: ATTACH_TYPE.trace_uprobe_session },
      description: `uprobe.session ${process.execPath}:0x1000`,
    },
    {
      section: "fsession/do_unlinkat",
      fields: { attach_type: ATTACH_TYPE.trace_fsession },
      description: "fsession do_unlinkat",
    },
    {
      section: "sk_skb/stream_verdict",
      options: { map: { name: "sockets", spec: { type: "sockhash" }, fd: 7 } as unknown as NonNullable<AttachOptions["map"]> },
      fields: { target_fd: 7, attach_type: ATTACH_TYPE.sk_skb_stream_verdict },
      description: "sk_skb/stream_verdict on sockets",
    },
    {
      section: "kretprobe.multi/do_unlinkat",
      fields: { attach_type: ATTACH_TYPE.trace_kprobe_multi, "kprobe_multi.cnt": 1, "kprobe_multi.flags": 1 },
      description: "kretprobe.multi do_unlinkat",
    },
  ] as readonly { section: string; options?: AttachOptions; fields: Record<string, number>; description: string }[]) {
    test(section, async () => {
      const kernel = new FakeKernel();
      const { link, machine } = attached(kernel, section, options);
      const [call] = kernel.callsOf("link_create");
      assert.deepEqual(Object.fromEntries(Object.keys(fields).map((field) => [field, call?.u32(field)])), fields);
      assert.equal(call?.u32("prog_fd"), 50);
      assert.equal(link.description, description);
      assert.deepEqual(
        machine.ledger.report().slice(1),
        [`${link.fd}: link of mine to ${description}`],
        "what was opened for it is closed",
      );
      await link.detach();
      assert.equal(kernel.descriptors.size, 0);
    });
  }

  test("raw tracepoints, by their name", () => {
    for (const section of ["raw_tp/sched_switch", "raw_tracepoint.w/sched_switch", "raw_tp/sched/sched_switch"]) {
      const kernel = new FakeKernel();
      const { link } = attached(kernel, section, { cookie: 4 });
      const [call] = kernel.callsOf("raw_tracepoint_open");
      assert.deepEqual([call?.u32("prog_fd"), call?.u64("cookie")], [50, 4n]);
      assert.equal(new TextDecoder().decode(call?.memory("name") ?? undefined), "sched_switch\0");
      assert.equal(link.description, "raw_tp sched_switch");
    }
  });

  test("names of many functions, each with the cookie", () => {
    const kernel = new FakeKernel();
    attached(kernel, "kprobe.multi/do_*", { cookie: 9 });
    const [call] = kernel.callsOf("link_create");
    const cookies = call?.memory("kprobe_multi.cookies");
    assert.deepEqual([...new BigUint64Array(cookies?.buffer ?? new ArrayBuffer(0))], [9n, 9n]);
  });
});

describe("a perf event", () => {
  for (const { section, options = {}, expected, description } of [
    {
      section: "tracepoint/sched/sched_switch",
      expected: { type: 2, size: 72, config: 314, rate: 1, byFrequency: false, where: [-1, 0] },
      description: "tracepoint sched/sched_switch",
    },
    {
      section: "kprobe/do_unlinkat",
      expected: { type: 6, size: 72, config: 0, rate: 0, byFrequency: false, where: [-1, 0] },
      description: "kprobe do_unlinkat",
    },
    {
      section: "kretprobe/do_unlinkat",
      expected: { type: 6, size: 72, config: 1, rate: 0, byFrequency: false, where: [-1, 0] },
      description: "kretprobe do_unlinkat",
    },
    {
      section: `uprobe/${process.execPath}:0x1000`,
      options: { pid: 12 },
      expected: { type: 7, size: 72, config: 0, rate: 0, byFrequency: false, where: [12, -1] },
      description: `uprobe ${process.execPath}:0x1000 in process 12`,
    },
    {
      section: `uretprobe.s/${process.execPath}:0x1000`,
      expected: { type: 7, size: 72, config: 1, rate: 0, byFrequency: false, where: [-1, 0] },
      description: `uretprobe ${process.execPath}:0x1000`,
    },
    {
      section: "perf_event",
      options: { event: "cpu-cycles", period: 1_000_000, cpu: 2 },
      expected: { type: 0, size: 72, config: 0, rate: 1_000_000, byFrequency: false, where: [-1, 2] },
      description: "perf_event cpu-cycles, every 1000000, CPU 2",
    },
    {
      section: "perf_event",
      options: { event: "mem:0x1000:x", cpu: 1, cgroup: "/web" },
      expected: { type: 5, size: 72, config: 0, rate: 1, byFrequency: false, where: [100, 1, 4] },
      description: "perf_event mem:0x1000:x, every 1, control group /web, CPU 1",
    },
    {
      section: "perf_event",
      expected: { type: 1, size: 72, config: 0, rate: 99, byFrequency: true, where: [-1, 0] },
      description: "perf_event cpu-clock, 99 Hz, all CPUs",
    },
  ] as const) {
    test(description, async () => {
      const kernel = new FakeKernel();
      const { link, machine } = attached(kernel, section, options);
      assert.deepEqual(event(kernel), expected);
      assert.equal(link.description, description);
      const links = description.endsWith("all CPUs") ? 3 : 1;
      assert.equal(kernel.callsOf("link_create").length, links);
      assert.equal(machine.ledger.report().length, 1 + links, "links hold the events");
      await link.detach();
      assert.equal(kernel.descriptors.size, 0);
    });
  }

  test("before Linux 5.15 the event's own descriptor holds the program, and there are no cookies", async () => {
    const kernel = new FakeKernel().on("link_create", () => -ERRNO.EINVAL);
    const { link } = attached(kernel, "tracepoint/sched/sched_switch", {}, "5.10.0");
    assert.deepEqual(
      kernel.others.filter(({ name }) => name === "ioctl").map(({ numbers }) => numbers),
      [
        [100, 0x4004_2408, 50],
        [100, 0x2400, 0],
      ],
    );
    await link.detach();
    assert.equal(kernel.descriptors.size, 0);
    assert.throws(() => attached(kernel, "tracepoint/sched/sched_switch", { cookie: 1 }, "5.10.0"), {
      name: "FeatureError",
      message: /cookies of tracepoint sched\/sched_switch need Linux 5\.15, this is 5\.10\.0/,
    });
  });
});

describe("older kernels", () => {
  test("before 5.11 typed tracepoints are opened, not linked", () => {
    const kernel = new FakeKernel().on("link_create", () => -ERRNO.EINVAL);
    attached(kernel, "tp_btf/sched_switch", {}, "5.10.0");
    const [call] = kernel.callsOf("raw_tracepoint_open");
    assert.deepEqual([call?.u32("prog_fd"), call?.memory("name")], [50, null]);
  });

  test("before 4.17 probes are events of the tracing file system, and go after the program", async () => {
    const files: Record<string, string> = {};
    const kernel = new FakeKernel().on("link_create", () => -ERRNO.EINVAL);
    kernel.onOther("append", ({ text }) => {
      const name = /:(skep\/\w+)/.exec(text)?.[1];
      files[`/sys/kernel/tracing/events/${name}/id`] = "99";
      return 0;
    });
    const old = { ...fakeFacts(PMU, "4.14.0"), read: (path: string) => files[path] ?? null };
    const machine = fakeMachine(kernel, old);
    const attachOld = (section: string, options: AttachOptions = {}) => {
      const descriptor = machine.ledger.adopt(50, "program mine");
      return attach({ kernel: machine, spec: program("mine", section), descriptor, options, maps: new Map() });
    };
    await attachOld("kretprobe/do_unlinkat").detach();
    await attachOld(`uprobe/${process.execPath}:0x1000`, { pid: 12 }).detach();
    assert.deepEqual(
      kernel.others.filter(({ name }) => name === "append").map(({ text }) => text.replace(/_\d+_\d+/, "_N")),
      [
        "/sys/kernel/tracing/kprobe_events r:skep/kprobe_N do_unlinkat\n",
        "/sys/kernel/tracing/kprobe_events -:skep/kprobe_N\n",
        `/sys/kernel/tracing/uprobe_events p:skep/uprobe_N ${process.execPath}:0x1000\n`,
        "/sys/kernel/tracing/uprobe_events -:skep/uprobe_N\n",
      ],
    );
    const events = kernel.others.filter(({ name }) => name === "perf_event_open");
    assert.deepEqual(
      events.map(({ memory, numbers }) => [new DataView(memory.buffer).getBigUint64(8, true), numbers]),
      [
        [99n, [-1, 0]],
        [99n, [12, -1]],
      ],
    );
    kernel.onOther("append", () => -ERRNO.ENOENT);
    assert.throws(() => attachOld("kprobe/do_unlinkat"), { name: "FeatureError", message: /this kernel has no kprobes/ });
  });

  test("before 5.7 a control group holds its programs, beside others where kernels know that (4.15)", async () => {
    const kernel = new FakeKernel().on("link_create", () => -ERRNO.EINVAL).failing("prog_attach", "EINVAL");
    const { link } = attached(kernel, "cgroup/connect4", { cgroup: "/web" }, "4.14.0");
    await link.detach();
    const calls = [...kernel.callsOf("prog_attach"), ...kernel.callsOf("prog_detach")];
    assert.deepEqual(
      calls.map((call) => [call.u32("target_fd"), call.u32("attach_bpf_fd"), call.u32("attach_type"), call.u32("attach_flags")]),
      [
        [100, 50, ATTACH_TYPE.cgroup_inet4_connect, 2],
        [100, 50, ATTACH_TYPE.cgroup_inet4_connect, 0],
        [100, 50, ATTACH_TYPE.cgroup_inet4_connect, 0],
      ],
    );
    assert.equal(kernel.descriptors.size, 0);
    const refusing = new FakeKernel().on("link_create", () => -ERRNO.EINVAL).on("prog_attach", () => -ERRNO.EPERM);
    assert.throws(() => attached(refusing, "cgroup/connect4", { cgroup: "/web" }, "4.14.0"), { name: /Error$/ });
    assert.equal(refusing.descriptors.size, 0);
  });

  test("before 6.10 a sockmap holds its programs until they are taken off", async () => {
    const kernel = new FakeKernel().on("link_create", () => -ERRNO.EINVAL);
    const map = { name: "sockets", spec: { type: "sockmap" }, fd: 7 } as unknown as NonNullable<AttachOptions["map"]>;
    const { link } = attached(kernel, "sk_msg", { map }, "6.1.0");
    await link.detach();
    for (const command of ["prog_attach", "prog_detach"] as const) {
      const [call] = kernel.callsOf(command);
      assert.deepEqual(
        [call?.u32("target_fd"), call?.u32("attach_bpf_fd"), call?.u32("attach_type")],
        [7, 50, ATTACH_TYPE.sk_msg_verdict],
      );
    }
  });

  test("before 6.6 tc programs are filters, by routing messages", async () => {
    const kernel = new FakeKernel()
      .on("link_create", () => -ERRNO.EINVAL)
      .onOther("netlink", ({ memory }, answer) => {
        const view = new DataView(answer.buffer);
        const type = new DataView(memory.buffer).getUint16(4, true);
        if (type !== 44) return 0;
        // The filter as it was added: handle 1, priority 49152; then "no error".
        view.setUint32(0, 36, true);
        view.setUint16(4, 44, true);
        view.setUint32(24, 1, true);
        view.setUint32(32, 0xc000_0300, true);
        view.setUint32(36, 36, true);
        view.setUint16(40, 2, true);
        return 72;
      });
    const { link } = attached(kernel, "tc", { interface: "eth0", direction: "egress" }, "6.1.0");
    assert.equal(link.description, "tc egress on eth0 (filter)");
    await link.detach();
    const messages = kernel.others.filter(({ name }) => name === "netlink").map(({ memory }) => new DataView(memory.buffer));
    // Make clsact; add; remove with that handle and priority; look for others; take clsact away.
    assert.deepEqual(
      messages.map((view) => [view.getUint16(4, true), view.getInt32(20, true)]),
      [
        [36, 2],
        [44, 2],
        [45, 2],
        [46, 2],
        [46, 2],
        [37, 2],
      ],
    );
    const [, , removed] = messages;
    assert.deepEqual([removed?.getUint32(24, true), removed?.getUint32(32, true)], [1, 0xc000_0300]);
  });
});

describe("what no descriptor holds", () => {
  /** Routing messages: type, and each attribute of the message's own struct on, by its place in the list. */
  const messages = (kernel: FakeKernel, after: number) =>
    kernel.others
      .filter(({ name }) => name === "netlink")
      .map(({ memory }) => {
        const view = new DataView(memory.buffer);
        const attributes: Record<number, number[]> = {};
        for (let at = 16 + after; at + 4 <= memory.length; at += Math.max(4, (view.getUint16(at, true) + 3) & ~3))
          attributes[view.getUint16(at + 2, true) & 0x3fff] = [...memory.subarray(at + 4, at + view.getUint16(at, true))];
        return {
          type: view.getUint16(4, true),
          flags: view.getUint16(6, true),
          head: [...memory.subarray(16, 16 + after)],
          attributes,
        };
      });

  test("a program of a socket: the socket's, or one's own on an interface", async () => {
    const kernel = new FakeKernel();
    const { link } = attached(kernel, "socket", { socket: 9 });
    const other = { name: "other", fd: 51 } as unknown as Parameters<typeof link.update>[0];
    await link.update(other);
    await link.detach();
    const { link: reuseport } = attached(kernel, "sk_reuseport", { socket: 9 });
    await reuseport.detach();
    // SO_ATTACH_BPF twice, SO_DETACH_BPF; SO_ATTACH_REUSEPORT_EBPF, SO_DETACH_REUSEPORT_BPF.
    assert.deepEqual(
      kernel.others.filter(({ name }) => name === "setsockopt").map(({ numbers }) => numbers),
      [
        [9, 50, 50],
        [9, 50, 51],
        [9, 27, 0],
        [9, 52, 50],
        [9, 68, 0],
      ],
    );
    const { link: own } = attached(kernel, "socket", { interface: "eth0" });
    assert.equal(own.description, "packet socket on eth0");
    await own.detach();
    assert.equal(kernel.descriptors.size, 0);
    const refusing = new FakeKernel().onOther("setsockopt", () => -ERRNO.EPERM);
    assert.throws(() => attached(refusing, "socket", { interface: "eth0" }), { name: /Error$/ });
    assert.equal(refusing.descriptors.size, 0);
  });

  test("lwt_xmit: a route is made for it, changed in its place, and taken away", async () => {
    const kernel = new FakeKernel();
    const { link, machine } = attached(kernel, "lwt_xmit", {
      interface: "eth0",
      route: { to: "198.51.100.0/24", via: "192.0.2.2", table: 1000 },
    });
    const other = { name: "other", fd: machine.ledger.adopt(51, "program other").fd } as unknown as Parameters<
      typeof link.update
    >[0];
    await link.update(other);
    await link.detach();
    const [made, changed, removed] = messages(kernel, 12);
    // IPv4, 24 bits, a static route to everywhere.
    assert.deepEqual(made?.head, [2, 24, 0, 0, 0, 4, 0, 1, 0, 0, 0, 0]);
    assert.deepEqual(
      [made?.attributes[1], made?.attributes[4], made?.attributes[5]],
      [
        [198, 51, 100, 0],
        [2, 0, 0, 0],
        [192, 0, 2, 2],
      ],
    );
    assert.deepEqual(
      [made?.attributes[15], made?.attributes[21]],
      [
        [0xe8, 3, 0, 0],
        [6, 0],
      ],
    );
    // In LWT_BPF_XMIT: the program's descriptor and name.
    assert.deepEqual(made?.attributes[22]?.slice(0, 12), [24, 0, 3, 0x80, 8, 0, 1, 0, 50, 0, 0, 0]);
    assert.deepEqual(changed?.attributes[22]?.slice(8, 12), [51, 0, 0, 0]);
    assert.deepEqual(
      [made, changed, removed].map((message) => [message?.type, (message?.flags ?? 0) & 0x700]),
      [
        [24, 0x600],
        [24, 0x500],
        [25, 0],
      ],
    );
  });

  test("lwt_seg6local: End.BPF", () => {
    const kernel = new FakeKernel();
    attached(kernel, "lwt_seg6local", { interface: "eth0", route: { to: "2001:db8::1" } });
    const [made] = messages(kernel, 12);
    assert.deepEqual(made?.head.slice(0, 8), [10, 128, 0, 0, 254, 4, 253, 1]);
    assert.deepEqual(made?.attributes[21], [7, 0]);
    assert.deepEqual(made?.attributes[22]?.slice(0, 20), [8, 0, 1, 0, 15, 0, 0, 0, 24, 0, 8, 0x80, 8, 0, 1, 0, 50, 0, 0, 0]);
  });

  test("action: a filter that takes every packet", async () => {
    const kernel = new FakeKernel().onOther("netlink", ({ memory }, answer) => {
      if (new DataView(memory.buffer).getUint16(4, true) !== 44) return 0;
      const view = new DataView(answer.buffer);
      view.setUint32(0, 36, true);
      view.setUint16(4, 44, true);
      view.setUint32(36, 36, true);
      view.setUint16(40, 2, true);
      return 72;
    });
    const { link } = attached(kernel, "action", { interface: "eth0", direction: "egress" });
    assert.equal(link.description, "tc egress on eth0 (action)");
    const [, added] = messages(kernel, 20);
    assert.equal(new TextDecoder().decode(Uint8Array.from(added?.attributes[1] ?? [])), "matchall\0");
    // TCA_MATCHALL_ACT, the first action, its kind.
    assert.deepEqual(added?.attributes[2]?.slice(2, 4), [2, 0x80]);
    assert.deepEqual(added?.attributes[2]?.slice(8, 16), [8, 0, 1, 0, 98, 112, 102, 0]);
    await assert.rejects(link.update({ name: "other", fd: 51 } as unknown as Parameters<typeof link.update>[0]), {
      name: "FeatureError",
    });
    await link.detach();
  });

  test("lirc_mode2: the device holds it", async () => {
    const kernel = new FakeKernel();
    const { link } = attached(kernel, "lirc_mode2", { device: "/dev/lirc0" });
    assert.equal(link.description, "lirc_mode2 of /dev/lirc0");
    await link.detach();
    for (const command of ["prog_attach", "prog_detach"] as const) {
      const [call] = kernel.callsOf(command);
      assert.deepEqual([call?.u32("target_fd"), call?.u32("attach_bpf_fd"), call?.u32("attach_type")], [100, 50, 16]);
    }
    assert.equal(kernel.descriptors.size, 0);
    const without = new FakeKernel().onOther("open", () => -ERRNO.ENOENT);
    assert.throws(() => attached(without, "lirc_mode2", { device: "/dev/lirc9" }), { message: /there is no such device/ });
  });

  test("XDP before Linux 5.9: a routing message, only if there is none", async () => {
    const kernel = new FakeKernel().on("link_create", () => -ERRNO.EINVAL);
    const { link } = attached(kernel, "xdp", { interface: "eth0" }, "5.8.0");
    assert.equal(link.description, "xdp on eth0 (native, held by the interface)");
    await link.detach();
    const [put, removed] = messages(kernel, 16);
    assert.deepEqual([put?.type, put?.attributes[43]], [19, [8, 0, 1, 0, 50, 0, 0, 0, 8, 0, 3, 0, 5, 0, 0, 0]]);
    assert.deepEqual(removed?.attributes[43], [8, 0, 1, 0, 255, 255, 255, 255, 8, 0, 3, 0, 4, 0, 0, 0]);
  });
});

describe("what cannot be", () => {
  for (const { section, options = {}, answer, release, name, message } of [
    {
      section: "cgroup/connect4",
      name: "AttachError",
      message: /a cgroup_sock_addr program is attached to a control group; name one/,
    },
    {
      section: "sk_msg",
      name: "AttachError",
      message: /is attached to a sockmap or sockhash of the Linux engine; give one \(map\)/,
    },
    { section: "netfilter", name: "AttachError", message: /name one \(netfilter: \{ family: "ipv4", hook: "input" \}\)/ },
    { section: "kprobe", name: "AttachError", message: /is attached to an event; name one \(event: "do_unlinkat"\)/ },
    { section: "syscall", name: "AttachError", message: /is run, and attached nowhere/ },
    { section: "iter/task", name: "AttachError", message: /is read, and attached nowhere/ },
    { section: "fentry.multi/do_*", name: "FeatureError", message: /does not attach programs of kind fentry\.multi yet/ },
    { section: "lwt_in", name: "AttachError", message: /say where it leads \(route: \{ to: "198\.51\.100\.0\/24" \}\)/ },
    {
      section: "lwt_in",
      options: { interface: "eth0", route: { to: "198.51.100.0/33" } },
      name: "AttachError",
      message: /expected a length from 0 to 32 behind the \//,
    },
    {
      section: "lwt_in",
      options: { interface: "eth0", route: { to: "198.51.100.0/24", via: "2001:db8::1" } },
      name: "AttachError",
      message: /via: 2001:db8::1 is an address of another family/,
    },
    {
      section: "lwt_seg6local",
      options: { interface: "eth0", route: { to: "198.51.100.0/24" } },
      name: "AttachError",
      message: /segments are IPv6 addresses/,
    },
    { section: "lirc_mode2", name: "AttachError", message: /name one \(device: "\/dev\/lirc0"\)/ },
    {
      section: "tp_btf/sched_switch",
      options: { event: "sys_enter" },
      name: "AttachError",
      message: /is verified for its target \(sched_switch\)/,
    },
    {
      section: "tracepoint/sched/sched_swich",
      name: "AttachError",
      message: /there is no tracepoint "sched\/sched_swich" \(SYSTEM\/NAME\); did you mean sched\/sched_switch\?/,
    },
    {
      section: "tracepoint/sched/sched_switch",
      options: { pid: 3 },
      name: "AttachError",
      message: /is not attached by pid; it takes event, cookie/,
    },
    {
      section: "raw_tp/sched_switch",
      options: { cookie: -1 },
      name: "AttachError",
      message: /expected a whole number from 0 to 2\^64 - 1/,
    },
    { section: "perf_event", options: { event: "cpu-clok" }, name: "AttachError", message: /did you mean cpu-clock\?/ },
    { section: "perf_event", options: { frequency: 0 }, name: "AttachError", message: /from 1 to 1,000,000,000, found 0/ },
    { section: "perf_event", options: { cpu: 7 }, name: "AttachError", message: /there is no CPU 7 that runs/ },
    {
      section: "perf_event",
      options: { pid: 1, cgroup: "/web" },
      name: "AttachError",
      message: /pid and cgroup exclude each other/,
    },
    { section: "perf_event", options: { frequency: 9, period: 9 }, name: "AttachError", message: /exclude each other/ },
    { section: "uprobe/libnothing.so:x", name: "AttachError", message: /there is no file or library "libnothing.so"/ },
    { section: "uprobe/malloc", name: "AttachError", message: /expected FILE:FUNCTION/ },
    {
      section: "cgroup/connect4",
      options: { cgroup: "/" },
      answer: "EBADF",
      name: "AttachError",
      message: /no group of cgroup version 2/,
    },
    {
      section: "netfilter",
      options: { netfilter: { family: "ipv4", hook: "input" } },
      answer: "EINVAL",
      release: "6.1.0",
      name: "FeatureError",
      message: /needs Linux 6\.4, this is 6\.1\.0/,
    },
    {
      section: "netkit/primary",
      options: { interface: "eth0" },
      answer: "EINVAL",
      name: "AttachError",
      message: /it is no netkit device/,
    },
    {
      section: "sk_lookup",
      answer: "EOPNOTSUPP",
      name: "FeatureError",
      message: /this kernel \(6\.18\.0\) has no BPF_LINK_TYPE_NETNS/,
    },
  ] as readonly {
    section: string;
    options?: AttachOptions;
    answer?: keyof typeof ERRNO;
    release?: string;
    name: string;
    message: RegExp;
  }[]) {
    test(`${section} ${JSON.stringify(options)} ${answer ?? ""}`, () => {
      const kernel = new FakeKernel();
      if (answer !== undefined) kernel.on("link_create", () => -ERRNO[answer]);
      assert.throws(() => attached(kernel, section, options, release), { name, message });
      assert.equal(kernel.descriptors.size, 0, "nothing stays open");
    });
  }
});

test("kernels exchange no tracing programs: a FeatureError says what to do instead", async () => {
  const kernel = new FakeKernel().on("link_update", () => -ERRNO.EINVAL);
  const { link, machine } = attached(kernel, "tp_btf/sched_switch");
  const other = { name: "other", fd: machine.ledger.adopt(51, "program other").fd } as unknown as Parameters<
    typeof link.update
  >[0];
  await assert.rejects(link.update(other), {
    name: "FeatureError",
    message: /putting other in its place: kernels do not exchange programs there; attach the new one, then detach this one/,
  });
  const { link: tc } = attached(kernel, "tc", { interface: "eth0" });
  await assert.rejects(tc.update(other), { name: "AttachError", message: /EINVAL/ });
});
