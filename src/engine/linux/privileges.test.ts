import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PrivilegeError } from "../errors.ts";
import { fakeFacts } from "./fixtures/fake-kernel.ts";
import { deniedByVerifier, explainRefusal, missingCapabilities } from "./privileges.ts";
import { SystemError } from "./sys/system-error.ts";

const cause = new SystemError("bpf(prog_load)", 1);
/** Bits of linux/capability.h: CAP_NET_ADMIN 12, CAP_SYS_ADMIN 21, CAP_PERFMON 38, CAP_BPF 39. */
const holding = (...bits: readonly number[]) => {
  const mask = bits.reduce((all, bit) => all | (1n << BigInt(bit)), 0n);
  return { "/proc/self/status": `CapEff:\t${mask.toString(16).padStart(16, "0")}` };
};

describe("what a process lacks", () => {
  it("by name", () => {
    assert.deepEqual(missingCapabilities(fakeFacts(holding(39)), ["CAP_BPF", "CAP_NET_ADMIN"]), ["CAP_NET_ADMIN"]);
  });

  it("nothing that CAP_SYS_ADMIN stands for; not the network's sockets, nor the kernel's addresses", () => {
    const facts = fakeFacts(holding(21));
    assert.deepEqual(missingCapabilities(facts, ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SYSLOG"]), [
      "CAP_NET_RAW",
      "CAP_SYSLOG",
    ]);
  });

  it("before 5.8 it is CAP_SYS_ADMIN that is lacking", () => {
    const facts = fakeFacts(holding(), "5.4.0");
    assert.deepEqual(missingCapabilities(facts, ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"]), ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"]);
  });
});

describe("why the kernel said EPERM", () => {
  const status = "CapEff:\t000001ffffffffff";
  for (const { what, files, release, reason, message } of [
    {
      what: "a capability",
      files: holding(39),
      release: "6.18.0",
      reason: "capability",
      message: /lacks CAP_NET_ADMIN;.*setcap: cap_net_admin\+ep/,
    },
    {
      what: "a user namespace",
      files: { "/proc/self/uid_map": "0 1000 1" },
      release: "6.18.0",
      reason: "user namespace",
      message: /BPF token/,
    },
    {
      what: "seccomp",
      files: { "/proc/self/status": `${status}\nSeccomp:\t2` },
      release: "6.18.0",
      reason: "seccomp",
      message: /allow the bpf system call/,
    },
    {
      what: "lockdown",
      files: { "/sys/kernel/security/lockdown": "none integrity [confidentiality]" },
      release: "6.18.0",
      reason: "lockdown",
      message: /confidentiality mode/,
    },
    {
      what: "locked memory",
      files: { "/proc/self/limits": "Max locked memory         65536                65536                bytes" },
      release: "5.10.0",
      reason: "memory limit",
      message: /locked memory \(64 KiB\).*ulimit -l/,
    },
    {
      what: "something that nobody tells",
      files: { "/sys/kernel/security/lsm": "lockdown,selinux,bpf" },
      release: "6.18.0",
      reason: "unknown",
      message: /gave no reason.*lockdown, selinux, bpf/,
    },
  ] as const) {
    it(what, () => {
      const error = explainRefusal(fakeFacts(files, release), "loading p", ["CAP_BPF", "CAP_NET_ADMIN"], cause);
      assert.ok(error instanceof PrivilegeError);
      assert.equal(error.reason, reason);
      assert.deepEqual(error.missing, reason === "capability" ? ["CAP_NET_ADMIN"] : []);
      assert.match(error.message, /^loading p: not permitted: /);
      assert.match(error.message, message);
      assert.equal(error.cause, cause);
    });
  }
});

describe("what a verifier forbids to those without a capability", () => {
  const without = fakeFacts(holding(12, 39));
  for (const { log, missing, message } of [
    {
      log: "program of this type cannot use helper bpf_trace_printk#6",
      missing: ["CAP_PERFMON"],
      message: /calling bpf_trace_printk needs CAP_PERFMON/,
    },
    { log: "unknown func bpf_probe_read_kernel#113", missing: ["CAP_PERFMON"], message: /calling bpf_probe_read_kernel/ },
    {
      log: "program of this type cannot use helper bpf_probe_write_user#36",
      missing: ["CAP_SYS_ADMIN"],
      message: /needs CAP_SYS_ADMIN/,
    },
    { log: "R1 leaks addr into map", missing: ["CAP_PERFMON"], message: /what it does with addresses needs CAP_PERFMON/ },
    { log: "R2 pointer comparison prohibited", missing: ["CAP_PERFMON"], message: /addresses/ },
    {
      log: "'struct task_struct' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN",
      missing: ["CAP_PERFMON"],
      message: /kernel memory/,
    },
  ]) {
    it(log, () => {
      const error = deniedByVerifier(without, "loading p", ["0: (85) call x", log], cause);
      assert.deepEqual(error?.missing, missing);
      assert.match(error?.message ?? "", message);
    });
  }

  it("is no matter of privileges for those who have it, nor when it is about something else", () => {
    const log = ["program of this type cannot use helper bpf_trace_printk#6"];
    assert.equal(deniedByVerifier(fakeFacts(), "loading p", log, cause), null);
    assert.equal(
      deniedByVerifier(without, "loading p", ["program of this type cannot use helper bpf_skb_load_bytes#26"], cause),
      null,
    );
    assert.equal(deniedByVerifier(without, "loading p", ["R1 !read_ok"], cause), null);
  });
});
