/**
 * Objects in the kernel, as bpftool loads them: in a child with mounts of its own, because bpftool mounts a BPF file system where there
 * is none, and would leave it. What is pinned there is gone with the child.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Loading happens in a child with a BPF file system of its own, which ends with it: nothing stays loaded or pinned. */
const LOAD = ["-m", "--propagation", "private", "sh", "-e", "-c"];

/** Loads all programs of an object into the kernel and forgets them. @throws AssertionError with what bpftool says. */
export function loadWithBpftool(object: string): void {
  const script = 'mount -t bpf none /sys/fs/bpf; bpftool prog loadall "$1" /sys/fs/bpf/written';
  const { status, stderr } = spawnSync("unshare", [...LOAD, script, "sh", object], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

/** Why that is not possible here, or false. */
export function noKernel(): string | false {
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync("/sys/fs/bpf")) return "needs the BPF file system";
  const { status } = spawnSync("unshare", [...LOAD, "mount -t bpf none /sys/fs/bpf"]);
  return status === 0 ? false : "needs a mount namespace of its own (unshare)";
}
