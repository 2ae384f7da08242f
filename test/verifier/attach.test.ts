/** What programs may be written for, beside what kernels 6.1 and 6.12 said of `r0 = 0; exit` there. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openKernelTarget } from "../../src/kernels/types.ts";
import type { AttachType } from "../../src/uapi/attach-types.ts";
import { verify } from "../../src/verifier/verify.ts";
import { buildSpec } from "./suite/build.ts";

interface Case {
  readonly attachType: AttachType;
  readonly target: string;
  readonly sleepable?: boolean;
  /** Refusals' last lines, without numbers of types; empty: accepted. */
  readonly old: string;
  readonly lts: string;
}

const NOT_SLEEPABLE = (name: string) => `${name} is not sleepable`;

const CASES: readonly Case[] = [
  { attachType: "trace_fentry", target: "vfs_read", old: "", lts: "" },
  {
    attachType: "trace_fentry",
    target: "vfs_read",
    sleepable: true,
    old: NOT_SLEEPABLE("vfs_read"),
    lts: NOT_SLEEPABLE("vfs_read"),
  },
  { attachType: "trace_fentry", target: "bpf_fentry_test1", sleepable: true, old: NOT_SLEEPABLE("bpf_fentry_test1"), lts: "" },
  {
    attachType: "trace_fentry",
    target: "_printk",
    old: "The function _printk with variable args is unsupported.",
    lts: "The function _printk with variable args is unsupported.",
  },
  {
    attachType: "trace_fexit",
    target: "do_exit",
    old: "",
    lts: "Attaching fexit/fmod_ret to __noreturn functions is rejected.",
  },
  {
    attachType: "modify_return",
    target: "bpf_modify_return_test",
    old: "bpf_modify_return_test() is not modifiable",
    lts: "",
  },
  {
    attachType: "modify_return",
    target: "__x64_sys_nanosleep",
    old: "__x64_sys_nanosleep() is not modifiable",
    lts: "__x64_sys_nanosleep() is not modifiable",
  },
  { attachType: "modify_return", target: "security_file_open", old: "", lts: "" },
  { attachType: "lsm_mac", target: "file_open", sleepable: true, old: "", lts: "" },
  {
    attachType: "lsm_mac",
    target: "task_free",
    sleepable: true,
    old: NOT_SLEEPABLE("bpf_lsm_task_free"),
    lts: NOT_SLEEPABLE("bpf_lsm_task_free"),
  },
  {
    attachType: "lsm_mac",
    target: "getprocattr",
    old: "attach_btf_id N points to disabled hook bpf_lsm_getprocattr",
    lts: "attach_btf_id N points to disabled hook bpf_lsm_getprocattr",
  },
  {
    attachType: "lsm_mac",
    target: "func_proto",
    old: "attach_btf_id N points to wrong type name bpf_lsm_func_proto",
    lts: "attach_btf_id N points to wrong type name bpf_lsm_func_proto",
  },
  { attachType: "lsm_mac", target: "file_free_security", old: "", lts: "" },
  { attachType: "lsm_cgroup", target: "socket_bind", old: "", lts: "" },
  { attachType: "trace_iter", target: "task", sleepable: true, old: "", lts: "" },
  { attachType: "trace_iter", target: "ksym", old: "", lts: "" },
  { attachType: "trace_raw_tp", target: "sched_switch", old: "", lts: "" },
];

const targets = { old: openKernelTarget("6.1"), lts: openKernelTarget("6.12") };

for (const { attachType, target, sleepable, ...expected } of CASES) {
  test(`${attachType} of ${target}${sleepable === true ? ", sleeping" : ""}`, () => {
    const type = attachType.startsWith("lsm_") ? "lsm" : "tracing";
    for (const kernel of ["old", "lts"] as const)
      assert.equal(said({ type, attachType, target, ...(sleepable === true ? { flags: 16 } : {}) }, 0, kernel), expected[kernel]);
  });
}

test("since 6.12 LSM hooks return errors only, and those of no result what a cgroup's hook must", () => {
  const open = { type: "lsm", attachType: "lsm_mac", target: "file_open" } as const;
  assert.equal(said(open, 1, "old"), "");
  assert.equal(said(open, 1, "lts"), "At program exit the register R0 has smin=1 smax=1 should have been in [-4095, 0]");
  const nothing = { type: "lsm", attachType: "lsm_cgroup", target: "file_free_security" } as const;
  assert.equal(said(nothing, 1, "lts"), "");
  // The kernel adds a note that says so.
  assert.equal(said(nothing, 0, "lts"), "At program exit the register R0 has smin=0 smax=0 should have been in [1, 1]");
});

test("a pointer to const void is no pointer to anything before 6.16: 6.12 refuses to load it, 6.18 gives a number", () => {
  const verdict = (kernel: "6.12" | "6.18") => {
    const hook = { type: "lsm", attachType: "lsm_mac", target: "bdev_setintegrity" } as const;
    const text = "r0 = *(u64 *)(r1 + 16); r0 = 0; exit";
    const spec = buildSpec({ name: "const void", category: "btf", accepted: true, text, ...hook });
    return verify(spec, spec.programs[0]!, kernel === "6.12" ? targets.lts : openKernelTarget(kernel)).refusal?.text ?? "";
  };
  assert.equal(
    verdict("6.12"),
    "func 'bpf_lsm_bdev_setintegrity' arg2 type UNKNOWN is not a struct\ninvalid bpf_context access off=16 size=8",
  );
  assert.equal(verdict("6.18"), "");
});

function said(
  setting: Pick<Parameters<typeof buildSpec>[0], "type" | "attachType" | "target" | "flags">,
  returns: number,
  kernel: "old" | "lts",
): string {
  const spec = buildSpec({ name: "attach", category: "btf", accepted: true, text: `r0 = ${returns}; exit`, ...setting });
  const verdict = verify(spec, spec.programs[0]!, targets[kernel]);
  return (verdict.refusal?.text.split("\n").at(-1) ?? "").replace(/attach_btf_id \d+/, "attach_btf_id N");
}
