/**
 * Data: the capabilities that `bpf(2)` asks for. Types of programs and maps, and helpers, each with every subset of CAP_BPF, CAP_PERFMON
 * and CAP_NET_ADMIN, were measured on Linux 6.18 (test/linux/privileges.test.ts does it again for what it loads); `struct_ops`, `ext`, `lsm` and
 * `lirc_mode2`, which that kernel does not take or has not, are from `bpf_prog_load` of kernel/bpf/syscall.c (is_net_admin_prog_type,
 * is_perfmon_prog_type). CAP_BPF and CAP_PERFMON are parts of CAP_SYS_ADMIN since 5.8: it stands for both, and was asked for before.
 */

import type { CapabilityName } from "./capabilities.ts";
import type { HelperName } from "./helpers.ts";
import type { MapType } from "./map-types.ts";
import type { ProgramType } from "./program-types.ts";

type Capabilities = readonly CapabilityName[];

const PLAIN: Capabilities = ["CAP_BPF"];
const NET: Capabilities = ["CAP_BPF", "CAP_NET_ADMIN"];
const TRACE: Capabilities = ["CAP_BPF", "CAP_PERFMON"];

/** To load a program. */
export const PROGRAM_CAPABILITIES: Readonly<Record<ProgramType, Capabilities>> = {
  unspec: PLAIN,
  socket_filter: PLAIN,
  kprobe: TRACE,
  sched_cls: NET,
  sched_act: NET,
  tracepoint: TRACE,
  xdp: NET,
  perf_event: TRACE,
  cgroup_skb: PLAIN,
  cgroup_sock: NET,
  lwt_in: NET,
  lwt_out: NET,
  lwt_xmit: NET,
  sock_ops: NET,
  sk_skb: NET,
  cgroup_device: NET,
  sk_msg: NET,
  raw_tracepoint: TRACE,
  cgroup_sock_addr: NET,
  lwt_seg6local: NET,
  lirc_mode2: PLAIN,
  sk_reuseport: PLAIN,
  flow_dissector: NET,
  cgroup_sysctl: NET,
  raw_tracepoint_writable: TRACE,
  cgroup_sockopt: NET,
  tracing: TRACE,
  struct_ops: TRACE,
  ext: ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"],
  lsm: TRACE,
  sk_lookup: PLAIN,
  syscall: PLAIN,
  netfilter: NET,
};

/** To make a map: CAP_BPF, and of these types CAP_NET_ADMIN. */
export const NETWORK_MAPS: ReadonlySet<MapType> = new Set(["devmap", "devmap_hash", "sockmap", "sockhash", "xskmap"]);

/** Helpers that a program may call only when whoever loads it has CAP_PERFMON: they look into the kernel, or into processes. */
export const PERFMON_HELPERS: ReadonlySet<HelperName> = new Set([
  "bpf_trace_printk",
  "bpf_trace_vprintk",
  "bpf_get_current_comm",
  "bpf_get_current_task",
  "bpf_get_current_task_btf",
  "bpf_perf_event_read",
  "bpf_perf_event_read_value",
  "bpf_probe_read_user",
  "bpf_probe_read_user_str",
  "bpf_probe_read_kernel",
  "bpf_probe_read_kernel_str",
  "bpf_copy_from_user",
  "bpf_copy_from_user_task",
  "bpf_send_signal",
  "bpf_send_signal_thread",
  "bpf_get_task_stack",
  "bpf_task_pt_regs",
  "bpf_get_branch_snapshot",
  "bpf_find_vma",
  "bpf_snprintf",
  "bpf_sys_bpf",
  "bpf_snprintf_btf",
  "bpf_skc_to_tcp6_sock",
  "bpf_skc_to_tcp_sock",
  "bpf_skc_to_tcp_timewait_sock",
  "bpf_skc_to_tcp_request_sock",
  "bpf_skc_to_udp6_sock",
  "bpf_skc_to_unix_sock",
  "bpf_skc_to_mptcp_sock",
]);

/** And those for which it must have CAP_SYS_ADMIN. */
export const ADMIN_HELPERS: ReadonlySet<HelperName> = new Set(["bpf_probe_write_user"]);
