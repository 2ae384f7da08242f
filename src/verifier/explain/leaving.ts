/** How a program leaves a packet or event alone: what suggested checks return. */

import type { ProgramType } from "../../uapi/program-types.ts";

export interface Leaving {
  readonly value: number;
  /** As C and TypeScript say it; null where it depends on what the program is for. */
  readonly text: string | null;
}

export function leavingOf(type: ProgramType): Leaving {
  switch (type) {
    case "xdp":
      return { value: 2, text: "XDP_PASS" };
    case "sched_cls":
    case "sched_act":
      return { value: 0, text: "TC_ACT_OK" };
    case "kprobe":
    case "tracepoint":
    case "raw_tracepoint":
    case "perf_event":
    case "tracing":
    case "lsm":
    case "syscall":
      return { value: 0, text: "0" };
    case "cgroup_skb":
    case "cgroup_sock_addr":
    case "cgroup_sock":
    case "sock_ops":
    case "cgroup_device":
      return { value: 1, text: "1" };
    default:
      return { value: type.startsWith("cgroup") || type === "sk_lookup" ? 1 : 0, text: null };
  }
}
