/** Links, commands, instructions and hooks. */

import { COMMAND } from "../../../../uapi/commands.ts";
import { COMMAND_SINCE, LINK_TYPE_SINCE } from "../../../../uapi/since.ts";
import { INSTRUCTIONS } from "../code.ts";
import type { Row } from "../judge.ts";
import { ask, questionOf, trampolines } from "./questions.ts";
import { call, keys, type Needs, type Sources, struct } from "./sources.ts";

const NEEDED_BY_LINKS: { readonly [Name in keyof typeof LINK_TYPE_SINCE]?: Needs } = {
  raw_tracepoint: { needs: struct("bpf_raw_tp_link"), config: ["CONFIG_BPF_EVENTS"] },
  tracing: { needs: struct("bpf_tracing_link") },
  cgroup: { needs: struct("bpf_cgroup_link"), config: ["CONFIG_CGROUP_BPF"] },
  iter: { needs: struct("bpf_iter_link") },
  netns: { needs: struct("bpf_netns_link"), config: ["CONFIG_NET"] },
  xdp: { needs: struct("bpf_xdp_link"), config: ["CONFIG_NET"] },
  perf_event: { needs: struct("bpf_perf_link"), config: ["CONFIG_PERF_EVENTS"] },
  kprobe_multi: { needs: struct("bpf_kprobe_multi_link"), config: ["CONFIG_KPROBES", "CONFIG_FPROBE"] },
  struct_ops: { needs: struct("bpf_struct_ops_link") },
  netfilter: { needs: struct("bpf_nf_link"), config: ["CONFIG_NETFILTER_BPF_LINK"] },
  tcx: { needs: struct("tcx_link"), config: ["CONFIG_NET_XGRESS"] },
  uprobe_multi: { needs: struct("bpf_uprobe_multi_link"), config: ["CONFIG_UPROBES"] },
  netkit: { needs: struct("netkit_link"), config: ["CONFIG_NETKIT"] },
  sockmap: { needs: struct("sockmap_link"), config: ["CONFIG_NET"] },
};

export function linkTypes(): Row[] {
  return keys(LINK_TYPE_SINCE).map((name) => ({
    kind: "link type",
    name,
    since: LINK_TYPE_SINCE[name],
    constant: { of: "bpf_link_type", name: `BPF_LINK_TYPE_${name.toUpperCase()}` },
    ...NEEDED_BY_LINKS[name],
  }));
}

export function commands(): Row[] {
  return keys(COMMAND).map((name) => ({
    kind: "command",
    name,
    since: COMMAND_SINCE[name],
    constant: { of: "bpf_cmd", name: `BPF_${name.toUpperCase()}` },
  }));
}

export function instructions({ asker }: Sources): Row[] {
  return INSTRUCTIONS.map(({ name, since, code }) => ({
    kind: "instructions",
    name,
    since,
    probe: () => asker?.loads({ type: "socket_filter", code }) ?? null,
  }));
}

/** Processors' own counters are devices; which type each has, only it says (`PERF_TYPE_RAW` is 4). */
function hasCounters({ facts }: Sources): boolean {
  const devices = "/sys/bus/event_source/devices";
  return facts.list(devices).some((name) => facts.read(`${devices}/${name}/type`) === "4" || /^(cpu|armv\d)/.test(name));
}

/** Where programs are called from: what `attach` needs, whatever kind of link it makes. */
export function hooks(sources: Sources): Row[] {
  const EVENTS = "CONFIG_BPF_EVENTS";
  return [
    { kind: "hook", name: "tracepoint", since: "4.7", needs: call("trace_call_bpf"), config: [EVENTS] },
    { kind: "hook", name: "raw_tp", since: "4.17", needs: call("bpf_trace_run1"), config: [EVENTS] },
    { kind: "hook", name: "tp_btf", since: "5.5", probe: () => ask(sources, questionOf("tracing", "trace_raw_tp", sources)) },
    {
      kind: "hook",
      name: "kprobe",
      since: "4.1",
      needs: call("register_kprobe"),
      config: ["CONFIG_KPROBES", "CONFIG_KPROBE_EVENTS"],
    },
    {
      kind: "hook",
      name: "uprobe",
      since: "4.1",
      needs: call("uprobe_register"),
      config: ["CONFIG_UPROBES", "CONFIG_UPROBE_EVENTS"],
    },
    {
      kind: "hook",
      name: "perf_event",
      since: "4.9",
      needs: call("perf_event_set_bpf_prog"),
      config: ["CONFIG_PERF_EVENTS", EVENTS],
    },
    {
      kind: "hook",
      name: "hardware counters",
      since: null,
      seen: { there: hasCounters(sources), otherwise: ["hardware", "this machine shows no counters of its processors"] },
    },
    { kind: "hook", name: "fentry", since: "5.5", probe: () => trampolines(sources) },
    {
      kind: "hook",
      name: "lsm",
      since: "5.7",
      config: ["CONFIG_BPF_LSM"],
      probe: () => ask(sources, questionOf("lsm", undefined, sources)),
    },
    { kind: "hook", name: "clsact (tc)", since: "4.5", config: ["CONFIG_NET_CLS_BPF", "CONFIG_NET_SCH_INGRESS"] },
    { kind: "hook", name: "sched_ext", since: "6.12", needs: struct("sched_ext_ops"), config: ["CONFIG_SCHED_CLASS_EXT"] },
    { kind: "hook", name: "hid_bpf", since: "6.11", needs: struct("hid_bpf_ops"), config: ["CONFIG_HID_BPF"] },
  ];
}

export function others({ witness }: Sources): Row[] {
  return [
    {
      kind: "other",
      name: "CO-RE",
      since: "5.4",
      seen: {
        there: witness.hasTypes,
        otherwise: ["not built in", "/sys/kernel/btf/vmlinux is not there: CONFIG_DEBUG_INFO_BTF is not set"],
      },
    },
    { kind: "other", name: "types of modules", since: "5.11", config: ["CONFIG_DEBUG_INFO_BTF_MODULES"] },
    {
      kind: "other",
      name: "cookies (bpf_get_attach_cookie)",
      since: "5.15",
      constant: { of: "bpf_func_id", name: "BPF_FUNC_get_attach_cookie" },
    },
    { kind: "other", name: "tokens", since: "6.9", needs: struct("bpf_token") },
    {
      kind: "other",
      name: "override_return",
      since: "4.16",
      needs: call("bpf_override_return"),
      config: ["CONFIG_BPF_KPROBE_OVERRIDE"],
    },
  ];
}
