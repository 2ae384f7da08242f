/** How the measured tables name program types: a type, and its attach type where the kernel tells programs apart by it. */

import type { AttachType } from "../attach-types.ts";
import type { ProgramType } from "../program-types.ts";

/** Variants of types whose context and helpers depend on what they attach to. Those that a prober did not ask are like one that it did. */
const BY_ATTACH_TYPE: Readonly<Partial<Record<AttachType, string>>> = {
  cgroup_inet_ingress: "cgroup_skb/ingress",
  cgroup_inet_egress: "cgroup_skb/egress",
  cgroup_inet_sock_create: "cgroup_sock/create",
  cgroup_inet_sock_release: "cgroup_sock/release",
  cgroup_inet4_post_bind: "cgroup_sock/post_bind4",
  cgroup_inet6_post_bind: "cgroup_sock/post_bind6",
  cgroup_inet4_bind: "sock_addr/bind4",
  cgroup_inet6_bind: "sock_addr/bind6",
  cgroup_inet4_connect: "sock_addr/connect4",
  cgroup_inet6_connect: "sock_addr/connect6",
  cgroup_udp4_sendmsg: "sock_addr/sendmsg4",
  cgroup_udp6_sendmsg: "sock_addr/sendmsg6",
  cgroup_udp4_recvmsg: "sock_addr/recvmsg4",
  cgroup_udp6_recvmsg: "sock_addr/recvmsg6",
  // What receives, and what answers for a peer or a socket: the same context, and no bpf_set_retval.
  cgroup_inet4_getpeername: "sock_addr/recvmsg4",
  cgroup_inet6_getpeername: "sock_addr/recvmsg6",
  cgroup_inet4_getsockname: "sock_addr/recvmsg4",
  cgroup_inet6_getsockname: "sock_addr/recvmsg6",
  cgroup_unix_connect: "sock_addr/connect_unix",
  cgroup_unix_sendmsg: "sock_addr/connect_unix",
  cgroup_unix_recvmsg: "sock_addr/connect_unix",
  cgroup_unix_getpeername: "sock_addr/connect_unix",
  cgroup_unix_getsockname: "sock_addr/connect_unix",
  cgroup_getsockopt: "cgroup_getsockopt",
  cgroup_setsockopt: "cgroup_setsockopt",
};

const HAVE_VARIANTS: ReadonlySet<ProgramType> = new Set(["cgroup_skb", "cgroup_sock", "cgroup_sock_addr", "cgroup_sockopt"]);

/** The table of contexts that holds for such programs. */
export function contextVariant(type: ProgramType, attachType: AttachType | null): string {
  if (type === "xdp") return attachType === "xdp_devmap" ? "xdp/devmap" : "xdp";
  if (type === "raw_tracepoint_writable") return "raw_tp_writable";
  if (!HAVE_VARIANTS.has(type) || attachType === null) return type;
  return BY_ATTACH_TYPE[attachType] ?? type;
}

/** The table of helpers, and of kernel functions. */
export function offerVariant(type: ProgramType, attachType: AttachType | null): string {
  switch (type) {
    case "cgroup_sock_addr":
      // Unix sockets: as what does the same with an address of IPv4, but never bpf_bind.
      if (
        attachType === "cgroup_unix_recvmsg" ||
        attachType === "cgroup_unix_getpeername" ||
        attachType === "cgroup_unix_getsockname"
      )
        return "sock_addr/recvmsg4";
      return contextVariant(type, attachType);
    case "tracing":
      return attachType === "trace_iter" ? "iter/task" : "tp_btf/sched_switch";
    case "lsm":
      return "tp_btf/sched_switch";
    case "struct_ops":
      return "sk_reuseport";
    case "lirc_mode2":
      return "flow_dissector";
    default:
      return contextVariant(type, attachType);
  }
}
