// Data about program types: those that `BPF_PROG_TEST_RUN` gives a packet (`test_run` of each type's `bpf_prog_ops`, net/core/filter.c and net/bpf/test_run.c).

import type { ProgramType } from "../../../uapi/program-types.ts";

export const RUNS_ON_PACKETS: ReadonlySet<ProgramType> = new Set([
  "socket_filter",
  "sched_cls",
  "sched_act",
  "xdp",
  "cgroup_skb",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "sk_skb",
  "lwt_seg6local",
  "flow_dissector",
]);
