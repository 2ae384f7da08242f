/** What of the machine and of this process decides what eBPF may do: from files that everybody may read, where those are. */

import { CAPABILITIES, type CapabilityName } from "../../../uapi/capabilities.ts";
import type { Facts } from "../facts.ts";
import type { Kernel } from "../kernel.ts";
import type { KernelTypes } from "../kernel-types.ts";
import { inUserNamespace } from "../privileges.ts";
import { atLeast } from "../release.ts";
import type { Witness } from "./witness.ts";

export interface SystemFacts {
  /** `uname -r`. */
  readonly release: string;
  /** As Node names it: `x64`. */
  readonly architecture: string;
  readonly process: {
    /** Effective ones; null when /proc does not say. */
    readonly capabilities: readonly CapabilityName[] | null;
    /** True: capabilities hold only inside a user namespace. */
    readonly userNamespace: boolean;
    readonly seccomp: "off" | "strict" | "filter" | null;
    /** `no_new_privs`: programs it starts gain no capabilities by their files. */
    readonly noNewPrivileges: boolean | null;
    /** Limit of locked memory in bytes, `unlimited`, or null; it counts for maps and programs before 5.11. */
    readonly memoryLock: number | "unlimited" | null;
    readonly memoryLockCounts: boolean;
  };
  /** `kernel.unprivileged_bpf_disabled`: 0 no, 1 yes and for good, 2 yes. Null: not there. */
  readonly unprivilegedDisabled: number | null;
  /** Null: this process cannot see it. */
  readonly lockdown: "none" | "integrity" | "confidentiality" | null;
  readonly securityModules: readonly string[] | null;
  /** `kernel.perf_event_paranoid`. */
  readonly perfEventParanoid: number | null;
  readonly jit: {
    /** 0 off, 1 on, 2 on and it prints; null: not there, or not to be read. */
    readonly enabled: number | null;
    /** True: the kernel has no interpreter. */
    readonly always: boolean | null;
    readonly harden: number | null;
    readonly kallsyms: number | null;
    /** Bytes of code for those without CAP_SYS_ADMIN. */
    readonly limit: number | null;
  };
  readonly types: {
    /** Bytes of the kernel's own types; null when it does not tell them. */
    readonly vmlinux: number | null;
    /** Modules that tell theirs. */
    readonly modules: readonly string[];
  };
  /** Options of the configuration that matter here: `y`, `m`, a value, or null for those not set. Null: it is not told. */
  readonly configuration: Readonly<Record<string, string | null>> | null;
  /** What bpf file systems hand on to user namespaces by tokens (6.9): `any`, or names, or a mask, as the kernel lists it. */
  readonly delegated: readonly { readonly path: string; readonly what: Readonly<Record<string, string>> }[];
  /** Where these file systems are mounted. */
  readonly mounts: Readonly<Record<"bpf" | "tracefs" | "cgroup2" | "securityfs" | "debugfs", readonly string[]>>;
}

/** What bpftool lists, and what came since. */
const OPTIONS = [
  ..."BPF BPF_SYSCALL HAVE_EBPF_JIT BPF_JIT BPF_JIT_ALWAYS_ON BPF_JIT_DEFAULT_ON BPF_UNPRIV_DEFAULT_OFF BPF_LSM BPF_PRELOAD".split(
    " ",
  ),
  ..."DEBUG_INFO_BTF DEBUG_INFO_BTF_MODULES MODULE_ALLOW_BTF_MISMATCH CGROUPS CGROUP_BPF CGROUP_NET_CLASSID SOCK_CGROUP_DATA".split(
    " ",
  ),
  ..."BPF_EVENTS KPROBES KPROBE_EVENTS UPROBES UPROBE_EVENTS FPROBE TRACING FTRACE_SYSCALLS FUNCTION_ERROR_INJECTION".split(" "),
  ..."BPF_KPROBE_OVERRIDE DYNAMIC_FTRACE_WITH_DIRECT_CALLS PERF_EVENTS SCHED_CLASS_EXT HID_BPF".split(" "),
  ..."NET INET NET_XGRESS NETKIT XDP_SOCKETS LWTUNNEL_BPF NET_ACT_BPF NET_CLS_BPF NET_CLS_ACT NET_SCH_INGRESS XFRM".split(" "),
  ..."IP_ROUTE_CLASSID IPV6_SEG6_BPF BPF_LIRC_MODE2 BPF_STREAM_PARSER NETFILTER_XT_MATCH_BPF NETFILTER_BPF_LINK TEST_BPF HZ".split(
    " ",
  ),
].map((name) => `CONFIG_${name}`);

