/** Types of programs, what they are attached to, and their flags. */

import { ATTACH_TYPE } from "../../../../uapi/attach-types.ts";
import { PROGRAM_TYPE, type ProgramType } from "../../../../uapi/program-types.ts";
import { ATTACH_TYPE_SINCE, PROGRAM_FLAGS, PROGRAM_TYPE_SINCE } from "../../../../uapi/since.ts";
import type { Row } from "../judge.ts";
import { ask, attached, onlyRefusal, questionOf, trampolines } from "./questions.ts";
import { call, keys, type Needs, type Sources, struct } from "./sources.ts";

const NEEDED_BY_PROGRAMS: { readonly [Type in ProgramType]?: Needs } = {
  lirc_mode2: { needs: call("lirc_prog_attach"), config: ["CONFIG_BPF_LIRC_MODE2"] },
  lsm: { needs: call("bpf_lsm_file_open"), config: ["CONFIG_BPF_LSM"] },
  cgroup_skb: { config: ["CONFIG_CGROUP_BPF"] },
  cgroup_sock: { config: ["CONFIG_CGROUP_BPF"] },
  cgroup_sock_addr: { config: ["CONFIG_CGROUP_BPF"] },
  cgroup_device: { config: ["CONFIG_CGROUP_BPF"] },
  cgroup_sysctl: { config: ["CONFIG_CGROUP_BPF"] },
  cgroup_sockopt: { config: ["CONFIG_CGROUP_BPF"] },
  kprobe: { config: ["CONFIG_BPF_EVENTS"] },
  tracepoint: { config: ["CONFIG_BPF_EVENTS"] },
  perf_event: { config: ["CONFIG_BPF_EVENTS"] },
  raw_tracepoint: { config: ["CONFIG_BPF_EVENTS"] },
  raw_tracepoint_writable: { config: ["CONFIG_BPF_EVENTS"] },
  netfilter: { config: ["CONFIG_NETFILTER_BPF_LINK"] },
  struct_ops: { needs: struct("bpf_struct_ops_map"), config: ["CONFIG_BPF_JIT"] },
  ext: { needs: struct("bpf_trampoline") },
};

export function programTypes(sources: Sources): Row[] {
  return keys(PROGRAM_TYPE).flatMap((name): Row[] => {
    if (name === "unspec") return [];
    return [
      {
        kind: "program type",
        name,
        since: PROGRAM_TYPE_SINCE[name],
        constant: { of: "bpf_prog_type", name: `BPF_PROG_TYPE_${name.toUpperCase()}` },
        ...NEEDED_BY_PROGRAMS[name],
        probe: () => (name === "ext" ? onlyRefusal(trampolines(sources)) : ask(sources, questionOf(name, undefined, sources))),
      },
    ];
  });
}

const PROGRAM_OF: readonly (readonly [pattern: RegExp, type: ProgramType, needs: Needs])[] = [
  [/^cgroup_inet_(in|e)gress$/, "cgroup_skb", { config: ["CONFIG_CGROUP_BPF"] }],
  [/^cgroup_inet_sock|post_bind$/, "cgroup_sock", { config: ["CONFIG_CGROUP_BPF"] }],
  [/^cgroup_(inet|udp|unix)/, "cgroup_sock_addr", { config: ["CONFIG_CGROUP_BPF"] }],
  [/^cgroup_[gs]etsockopt$/, "cgroup_sockopt", { config: ["CONFIG_CGROUP_BPF"] }],
  [/^cgroup_sock_ops$/, "sock_ops", { config: ["CONFIG_CGROUP_BPF"] }],
  [/^cgroup_device$/, "cgroup_device", { config: ["CONFIG_CGROUP_BPF"] }],
  [/^cgroup_sysctl$/, "cgroup_sysctl", { config: ["CONFIG_CGROUP_BPF"] }],
  [/^sk_skb_/, "sk_skb", { config: ["CONFIG_NET"] }],
  [/^sk_msg_verdict$/, "sk_msg", { config: ["CONFIG_NET"] }],
  [/^sk_lookup$/, "sk_lookup", {}],
  [/^sk_reuseport_/, "sk_reuseport", {}],
  [/^flow_dissector$/, "flow_dissector", {}],
  [/^lirc_mode2$/, "lirc_mode2", { needs: call("lirc_prog_attach"), config: ["CONFIG_BPF_LIRC_MODE2"] }],
  [/^trace_(raw_tp|iter|fentry|fexit)$/, "tracing", {}],
  [/^modify_return$/, "tracing", {}],
  [/^trace_(fentry|fexit|fsession)_multi$|^trace_fsession$/, "unspec", {}],
  [/^lsm_mac$/, "lsm", { config: ["CONFIG_BPF_LSM"] }],
  [/^lsm_cgroup$/, "lsm", { needs: struct("bpf_shim_tramp_link"), config: ["CONFIG_BPF_LSM", "CONFIG_CGROUP_BPF"] }],
  [/^xdp/, "xdp", {}],
  [/^perf_event$/, "perf_event", { needs: struct("bpf_perf_link"), config: ["CONFIG_PERF_EVENTS"] }],
  [
    /^trace_kprobe_(multi|session)$/,
    "kprobe",
    { needs: struct("bpf_kprobe_multi_link"), config: ["CONFIG_KPROBES", "CONFIG_FPROBE"] },
  ],
  [/^trace_uprobe_(multi|session)$/, "kprobe", { needs: struct("bpf_uprobe_multi_link"), config: ["CONFIG_UPROBES"] }],
  [/^struct_ops$/, "struct_ops", { needs: struct("bpf_struct_ops_link") }],
  [/^netfilter$/, "netfilter", { needs: struct("bpf_nf_link"), config: ["CONFIG_NETFILTER_BPF_LINK"] }],
  [/^tcx_/, "sched_cls", { needs: struct("tcx_link"), config: ["CONFIG_NET_XGRESS"] }],
  [/^netkit_/, "sched_cls", { needs: struct("netkit_link"), config: ["CONFIG_NETKIT"] }],
];

export function attachTypes(sources: Sources): Row[] {
  return keys(ATTACH_TYPE).map((name): Row => {
    const [, type = "unspec", needs = {}] = PROGRAM_OF.find(([pattern]) => pattern.test(name)) ?? [];
    return {
      kind: "attach type",
      name,
      since: ATTACH_TYPE_SINCE[name],
      constant: { of: "bpf_attach_type", name: `BPF_${name.toUpperCase()}` },
      ...needs,
      probe: () => {
        // Functions that may be changed, and those for control groups, are few: what holds for all trampolines holds for them.
        if (name === "modify_return" || name === "lsm_cgroup" || name === "trace_fexit") return onlyRefusal(trampolines(sources));
        return ask(sources, questionOf(type, name, sources));
      },
    };
  });
}

export function programFlags(sources: Sources): Row[] {
  return PROGRAM_FLAGS.map(({ name, bit, since }) => ({
    kind: "program flag",
    name,
    since,
    probe: () => {
      if (name === "BPF_F_XDP_HAS_FRAGS") return ask(sources, { type: "xdp", flags: bit });
      const { witness } = sources;
      return ask(
        sources,
        attached({ type: "tracing", attachType: "trace_iter", flags: bit }, witness.typeId("function", "bpf_iter_task")),
      );
    },
  }));
}
