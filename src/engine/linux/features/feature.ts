/** What is said of one thing that a kernel may have. Plain data. */

import type { KernelVersion } from "../../../uapi/since.ts";

export type FeatureKind =
  | "program type"
  | "map type"
  | "attach type"
  | "link type"
  | "command"
  | "map flag"
  | "program flag"
  | "instructions"
  | "types"
  | "hook"
  | "other";

export interface Feature {
  readonly kind: FeatureKind;
  /** As Skep and bpftool write it: `ringbuf`, `sched_cls`, `BPF_F_MMAPABLE`, `v4`. */
  readonly name: string;
  readonly available: "yes" | "no" | "unknown";
  /** The first mainline Linux that has it; a distribution may have brought it to an older one. Null: no version decides. */
  readonly since: KernelVersion | null;
  /**
   * How it is known: the kernel's own `types`, a `probe` (it was asked to make one), its `configuration`, files of the machine
   * (`files`), or only its `version`.
   */
  readonly evidence: "types" | "probe" | "configuration" | "files" | "version" | null;
  /** Why it is not there, or not known; null when it is there. */
  readonly cause: Cause | null;
  /** The same for people: `CONFIG_NETKIT is not set`. */
  readonly reason: string | null;
}

/**
 * - `older kernel`: it came with a later version.
 * - `not built in`: the kernel was built without it.
 * - `refused`: the kernel has it, and does not let anybody use it (BPF trampolines, lockdown).
 * - `hardware`: this machine has no such device.
 * - `not told`: neither its types nor a probe say, and it does not tell its configuration.
 * - `not permitted`: only a process with more rights can find out.
 * - `unexplained`: it should be there, and is not.
 */
export type Cause = "older kernel" | "not built in" | "refused" | "hardware" | "not told" | "not permitted" | "unexplained";

/** Which helpers, or functions of the kernel, programs of a type may call. */
export interface Callables {
  /** A program type, with its attach type where that decides: `xdp`, `cgroup_sock_addr/cgroup_inet4_connect`. */
  readonly programs: string;
  readonly available: readonly string[];
  /** Those that only a probe could tell, and none was made. */
  readonly unknown: readonly string[];
}
