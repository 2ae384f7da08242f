/**
 * What a kernel says of a link (`struct bpf_link_info` of linux/bpf.h, since 5.8): where a program is attached, by the kernel's own numbers.
 * Names of types are the kernel's, in lower case without prefix; what is newer than this table is its number as text.
 */

import type { AttachType } from "../uapi/attach-types.ts";

/** An attach type that may be newer than Skep. */
type Attached = AttachType | (string & {});

export interface LinkCommon {
  /** The kernel's number for it, as `bpftool link` shows. */
  readonly id: number;
  /** Number of the program; 0 where it is not one program. */
  readonly program: number;
}

/** `raw_tp/NAME` and `tp_btf/NAME`. */
export interface RawTracepointLinkInfo extends LinkCommon {
  readonly type: "raw_tracepoint";
  readonly tracepoint: string;
  /** 6.18; 0 before. */
  readonly cookie: bigint;
}

/** fentry, fexit, fmod_ret, LSM, freplace. */
export interface TracingLinkInfo extends LinkCommon {
  readonly type: "tracing";
  readonly attachType: Attached;
  /** What it is attached to: a type of a BTF object of the kernel's; for freplace and programs on programs, the program's number and a type of its own. */
  readonly target: { readonly object: number; readonly type: number };
  /** 6.18; 0 before. */
  readonly cookie: bigint;
}

export interface CgroupLinkInfo extends LinkCommon {
  readonly type: "cgroup";
  readonly attachType: Attached;
  /** Number of the group: the inode of its folder. 0 once it is gone. */
  readonly cgroup: bigint;
}

export interface IterLinkInfo extends LinkCommon {
  readonly type: "iter";
  /** `task`, `bpf_map_elem` … */
  readonly target: string;
  /** What it goes through, where its kind knows that. */
  readonly map?: number;
  readonly cgroup?: { readonly id: bigint; readonly order: number };
  readonly task?: { readonly tid: number; readonly pid: number };
}

/** sk_lookup, flow_dissector. */
export interface NetworkNamespaceLinkInfo extends LinkCommon {
  readonly type: "netns";
  readonly attachType: Attached;
  /** Inode of the network namespace; 0 once it is gone. */
  readonly namespace: number;
}

export interface InterfaceLinkInfo extends LinkCommon {
  readonly type: "xdp" | "tcx" | "netkit";
  readonly attachType: Attached;
  /** Index of the interface in its network namespace; 0 once it is gone. */
  readonly interface: number;
}

/** Tracepoints, kprobes, uprobes, samples. What it is about is told since 6.6, cookies since 6.9. */
export interface PerfEventLinkInfo extends LinkCommon {
  readonly type: "perf_event";
  readonly event: PerfEvent;
}

export type PerfEvent =
  | { readonly kind: "unknown" }
  | { readonly kind: "tracepoint"; readonly name: string; readonly cookie: bigint }
  | {
      readonly kind: "kprobe" | "kretprobe";
      readonly function: string;
      /** Bytes from the function's begin. */
      readonly offset: number;
      /** 0 where the kernel shows no addresses. */
      readonly address: bigint;
      /** Times that it was not called because the kernel was in a probe already. */
      readonly missed: bigint;
      readonly cookie: bigint;
    }
  | {
      readonly kind: "uprobe" | "uretprobe";
      readonly file: string;
      /** Bytes from the file's start. */
      readonly offset: number;
      /** Of its counter, the same; 0: it has none (6.16). */
      readonly semaphore: bigint;
      readonly cookie: bigint;
    }
  /** `perf_event_attr.type` and `config`. */
  | { readonly kind: "event"; readonly event: number; readonly config: bigint; readonly cookie: bigint };

export interface KprobeMultiLinkInfo extends LinkCommon {
  readonly type: "kprobe_multi";
  readonly returns: boolean;
  /** Zeroes where the kernel shows no addresses. */
  readonly addresses: readonly bigint[];
  /** One for each address (6.9). */
  readonly cookies: readonly bigint[];
  readonly missed: bigint;
}

export interface UprobeMultiLinkInfo extends LinkCommon {
  readonly type: "uprobe_multi";
  readonly returns: boolean;
  readonly file: string;
  /** Bytes from the file's start; as many semaphores, of which 0 is none, and cookies. */
  readonly offsets: readonly bigint[];
  readonly semaphores: readonly bigint[];
  readonly cookies: readonly bigint[];
  /** That process alone; 0: all. */
  readonly pid: number;
}

export interface StructOpsLinkInfo extends LinkCommon {
  readonly type: "struct_ops";
  readonly map: number;
}

export interface NetfilterLinkInfo extends LinkCommon {
  readonly type: "netfilter";
  readonly family: "ipv4" | "ipv6" | (string & {});
  readonly hook: "prerouting" | "input" | "forward" | "output" | "postrouting" | (string & {});
  readonly priority: number;
  readonly defragment: boolean;
}

export interface SocketMapLinkInfo extends LinkCommon {
  readonly type: "sockmap";
  readonly attachType: Attached;
  readonly map: number;
}

/** Of a type that is newer than Skep: the number of `enum bpf_link_type`. */
export interface UnknownLinkInfo extends LinkCommon {
  readonly type: "unknown";
  readonly number: number;
}

export type LinkInfo =
  | RawTracepointLinkInfo
  | TracingLinkInfo
  | CgroupLinkInfo
  | IterLinkInfo
  | NetworkNamespaceLinkInfo
  | InterfaceLinkInfo
  | PerfEventLinkInfo
  | KprobeMultiLinkInfo
  | UprobeMultiLinkInfo
  | StructOpsLinkInfo
  | NetfilterLinkInfo
  | SocketMapLinkInfo
  | UnknownLinkInfo;
