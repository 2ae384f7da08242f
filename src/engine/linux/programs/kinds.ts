// Data about program types: the capabilities that loading one needs (`bpf_prog_load` of kernel/bpf/syscall.c: is_net_admin_prog_type, is_perfmon_prog_type).

import type { ProgramType } from "../../../uapi/program-types.ts";
import type { Capability } from "../privileges.ts";

export interface ProgramKind {
  readonly needs: readonly Capability[];
  /** `BPF_PROG_TEST_RUN` takes a packet. */
  readonly runsOnPackets: boolean;
}

const NET: readonly Capability[] = ["CAP_BPF", "CAP_NET_ADMIN"];
const TRACE: readonly Capability[] = ["CAP_BPF", "CAP_PERFMON"];
const PLAIN: readonly Capability[] = ["CAP_BPF"];
const kind = (needs: readonly Capability[], runsOnPackets = false): ProgramKind => ({
  needs,
  runsOnPackets,
});

export const PROGRAM_KINDS: Readonly<Record<ProgramType, ProgramKind>> = {
  unspec: kind(PLAIN),
  socket_filter: kind(PLAIN, true),
  kprobe: kind(TRACE),
  sched_cls: kind(NET, true),
  sched_act: kind(NET, true),
  tracepoint: kind(TRACE),
  xdp: kind(NET, true),
  perf_event: kind(TRACE),
  cgroup_skb: kind(PLAIN, true),
  cgroup_sock: kind(NET),
  lwt_in: kind(NET, true),
  lwt_out: kind(NET, true),
  lwt_xmit: kind(NET, true),
  sock_ops: kind(NET),
  sk_skb: kind(NET, true),
  cgroup_device: kind(NET),
  sk_msg: kind(NET),
  raw_tracepoint: kind(TRACE),
  cgroup_sock_addr: kind(NET),
  lwt_seg6local: kind(NET, true),
  lirc_mode2: kind(NET),
  sk_reuseport: kind(PLAIN),
  flow_dissector: kind(NET, true),
  cgroup_sysctl: kind(NET),
  raw_tracepoint_writable: kind(TRACE),
  cgroup_sockopt: kind(NET),
  tracing: kind(TRACE),
  struct_ops: kind(NET),
  ext: kind(NET),
  lsm: kind(TRACE),
  sk_lookup: kind(NET),
  syscall: kind(PLAIN),
  netfilter: kind(NET),
};
