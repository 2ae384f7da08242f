/** Kernel versions as numbers: `5.15` is more than `5.4`. */

import type { KernelVersion } from "../../uapi/since.ts";

/** Negative when `a` is older than `b`, 0 when they are the same, positive when it is newer. */
export function compareKernels(a: KernelVersion, b: KernelVersion): number {
  const [major, minor] = parts(a);
  const [otherMajor, otherMinor] = parts(b);
  return major - otherMajor || minor - otherMinor;
}

/** `LINUX_VERSION_CODE` of a version's first release: `6.1` is 0x060100. */
export function versionCode(version: KernelVersion): number {
  const [major, minor] = parts(version);
  return (major << 16) | (minor << 8);
}

/** `6.1`, `v6.1.0`, `6.1.85-generic` → `6.1`; null for what is no version. */
export function parseKernelVersion(text: string): KernelVersion | null {
  const match = /^v?(\d{1,3})\.(\d{1,3})(?:[.\-+].*)?$/.exec(text);
  return match === null ? null : `${Number(match[1])}.${Number(match[2])}`;
}

function parts(version: KernelVersion): [number, number] {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return [major, minor];
}
