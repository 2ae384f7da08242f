/** Where links are attached, in words: one of each kind, and what is gone or not told. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfBuilder } from "../../btf/builder.ts";
import type { LinkInfo } from "../../engine/link-info.ts";
import { FakeKernel, fakeFacts } from "../../engine/linux/fixtures/fake-kernel.ts";
import { FakeObjects } from "../../engine/linux/fixtures/fake-objects.ts";
import { KernelInspector } from "../../engine/linux/inspect/inspector.ts";
import { Places } from "./places.ts";

const types = new BtfBuilder();
const unlink = types.function("do_unlinkat", types.prototype(types.int("int", 4, { signed: true }), []), "global");

const kernel = new FakeKernel();
new FakeObjects(kernel, [
  { kind: "btf", id: 1, arrays: { btf: types.encode() } },
  { kind: "map", id: 11, u32: { type: 26 }, text: { name: "congestion" } },
]);
// One interface, number 3: a message of linux/rtnetlink.h, and the end.
kernel.onOther("netlink", (_, filled) => {
  const view = new DataView(filled.buffer);
  const [message, done] = [16 + 16 + 12, 16];
  view.setUint32(0, message, true);
  view.setUint16(4, 16, true);
  view.setInt32(16 + 4, 3, true);
  view.setUint16(32, 9, true);
  view.setUint16(34, 3, true);
  filled.set(new TextEncoder().encode("eth0\0"), 36);
  view.setUint32(message, done, true);
  view.setUint16(message + 4, 3, true);
  return message + done;
});
const kallsyms = "ffffffff81000010 T vfs_read\nffffffff81000020 T vfs_write\n";
const facts = {
  ...fakeFacts(),
  bytes: (path: string) => (path === "/proc/kallsyms" ? new TextEncoder().encode(kallsyms) : null),
};
const places = new Places(new KernelInspector(kernel, facts));

const common = { id: 1, program: 2 };
const perf = (event: Extract<LinkInfo, { type: "perf_event" }>["event"]): LinkInfo => ({ type: "perf_event", ...common, event });
const probed = { function: "vfs_read", address: 0n, missed: 0n, cookie: 0n };

const CASES: readonly (readonly [link: LinkInfo, text: string])[] = [
  [{ type: "raw_tracepoint", ...common, tracepoint: "sched_switch", cookie: 0n }, "raw tracepoint sched_switch"],
  [
    { type: "tracing", ...common, attachType: "trace_fentry", target: { object: 1, type: unlink }, cookie: 0n },
    "trace_fentry do_unlinkat",
  ],
  [{ type: "tracing", ...common, attachType: "51", target: { object: 9, type: 4 }, cookie: 0n }, "51 type 4 of 9"],
  [{ type: "cgroup", ...common, attachType: "cgroup_device", cgroup: 0n }, "cgroup_device on a control group that is gone"],
  [{ type: "iter", ...common, target: "bpf_map_elem", map: 4 }, "iterator over bpf_map_elem of map 4"],
  [{ type: "iter", ...common, target: "task" }, "iterator over task"],
  [{ type: "netns", ...common, attachType: "sk_lookup", namespace: 4026 }, "sk_lookup in network namespace 4026"],
  [{ type: "netns", ...common, attachType: "sk_lookup", namespace: 0 }, "sk_lookup in a network namespace that is gone"],
  [{ type: "xdp", ...common, attachType: "xdp", interface: 3 }, "xdp on interface 3 (here eth0)"],
  [{ type: "tcx", ...common, attachType: "tcx_egress", interface: 4 }, "tcx_egress on interface 4"],
  [{ type: "netkit", ...common, attachType: "netkit_peer", interface: 0 }, "netkit_peer on an interface that is gone"],
  [perf({ kind: "tracepoint", name: "sys_enter_openat", cookie: 0n }), "tracepoint sys_enter_openat"],
  [perf({ kind: "kprobe", ...probed, offset: 0 }), "kprobe vfs_read"],
  [perf({ kind: "kretprobe", ...probed, offset: 16 }), "kretprobe vfs_read+0x10"],
  [perf({ kind: "uprobe", file: "/bin/app", offset: 0x1234, semaphore: 0n, cookie: 0n }), "uprobe /bin/app+0x1234"],
  [perf({ kind: "event", event: 1, config: 3n, cookie: 0n }), "perf event context-switches"],
  [perf({ kind: "event", event: 6, config: 0n, cookie: 0n }), "perf event cpu-clock"],
  [perf({ kind: "event", event: 30, config: 5n, cookie: 0n }), "perf event 30:5"],
  [perf({ kind: "unknown" }), "perf event (which, kernels tell since 6.6)"],
  [
    {
      type: "kprobe_multi",
      ...common,
      returns: true,
      addresses: [0xffff_ffff_8100_0010n, 0xffff_ffff_8100_0020n, 0xffff_ffff_8100_0030n, 1n, 2n],
      cookies: [],
      missed: 0n,
    },
    "kretprobe vfs_read, vfs_write, 0xffffffff81000030 and 2 more",
  ],
  [{ type: "kprobe_multi", ...common, returns: false, addresses: [0n, 0n], cookies: [], missed: 0n }, "kprobe at 2 places"],
  [
    {
      type: "uprobe_multi",
      ...common,
      returns: false,
      file: "/bin/app",
      offsets: [16n, 32n],
      semaphores: [],
      cookies: [],
      pid: 0,
    },
    "uprobe /bin/app+0x10, /bin/app+0x20",
  ],
  [{ type: "struct_ops", ...common, map: 11 }, "interface of map congestion (11)"],
  [
    { type: "netfilter", ...common, family: "ipv4", hook: "output", priority: -10, defragment: false },
    "netfilter ipv4 output, priority -10",
  ],
  [{ type: "sockmap", ...common, attachType: "sk_msg_verdict", map: 12 }, "sk_msg_verdict on map 12"],
  [{ type: "unknown", ...common, number: 40 }, "(a link of type 40, which is newer than this Skep)"],
];

for (const [link, text] of CASES) test(text, () => assert.equal(places.describe(link), text));
