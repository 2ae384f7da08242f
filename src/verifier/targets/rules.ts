/** What holds for programs by type and attach type, beside their contexts: what they may return, packets, sleeping. */

import type { AttachType } from "../../uapi/attach-types.ts";
import { contextVariant } from "../../uapi/offers/variants.ts";
import type { ProgramType } from "../../uapi/program-types.ts";
import { PROGRAM_TYPE_SINCE } from "../../uapi/since.ts";
import { takesAttachType } from "../prepare/attach-type.ts";
import type { ProgramRules } from "../target.ts";
import { contextAccess, NO_ACCESS } from "./contexts.ts";

/** Name of the context's struct in uapi headers; empty where it is an array or what BTF says. */
const CONTEXT_NAME: Readonly<Record<Exclude<ProgramType, "unspec">, string>> = {
  socket_filter: "__sk_buff",
  kprobe: "bpf_user_pt_regs_t",
  sched_cls: "__sk_buff",
  sched_act: "__sk_buff",
  tracepoint: "",
  xdp: "xdp_md",
  perf_event: "bpf_perf_event_data",
  cgroup_skb: "__sk_buff",
  cgroup_sock: "bpf_sock",
  lwt_in: "__sk_buff",
  lwt_out: "__sk_buff",
  lwt_xmit: "__sk_buff",
  sock_ops: "bpf_sock_ops",
  sk_skb: "__sk_buff",
  cgroup_device: "bpf_cgroup_dev_ctx",
  sk_msg: "sk_msg_md",
  raw_tracepoint: "bpf_raw_tracepoint_args",
  cgroup_sock_addr: "bpf_sock_addr",
  lwt_seg6local: "__sk_buff",
  lirc_mode2: "",
  sk_reuseport: "sk_reuseport_md",
  flow_dissector: "__sk_buff",
  cgroup_sysctl: "bpf_sysctl",
  raw_tracepoint_writable: "bpf_raw_tracepoint_args",
  cgroup_sockopt: "bpf_sockopt",
  tracing: "",
  struct_ops: "",
  ext: "",
  lsm: "",
  sk_lookup: "bpf_sk_lookup",
  syscall: "",
  netfilter: "bpf_nf_ctx",
};

/** What no kernel here is built with (CONFIG_BPF_LIRC_MODE2). */
const ABSENT: ReadonlySet<ProgramType> = new Set(["lirc_mode2"]);

/** A program that says nothing says 0, `cgroup_inet_ingress`; two types take that for their first (`bpf_prog_load_fixup_attach_type`). */
const DEFAULT_ATTACH_TYPE: Readonly<Partial<Record<ProgramType, AttachType>>> = {
  cgroup_skb: "cgroup_inet_ingress",
  cgroup_sock: "cgroup_inet_sock_create",
  sk_reuseport: "sk_reuseport_select",
};

const READS_PACKETS: ReadonlySet<ProgramType> = new Set([
  "lwt_in",
  "lwt_out",
  "lwt_seg6local",
  "sk_reuseport",
  "flow_dissector",
  "cgroup_skb",
]);
const WRITES_PACKETS: ReadonlySet<ProgramType> = new Set([
  "sched_cls",
  "sched_act",
  "xdp",
  "lwt_xmit",
  "sk_skb",
  "sk_msg",
  "cgroup_sockopt",
]);
const LEGACY_PACKETS: ReadonlySet<ProgramType> = new Set(["socket_filter", "sched_cls", "sched_act"]);

type Range = ProgramRules["returns"];
const ZERO: Range = { min: 0, max: 0 };
const ONE: Range = { min: 1, max: 1 };
const BOOLEAN: Range = { min: 0, max: 1 };
/** Bit 1: an egress packet was congested; a bind to a privileged port is allowed. */
const TWO_BITS: Range = { min: 0, max: 3 };

/** Hooks that cannot refuse: the kernel goes on whatever they say, so they must say 1. */
const CANNOT_REFUSE = /^cgroup_(udp[46]_recvmsg|unix_recvmsg|(inet[46]|unix)_get(peer|sock)name)$/;

/** `check_return_code`. What LSM hooks return is in lsm.ts: it goes by hook. */
function returns(era: number, type: ProgramType, attachType: AttachType | null): Range {
  switch (type) {
    case "cgroup_sock_addr":
      if (attachType !== null && CANNOT_REFUSE.test(attachType)) return ONE;
      return attachType === "cgroup_inet4_bind" || attachType === "cgroup_inet6_bind" ? TWO_BITS : BOOLEAN;
    case "cgroup_skb":
      return attachType === "cgroup_inet_egress" ? TWO_BITS : BOOLEAN;
    case "cgroup_sock":
    case "sock_ops":
    case "cgroup_device":
    case "cgroup_sysctl":
    case "cgroup_sockopt":
    case "sk_lookup":
    case "netfilter":
      return BOOLEAN;
    case "tracing":
      if (attachType === "trace_fentry" || attachType === "trace_fexit") return ZERO;
      return attachType === "trace_iter" ? BOOLEAN : null;
    case "kprobe":
      if (era >= 612 && attachType === "trace_kprobe_session") return BOOLEAN;
      return era >= 613 && attachType === "trace_uprobe_session" ? BOOLEAN : null;
    case "lsm":
      return attachType === "lsm_cgroup" ? BOOLEAN : null;
    default:
      return null;
  }
}

/** `can_be_sleepable`. Kprobes: those of programs (uprobes), which attaching finds out. */
function sleepable(type: ProgramType, attachType: AttachType | null): ProgramRules["sleepable"] {
  switch (type) {
    case "syscall":
      return "must";
    case "tracing":
      return attachType === "trace_raw_tp" ? "never" : "may";
    case "lsm":
      return attachType === "lsm_cgroup" ? "never" : "may";
    case "kprobe":
    case "struct_ops":
      return "may";
    default:
      return "never";
  }
}

function byBtf(type: ProgramType): boolean {
  return type === "tracing" || type === "lsm" || type === "struct_ops" || type === "ext";
}

function since(version: string): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major * 100 + minor;
}

/** Null: such programs do not load, whatever they do. */
export function programRules(era: number, type: ProgramType, given: AttachType | null): ProgramRules | null {
  if (type === "unspec" || ABSENT.has(type) || since(PROGRAM_TYPE_SINCE[type]) > era) return null;
  if (!takesAttachType(type, given)) return null;
  const attachType = given ?? DEFAULT_ATTACH_TYPE[type] ?? null;
  const access = byBtf(type) ? NO_ACCESS : contextAccess(era, contextVariant(type, attachType));
  if (access === null) return null;
  const writes = WRITES_PACKETS.has(type);
  return {
    contextName: CONTEXT_NAME[type],
    context: byBtf(type) ? "btf-arguments" : "table",
    access,
    returns: returns(era, type, attachType),
    directPacketAccess: writes || READS_PACKETS.has(type),
    directPacketWrite: writes,
    packetsForAllHelpers: type === "cgroup_sockopt",
    legacyPacketAccess: LEGACY_PACKETS.has(type),
    sleepable: sleepable(type, attachType),
  };
}
