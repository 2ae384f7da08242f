// Data about program types: the first kernel that has each (kernel changelogs, as collected in bcc's docs/kernel-versions.md) and
// the capabilities that loading one needs (`bpf_prog_load` of kernel/bpf/syscall.c: is_net_admin_prog_type, is_perfmon_prog_type).

import type { ProgramType } from "../../../uapi/program-types.ts";
import type { Capability } from "../privileges.ts";

export interface ProgramKind {
  readonly since: string;
  readonly needs: readonly Capability[];
  /** `BPF_PROG_TEST_RUN` takes a packet. */
  readonly runsOnPackets: boolean;
}

const NET: readonly Capability[] = ["CAP_BPF", "CAP_NET_ADMIN"];
const TRACE: readonly Capability[] = ["CAP_BPF", "CAP_PERFMON"];
const PLAIN: readonly Capability[] = ["CAP_BPF"];
const kind = (since: string, needs: readonly Capability[], runsOnPackets = false): ProgramKind => ({
  since,
  needs,
  runsOnPackets,
});

export const PROGRAM_KINDS: Readonly<Record<ProgramType, ProgramKind>> = {
  unspec: kind("3.19", PLAIN),
  socket_filter: kind("3.19", PLAIN, true),
  kprobe: kind("4.1", TRACE),
  sched_cls: kind("4.1", NET, true),
  sched_act: kind("4.1", NET, true),
  tracepoint: kind("4.7", TRACE),
  xdp: kind("4.8", NET, true),
  perf_event: kind("4.9", TRACE),
  cgroup_skb: kind("4.10", PLAIN, true),
  cgroup_sock: kind("4.10", NET),
  lwt_in: kind("4.10", NET, true),
  lwt_out: kind("4.10", NET, true),
  lwt_xmit: kind("4.10", NET, true),
  sock_ops: kind("4.13", NET),
  sk_skb: kind("4.14", NET, true),
  cgroup_device: kind("4.15", NET),
  sk_msg: kind("4.17", NET),
  raw_tracepoint: kind("4.17", TRACE),
  cgroup_sock_addr: kind("4.17", NET),
  lwt_seg6local: kind("4.18", NET, true),
  lirc_mode2: kind("4.18", NET),
  sk_reuseport: kind("4.19", PLAIN),
  flow_dissector: kind("4.20", NET, true),
  cgroup_sysctl: kind("5.2", NET),
  raw_tracepoint_writable: kind("5.2", TRACE),
  cgroup_sockopt: kind("5.3", NET),
  tracing: kind("5.5", TRACE),
  struct_ops: kind("5.6", NET),
  ext: kind("5.6", NET),
  lsm: kind("5.7", TRACE),
  sk_lookup: kind("5.9", NET),
  syscall: kind("5.14", PLAIN),
  netfilter: kind("6.4", NET),
};
