/** What is said of kernels that a test makes up: by their types, their configuration, their version, and their answers. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BtfBuilder } from "../../../btf/builder.ts";
import { PROGRAM_TYPE } from "../../../uapi/program-types.ts";
import type { Facts } from "../facts.ts";
import { FakeKernel, fakeFacts, fakeMachine } from "../fixtures/fake-kernel.ts";
import { KernelTypes } from "../kernel-types.ts";
import { ERRNO } from "../sys/system-error.ts";
import type { Feature } from "./feature.ts";
import { type FeatureOptions, type FeatureReport, reportFeatures } from "./report.ts";
import { capabilitiesOf } from "./system.ts";

const CONFIG = "/boot/config-6.18.0";
const NOBODY = { "/proc/self/status": "CapEff:\t0000000000000000\nSeccomp:\t0" };

/** Facts of a machine whose kernel tells types. */
function withTypes(facts: Facts, make: (types: BtfBuilder) => void): Facts {
  const types = new BtfBuilder();
  make(types);
  const encoded = types.encode();
  return { ...facts, bytes: (path) => (path === "/sys/kernel/btf/vmlinux" ? encoded : null) };
}

async function report(facts: Facts, transport = new FakeKernel(), options: FeatureOptions = {}): Promise<FeatureReport> {
  const kernel = fakeMachine(transport, facts);
  const made = await reportFeatures({ facts, types: new KernelTypes(facts), kernel }, options);
  assert.deepEqual([...transport.descriptors], [], "nothing stays open");
  return made;
}

function feature({ features }: FeatureReport, kind: Feature["kind"], name: string): Feature {
  const found = features.find((one) => one.kind === kind && one.name === name);
  assert.ok(found !== undefined, `${kind} ${name}`);
  return found;
}