export function systemFacts(facts: Facts, types: KernelTypes, witness: Witness, kernel: Kernel | null): SystemFacts {
  const status = facts.read("/proc/self/status") ?? "";
  const field = (name: string): string | undefined => new RegExp(`^${name}:\\s*(\\S+)$`, "m").exec(status)?.[1];
  const setting = (name: string): number | null => numberOf(facts.read(`/proc/sys/${name}`));
  const mounts = mountedAt(facts);
  const security = securityFiles(facts, mounts.securityfs[0], kernel);
  const lockdown = /\[(\w+)\]/.exec(security("lockdown") ?? "")?.[1];
  const noNewPrivileges = field("NoNewPrivs");
  const told = witness.configured("CONFIG_BPF_SYSCALL") !== null;
  return {
    release: facts.release,
    architecture: process.arch,
    process: {
      capabilities: capabilitiesOf(field("CapEff")),
      userNamespace: inUserNamespace(facts),
      seccomp: (["off", "strict", "filter"] as const)[Number(field("Seccomp") ?? Number.NaN)] ?? null,
      noNewPrivileges: noNewPrivileges === undefined ? null : noNewPrivileges === "1",
      memoryLock: memoryLockOf(facts.read("/proc/self/limits")),
      memoryLockCounts: !atLeast(facts.release, "5.11"),
    },
    unprivilegedDisabled: setting("kernel/unprivileged_bpf_disabled"),
    lockdown: lockdown === "none" || lockdown === "integrity" || lockdown === "confidentiality" ? lockdown : null,
    securityModules: security("lsm")?.split(",") ?? null,
    perfEventParanoid: setting("kernel/perf_event_paranoid"),
    jit: {
      enabled: setting("net/core/bpf_jit_enable"),
      always: witness.configured("CONFIG_BPF_JIT_ALWAYS_ON"),
      harden: setting("net/core/bpf_jit_harden"),
      kallsyms: setting("net/core/bpf_jit_kallsyms"),
      limit: setting("net/core/bpf_jit_limit"),
    },
    types: {
      vmlinux: types.vmlinux?.bytes.length ?? null,
      modules: types.modules,
    },
    delegated: delegations(facts),
    configuration: told ? Object.fromEntries(OPTIONS.map((name) => [name, witness.config(name)])) : null,
    mounts,
  };
}

/** Those of a mask as /proc/PID/status has it; bits without a name are newer than this table. */
export function capabilitiesOf(mask: string | undefined): readonly CapabilityName[] | null {
  if (mask === undefined || !/^[0-9a-f]{1,16}$/.test(mask)) return null;
  const bits = BigInt(`0x${mask}`);
  return CAPABILITIES.filter((_, bit) => ((bits >> BigInt(bit)) & 1n) === 1n);
}

function numberOf(text: string | null): number | null {
  return text === null || !/^-?\d+$/.test(text) ? null : Number(text);
}

function memoryLockOf(limits: string | null): number | "unlimited" | null {
  const soft = /^Max locked memory\s+(\S+)/m.exec(limits ?? "")?.[1];
  return soft === "unlimited" ? soft : numberOf(soft ?? null);
}

function mountedAt(facts: Facts): SystemFacts["mounts"] {
  const lines = (facts.read("/proc/self/mounts") ?? "").split("\n").map((line) => line.split(" "));
  const of = (type: string): string[] => lines.filter(([, , kind]) => kind === type).map(([, place = ""]) => place);
  return { bpf: of("bpf"), tracefs: of("tracefs"), cgroup2: of("cgroup2"), securityfs: of("securityfs"), debugfs: of("debugfs") };
}

/** Options of mounts: `delegate_cmds=prog_load:map_create`. */
function delegations(facts: Facts): SystemFacts["delegated"] {
  return (facts.read("/proc/self/mounts") ?? "").split("\n").flatMap((line) => {
    const [, path = "", type, options = ""] = line.split(" ");
    const what =
      type === "bpf" ? [...options.matchAll(/delegate_(\w+)=([^,]+)/g)].map(([, name = "", value = ""]) => [name, value]) : [];
    return what.length === 0 ? [] : [{ path, what: Object.fromEntries(what) }];
  });
}

/** Files of securityfs; of an instance that is mounted nowhere, where nobody mounted it and this process may. */
function securityFiles(facts: Facts, mounted: string | undefined, kernel: Kernel | null): (name: string) => string | null {
  if (mounted !== undefined) return (name) => facts.read(`${mounted}/${name}`);
  const root = kernel?.transport.mount("securityfs") ?? -1;
  if (kernel === null || root < 0) return () => null;
  using descriptor = kernel.ledger.adopt(root, "securityfs");
  const files = new Map(["lockdown", "lsm"].map((name) => [name, facts.read(`/proc/self/fd/${descriptor.fd}/${name}`)]));
  return (name) => files.get(name) ?? null;
}
