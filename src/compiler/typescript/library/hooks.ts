/**
 * The hooks that a program can be written for, a row each. What type of program a hook has is said by its section, which libbpf
 * gave it its name (`object/sections.ts`).
 */

import { sectionMeaning } from "../../../object/sections.ts";
import type { AttachType } from "../../../uapi/attach-types.ts";
import type { ProgramType } from "../../../uapi/program-types.ts";
import type { StructType } from "../types.ts";
import type { ContextName } from "./contexts.ts";
import { VERDICTS, type Verdicts } from "./verdicts.ts";

export interface Hook {
  /** What `skep/bpf` exports it as. */
  readonly name: string;
  /** ELF section name as libbpf spells it, without target. */
  readonly section: string;
  readonly type: ProgramType;
  readonly attachType: AttachType | null;
  /** `BPF_F_*` program flags that its programs have. */
  readonly flags: number;
  /** What the first argument names, with an example; null: the hook has no target. */
  readonly target: HookTarget | null;
  readonly parameters: HookParameters;
  /** Of `structOps`: the struct whose member, the target, its programs stand in for. */
  readonly implements?: string;
  readonly verdicts: Verdicts;
}

export interface HookTarget {
  /** For messages: `the tracepoint`. */
  readonly what: string;
  /** A good one. */
  readonly example: string;
  readonly pattern: RegExp;
}

/** What the function of a program is given. */
export type HookParameters =
  /** One: the context. */
  | { readonly kind: "context"; readonly context: ContextName }
  /** One: the record of a tracepoint, which its target and a type argument say more of. */
  | { readonly kind: "record" }
  /** One: a struct that the type argument names, of an application's own hook or of whoever runs the program. */
  | { readonly kind: "struct"; readonly struct: StructType | null }
  /** As many as the function (tracepoint, LSM hook …) of the target has, each in 8 bytes of the context; the kernel's types say what they are. */
  | { readonly kind: "positional" }
  /** One: the context of the program whose function is replaced, which its annotation says. */
  | { readonly kind: "replaced" }
  /** One: a struct of the kernel's whose name is made from the target, such as `bpf_iter__task`. Each field is 8 bytes. */
  | { readonly kind: "kernel"; readonly struct: (target: string | null) => string };

const FUNCTION: HookTarget = { what: "the kernel's function", example: "tcp_v4_connect", pattern: /^([\w-]+:)?[A-Za-z_][\w.]*$/ };
const OFFSET: HookTarget = {
  what: "the kernel's function",
  example: "do_unlinkat",
  pattern: /^[A-Za-z_][\w.]*(\+(0x[\da-f]+|\d+))?$/,
};
const TRACEPOINT: HookTarget = { what: "the tracepoint", example: "sched_switch", pattern: /^([\w-]+:)?[A-Za-z_]\w*$/ };
const EVENT: HookTarget = {
  what: "the tracepoint with its category",
  example: "syscalls/sys_enter_openat",
  pattern: /^[A-Za-z_][\w-]*\/[A-Za-z_]\w*$/,
};
const LSM: HookTarget = { what: "the LSM hook", example: "file_open", pattern: /^[a-z_]\w*$/ };
const LIBRARY: HookTarget = {
  what: "the file and its function",
  example: "libc.so.6:malloc",
  pattern: /^[^:\s]+:[^:\s]+$/,
};
/** With `*` for any text and `?` for any character. */
const FUNCTIONS: HookTarget = { what: "the kernel's functions", example: "tcp_*", pattern: /^[A-Za-z_*?][\w.*?]*$/ };
const LIBRARIES: HookTarget = { what: "the file and its functions", example: "libc.so.6:*alloc", pattern: /^[^:\s]+:[^:\s]+$/ };
const PROBE: HookTarget = {
  what: "the file, the provider and the probe",
  example: "libc.so.6:libc:setjmp",
  pattern: /^[^:\s]+:[^:\s]+:[^:\s]+$/,
};
const ITERATED: HookTarget = { what: "what it goes through", example: "task", pattern: /^[a-z_]\w*$/ };
const PROGRAM: HookTarget = { what: "the function of the other program", example: "classify", pattern: /^[A-Za-z_]\w*$/ };

