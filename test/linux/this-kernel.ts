/** What the kernel that runs here lacks, for `skip`: false where nothing is missing. And where tests have file systems to themselves. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cgroupRoot } from "../../src/engine/linux/cgroups.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { probeLinux } from "../../src/engine/linux/probe.ts";
import { atLeast } from "../../src/engine/linux/release.ts";

/** Programs cannot be loaded. */
export const noEngine: string | false = probeLinux().reason ?? false;

export const needs = (since: string): string | false => (atLeast(MACHINE.release, since) ? false : `needs Linux ${since}`);

export const noTypes: string | false = existsSync("/sys/kernel/btf/vmlinux") ? false : "the kernel does not tell its types";

export const noGroups: string | false = cgroupRoot({ facts: MACHINE }) === null ? "no cgroup version 2" : false;

export const noBpftool = (): string | false => (spawnSync("bpftool", ["version"]).status === 0 ? false : "needs bpftool");

/** Before a command: mounts of its own, with a bpf file system that nobody else sees. */
export const PRIVATE_MOUNTS = ["unshare", "-m", "sh", "-c", 'mount -t bpf bpf /sys/fs/bpf && exec "$@"', "sh"] as const;

export function noMounts(): string | false {
  const [unshare, ...args] = PRIVATE_MOUNTS;
  return spawnSync(unshare, [...args, "true"]).status === 0
    ? false
    : "needs mounts of its own, of a bpf file system (root, unshare)";
}