describe("a feature", () => {
  it("is there when the kernel makes one", async () => {
    const ringbuf = feature(await report(fakeFacts()), "map type", "ringbuf");
    assert.deepEqual(ringbuf, {
      kind: "map type",
      name: "ringbuf",
      available: "yes",
      since: "5.8",
      evidence: "probe",
      cause: null,
      reason: null,
    });
  });

  it("is not there because the kernel is older", async () => {
    const transport = new FakeKernel().on("map_create", (call) => (call.u32("map_type") === 27 ? -ERRNO.EINVAL : 0));
    const ringbuf = feature(await report(fakeFacts({}, "5.4.0"), transport), "map type", "ringbuf");
    assert.deepEqual(
      [ringbuf.available, ringbuf.evidence, ringbuf.cause, ringbuf.reason],
      ["no", "probe", "older kernel", "since Linux 5.8, this is 5.4.0"],
    );
  });

  it("is not there because the kernel was built without it", async () => {
    const facts = fakeFacts({ [CONFIG]: "CONFIG_BPF_SYSCALL=y\n# CONFIG_XDP_SOCKETS is not set" });
    const xskmap = feature(await report(facts), "map type", "xskmap");
    assert.deepEqual(
      [xskmap.available, xskmap.evidence, xskmap.cause, xskmap.reason],
      ["no", "configuration", "not built in", "CONFIG_XDP_SOCKETS is not set"],
    );
  });

  it("is not explained away when a kernel that should have it has not", async () => {
    const transport = new FakeKernel().on("map_create", (call) => (call.u32("map_type") === 27 ? -ERRNO.EINVAL : 0));
    const ringbuf = feature(await report(fakeFacts({ [CONFIG]: "CONFIG_BPF_SYSCALL=y" }), transport), "map type", "ringbuf");
    assert.deepEqual([ringbuf.available, ringbuf.cause], ["no", "unexplained"]);
  });

  it("is refused where a kernel that has trampolines lets nobody use them", async () => {
    const facts = withTypes(fakeFacts(), (types) => {
      const int = types.int("int", 4);
      for (const name of ["bpf_fentry_test1", "bpf_lsm_file_open"]) types.function(name, types.prototype(int, []), "static");
      types.typedef("btf_trace_sched_switch", int);
    });
    const transport = new FakeKernel().on("prog_load", (call) => {
      const raw = call.u32("expected_attach_type") === 23;
      const trampoline = call.u32("prog_type") === PROGRAM_TYPE.lsm || (call.u32("prog_type") === PROGRAM_TYPE.tracing && !raw);
      return trampoline ? -ERRNO.EPERM : 0;
    });
    const found = await report(facts, transport);
    for (const [kind, name] of [
      ["hook", "fentry"],
      ["program type", "lsm"],
      ["attach type", "trace_fexit"],
    ] as const) {
      const { available, cause, reason } = feature(found, kind, name);
      assert.deepEqual([available, cause], ["no", "refused"], name);
      assert.match(reason ?? "", /trampolines.*EPERM/);
    }
    assert.equal(feature(found, "hook", "tp_btf").available, "yes");
  });

  it("is known from the kernel's types without any right", async () => {
    const facts = withTypes(fakeFacts(NOBODY), (types) => {
      types.enum("bpf_map_type", 4, [{ name: "BPF_MAP_TYPE_HASH", value: 1 }]);
      types.enum("bpf_link_type", 4, [
        { name: "BPF_LINK_TYPE_TCX", value: 11 },
        { name: "BPF_LINK_TYPE_NETKIT", value: 13 },
      ]);
      types.struct("tcx_link", 8, []);
    });
    const transport = new FakeKernel();
    const found = await report(facts, transport);
    assert.equal(found.probed, false);
    assert.deepEqual(transport.calls, []);
    assert.deepEqual(
      [feature(found, "map type", "hash").available, feature(found, "map type", "hash").evidence],
      ["yes", "types"],
    );
    assert.equal(feature(found, "map type", "ringbuf").available, "no");
    assert.equal(feature(found, "link type", "tcx").available, "yes");
    const netkit = feature(found, "link type", "netkit");
    assert.deepEqual([netkit.available, netkit.cause], ["no", "not built in"]);
    assert.match(netkit.reason ?? "", /struct netkit_link; it needs CONFIG_NETKIT/);
  });

  it("is unknown where only a probe could tell, and says what that needs", async () => {
    const xskmap = feature(await report(fakeFacts(NOBODY)), "map type", "xskmap");
    assert.deepEqual([xskmap.available, xskmap.cause], ["unknown", "not permitted"]);
    assert.match(xskmap.reason ?? "", /CAP_BPF/);
  });

  it("goes by the version where nothing else speaks", async () => {
    const old = await report(fakeFacts(NOBODY, "5.2.0"));
    assert.deepEqual(
      [feature(old, "instructions", "v3").available, feature(old, "instructions", "v3").evidence],
      ["yes", "version"],
    );
    assert.deepEqual(
      [feature(old, "instructions", "bounded loops").available, feature(old, "instructions", "bounded loops").reason],
      ["no", "since Linux 5.3, this is 5.2.0"],
    );
  });

  it("an answer that says nothing (no memory, not permitted) counts for nothing", async () => {
    const transport = new FakeKernel().on("map_create", () => -ERRNO.ENOMEM).on("btf_load", () => -ERRNO.EPERM);
    const found = await report(fakeFacts(), transport);
    assert.deepEqual(
      [feature(found, "map type", "hash").available, feature(found, "map type", "hash").evidence],
      ["yes", "version"],
    );
    assert.equal(feature(found, "types", "FLOAT").evidence, "version");
  });
});

