/** Which attach types a program type takes: `bpf_prog_load_check_attach` of kernel/bpf/syscall.c. Others take any. */

import type { AttachType } from "../../uapi/attach-types.ts";
import type { ProgramType } from "../../uapi/program-types.ts";
import { refuse } from "../refusal.ts";

const TAKES: ReadonlyMap<ProgramType, ReadonlySet<AttachType | null>> = new Map<ProgramType, ReadonlySet<AttachType | null>>([
  [
    "cgroup_sock",
    new Set<AttachType | null>([
      // Null is `cgroup_inet_ingress` (0) to the kernel, which makes it this one (`bpf_prog_load_fixup_attach_type`).
      null,
      "cgroup_inet_sock_create",
      "cgroup_inet_sock_release",
      "cgroup_inet4_post_bind",
      "cgroup_inet6_post_bind",
    ]),
  ],
  [
    "cgroup_sock_addr",
    new Set<AttachType | null>([
      "cgroup_inet4_bind",
      "cgroup_inet6_bind",
      "cgroup_inet4_connect",
      "cgroup_inet6_connect",
      "cgroup_unix_connect",
      "cgroup_inet4_getpeername",
      "cgroup_inet6_getpeername",
      "cgroup_unix_getpeername",
      "cgroup_inet4_getsockname",
      "cgroup_inet6_getsockname",
      "cgroup_unix_getsockname",
      "cgroup_udp4_sendmsg",
      "cgroup_udp6_sendmsg",
      "cgroup_unix_sendmsg",
      "cgroup_udp4_recvmsg",
      "cgroup_udp6_recvmsg",
      "cgroup_unix_recvmsg",
    ]),
  ],
  ["cgroup_skb", new Set<AttachType | null>([null, "cgroup_inet_ingress", "cgroup_inet_egress"])],
  ["cgroup_sockopt", new Set<AttachType | null>(["cgroup_setsockopt", "cgroup_getsockopt"])],
  ["sk_lookup", new Set<AttachType | null>(["sk_lookup"])],
  // Null is made `sk_reuseport_select`.
  ["sk_reuseport", new Set<AttachType | null>([null, "sk_reuseport_select", "sk_reuseport_select_or_migrate"])],
  ["netfilter", new Set<AttachType | null>(["netfilter"])],
  ["tracing", new Set<AttachType | null>(["trace_raw_tp", "trace_fentry", "trace_fexit", "modify_return", "trace_iter"])],
  ["lsm", new Set<AttachType | null>(["lsm_mac", "lsm_cgroup"])],
  ["syscall", new Set<AttachType | null>([null, "cgroup_inet_ingress"])],
  ["ext", new Set<AttachType | null>([null, "cgroup_inet_ingress"])],
]);

export function takesAttachType(type: ProgramType, attachType: AttachType | null): boolean {
  return TAKES.get(type)?.has(attachType) ?? true;
}

export function checkAttachType(type: ProgramType, attachType: AttachType | null): void {
  if (!takesAttachType(type, attachType))
    refuse(`programs of type ${type} cannot be loaded with ${attachType ?? "no attach type"}`, "EINVAL");
}
