/** What a program's context is in the kernel (`bpf_cast_to_kern_ctx`; `BPF_PROG_TYPE` of linux/bpf_types.h). */

import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";

const KERNEL_CONTEXTS: Readonly<Record<string, string>> = {
  socket_filter: "sk_buff",
  sched_cls: "sk_buff",
  sched_act: "sk_buff",
  cgroup_skb: "sk_buff",
  lwt_in: "sk_buff",
  lwt_out: "sk_buff",
  lwt_xmit: "sk_buff",
  lwt_seg6local: "sk_buff",
  sk_skb: "sk_buff",
  xdp: "xdp_buff",
  cgroup_sock: "sock",
  cgroup_sock_addr: "bpf_sock_addr_kern",
  sock_ops: "bpf_sock_ops_kern",
  sk_msg: "sk_msg",
  flow_dissector: "bpf_flow_dissector",
  kprobe: "pt_regs",
  perf_event: "bpf_perf_event_data_kern",
  raw_tracepoint: "bpf_raw_tracepoint_args",
  raw_tracepoint_writable: "bpf_raw_tracepoint_args",
  cgroup_device: "bpf_cgroup_dev_ctx",
  cgroup_sysctl: "bpf_sysctl_kern",
  cgroup_sockopt: "bpf_sockopt_kern",
  sk_reuseport: "sk_reuseport_kern",
  sk_lookup: "bpf_sk_lookup_kern",
  netfilter: "bpf_nf_ctx",
};

/** Its id in the kernel's types. */
export function kernelContextOf({ type, kernelTypes }: Program): number {
  const name = KERNEL_CONTEXTS[type];
  const id = name === undefined ? undefined : kernelTypes?.find(name, "struct");
  return id ?? refuse("Please fix kernel include/linux/bpf_types.h", "EINVAL");
}
