/**
 * What the name of a program's section says: which hook it is for.
 *
 * Source: `section_defs[]` of libbpf 1.8 (src/libbpf.c) and Documentation/bpf/libbpf/program_types.rst, in that order; the
 * first match wins. Names that only other tools or older libbpf versions know are in `OTHER_SECTIONS`.
 */

import type { AttachType } from "../uapi/attach-types.ts";
import type { ProgramType } from "../uapi/program-types.ts";

/** `BPF_F_SLEEPABLE` of linux/bpf.h: the program may sleep. Since Linux 5.10. */
export const BPF_F_SLEEPABLE = 1 << 4;
/** `BPF_F_XDP_HAS_FRAGS` of linux/bpf.h: the program knows packets of several buffers. Since Linux 5.18. */
export const BPF_F_XDP_HAS_FRAGS = 1 << 5;

/** A row of the table. */
export interface SectionRule {
  /** `name`: exactly that. `name+`: that alone, or followed by `/` and a target. */
  readonly name: string;
  readonly type: ProgramType;
  readonly attachType: AttachType | null;
  readonly sleepable: boolean;
  /** XDP only: `BPF_F_XDP_HAS_FRAGS`. */
  readonly frags: boolean;
}

/** What a section name means. */
export interface SectionMeaning {
  /** The name without the `?` prefix. */
  readonly section: string;
  readonly type: ProgramType;
  readonly attachType: AttachType | null;
  /** False when the name starts with `?`: loaded only when asked for by name. */
  readonly autoload: boolean;
  readonly sleepable: boolean;
  /** `BPF_F_*` program flags. */
  readonly flags: number;
  /** What follows the `/`, e.g. `syscalls/sys_enter_openat`; null when nothing does. */
  readonly target: string | null;
  /** False when only `OTHER_SECTIONS` knows the name, or nobody. */
  readonly current: boolean;
}

type Option = "sleepable" | "frags";

function rule(name: string, type: ProgramType, attachType: AttachType | null = null, option?: Option): SectionRule {
  return { name, type, attachType, sleepable: option === "sleepable", frags: option === "frags" };
}

