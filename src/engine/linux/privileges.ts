/**
 * Why the kernel said EPERM. It says no more than that, for a dozen different causes; the machine's own files usually tell
 * which one it was.
 */

import { PrivilegeError } from "../errors.ts";
import type { Facts } from "./facts.ts";
import { atLeast } from "./release.ts";

/** Bit numbers of linux/capability.h. CAP_PERFMON and CAP_BPF are split off CAP_SYS_ADMIN, which grants them too, since 5.8. */
const CAPABILITY = { CAP_NET_ADMIN: 12, CAP_NET_RAW: 13, CAP_SYS_ADMIN: 21, CAP_PERFMON: 38, CAP_BPF: 39 } as const;

export type Capability = keyof typeof CAPABILITY;

/** Those of `wanted` that this process lacks, as its kernel counts them; none when it does not say. */
export function missingCapabilities(facts: Facts, wanted: readonly Capability[]): readonly string[] {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(facts.read("/proc/self/status") ?? "")?.[1];
  if (effective === undefined) return [];
  const has = (name: keyof typeof CAPABILITY) => ((BigInt(`0x${effective}`) >> BigInt(CAPABILITY[name])) & 1n) === 1n;
  const split = atLeast(facts.release, "5.8");
  // Networking is its own right: CAP_SYS_ADMIN does not include it, but bpf(2) accepts either. Sockets do not.
  const missing = wanted.filter((name) => !has(name) && (name === "CAP_NET_RAW" || !has("CAP_SYS_ADMIN")));
  return split ? missing : [...new Set(missing.map((name) => (name.startsWith("CAP_NET_") ? name : "CAP_SYS_ADMIN")))];
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
  const error = (why: string) => new PrivilegeError(`${what}: not permitted: ${why}`, { cause });
  const missing = missingCapabilities(facts, wanted);
  if (missing.length > 0)
    return error(`this process lacks ${missing.join(" and ")}; run it as root (sudo), or give it ${setcap(missing)}`);
  if (inUserNamespace(facts))
    return error(
      "its capabilities hold only inside a user namespace (a rootless container); run it outside, or with a BPF token",
    );
  if (/^Seccomp:\s*2$/m.test(facts.read("/proc/self/status") ?? ""))
    return error("a seccomp filter is in force (a container runtime's default?); allow the bpf system call in its profile");
  const lockdown = /\[(integrity|confidentiality)\]/.exec(facts.read("/sys/kernel/security/lockdown") ?? "")?.[1];
  if (lockdown === "confidentiality") return error("kernel lockdown is in confidentiality mode (/sys/kernel/security/lockdown)");
  // Before 5.11 maps and programs counted against RLIMIT_MEMLOCK, 64 KiB by default, and going over it was EPERM.
  if (!atLeast(facts.release, "5.11"))
    return error("the limit of locked memory is too low for this kernel (before 5.11); raise it: ulimit -l unlimited");
  return error(
    lockdown === undefined
      ? "the kernel gave no reason; a security module may forbid it"
      : `the kernel gave no reason; lockdown is in ${lockdown} mode, or a security module forbids it`,
  );
}

function setcap(missing: readonly string[]): string {
  return `with setcap: ${missing.map((name) => name.toLowerCase()).join(",")}+ep`;
}
