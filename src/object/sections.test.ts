import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ATTACH_TYPE } from "../uapi/attach-types.ts";
import { PROGRAM_TYPE } from "../uapi/program-types.ts";
import { BPF_F_SLEEPABLE, BPF_F_XDP_HAS_FRAGS, OTHER_SECTIONS, SECTIONS, sectionMeaning } from "./sections.ts";

describe("section names", () => {
  it("say which hook a program is for", () => {
    const cases: [string, string, string | null, string | null][] = [
      ["xdp", "xdp", "xdp", null],
      ["tc", "sched_cls", null, null],
      ["tcx/ingress", "sched_cls", "tcx_ingress", null],
      ["cgroup/connect_unix", "cgroup_sock_addr", "cgroup_unix_connect", null],
      ["tracepoint/syscalls/sys_enter_openat", "tracepoint", null, "syscalls/sys_enter_openat"],
      ["kprobe.session/tcp_*", "kprobe", "trace_kprobe_session", "tcp_*"],
      ["fentry/vfs_read", "tracing", "trace_fentry", "vfs_read"],
      ["usdt//usr/bin/node:node:gc__start", "kprobe", null, "/usr/bin/node:node:gc__start"],
      ["sk_reuseport/migrate", "sk_reuseport", "sk_reuseport_select_or_migrate", null],
    ];
    for (const [name, type, attachType, target] of cases) {
      const meaning = sectionMeaning(name);
      assert.deepEqual(
        [meaning.type, meaning.attachType, meaning.target, meaning.current],
        [type, attachType, target, true],
        name,
      );
    }
  });

  it("say with ? that a program is loaded only when asked for", () => {
    const { section, autoload, type } = sectionMeaning("?fentry/vfs_read");
    assert.deepEqual({ section, autoload, type }, { section: "fentry/vfs_read", autoload: false, type: "tracing" });
  });

  it("say with .s that it may sleep, with .frags that it knows packets of several buffers", () => {
    assert.equal(sectionMeaning("lsm.s/file_open").flags, BPF_F_SLEEPABLE);
    assert.equal(sectionMeaning("syscall").flags, BPF_F_SLEEPABLE);
    assert.equal(sectionMeaning("xdp.frags/devmap").flags, BPF_F_XDP_HAS_FRAGS);
    assert.equal(sectionMeaning("xdp").flags, 0);
  });

  it("of other tools and of old libbpf mean what they meant there", () => {
    const cases: [string, string][] = [
      ["xdp_drop", "xdp"],
      ["xdp1", "xdp"],
      ["socket/tail", "socket_filter"],
      ["classifier/ingress", "sched_cls"],
      ["tc_egress", "sched_cls"],
      ["perf_event/cycles", "perf_event"],
      ["cgroup_skb", "cgroup_skb"],
      ["lirc_mode2/raw", "lirc_mode2"],
    ];
    for (const [name, type] of cases) {
      const meaning = sectionMeaning(name);
      assert.deepEqual([meaning.type, meaning.current], [type, false], name);
    }
  });

  it("that nobody knows have no program type", () => {
    for (const name of ["from-container", "2/7", "tcp_something", ""]) assert.equal(sectionMeaning(name).type, "unspec", name);
  });
});

describe("the tables", () => {
  it("hold the 116 names of libbpf 1.8, each once", () => {
    assert.equal(SECTIONS.length, 116);
    assert.equal(new Set(SECTIONS.map(({ name }) => name)).size, 116);
  });

  it("take a target in 53 of them and may sleep in 22", () => {
    assert.equal(SECTIONS.filter(({ name }) => name.endsWith("+")).length, 53);
    assert.equal(SECTIONS.filter(({ sleepable }) => sleepable).length, 22);
  });

  it("find every name by itself: no row hides another", () => {
    for (const rule of SECTIONS) {
      const meaning = sectionMeaning(rule.name.replace("+", ""));
      assert.deepEqual(
        [meaning.type, meaning.attachType, meaning.sleepable],
        [rule.type, rule.attachType, rule.sleepable],
        rule.name,
      );
    }
  });

  it("name only types that linux/bpf.h has", () => {
    for (const { name, type, attachType } of [...SECTIONS, ...OTHER_SECTIONS]) {
      assert.ok(PROGRAM_TYPE[type] > 0, name);
      assert.ok(attachType === null || ATTACH_TYPE[attachType] >= 0, name);
    }
  });
});
