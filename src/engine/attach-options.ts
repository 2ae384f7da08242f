/** Where a program is attached, and how: what each type of program may be told. Without, its section says it. */

import type { ProgramType } from "../uapi/program-types.ts";
import type { MapHandle } from "./maps.ts";

/** A link, as far as its place among others goes: `Link` of engine.ts. */
export interface LinkHandle {
  readonly description: string;
}

/** All of it. Which fields a type of program takes says `AttachOptionsOf`; a field that goes with another one is an AttachError. */
export interface AttachOptions {
  /** XDP, tc, netkit, socket filters: name of the network interface (Linux), or of a device of the engine's room (embedded). */
  readonly interface?: string;
  /** XDP only: in the driver, in the network stack, or whichever the kernel chooses (the default). */
  readonly mode?: "native" | "generic";
  /** tc and cgroup_skb: on packets that come in, or on those that leave. Default: what the section says, else `ingress`. */
  readonly direction?: "ingress" | "egress";
  /** cgroup kinds and perf_event: the group whose processes it is for, e.g. `/web`; in Linux also its folder, `/sys/fs/cgroup/web`. */
  readonly cgroup?: string;
  /** Programs for hooks of an application's own: the hook. Default: what the section says. */
  readonly hook?: { readonly name: string };
  /**
   * Tracing kinds: the event, as a section names it behind its first `/`: `syscalls/sys_enter_openat`, `sched_switch`,
   * `libc.so.6:malloc`, `/usr/bin/bash:readline+0x10`. perf_event: what is counted, as perf(1) names it: `cpu-clock` (default),
   * `context-switches`, `cpu-cycles`, `L1-dcache-load-misses`, `r1a8`, `mem:0x1234:w`, `cpu/event=0x3c/` … Default: what the section says.
   */
  readonly event?: string;
  /** uprobes: the library (`libc.so.6`) or file that `event` speaks of, in the place of the one that it names. */
  readonly library?: string;
  /** uprobes and perf_event: that process alone. Default: all. */
  readonly pid?: number;
  /** perf_event: that CPU alone. Default: all. */
  readonly cpu?: number;
  /** Tracing kinds: what `bpf_get_attach_cookie` gives to the program, u64 (Linux 5.15). Default 0. */
  readonly cookie?: number | bigint;
  /** perf_event: samples a second, 1 to 1,000,000,000. Default: 99 in Linux, and when somebody emits the event (embedded). */
  readonly frequency?: number;
  /** perf_event: one sample every so many events, instead of a frequency. Linux only. */
  readonly period?: number;
  /** sk_skb and sk_msg: the sockmap or sockhash whose sockets it is for. Linux only. */
  readonly map?: MapHandle;
  /** sk_lookup and flow_dissector: a network namespace by name (`ip netns`) or path. Default: this process's. Linux only. */
  readonly netns?: string;
  /** netfilter: where. Linux only (6.4). */
  readonly netfilter?: NetfilterPlace;
  /** lwt kinds: the route whose packets it is for; it is made for the program, by the `interface`. Linux only. */
  readonly route?: RoutePlace;
  /** lirc_mode2: the infrared receiver, `/dev/lirc0`. Linux only. */
  readonly device?: string;
  /** socket filters and sk_reuseport: descriptor of the socket. Linux only. */
  readonly socket?: number;
  /** Where among the programs at the same hook, for hooks that run several. Default: last. */
  readonly position?: "first" | "last" | { readonly before: LinkHandle } | { readonly after: LinkHandle };
  /**
   * tc, netkit and cgroup kinds: only if the programs at that hook are still those of this revision, which counts up with every change, as
   * `BPF_PROG_QUERY` tells it. Linux only (6.6; cgroups: 6.17).
   */
  readonly revision?: number | bigint;
}

export interface NetfilterPlace {
  readonly family: "ipv4" | "ipv6";
  readonly hook: "prerouting" | "input" | "forward" | "output" | "postrouting";
  /** -2147483647 to 2147483646, lower ones first; conntrack is -200, filters 0. Default 0. */
  readonly priority?: number;
  /** Packets in fragments are put together first. Default false. */
  readonly defragment?: boolean;
}

export interface RoutePlace {
  /** Where it leads: `198.51.100.0/24`, `2001:db8:1::/48`. */
  readonly to: string;
  /** The address of the next router. Default: what it leads to is on the other side of the interface. */
  readonly via?: string;
  /** Number of the routing table. Default: 254, the main one. */
  readonly table?: number;
}

type Event = "event" | "cookie";

/** Which options each type of program takes. */
interface Fields {
  xdp: "interface" | "mode";
  sched_cls: "interface" | "direction" | "position" | "revision";
  socket_filter: "interface" | "socket" | "position";
  sk_reuseport: "socket";
  kprobe: Event | "library" | "pid" | "position";
  tracepoint: Event | "position";
  raw_tracepoint: Event | "position";
  raw_tracepoint_writable: Event | "position";
  tracing: Event | "position";
  lsm: Event | "cgroup" | "position" | "revision";
  ext: "position";
  perf_event: Event | "pid" | "cgroup" | "cpu" | "frequency" | "period" | "position";
  cgroup_skb: "cgroup" | "direction" | "position" | "revision";
  cgroup_sock: "cgroup" | "position" | "revision";
  cgroup_sock_addr: "cgroup" | "position" | "revision";
  cgroup_device: "cgroup" | "position" | "revision";
  cgroup_sysctl: "cgroup" | "position" | "revision";
  cgroup_sockopt: "cgroup" | "position" | "revision";
  sock_ops: "cgroup" | "position" | "revision";
  sk_skb: "map";
  sk_msg: "map";
  sk_lookup: "netns";
  flow_dissector: "netns";
  netfilter: "netfilter";
  sched_act: "interface" | "direction";
  lwt_in: "interface" | "route";
  lwt_out: "interface" | "route";
  lwt_xmit: "interface" | "route";
  lwt_seg6local: "interface" | "route";
  lirc_mode2: "device";
}

/** What a program of that type takes; of a type that is not known, anything. */
export type AttachOptionsOf<Type extends ProgramType> = [ProgramType] extends [Type]
  ? AttachOptions
  : Type extends keyof Fields
    ? Pick<AttachOptions, Fields[Type] | "hook">
    : AttachOptions;
