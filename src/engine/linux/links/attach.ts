/** Which file attaches which program. All of them are read when something is first attached: one file of a bundle. */

import { AttachError, FeatureError } from "../../errors.ts";
import type { Attaching } from "./attaching.ts";
import { attachCgroup } from "./cgroup.ts";
import { attachKprobe } from "./kprobe.ts";
import type { LinuxLink } from "./link.ts";
import { attachLirc } from "./lirc.ts";
import { attachToRoute } from "./lwt.ts";
import { attachNetfilter } from "./netfilter.ts";
import { attachNetkit } from "./netkit.ts";
import { attachNetworkNamespace } from "./network-namespace.ts";
import { attachPerfEvent } from "./perf-event.ts";
import { attachRawTracepoint } from "./raw-tracepoint.ts";
import { attachSocket } from "./socket.ts";
import { attachSocketMap } from "./socket-map.ts";
import { attachAction, attachTc } from "./tc.ts";
import { attachTracepoint } from "./tracepoint.ts";
import { attachTracing } from "./tracing.ts";
import { attachUprobe } from "./uprobe.ts";
import { attachUsdt } from "./usdt.ts";
import { attachXdp } from "./xdp.ts";

type Attach = (attaching: Attaching) => LinuxLink;

/** @throws AttachError, FeatureError, PrivilegeError */
export function attach(attaching: Attaching): LinuxLink {
  return attacherOf(attaching)(attaching);
}

function attacherOf({ spec }: Attaching): Attach {
  switch (spec.type) {
    case "xdp":
      return attachXdp;
    case "sched_cls":
      if (spec.attachType?.startsWith("netkit_") === true) return attachNetkit;
      return attachTc;
    case "tracepoint":
      return attachTracepoint;
    case "raw_tracepoint":
    case "raw_tracepoint_writable":
      return attachRawTracepoint;
    case "tracing":
      if (spec.attachType === "trace_iter")
        throw new AttachError(
          `${spec.name}: an iterator is read, and attached nowhere: for await (const line of program.iterate())`,
        );
      if (spec.attachType?.endsWith("_multi") === true) return notOffered(spec.section.replace(/\/.*/, ""), spec.name);
      return attachTracing;
    case "ext":
      return attachTracing;
    case "lsm":
      if (spec.attachType === "lsm_cgroup") return attachCgroup;
      return attachTracing;
    case "kprobe":
      if (spec.section.startsWith("usdt")) return attachUsdt;
      if (/^u(ret)?probe/.test(spec.section)) return attachUprobe;
      return attachKprobe;
    case "perf_event":
      return attachPerfEvent;
    case "cgroup_skb":
    case "cgroup_sock":
    case "cgroup_sock_addr":
    case "cgroup_device":
    case "cgroup_sysctl":
    case "cgroup_sockopt":
    case "sock_ops":
      return attachCgroup;
    case "sk_lookup":
    case "flow_dissector":
      return attachNetworkNamespace;
    case "sk_skb":
    case "sk_msg":
      return attachSocketMap;
    case "netfilter":
      return attachNetfilter;
    case "sched_act":
      return attachAction;
    case "lwt_in":
    case "lwt_out":
    case "lwt_xmit":
    case "lwt_seg6local":
      return attachToRoute;
    case "lirc_mode2":
      return attachLirc;
    case "socket_filter":
    case "sk_reuseport":
      return attachSocket;
    case "struct_ops":
      throw new AttachError(
        `${spec.name}: it implements a part of an interface, which is attached as a whole: maps.NAME.attach()`,
      );
    case "syscall":
      throw new AttachError(`${spec.name}: a syscall program is run, and attached nowhere: program.run({ context })`);
    default:
      return notOffered(spec.type, spec.name);
  }
}

function notOffered(kind: string, program: string): never {
  const message = `program ${program}: the Linux engine does not attach programs of kind ${kind} yet`;
  throw new FeatureError(`attaching ${kind}`, null, message);
}