/** The 116 names of libbpf 1.8. */
export const SECTIONS: readonly SectionRule[] = [
  rule("socket", "socket_filter"),
  rule("sk_reuseport/migrate", "sk_reuseport", "sk_reuseport_select_or_migrate"),
  rule("sk_reuseport", "sk_reuseport", "sk_reuseport_select"),
  rule("kprobe+", "kprobe"),
  rule("uprobe+", "kprobe"),
  rule("uprobe.s+", "kprobe", null, "sleepable"),
  rule("kretprobe+", "kprobe"),
  rule("uretprobe+", "kprobe"),
  rule("uretprobe.s+", "kprobe", null, "sleepable"),
  rule("kprobe.multi+", "kprobe", "trace_kprobe_multi"),
  rule("kretprobe.multi+", "kprobe", "trace_kprobe_multi"),
  rule("kprobe.session+", "kprobe", "trace_kprobe_session"),
  rule("uprobe.multi+", "kprobe", "trace_uprobe_multi"),
  rule("uretprobe.multi+", "kprobe", "trace_uprobe_multi"),
  rule("uprobe.session+", "kprobe", "trace_uprobe_session"),
  rule("uprobe.multi.s+", "kprobe", "trace_uprobe_multi", "sleepable"),
  rule("uretprobe.multi.s+", "kprobe", "trace_uprobe_multi", "sleepable"),
  rule("uprobe.session.s+", "kprobe", "trace_uprobe_session", "sleepable"),
  rule("ksyscall+", "kprobe"),
  rule("kretsyscall+", "kprobe"),
  rule("usdt+", "kprobe"),
  rule("usdt.s+", "kprobe", null, "sleepable"),
  rule("tc/ingress", "sched_cls", "tcx_ingress"),
  rule("tc/egress", "sched_cls", "tcx_egress"),
  rule("tcx/ingress", "sched_cls", "tcx_ingress"),
  rule("tcx/egress", "sched_cls", "tcx_egress"),
  rule("tc", "sched_cls"),
  rule("classifier", "sched_cls"),
  rule("action", "sched_act"),
  rule("netkit/primary", "sched_cls", "netkit_primary"),
  rule("netkit/peer", "sched_cls", "netkit_peer"),
  rule("tracepoint+", "tracepoint"),
  rule("tp+", "tracepoint"),
  rule("tracepoint.s+", "tracepoint", null, "sleepable"),
  rule("tp.s+", "tracepoint", null, "sleepable"),
  rule("raw_tracepoint+", "raw_tracepoint"),
  rule("raw_tp+", "raw_tracepoint"),
  rule("raw_tracepoint.s+", "raw_tracepoint", null, "sleepable"),
  rule("raw_tp.s+", "raw_tracepoint", null, "sleepable"),
  rule("raw_tracepoint.w+", "raw_tracepoint_writable"),
  rule("raw_tp.w+", "raw_tracepoint_writable"),
  rule("tp_btf+", "tracing", "trace_raw_tp"),
  rule("tp_btf.s+", "tracing", "trace_raw_tp", "sleepable"),
  rule("fentry+", "tracing", "trace_fentry"),
  rule("fmod_ret+", "tracing", "modify_return"),
  rule("fexit+", "tracing", "trace_fexit"),
  rule("fentry.s+", "tracing", "trace_fentry", "sleepable"),
  rule("fmod_ret.s+", "tracing", "modify_return", "sleepable"),
  rule("fexit.s+", "tracing", "trace_fexit", "sleepable"),
  rule("fsession+", "tracing", "trace_fsession"),
  rule("fsession.s+", "tracing", "trace_fsession", "sleepable"),
  rule("fentry.multi+", "tracing", "trace_fentry_multi"),
  rule("fexit.multi+", "tracing", "trace_fexit_multi"),
  rule("fsession.multi+", "tracing", "trace_fsession_multi"),
  rule("fentry.multi.s+", "tracing", "trace_fentry_multi", "sleepable"),
  rule("fexit.multi.s+", "tracing", "trace_fexit_multi", "sleepable"),
  rule("fsession.multi.s+", "tracing", "trace_fsession_multi", "sleepable"),
  rule("freplace+", "ext"),
  rule("lsm+", "lsm", "lsm_mac"),
  rule("lsm.s+", "lsm", "lsm_mac", "sleepable"),
  rule("lsm_cgroup+", "lsm", "lsm_cgroup"),
  rule("iter+", "tracing", "trace_iter"),
  rule("iter.s+", "tracing", "trace_iter", "sleepable"),
  rule("syscall", "syscall", null, "sleepable"),
  rule("xdp.frags/devmap", "xdp", "xdp_devmap", "frags"),
  rule("xdp/devmap", "xdp", "xdp_devmap"),
  rule("xdp.frags/cpumap", "xdp", "xdp_cpumap", "frags"),
  rule("xdp/cpumap", "xdp", "xdp_cpumap"),
  rule("xdp.frags", "xdp", "xdp", "frags"),
  rule("xdp", "xdp", "xdp"),
  rule("perf_event", "perf_event"),
  rule("lwt_in", "lwt_in"),
  rule("lwt_out", "lwt_out"),
  rule("lwt_xmit", "lwt_xmit"),
  rule("lwt_seg6local", "lwt_seg6local"),
  rule("sockops", "sock_ops", "cgroup_sock_ops"),
  rule("sk_skb/stream_parser", "sk_skb", "sk_skb_stream_parser"),
  rule("sk_skb/stream_verdict", "sk_skb", "sk_skb_stream_verdict"),
  rule("sk_skb/verdict", "sk_skb", "sk_skb_verdict"),
  rule("sk_skb", "sk_skb"),
  rule("sk_msg", "sk_msg", "sk_msg_verdict"),
  rule("lirc_mode2", "lirc_mode2", "lirc_mode2"),
  rule("flow_dissector", "flow_dissector", "flow_dissector"),
  rule("cgroup_skb/ingress", "cgroup_skb", "cgroup_inet_ingress"),
  rule("cgroup_skb/egress", "cgroup_skb", "cgroup_inet_egress"),
  rule("cgroup/skb", "cgroup_skb"),
  rule("cgroup/sock_create", "cgroup_sock", "cgroup_inet_sock_create"),
  rule("cgroup/sock_release", "cgroup_sock", "cgroup_inet_sock_release"),
  rule("cgroup/sock", "cgroup_sock", "cgroup_inet_sock_create"),
  rule("cgroup/post_bind4", "cgroup_sock", "cgroup_inet4_post_bind"),
  rule("cgroup/post_bind6", "cgroup_sock", "cgroup_inet6_post_bind"),
  rule("cgroup/bind4", "cgroup_sock_addr", "cgroup_inet4_bind"),
  rule("cgroup/bind6", "cgroup_sock_addr", "cgroup_inet6_bind"),
  rule("cgroup/connect4", "cgroup_sock_addr", "cgroup_inet4_connect"),
  rule("cgroup/connect6", "cgroup_sock_addr", "cgroup_inet6_connect"),
  rule("cgroup/connect_unix", "cgroup_sock_addr", "cgroup_unix_connect"),
  rule("cgroup/sendmsg4", "cgroup_sock_addr", "cgroup_udp4_sendmsg"),
  rule("cgroup/sendmsg6", "cgroup_sock_addr", "cgroup_udp6_sendmsg"),
  rule("cgroup/sendmsg_unix", "cgroup_sock_addr", "cgroup_unix_sendmsg"),
  rule("cgroup/recvmsg4", "cgroup_sock_addr", "cgroup_udp4_recvmsg"),
  rule("cgroup/recvmsg6", "cgroup_sock_addr", "cgroup_udp6_recvmsg"),
  rule("cgroup/recvmsg_unix", "cgroup_sock_addr", "cgroup_unix_recvmsg"),
  rule("cgroup/getpeername4", "cgroup_sock_addr", "cgroup_inet4_getpeername"),
  rule("cgroup/getpeername6", "cgroup_sock_addr", "cgroup_inet6_getpeername"),
  rule("cgroup/getpeername_unix", "cgroup_sock_addr", "cgroup_unix_getpeername"),
  rule("cgroup/getsockname4", "cgroup_sock_addr", "cgroup_inet4_getsockname"),
  rule("cgroup/getsockname6", "cgroup_sock_addr", "cgroup_inet6_getsockname"),
  rule("cgroup/getsockname_unix", "cgroup_sock_addr", "cgroup_unix_getsockname"),
  rule("cgroup/sysctl", "cgroup_sysctl", "cgroup_sysctl"),
  rule("cgroup/getsockopt", "cgroup_sockopt", "cgroup_getsockopt"),
  rule("cgroup/setsockopt", "cgroup_sockopt", "cgroup_setsockopt"),
  rule("cgroup/dev", "cgroup_device", "cgroup_device"),
  rule("struct_ops+", "struct_ops"),
  rule("struct_ops.s+", "struct_ops", null, "sleepable"),
  rule("sk_lookup", "sk_lookup", "sk_lookup"),
  rule("netfilter", "netfilter", "netfilter"),
];