function row(
  name: string,
  section: string,
  parameters: ContextName | Exclude<HookParameters, { kind: "context" }>,
  verdicts: keyof typeof VERDICTS,
  target: HookTarget | null = null,
): Hook {
  const { type, attachType, flags } = sectionMeaning(target === null ? section : `${section}/${target.example}`);
  return {
    name,
    section,
    type,
    attachType,
    flags,
    target,
    parameters: typeof parameters === "string" ? { kind: "context", context: parameters } : parameters,
    verdicts: VERDICTS[verdicts],
  };
}

const POSITIONAL = { kind: "positional" } as const;
const REPLACED = { kind: "replaced" } as const;
const RECORD = { kind: "record" } as const;
const GIVEN = { kind: "struct", struct: null } as const;
const ITERATOR = { kind: "kernel", struct: (target: string | null) => `bpf_iter__${target}` } as const;
const NETFILTER = { kind: "kernel", struct: () => "bpf_nf_ctx" } as const;

const ROWS: readonly Hook[] = [
  // packets at interfaces
  row("xdp", "xdp", "XdpContext", "xdp"),
  row("xdpFrags", "xdp.frags", "XdpContext", "xdp"),
  row("xdpDevmap", "xdp/devmap", "XdpDeviceContext", "xdp"),
  row("xdpCpumap", "xdp/cpumap", "XdpContext", "xdp"),
  row("tc", "tc", "TcContext", "tc"),
  row("tcxIngress", "tcx/ingress", "TcContext", "tcx"),
  row("tcxEgress", "tcx/egress", "TcContext", "tcx"),
  row("netkitPrimary", "netkit/primary", "TcContext", "tcx"),
  row("netkitPeer", "netkit/peer", "TcContext", "tcx"),
  row("action", "action", "TcContext", "tc"),
  row("netfilter", "netfilter", NETFILTER, "netfilter"),
  row("flowDissector", "flow_dissector", "FlowDissectorContext", "flow"),
  row("lwtIn", "lwt_in", "LwtContext", "lwt"),
  row("lwtOut", "lwt_out", "LwtContext", "lwt"),
  row("lwtXmit", "lwt_xmit", "LwtXmitContext", "lwtXmit"),
  row("lwtSeg6local", "lwt_seg6local", "LwtContext", "lwt"),
  // sockets
  row("socketFilter", "socket", "SocketFilterContext", "kept"),
  row("skLookup", "sk_lookup", "SkLookupContext", "sk"),
  row("skReuseport", "sk_reuseport", "SkReuseportContext", "sk"),
  row("skReuseportMigrate", "sk_reuseport/migrate", "SkReuseportContext", "sk"),
  row("skMsg", "sk_msg", "SkMsgContext", "sk"),
  row("skSkbParser", "sk_skb/stream_parser", "SkSkbContext", "length"),
  row("skSkbVerdict", "sk_skb/stream_verdict", "SkSkbContext", "sk"),
  row("sockOps", "sockops", "SockOpsContext", "sockOps"),
  // control groups
  row("cgroupSkbIngress", "cgroup_skb/ingress", "CgroupSkbContext", "allow"),
  row("cgroupSkbEgress", "cgroup_skb/egress", "CgroupSkbContext", "allowMore"),
  row("cgroupSockCreate", "cgroup/sock_create", "SockContext", "allow"),
  row("cgroupSockRelease", "cgroup/sock_release", "SockContext", "allow"),
  row("cgroupPostBind4", "cgroup/post_bind4", "PostBind4Context", "allow"),
  row("cgroupPostBind6", "cgroup/post_bind6", "PostBind6Context", "allow"),
  row("cgroupBind4", "cgroup/bind4", "SockAddr4Context", "allowMore"),
  row("cgroupBind6", "cgroup/bind6", "SockAddr6Context", "allowMore"),
  row("cgroupConnect4", "cgroup/connect4", "SockAddr4Context", "allow"),
  row("cgroupConnect6", "cgroup/connect6", "SockAddr6Context", "allow"),
  row("cgroupConnectUnix", "cgroup/connect_unix", "SockAddrUnixContext", "allow"),
  row("cgroupSendmsg4", "cgroup/sendmsg4", "Sendmsg4Context", "allow"),
  row("cgroupSendmsg6", "cgroup/sendmsg6", "Sendmsg6Context", "allow"),
  row("cgroupSendmsgUnix", "cgroup/sendmsg_unix", "SockAddrUnixContext", "allow"),
  row("cgroupRecvmsg4", "cgroup/recvmsg4", "SockAddr4Context", "must"),
  row("cgroupRecvmsg6", "cgroup/recvmsg6", "SockAddr6Context", "must"),
  row("cgroupRecvmsgUnix", "cgroup/recvmsg_unix", "SockAddrUnixContext", "must"),
  row("cgroupGetpeername4", "cgroup/getpeername4", "SockAddr4Context", "must"),
  row("cgroupGetpeername6", "cgroup/getpeername6", "SockAddr6Context", "must"),
  row("cgroupGetpeernameUnix", "cgroup/getpeername_unix", "SockAddrUnixContext", "must"),
  row("cgroupGetsockname4", "cgroup/getsockname4", "SockAddr4Context", "must"),
  row("cgroupGetsockname6", "cgroup/getsockname6", "SockAddr6Context", "must"),
  row("cgroupGetsocknameUnix", "cgroup/getsockname_unix", "SockAddrUnixContext", "must"),
  row("cgroupSysctl", "cgroup/sysctl", "SysctlContext", "allow"),
  row("cgroupDevice", "cgroup/dev", "DeviceContext", "allow"),
  row("cgroupGetsockopt", "cgroup/getsockopt", "GetsockoptContext", "allow"),
  row("cgroupSetsockopt", "cgroup/setsockopt", "SetsockoptContext", "allow"),
  // what happens in the kernel, and in processes
  row("tracepoint", "tracepoint", RECORD, "any", EVENT),
  row("rawTracepoint", "raw_tracepoint", "RawTracepointContext", "any", TRACEPOINT),
  row("tpBtf", "tp_btf", POSITIONAL, "any", TRACEPOINT),
  row("fentry", "fentry", POSITIONAL, "zero", FUNCTION),
  row("fexit", "fexit", POSITIONAL, "zero", FUNCTION),
  row("fmodRet", "fmod_ret", POSITIONAL, "any", FUNCTION),
  row("fentrySleepable", "fentry.s", POSITIONAL, "zero", FUNCTION),
  row("fexitSleepable", "fexit.s", POSITIONAL, "zero", FUNCTION),
  row("fmodRetSleepable", "fmod_ret.s", POSITIONAL, "any", FUNCTION),
  row("lsm", "lsm", POSITIONAL, "lsm", LSM),
  row("lsmSleepable", "lsm.s", POSITIONAL, "lsm", LSM),
  row("lsmCgroup", "lsm_cgroup", POSITIONAL, "allow", LSM),
  row("kprobe", "kprobe", "ProbeContext", "any", OFFSET),
  row("kretprobe", "kretprobe", "ProbeContext", "any", OFFSET),
  row("kprobeMulti", "kprobe.multi", "ProbeContext", "any", FUNCTIONS),
  row("kretprobeMulti", "kretprobe.multi", "ProbeContext", "any", FUNCTIONS),
  row("kprobeSession", "kprobe.session", "ProbeContext", "session", FUNCTIONS),
  row("uprobe", "uprobe", "ProbeContext", "any", LIBRARY),
  row("uretprobe", "uretprobe", "ProbeContext", "any", LIBRARY),
  row("uprobeSleepable", "uprobe.s", "ProbeContext", "any", LIBRARY),
  row("uretprobeSleepable", "uretprobe.s", "ProbeContext", "any", LIBRARY),
  row("uprobeMulti", "uprobe.multi", "ProbeContext", "any", LIBRARIES),
  row("uretprobeMulti", "uretprobe.multi", "ProbeContext", "any", LIBRARIES),
  row("uprobeSession", "uprobe.session", "ProbeContext", "session", LIBRARIES),
  row("usdt", "usdt", "UsdtContext", "any", PROBE),
  row("usdtSleepable", "usdt.s", "UsdtContext", "any", PROBE),
  row("perfEvent", "perf_event", "PerfEventContext", "any"),
  row("iterator", "iter", ITERATOR, "again", ITERATED),
  row("iteratorSleepable", "iter.s", ITERATOR, "again", ITERATED),
  row("syscall", "syscall", GIVEN, "any"),
  row("freplace", "freplace", REPLACED, "any", PROGRAM),
];

export const HOOKS: ReadonlyMap<string, Hook> = new Map(ROWS.map((hook) => [hook.name, hook]));

/** A hook that an application declares (`defineHook`): only that knows what its verdicts mean. */
export function ownHook(name: string, context: StructType): Hook {
  return {
    name: "hook",
    section: `hook/${name}`,
    type: "unspec",
    attachType: null,
    flags: 0,
    target: null,
    parameters: { kind: "struct", struct: context },
    verdicts: { ...VERDICTS.kept, described: "what the application knows" },
  };
}
