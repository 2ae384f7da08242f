/**
 * The version of the running kernel as `LINUX_VERSION_CODE` has it: major << 16 | minor << 8 | patch. Distributions say another one in `uname -r`
 * than their kernel was built as; Ubuntu and Debian tell the real one elsewhere (`get_kernel_version` of libbpf).
 */

import type { Facts } from "./facts.ts";

export function kernelVersion(facts: Facts): number {
  const found =
    // "Ubuntu 4.15.0-55.60-generic 4.15.18"
    /^Ubuntu \S+ (\d+)\.(\d+)\.(\d+)/.exec(facts.read("/proc/version_signature") ?? "") ??
    // "Linux version 4.19.0-6-amd64 (…) #1 SMP Debian 4.19.67-2+deb10u2 (2019-11-11)"
    /#.* Debian (\d+)\.(\d+)\.(\d+)/.exec(facts.read("/proc/version") ?? "") ??
    /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(facts.release);
  const [, major = "0", minor = "0", patch = "0"] = found ?? [];
  return Number(major) * 65_536 + Number(minor) * 256 + Math.min(Number(patch), 255);
}
