/**
 * Why the kernel said EPERM. It says no more than that, for a dozen different causes; the machine's own files usually tell
 * which one it was.
 */

import { CAPABILITIES, type CapabilityName } from "../../uapi/capabilities.ts";
import { HELPER, type HelperName } from "../../uapi/helpers.ts";
import { ADMIN_HELPERS, PERFMON_HELPERS } from "../../uapi/privileges.ts";
import { PrivilegeError } from "../errors.ts";
import type { Facts } from "./facts.ts";
import { atLeast } from "./release.ts";

export type Capability = CapabilityName;

/** What CAP_SYS_ADMIN stands for where `bpf(2)` asks. Split off it since 5.8; networking is its own right, but the call accepts either. */
const PARTS_OF_ADMIN: ReadonlySet<Capability> = new Set(["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"]);

/** Those of `wanted` that this process lacks, as its kernel counts them; none when it does not say. */
export function missingCapabilities(facts: Facts, wanted: readonly Capability[]): readonly Capability[] {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(facts.read("/proc/self/status") ?? "")?.[1];
  if (effective === undefined) return [];
  const bits = BigInt(`0x${effective}`);
  const has = (name: Capability) => ((bits >> BigInt(CAPABILITIES.indexOf(name))) & 1n) === 1n;
  const missing = wanted.filter((name) => !has(name) && !(PARTS_OF_ADMIN.has(name) && has("CAP_SYS_ADMIN")));
  if (atLeast(facts.release, "5.8")) return missing;
  return [...new Set(missing.map((name): Capability => (name === "CAP_BPF" || name === "CAP_PERFMON" ? "CAP_SYS_ADMIN" : name)))];
}

/** True when this process's root is root of a container only: its capabilities count for little outside. */
export function inUserNamespace(facts: Facts): boolean {
  const map = facts.read("/proc/self/uid_map");
  return map !== null && !/^0\s+0\s+4294967295$/.test(map);
}

/**
 * The likeliest cause of EPERM (or EACCES without a log) when doing `what`, which needs `wanted`.
 * Order: what is certain first (capabilities), then what only stands out.
 */
export function explainRefusal(facts: Facts, what: string, wanted: readonly Capability[], cause: Error): PrivilegeError {
  const error = (reason: PrivilegeError["reason"], why: string, missing: readonly Capability[] = []) =>
    new PrivilegeError(`${what}: not permitted: ${why}`, { cause, reason, missing });
  const missing = missingCapabilities(facts, wanted);
  if (missing.length > 0) return error("capability", `this process lacks ${advice(missing)}`, missing);
  if (inUserNamespace(facts))
    return error(
      "user namespace",
      "its capabilities hold only inside a user namespace (a rootless container); run it outside, or with a BPF token (Linux 6.9)",
    );
  if (/^Seccomp:\s*2$/m.test(facts.read("/proc/self/status") ?? ""))
    return error(
      "seccomp",
      "a seccomp filter is in force (a container runtime's default?); allow the bpf system call in its profile",
    );
  const lockdown = lockdownOf(facts);
  if (lockdown === "confidentiality")
    return error("lockdown", "kernel lockdown is in confidentiality mode (/sys/kernel/security/lockdown)");
  // Before 5.11 maps and programs counted against RLIMIT_MEMLOCK, 64 KiB by default, and going over it was EPERM.
  if (!atLeast(facts.release, "5.11"))
    return error(
      "memory limit",
      `the limit of locked memory${memoryLimit(facts)} is too low for this kernel (before 5.11); raise it: ulimit -l unlimited`,
    );
  const modules = facts.read("/sys/kernel/security/lsm");
  const module = `a security module${modules === null ? "" : ` (of ${modules.replaceAll(",", ", ")})`}`;
  return error(
    "unknown",
    lockdown === undefined
      ? `the kernel gave no reason; ${module} may forbid it`
      : `the kernel gave no reason; lockdown is in ${lockdown} mode, or ${module} forbids it`,
  );
}

