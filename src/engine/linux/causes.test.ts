/**
 * Errors name the cause: one of each, from a kernel of answers. (test/linux/loading.test.ts and privileges.test.ts: those that this machine's
 * kernel can be made to give.)
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BtfBuilder } from "../../btf/builder.ts";
import type { MapSpec, Spec } from "../../object/spec.ts";
import { LinuxEngine } from "./engine.ts";
import { type FakeCall, FakeKernel, fakeFacts } from "./fixtures/fake-kernel.ts";
import { shape } from "./fixtures/maps.ts";
import { program } from "./fixtures/programs.ts";
import { ERRNO } from "./sys/system-error.ts";

const MAP = shape({ type: "arena", keySize: 0, valueSize: 0, maxEntries: 4, flags: 0x400 });
const HASH = shape({ maxEntries: 4 });

const REFUSAL =
  "0: (71) r0 = *(u8 *)(r1 +0)\nR1 invalid mem access 'scalar'\nprocessed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n\0";

const refusing = (): FakeKernel =>
  new FakeKernel().on("prog_load", (call: FakeCall) => {
    call.memory("log_buf")?.set(new TextEncoder().encode(REFUSAL));
    return -ERRNO.EACCES;
  });

interface Row {
  readonly cause: string;
  readonly kernel: FakeKernel;
  readonly files?: Readonly<Record<string, string>>;
  readonly release?: string;
  readonly section?: string;
  readonly maps?: readonly MapSpec[];
  readonly expected: Readonly<Record<string, unknown>>;
  readonly message: RegExp;
}

const ROWS: readonly Row[] = [
  {
    cause: "a capability",
    kernel: new FakeKernel().on("prog_load", () => -ERRNO.EPERM),
    files: { "/proc/self/status": "CapEff:\t0000008000000000" },
    section: "tracepoint/sched/sched_switch",
    expected: { name: "PrivilegeError", reason: "capability", missing: ["CAP_PERFMON"] },
    message: /lacks CAP_PERFMON; run it as root \(sudo\), or give it with setcap: cap_perfmon\+ep/,
  },
  {
    cause: "lockdown",
    kernel: new FakeKernel().on("prog_load", () => -ERRNO.EPERM),
    files: { "/sys/kernel/security/lockdown": "none integrity [confidentiality]" },
    section: "tracepoint/sched/sched_switch",
    expected: { name: "PrivilegeError", reason: "lockdown" },
    message: /kernel lockdown is in confidentiality mode/,
  },
  {
    cause: "lockdown, which takes a helper away",
    kernel: new FakeKernel().on("prog_load", (call: FakeCall) => {
      call
        .memory("log_buf")
        ?.set(
          new TextEncoder().encode(
            "0: (85) call bpf_probe_write_user#36\nprogram of this type cannot use helper bpf_probe_write_user#36\n\0",
          ),
        );
      return -ERRNO.EINVAL;
    }),
    files: { "/sys/kernel/security/lockdown": "none [integrity] confidentiality" },
    section: "raw_tp/sched_switch",
    expected: { name: "PrivilegeError", reason: "lockdown" },
    message:
      /kernel lockdown is in integrity mode \(\/sys\/kernel\/security\/lockdown\), which takes bpf_probe_write_user away from everybody/,
  },
  {
    cause: "a filter of system calls",
    kernel: new FakeKernel().on("map_create", () => -ERRNO.EPERM),
    files: { "/proc/self/status": "CapEff:\t000001ffffffffff\nSeccomp:\t2" },
    maps: [HASH],
    expected: { name: "PrivilegeError", reason: "seccomp" },
    message: /a seccomp filter is in force/,
  },
  {
    cause: "a user namespace",
    kernel: new FakeKernel().on("map_create", () => -ERRNO.EPERM).failing("token_create", "ENOENT"),
    files: { "/proc/self/uid_map": "0 1000 1" },
    maps: [HASH],
    expected: { name: "PrivilegeError", reason: "user namespace" },
    message: /hold only inside a user namespace .* or with a BPF token \(Linux 6\.9\)/,
  },
  {
    cause: "the limit of locked memory",
    kernel: new FakeKernel().on("map_create", () => -ERRNO.EPERM).onOther("setrlimit", () => -ERRNO.EPERM),
    release: "5.10.0",
    maps: [HASH],
    expected: { name: "PrivilegeError", reason: "memory limit" },
    message: /the limit of locked memory is too low for this kernel \(before 5\.11\)/,
  },
  {
    cause: "memory",
    kernel: new FakeKernel().on("map_create", () => -ERRNO.ENOMEM),
    maps: [HASH],
    expected: { name: "MapError", code: "memory", map: "table" },
    message: /no room for 4 entries of 4 \+ 4 bytes; ask for fewer/,
  },
  {
    cause: "a map that came later",
    kernel: new FakeKernel().on("map_create", () => -ERRNO.EINVAL),
    release: "6.8.0",
    maps: [MAP],
    expected: { name: "FeatureError", since: "6.9", feature: "BPF_MAP_TYPE_ARENA" },
    message: /map table \(arena\) needs Linux 6\.9, this is 6\.8\.0/,
  },
  {
    cause: "a type of program that came later",
    kernel: new FakeKernel().on("prog_load", () => -ERRNO.EINVAL),
    release: "6.3.0",
    section: "netfilter",
    expected: { name: "FeatureError", since: "6.4", feature: "BPF_PROG_TYPE_NETFILTER" },
    message: /program main \(netfilter\) needs Linux 6\.4, this is 6\.3\.0/,
  },
  {
    cause: "a kernel that was built without something",
    kernel: new FakeKernel().on("prog_load", () => -ERRNO.EINVAL),
    section: "lirc_mode2",
    expected: { name: "FeatureError" },
    message: /does not take this type with attach type lirc_mode2 \(EINVAL, no log\): it may be built without it/,
  },
  {
    cause: "what it replaces a function of",
    kernel: new FakeKernel(),
    section: "freplace/x",
    expected: { name: "AttachError" },
    message: /say of which when it is loaded/,
  },
  {
    cause: "types that the kernel does not tell",
    kernel: new FakeKernel(),
    section: "fentry/vfs_read",
    expected: { name: "FeatureError", since: "5.4", feature: "BTF" },
    message: /this kernel does not tell them/,
  },
  {
    cause: "the verifier",
    kernel: refusing(),
    expected: { name: "VerifierError", program: "main" },
    message: /^program main: refused by the kernel's verifier: this read goes through a number, not a pointer/,
  },
];

/** With the types of a kernel that has one function. */
async function trampoline(kernel: FakeKernel): Promise<void> {
  const types = new BtfBuilder();
  types.function("vfs_read", types.prototype(types.int("int", 4), []), "static");
  const vmlinux = types.encode();
  const facts = fakeFacts();
  await using engine = new LinuxEngine(kernel, { ...facts, bytes: (path) => (path.endsWith("/vmlinux") ? vmlinux : null) });
  await engine.load({ name: "causes", license: "GPL", types: null, maps: [], programs: [program("main", "fentry/vfs_read")] });
}

