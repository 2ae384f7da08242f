/**
 * What helpers of the kernel do to memory that a program can see, as far as passes profit from knowing it. Source: the helpers'
 * descriptions in linux/bpf.h. A helper that is not here may write anything, and keep every pointer that it is given.
 */

import type { Callee } from "./ir.ts";

export interface Effects {
  /** Arguments whose memory it writes, from 0. Other pointers it reads at most. */
  readonly writes: readonly number[];
  /** Whether it changes values of maps. */
  readonly maps: boolean;
  /** Whether it changes the packet: its bytes, where it lies, and what the context says of it. */
  readonly packet: boolean;
}

const NOTHING: Effects = { writes: [], maps: false, packet: false };
const MAPS: Effects = { writes: [], maps: true, packet: false };
const CHANGES_PACKET: Effects = { writes: [], maps: false, packet: true };

function into(argument: number, maps = false): Effects {
  return { writes: [argument], maps, packet: false };
}

const HELPERS: ReadonlyMap<string, Effects> = new Map<string, Effects>([
  // Tell something, or send it elsewhere.
  ...[
    "bpf_map_lookup_elem",
    "bpf_map_lookup_percpu_elem",
    "bpf_ktime_get_ns",
    "bpf_ktime_get_boot_ns",
    "bpf_ktime_get_coarse_ns",
    "bpf_ktime_get_tai_ns",
    "bpf_jiffies64",
    "bpf_get_prandom_u32",
    "bpf_get_smp_processor_id",
    "bpf_get_numa_node_id",
    "bpf_get_current_pid_tgid",
    "bpf_get_current_uid_gid",
    "bpf_get_current_cgroup_id",
    "bpf_get_current_ancestor_cgroup_id",
    "bpf_get_current_task",
    "bpf_get_current_task_btf",
    "bpf_current_task_under_cgroup",
    "bpf_task_pt_regs",
    "bpf_get_func_ip",
    "bpf_get_func_arg_cnt",
    "bpf_get_attach_cookie",
    "bpf_get_cgroup_classid",
    "bpf_skb_cgroup_id",
    "bpf_skb_ancestor_cgroup_id",
    "bpf_skb_under_cgroup",
    "bpf_get_socket_cookie",
    "bpf_get_netns_cookie",
    "bpf_get_socket_uid",
    "bpf_get_route_realm",
    "bpf_csum_diff",
    "bpf_strncmp",
    "bpf_redirect",
    "bpf_redirect_map",
    "bpf_trace_printk",
    "bpf_trace_vprintk",
    "bpf_perf_event_output",
    "bpf_ringbuf_output",
    "bpf_ringbuf_reserve",
    "bpf_ringbuf_submit",
    "bpf_ringbuf_discard",
    "bpf_ringbuf_query",
    "bpf_this_cpu_ptr",
    "bpf_per_cpu_ptr",
    "bpf_get_stackid",
  ].map((name): [string, Effects] => [name, NOTHING]),
  ...["bpf_map_update_elem", "bpf_map_delete_elem", "bpf_map_push_elem"].map((name): [string, Effects] => [name, MAPS]),
  ...[
    "bpf_skb_store_bytes",
    "bpf_l3_csum_replace",
    "bpf_l4_csum_replace",
    "bpf_skb_vlan_push",
    "bpf_skb_vlan_pop",
    "bpf_skb_change_proto",
    "bpf_skb_change_type",
    "bpf_skb_change_head",
    "bpf_skb_change_tail",
    "bpf_skb_adjust_room",
    "bpf_skb_pull_data",
    "bpf_clone_redirect",
    "bpf_xdp_adjust_head",
    "bpf_xdp_adjust_tail",
    "bpf_xdp_adjust_meta",
    "bpf_xdp_store_bytes",
  ].map((name): [string, Effects] => [name, CHANGES_PACKET]),
  ["bpf_map_pop_elem", into(1, true)],
  ["bpf_map_peek_elem", into(1)],
  ...[
    "bpf_probe_read",
    "bpf_probe_read_str",
    "bpf_probe_read_user",
    "bpf_probe_read_user_str",
    "bpf_probe_read_kernel",
    "bpf_probe_read_kernel_str",
    "bpf_copy_from_user",
    "bpf_get_current_comm",
    "bpf_snprintf",
  ].map((name): [string, Effects] => [name, into(0)]),
  ...["bpf_get_stack", "bpf_get_task_stack", "bpf_d_path", "bpf_fib_lookup", "bpf_get_func_ret"].map(
    (name): [string, Effects] => [name, into(1)],
  ),
  ...[
    "bpf_skb_load_bytes",
    "bpf_skb_load_bytes_relative",
    "bpf_xdp_load_bytes",
    "bpf_get_func_arg",
    "bpf_perf_event_read_value",
    "bpf_get_ns_current_pid_tgid",
  ].map((name): [string, Effects] => [name, into(2)]),
]);

/** Null: it may do anything. */
export function effectsOf(callee: Callee): Effects | null {
  return callee.kind === "helper" ? (HELPERS.get(callee.name) ?? null) : null;
}

/** Helpers whose result is the value of a map, or null. */
export const GIVES_MAP_VALUE: ReadonlySet<string> = new Set(["bpf_map_lookup_elem", "bpf_map_lookup_percpu_elem"]);
