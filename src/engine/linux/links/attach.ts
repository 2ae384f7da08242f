/** Which file attaches which program. Each is loaded when it is first needed: a tracer reads no network code. */

import { AttachError, FeatureError } from "../../errors.ts";
import type { Attaching } from "./attaching.ts";
import type { LinuxLink } from "./link.ts";

type Attach = (attaching: Attaching) => LinuxLink;

/** @throws AttachError, FeatureError, PrivilegeError */
export async function attach(attaching: Attaching): Promise<LinuxLink> {
  return (await attacherOf(attaching))(attaching);
}

async function attacherOf({ spec }: Attaching): Promise<Attach> {
  switch (spec.type) {
    case "xdp":
      return (await import("./xdp.ts")).attachXdp;
    case "sched_cls":
      if (spec.attachType?.startsWith("netkit_") === true) return (await import("./netkit.ts")).attachNetkit;
      return (await import("./tc.ts")).attachTc;
    case "tracepoint":
      return (await import("./tracepoint.ts")).attachTracepoint;
    case "raw_tracepoint":
    case "raw_tracepoint_writable":
      return (await import("./raw-tracepoint.ts")).attachRawTracepoint;
    case "tracing":
      if (spec.attachType === "trace_iter")
        throw new AttachError(
          `${spec.name}: an iterator is read, and attached nowhere: for await (const line of program.iterate())`,
        );
      return (await import("./tracing.ts")).attachTracing;
    case "ext":
      return (await import("./tracing.ts")).attachTracing;
    case "lsm":
      if (spec.attachType === "lsm_cgroup") return (await import("./cgroup.ts")).attachCgroup;
      return (await import("./tracing.ts")).attachTracing;
    case "kprobe":
      if (/^(usdt|u(ret)?probe)/.test(spec.section)) return (await import("./uprobe.ts")).attachUprobe;
      return (await import("./kprobe.ts")).attachKprobe;
    case "perf_event":
      return (await import("./perf-event.ts")).attachPerfEvent;
    case "cgroup_skb":
    case "cgroup_sock":
    case "cgroup_sock_addr":
    case "cgroup_device":
    case "cgroup_sysctl":
    case "cgroup_sockopt":
    case "sock_ops":
      return (await import("./cgroup.ts")).attachCgroup;
    case "sk_lookup":
    case "flow_dissector":
      return (await import("./network-namespace.ts")).attachNetworkNamespace;
    case "sk_skb":
    case "sk_msg":
      return (await import("./socket-map.ts")).attachSocketMap;
    case "netfilter":
      return (await import("./netfilter.ts")).attachNetfilter;
    case "socket_filter":
    case "sk_reuseport":
      return (await import("./socket.ts")).attachSocket;
    case "syscall":
      throw new AttachError(`${spec.name}: a syscall program is run, and attached nowhere: program.run({ context })`);
    default:
      throw new FeatureError(
        `attaching ${spec.type}`,
        null,
        `program ${spec.name}: the Linux engine does not attach programs of type ${spec.type} yet`,
      );
  }
}
