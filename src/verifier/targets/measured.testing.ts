/** For tests: the types of programs that scripts/probe-kernel.ts measures, by the names that its tables have. */

import type { AttachType } from "../../uapi/attach-types.ts";
import { PROGRAM_TYPE, type ProgramType } from "../../uapi/program-types.ts";

export interface Measured {
  readonly type: ProgramType;
  readonly attachType: AttachType | null;
  readonly sleepable: boolean;
}

const BY_NAME: Readonly<Record<string, readonly [ProgramType, AttachType | null]>> = {
  "cgroup_skb/ingress": ["cgroup_skb", "cgroup_inet_ingress"],
  "cgroup_skb/egress": ["cgroup_skb", "cgroup_inet_egress"],
  "cgroup_sock/create": ["cgroup_sock", "cgroup_inet_sock_create"],
  "cgroup_sock/release": ["cgroup_sock", "cgroup_inet_sock_release"],
  "cgroup_sock/post_bind4": ["cgroup_sock", "cgroup_inet4_post_bind"],
  "cgroup_sock/post_bind6": ["cgroup_sock", "cgroup_inet6_post_bind"],
  "sock_addr/bind4": ["cgroup_sock_addr", "cgroup_inet4_bind"],
  "sock_addr/bind6": ["cgroup_sock_addr", "cgroup_inet6_bind"],
  "sock_addr/connect4": ["cgroup_sock_addr", "cgroup_inet4_connect"],
  "sock_addr/connect6": ["cgroup_sock_addr", "cgroup_inet6_connect"],
  "sock_addr/sendmsg4": ["cgroup_sock_addr", "cgroup_udp4_sendmsg"],
  "sock_addr/sendmsg6": ["cgroup_sock_addr", "cgroup_udp6_sendmsg"],
  "sock_addr/recvmsg4": ["cgroup_sock_addr", "cgroup_udp4_recvmsg"],
  "sock_addr/recvmsg6": ["cgroup_sock_addr", "cgroup_udp6_recvmsg"],
  "sock_addr/getpeername4": ["cgroup_sock_addr", "cgroup_inet4_getpeername"],
  "sock_addr/connect_unix": ["cgroup_sock_addr", "cgroup_unix_connect"],
  cgroup_getsockopt: ["cgroup_sockopt", "cgroup_getsockopt"],
  cgroup_setsockopt: ["cgroup_sockopt", "cgroup_setsockopt"],
  raw_tp_writable: ["raw_tracepoint_writable", null],
  "tp_btf/sched_switch": ["tracing", "trace_raw_tp"],
  "iter/task": ["tracing", "trace_iter"],
  sk_lookup: ["sk_lookup", "sk_lookup"],
  netfilter: ["netfilter", "netfilter"],
  "xdp/frags": ["xdp", null],
  "xdp/devmap": ["xdp", "xdp_devmap"],
  "uprobe.s": ["kprobe", null],
};

export function measuredType(name: string): Measured {
  const sleepable = name === "syscall" || name === "uprobe.s";
  const known = BY_NAME[name];
  if (known !== undefined) return { type: known[0], attachType: known[1], sleepable };
  const type = (Object.keys(PROGRAM_TYPE) as ProgramType[]).find((type) => type === name);
  if (type === undefined) throw new Error(`no program type is called ${name}`);
  return { type, attachType: null, sleepable };
}