/**
 * What a name meant before libbpf 1.0, or means to iproute2, bcc, gobpf, Cilium and aya. Here `name+` matches every name that
 * starts with it, as those tools match: `xdp_drop`, `socket1`, `classifier/ingress`, `perf_event/cycles`. Longer names first.
 */
export const OTHER_SECTIONS: readonly SectionRule[] = [
  rule("xdp_devmap+", "xdp", "xdp_devmap"),
  rule("xdp_cpumap+", "xdp", "xdp_cpumap"),
  rule("xdp.frags+", "xdp", "xdp", "frags"),
  rule("xdp+", "xdp", "xdp"),
  rule("classifier+", "sched_cls"),
  rule("cls_+", "sched_cls"),
  rule("cls/+", "sched_cls"),
  rule("tcx/+", "sched_cls"),
  rule("tc/+", "sched_cls"),
  rule("tc_+", "sched_cls"),
  rule("tc-+", "sched_cls"),
  rule("netkit/+", "sched_cls"),
  rule("action+", "sched_act"),
  rule("act_+", "sched_act"),
  rule("socket+", "socket_filter"),
  rule("filter+", "socket_filter"),
  rule("sock_ops+", "sock_ops", "cgroup_sock_ops"),
  rule("sockops+", "sock_ops", "cgroup_sock_ops"),
  rule("sk_reuseport+", "sk_reuseport", "sk_reuseport_select"),
  rule("sk_lookup+", "sk_lookup", "sk_lookup"),
  rule("sk_skb/stream_parser+", "sk_skb", "sk_skb_stream_parser"),
  rule("sk_skb/stream_verdict+", "sk_skb", "sk_skb_stream_verdict"),
  rule("sk_skb+", "sk_skb"),
  rule("sk_msg+", "sk_msg", "sk_msg_verdict"),
  rule("perf_event+", "perf_event"),
  rule("lwt_in+", "lwt_in"),
  rule("lwt_out+", "lwt_out"),
  rule("lwt_xmit+", "lwt_xmit"),
  rule("lwt_seg6local+", "lwt_seg6local"),
  rule("seg6local+", "lwt_seg6local"),
  rule("lirc_mode2+", "lirc_mode2", "lirc_mode2"),
  rule("flow_dissector+", "flow_dissector", "flow_dissector"),
  rule("cgroup_skb/ingress+", "cgroup_skb", "cgroup_inet_ingress"),
  rule("cgroup_skb/egress+", "cgroup_skb", "cgroup_inet_egress"),
  rule("cgroup/skb/ingress+", "cgroup_skb", "cgroup_inet_ingress"),
  rule("cgroup/skb/egress+", "cgroup_skb", "cgroup_inet_egress"),
  rule("cgroup_skb+", "cgroup_skb"),
  rule("cgroup/skb+", "cgroup_skb"),
  rule("cgroup/sock_create+", "cgroup_sock", "cgroup_inet_sock_create"),
  rule("cgroup/sock_release+", "cgroup_sock", "cgroup_inet_sock_release"),
  rule("cgroup/post_bind4+", "cgroup_sock", "cgroup_inet4_post_bind"),
  rule("cgroup/post_bind6+", "cgroup_sock", "cgroup_inet6_post_bind"),
  rule("cgroup/bind4+", "cgroup_sock_addr", "cgroup_inet4_bind"),
  rule("cgroup/bind6+", "cgroup_sock_addr", "cgroup_inet6_bind"),
  rule("cgroup/connect4+", "cgroup_sock_addr", "cgroup_inet4_connect"),
  rule("cgroup/connect6+", "cgroup_sock_addr", "cgroup_inet6_connect"),
  rule("cgroup/sendmsg4+", "cgroup_sock_addr", "cgroup_udp4_sendmsg"),
  rule("cgroup/sendmsg6+", "cgroup_sock_addr", "cgroup_udp6_sendmsg"),
  rule("cgroup/recvmsg4+", "cgroup_sock_addr", "cgroup_udp4_recvmsg"),
  rule("cgroup/recvmsg6+", "cgroup_sock_addr", "cgroup_udp6_recvmsg"),
  rule("cgroup/getpeername4+", "cgroup_sock_addr", "cgroup_inet4_getpeername"),
  rule("cgroup/getpeername6+", "cgroup_sock_addr", "cgroup_inet6_getpeername"),
  rule("cgroup/getsockname4+", "cgroup_sock_addr", "cgroup_inet4_getsockname"),
  rule("cgroup/getsockname6+", "cgroup_sock_addr", "cgroup_inet6_getsockname"),
  rule("cgroup/getsockopt+", "cgroup_sockopt", "cgroup_getsockopt"),
  rule("cgroup/setsockopt+", "cgroup_sockopt", "cgroup_setsockopt"),
  rule("cgroup/sysctl+", "cgroup_sysctl", "cgroup_sysctl"),
  rule("cgroup/dev+", "cgroup_device", "cgroup_device"),
  rule("cgroup/sock+", "cgroup_sock", "cgroup_inet_sock_create"),
  rule("netfilter+", "netfilter", "netfilter"),
  rule("syscall+", "syscall", null, "sleepable"),
  rule("struct_ops+", "struct_ops"),
  rule("uprobe+", "kprobe"),
  rule("uretprobe+", "kprobe"),
  rule("kprobe+", "kprobe"),
  rule("kretprobe+", "kprobe"),
  rule("tracepoint+", "tracepoint"),
  rule("raw_tracepoint+", "raw_tracepoint"),
];

