/** What would be asked of a kernel: every call by its name, what it is given in the kernel's words, and nothing done. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Spec } from "../../../object/spec.ts";
import { COMMAND } from "../../../uapi/commands.ts";
import type { AttachOptions } from "../../engine.ts";
import { ATTRIBUTES, type KnownCommand } from "../attributes.ts";
import { fakeFacts } from "../fixtures/fake-kernel.ts";
import { program } from "../fixtures/programs.ts";
import { openRecorded } from "./dry-run.ts";
import { Recorder } from "./recorder.ts";

const MACHINE = fakeFacts({
  "/sys/class/net/eth0/ifindex": "2",
  "/sys/devices/system/cpu/online": "0-1",
  "/proc/self/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0",
  "/sys/bus/event_source/devices/uprobe/type": "8",
  "/sys/bus/event_source/devices/uprobe/format/retprobe": "config:0",
});

function spec(section: string): Spec {
  return {
    name: "mine",
    license: "GPL",
    types: null,
    maps: [{ name: "counts", type: "hash", keySize: 4, valueSize: 8, maxEntries: 16, flags: 1, keyType: 0, valueType: 0 }],
    programs: [program("mine", section)],
  };
}

/** All calls of loading a program and attaching it. */
async function calls(section: string, options: AttachOptions = {}) {
  const { engine, calls: made } = openRecorded(MACHINE, () => true);
  const collection = await engine.load(spec(section));
  await collection.programs["mine"]?.attach(options);
  const before = [...made];
  await engine[Symbol.asyncDispose]();
  return { before, after: made.slice(before.length), left: engine.descriptors };
}