/**
 * A verifier does not say EPERM when somebody lacks a capability: it does not know the helper, or forbids what it would allow. Null when
 * that is not why it refused.
 */
export function deniedByVerifier(facts: Facts, what: string, log: readonly string[], cause: Error): PrivilegeError | null {
  const denied = (wanted: Capability, why: string): PrivilegeError | null => {
    const missing = missingCapabilities(facts, [wanted]);
    if (missing.length === 0) return null;
    return new PrivilegeError(`${what}: not permitted: ${why} needs ${wanted}: this process lacks ${advice(missing)}`, {
      cause,
      reason: "capability",
      missing,
      log,
    });
  };
  const lockdown = lockdownOf(facts);
  for (const line of log) {
    const helper = /(?:cannot use helper|unknown func) (bpf_\w+)#\d+/.exec(line)?.[1];
    if (helper !== undefined && isHelper(helper)) {
      const wanted = ADMIN_HELPERS.has(helper) ? "CAP_SYS_ADMIN" : PERFMON_HELPERS.has(helper) ? "CAP_PERFMON" : null;
      const answer = wanted === null ? null : denied(wanted, `calling ${helper}`);
      if (answer !== null) return answer;
      if (lockdown !== undefined && LOCKED[lockdown].has(helper))
        return new PrivilegeError(
          `${what}: not permitted: kernel lockdown is in ${lockdown} mode (/sys/kernel/security/lockdown), which takes ${helper} away from everybody`,
          { cause, reason: "lockdown", log },
        );
    }
    for (const [pattern, wanted, why] of ONLY_WITH) {
      const answer = pattern.test(line) ? denied(wanted, why) : null;
      if (answer !== null) return answer;
    }
  }
  return null;
}

type Lockdown = "integrity" | "confidentiality";

function lockdownOf(facts: Facts): Lockdown | undefined {
  return /\[(integrity|confidentiality)\]/.exec(facts.read("/sys/kernel/security/lockdown") ?? "")?.[1] as Lockdown | undefined;
}

/** `LOCKDOWN_BPF_WRITE_USER`, and `LOCKDOWN_BPF_READ_KERNEL` (`bpf_base_func_proto`, `bpf_tracing_func_proto`). */
const LOCKED: Readonly<Record<Lockdown, ReadonlySet<HelperName>>> = {
  integrity: new Set<HelperName>(["bpf_probe_write_user"]),
  confidentiality: new Set<HelperName>([
    "bpf_probe_write_user",
    "bpf_probe_read",
    "bpf_probe_read_str",
    "bpf_probe_read_kernel",
    "bpf_probe_read_kernel_str",
  ]),
};

/** What verifiers say of programs that they take from those with a capability (5.8 to 6.18). */
const ONLY_WITH: readonly (readonly [pattern: RegExp, wanted: Capability, why: string])[] = [
  [
    /^R\d+ leaks addr|for !root$|^R\d+ (pointer|has pointer with unsupported).*prohibited/,
    "CAP_PERFMON",
    "what it does with addresses",
  ],
  [/allowed only to CAP_PERFMON/, "CAP_PERFMON", "reading kernel memory"],
  [/are allowed for CAP_BPF/, "CAP_BPF", "calling functions"],
  [/^back-edge from insn \d+ to/, "CAP_BPF", "a loop"],
  [/require CAP_SYS_BOOT/, "CAP_SYS_BOOT", "calling a destructive function"],
];

const isHelper = (name: string): name is HelperName => name in HELPER;

function memoryLimit(facts: Facts): string {
  const bytes = /^Max locked memory\s+(\d+)/m.exec(facts.read("/proc/self/limits") ?? "")?.[1];
  return bytes === undefined ? "" : ` (${Number(bytes) / 1024} KiB)`;
}

function advice(missing: readonly Capability[]): string {
  const list = missing.map((name) => name.toLowerCase()).join(",");
  return `${missing.join(" and ")}; run it as root (sudo), or give it with setcap: ${list}+ep`;
}