const EXACT = new Map<string, SectionRule>();
/** Rules with `+`, by the name before the first `/` of a section. */
const WITH_TARGET = new Map<string, SectionRule>();
for (const entry of SECTIONS) {
  // No two rows match the same name, so looking up by name finds the first match.
  if (entry.name.endsWith("+")) WITH_TARGET.set(entry.name.slice(0, -1), entry);
  else EXACT.set(entry.name, entry);
}

/** What a section name means; type `unspec` when no tool that we know gives it a meaning. */
export function sectionMeaning(name: string): SectionMeaning {
  const autoload = !name.startsWith("?");
  const section = autoload ? name : name.slice(1);
  const slash = section.indexOf("/");
  const stem = slash < 0 ? section : section.slice(0, slash);
  const found = EXACT.get(section) ?? WITH_TARGET.get(stem);
  if (found !== undefined) {
    const target = slash < 0 || !found.name.endsWith("+") ? null : section.slice(slash + 1);
    return meaning(section, autoload, found, target, true);
  }
  const other = OTHER_SECTIONS.find((entry) => section.startsWith(entry.name.slice(0, -1)));
  if (other === undefined) {
    return { section, type: "unspec", attachType: null, autoload, sleepable: false, flags: 0, target: null, current: false };
  }
  const rest = section.slice(other.name.length - 1).replace(/^[/_]/, "");
  return meaning(section, autoload, other, rest === "" ? null : rest, false);
}

function meaning(
  section: string,
  autoload: boolean,
  found: SectionRule,
  target: string | null,
  current: boolean,
): SectionMeaning {
  const flags = (found.sleepable ? BPF_F_SLEEPABLE : 0) | (found.frags ? BPF_F_XDP_HAS_FRAGS : 0);
  const { type, attachType, sleepable } = found;
  return { section, type, attachType, autoload, sleepable, flags, target, current };
}