describe("a dry run", () => {
  it("writes down every call, with what it is given, in order", async () => {
    const { before } = await calls("xdp", { interface: "eth0" });
    assert.deepEqual(before, [
      {
        call: "bpf",
        command: "BPF_MAP_CREATE",
        fields: {
          map_type: "BPF_MAP_TYPE_HASH",
          key_size: 4,
          value_size: 8,
          max_entries: 16,
          map_flags: "BPF_F_NO_PREALLOC",
          map_name: "counts",
        },
        result: 3,
      },
      {
        call: "bpf",
        command: "BPF_PROG_LOAD",
        fields: {
          prog_type: "BPF_PROG_TYPE_XDP",
          insn_cnt: 2,
          insns: "2 instructions",
          license: "GPL",
          prog_name: "mine",
          expected_attach_type: "BPF_XDP",
        },
        result: 4,
      },
      {
        call: "bpf",
        command: "BPF_LINK_CREATE",
        fields: { prog_fd: 4, target_ifindex: 2, attach_type: "BPF_XDP", flags: 4 },
        result: 5,
      },
    ]);
  });

  it("and how it all ends: what was opened is closed", async () => {
    const { before, after, left } = await calls("xdp", { interface: "eth0" });
    const opened = before.map(({ result }) => result).filter((result) => result > 0);
    const closed = after.filter(({ call }) => call === "close").map(({ fields }) => fields["fd"]);
    assert.deepEqual([...closed].sort(), opened);
    assert.deepEqual(left, []);
  });

  for (const { section, options, call, command, fields } of [
    {
      section: "tcx/egress",
      options: { interface: "eth0" },
      call: "bpf",
      command: "BPF_LINK_CREATE",
      fields: { target_ifindex: 2, attach_type: "BPF_TCX_EGRESS" },
    },
    {
      section: "cgroup/connect4",
      options: { cgroup: "/web" },
      call: "bpf",
      command: "BPF_LINK_CREATE",
      fields: { attach_type: "BPF_CGROUP_INET4_CONNECT" },
    },
    {
      section: "cgroup/connect4",
      options: { cgroup: "/web" },
      call: "open",
      command: undefined,
      fields: { path: "/sys/fs/cgroup/web" },
    },
    {
      section: "raw_tp/sched_switch",
      options: {},
      call: "bpf",
      command: "BPF_RAW_TRACEPOINT_OPEN",
      fields: { name: "sched_switch" },
    },
    {
      section: "tracepoint/sched/sched_switch",
      options: {},
      call: "perf_event_open",
      command: undefined,
      fields: { type: "PERF_TYPE_TRACEPOINT", pid: -1, cpu: 0 },
    },
    {
      section: "perf_event",
      options: { frequency: 50, cpu: 0 },
      call: "perf_event_open",
      command: undefined,
      fields: { type: "PERF_TYPE_SOFTWARE", sample_freq: 50n, cpu: 0 },
    },
    {
      section: "perf_event",
      options: { frequency: 50, cpu: 0 },
      call: "ioctl",
      command: undefined,
      fields: { request: "PERF_EVENT_IOC_ENABLE" },
    },
    {
      section: "netfilter",
      options: { netfilter: { family: "ipv4", hook: "prerouting", priority: -7 } },
      call: "bpf",
      command: "BPF_LINK_CREATE",
      fields: { attach_type: "BPF_NETFILTER", pf: 2 },
    },
    {
      section: "socket",
      options: { interface: "eth0" },
      call: "socket, bind",
      command: undefined,
      fields: { family: "AF_PACKET", interface: 2 },
    },
  ] as const) {
    it(`${section}: ${command ?? call}`, async () => {
      const { before } = await calls(section, options);
      const found = before.find((one) => one.call === call && one.command === command);
      assert.ok(found !== undefined, before.map((one) => one.command ?? one.call).join(", "));
      for (const [name, value] of Object.entries(fields)) assert.equal(found.fields[name], value, name);
    });
  }

  it("on a kernel before 6.6, tc programs are filters: netlink", async () => {
    const { engine, calls: made } = openRecorded({ ...MACHINE, release: "5.10.0" }, () => true);
    const collection = await engine.load(spec("tc"));
    await collection.programs["mine"]?.attach({ interface: "eth0", direction: "ingress" });
    const messages = made.flatMap(({ call, fields }) => (call.startsWith("socket, send") ? [fields["message"]] : []));
    assert.ok(messages.includes("RTM_NEWQDISC") && messages.includes("RTM_NEWTFILTER"), messages.join(", "));
    await engine[Symbol.asyncDispose]();
  });

  it("contents of maps are calls, too", async () => {
    const { engine, calls: made } = openRecorded(MACHINE, () => true);
    const collection = await engine.load(spec("xdp"));
    collection.maps["counts"]?.set(Uint8Array.of(1, 0, 0, 0), new Uint8Array(8));
    const { command, fields } = made.at(-1) ?? assert.fail();
    assert.equal(command, "BPF_MAP_UPDATE_ELEM");
    assert.deepEqual(fields, { map_fd: 3, key: "0x01000000", value: "0x0000000000000000" });
    await engine[Symbol.asyncDispose]();
  });

  it("what is wrong without a kernel's word is told as ever", async () => {
    await assert.rejects(calls("xdp", { interface: "eth7" }), { name: "AttachError", message: /no network interface "eth7"/ });
    const { engine } = openRecorded(MACHINE, () => false);
    const collection = await engine.load(spec("cgroup/connect4"));
    await assert.rejects(async () => collection.programs["mine"]?.attach({ cgroup: "/none" }), { name: "AttachError" });
    await engine[Symbol.asyncDispose]();
  });

  it("knows every command that the engine knows", () => {
    const recorder = new Recorder({ interfaceIndex: () => null, exists: () => true, pageSize: 4096, release: "6.18.0" });
    for (const command of Object.keys(ATTRIBUTES) as KnownCommand[]) {
      recorder.prepare(COMMAND[command], new Uint8Array(ATTRIBUTES[command].size))();
      assert.equal(recorder.calls.at(-1)?.command, `BPF_${command.toUpperCase()}`);
    }
  });
});
