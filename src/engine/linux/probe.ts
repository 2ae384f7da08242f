/** Can this process use the kernel? Answered in a millisecond from files, without loading native code or calling the kernel. */

import { createRequire } from "node:module";
import { type Facts, MACHINE } from "./facts.ts";
import { inUserNamespace, missingCapabilities } from "./privileges.ts";
import { ARCHITECTURES } from "./sys/arch.ts";

export type Probe =
  | { readonly available: true; readonly reason: null }
  /** `reason` is for people, and starts in lower case: `this process lacks CAP_BPF`. */
  | { readonly available: false; readonly reason: string };

/** What of the process, and not of the machine, decides. */
export interface ProbeTarget {
  readonly platform: string;
  readonly arch: string;
  readonly facts: Facts;
  /** True when this package is installed. */
  hasPackage(name: string): boolean;
}

export function probeLinux(target: ProbeTarget = here): Probe {
  const no = (reason: string): Probe => ({ available: false, reason });
  const { platform, arch, facts } = target;
  if (platform !== "linux") return no(`the Linux engine needs Linux, this is ${platform}`);
  const architecture = ARCHITECTURES[arch];
  if (architecture === undefined)
    return no(`no system call numbers for ${arch}; there are for ${Object.keys(ARCHITECTURES).join(", ")}`);
  if (!target.hasPackage(architecture.prebuilt)) return no(`the package ${architecture.prebuilt} is not installed`);
  if (facts.read("/proc/self/status") === null) return no("/proc is not mounted");
  // This file is there if and only if the kernel has the bpf system call (CONFIG_BPF_SYSCALL).
  const unprivileged = facts.read("/proc/sys/kernel/unprivileged_bpf_disabled");
  if (unprivileged === null) return no("this kernel has no bpf system call (CONFIG_BPF_SYSCALL)");
  const missing = missingCapabilities(facts, ["CAP_BPF", "CAP_NET_ADMIN"]);
  if (missing.length > 0) {
    const setting = unprivileged === "0" ? "" : ` (kernel.unprivileged_bpf_disabled is ${unprivileged})`;
    return no(`this process lacks ${missing.join(" and ")}${setting}`);
  }
  // A file system that was delegated to the namespace makes up for it (a BPF token, since 6.9).
  if (inUserNamespace(facts) && !/^\S+ \S+ bpf \S*\bdelegate_/m.test(facts.read("/proc/self/mounts") ?? ""))
    return no("this process's capabilities hold only inside a user namespace");
  return { available: true, reason: null };
}

const here: ProbeTarget = {
  platform: process.platform,
  arch: process.arch,
  facts: MACHINE,
  hasPackage(name) {
    try {
      // Resolved as koffi itself would: the package that carries the machine code is koffi's dependency, not ours.
      const koffi = createRequire(import.meta.url).resolve("koffi");
      createRequire(koffi).resolve(name);
      return true;
    } catch {
      return false;
    }
  },
};