describe("what a kernel is asked", () => {
  it("is to make small things, never to attach one", async () => {
    const transport = new FakeKernel();
    await report(fakeFacts(), transport, { all: true });
    assert.deepEqual([...new Set(transport.calls.map(({ command }) => command))].sort(), ["btf_load", "map_create", "prog_load"]);
    for (const call of transport.callsOf("prog_load")) assert.ok(call.u32("insn_cnt") <= 4097);
    for (const call of transport.callsOf("map_create")) assert.ok(call.u32("max_entries") <= 4096);
  });

  it("names the kernel's version where kprobes had to (before 5.0), and not later", async () => {
    const versions = async (release: string): Promise<number[]> => {
      const transport = new FakeKernel();
      await report(fakeFacts({}, release), transport);
      return [...new Set(transport.callsOf("prog_load").map((call) => call.u32("kern_version")))];
    };
    assert.deepEqual(await versions("4.19.316"), [(4 << 16) | (19 << 8) | 255]);
    assert.deepEqual(await versions("6.12.3"), [0]);
  });
});

describe("helpers of a type of program", () => {
  const xdp = ({ helpers }: FeatureReport) => helpers.find(({ programs }) => programs === "xdp");

  it("come from measurements of that version", async () => {
    const found = xdp(await report(fakeFacts(NOBODY, "6.12.0")));
    assert.ok(found?.available.includes("bpf_xdp_adjust_head"));
    assert.ok(!found?.available.includes("bpf_skb_load_bytes"));
    assert.deepEqual(found?.unknown, []);
  });

  it("between two measured versions, where both agree; else they are unknown to whoever may not ask", async () => {
    const found = xdp(await report(fakeFacts(NOBODY, "6.15.0")));
    assert.ok(found?.available.includes("bpf_xdp_adjust_head"));
    assert.ok(!found?.unknown.includes("bpf_skb_load_bytes"));
    assert.ok(found?.unknown.includes("bpf_get_current_comm"), "6.18 gives it to all, 6.12 not");
  });

  it("and are asked for there by whoever may: refused by name is a no, refused for its arguments a yes", async () => {
    for (const [text, result, expected] of [
      ["program of this type cannot use helper bpf_get_current_comm#16\n", -ERRNO.EINVAL, false],
      ["unknown func bpf_get_current_comm#16\n", -ERRNO.EINVAL, false],
      ["R1 type=ctx expected=fp\n", -ERRNO.EACCES, true],
      ["helper call might sleep in a non-sleepable prog\n", -ERRNO.EINVAL, true],
    ] as const) {
      const transport = new FakeKernel().on("prog_load", (call) => {
        const code = call.memory("insns");
        if (code?.[0] !== 0x85 || code[1] !== 0) return 0;
        call.memory("log_buf")?.set(new TextEncoder().encode(`${text}\0`));
        return result;
      });
      const found = xdp(await report(fakeFacts({}, "6.15.0"), transport));
      assert.equal(found?.available.includes("bpf_get_current_comm"), expected, text);
      assert.deepEqual(found?.unknown, []);
    }
  });

  it("that write into processes: as lockdown says; the kernel, which would tell its log, is not asked", async () => {
    for (const [lockdown, expected] of [
      ["[none] integrity confidentiality", "available"],
      ["none [integrity] confidentiality", "neither"],
      [null, "unknown"],
    ] as const) {
      const transport = new FakeKernel().onOther("mount", () => -ERRNO.EPERM);
      const files = lockdown === null ? {} : { "/proc/self/mounts": "s /s securityfs rw 0 0", "/s/lockdown": lockdown };
      const { helpers } = await report(fakeFacts(files, "6.12.0"), transport);
      const kprobe = helpers.find(({ programs }) => programs === "kprobe");
      const found =
        (["available", "unknown"] as const).find((list) => kprobe?.[list].includes("bpf_probe_write_user")) ?? "neither";
      assert.equal(found, expected, String(lockdown));
      const asked = transport.callsOf("prog_load").map((call) => call.memory("insns"));
      assert.ok(asked.every((code) => code?.[0] !== 0x85 || code[1] !== 0 || code[4] !== 36));
    }
  });

  it("no kernel has those that came later", async () => {
    assert.ok(!xdp(await report(fakeFacts(NOBODY, "5.10.0")))?.available.includes("bpf_loop"));
  });
});