describe("a program that needs a trampoline, refused without a word", () => {
  const refusingAll = (allowed: number | null) =>
    new FakeKernel().on("prog_load", (call: FakeCall) => (call.u32("prog_type") === allowed ? 0 : -ERRNO.EPERM));

  for (const [what, allowed] of [
    ["socket filters load", 1],
    ["tracepoints load", 5],
  ] as const) {
    test(`${what}: it is the trampoline`, async () => {
      const kernel = refusingAll(allowed);
      await assert.rejects(trampoline(kernel), {
        name: "FeatureError",
        feature: "BPF trampoline",
        message: /this kernel refuses programs that need a BPF trampoline \(EPERM\)/,
      });
      assert.equal(kernel.descriptors.size, 0, "what was tried is closed again");
    });
  }

  test("nothing loads: it is this process", async () => {
    await assert.rejects(trampoline(refusingAll(null)), { name: "PrivilegeError", reason: "unknown" });
  });
});

describe("why something is not loaded", () => {
  for (const { cause, kernel, files, release, section, maps, expected, message } of ROWS) {
    test(cause, async () => {
      const spec: Spec = {
        name: "causes",
        license: "GPL",
        types: null,
        maps: maps ?? [],
        programs: maps === undefined ? [program("main", section)] : [],
      };
      await using engine = new LinuxEngine(kernel, fakeFacts(files ?? {}, release ?? "6.18.0"));
      await assert.rejects(engine.load(spec), (error: Error & Readonly<Record<string, unknown>>) => {
        for (const [name, value] of Object.entries(expected)) assert.deepEqual(error[name], value, error.message);
        assert.match(error.message, message);
        return true;
      });
      assert.deepEqual(engine.descriptors, [], "what was made before is closed again");
      assert.equal(kernel.descriptors.size, 0);
    });
  }
});