describe("functions of the kernel", () => {
  const tagged = withTypes(fakeFacts(NOBODY), (types) => {
    const prototype = types.prototype(0, []);
    for (const name of ["bpf_rcu_read_lock", "bpf_task_acquire", "bpf_of_tomorrow"])
      types.declTag("bpf_kfunc", types.function(name, prototype, "static"));
    types.function("vfs_read", prototype, "static");
  });

  it("are those that its types tag; whom they are for is measured, and unknown for new ones", async () => {
    const { kernelFunctions } = await report(tagged);
    const of = (programs: string) => kernelFunctions.find((group) => group.programs === programs);
    assert.deepEqual(of("xdp")?.available, ["bpf_rcu_read_lock", "bpf_task_acquire"]);
    assert.deepEqual(of("socket_filter")?.available, ["bpf_rcu_read_lock"]);
    assert.deepEqual(of("xdp")?.unknown, ["bpf_of_tomorrow"]);
  });
});

describe("the system", () => {
  it("capabilities by name", () => {
    assert.deepEqual(capabilitiesOf("000000c000001000"), ["CAP_NET_ADMIN", "CAP_PERFMON", "CAP_BPF"]);
    assert.deepEqual(capabilitiesOf("0000000000000000"), []);
    assert.equal(capabilitiesOf(undefined), null);
    assert.equal(capabilitiesOf("nonsense"), null);
  });

  it("what files say", async () => {
    const { system } = await report(
      fakeFacts({
        "/proc/self/status": "CapEff:\t0000008000000000\nNoNewPrivs:\t1\nSeccomp:\t2",
        "/proc/self/limits": "Max locked memory         65536                65536                bytes",
        "/proc/self/mounts":
          "bpffs /sys/fs/bpf bpf rw 0 0\nbpffs /run/token bpf rw,delegate_cmds=map_create:prog_load,delegate_maps=any 0 0\nsecurityfs /sys/kernel/security securityfs rw 0 0",
        "/sys/kernel/security/lockdown": "none [integrity] confidentiality",
        "/sys/kernel/security/lsm": "lockdown,capability,bpf",
        "/proc/sys/net/core/bpf_jit_enable": "1",
        "/proc/sys/kernel/perf_event_paranoid": "-1",
      }),
    );
    assert.deepEqual(system.process.capabilities, ["CAP_BPF"]);
    assert.equal(system.process.seccomp, "filter");
    assert.equal(system.process.noNewPrivileges, true);
    assert.equal(system.process.memoryLock, 65536);
    assert.equal(system.lockdown, "integrity");
    assert.deepEqual(system.securityModules, ["lockdown", "capability", "bpf"]);
    assert.deepEqual(system.mounts.bpf, ["/sys/fs/bpf", "/run/token"]);
    assert.deepEqual(system.delegated, [{ path: "/run/token", what: { cmds: "map_create:prog_load", maps: "any" } }]);
    assert.equal(system.unprivilegedDisabled, 2);
    assert.equal(system.jit.enabled, 1);
    assert.equal(system.jit.limit, null);
    assert.equal(system.perfEventParanoid, -1);
    assert.equal(system.configuration, null);
  });

  it("what securityfs says where nobody mounted it: an instance of one's own is opened, and closed", async () => {
    const transport = new FakeKernel();
    const facts = fakeFacts({ "/proc/self/fd/100/lsm": "capability,bpf", "/proc/self/mounts": "" });
    const { system } = await report(
      facts,
      transport.onOther("mount", () => 0),
    );
    assert.ok(transport.others.some(({ name, text }) => name === "mount" && text === "securityfs"));
    assert.equal(system.lockdown, null);
  });
});
