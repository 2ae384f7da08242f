// Data from linux/bpf.h (Linux 6.18): where the fields of `struct bpf_link_info` are, in bytes. Names are the kernel's. What lies from 16 on
// depends on the type; kernels that know less leave the rest zero.

import type { InfoLayout } from "../objects/info-layouts.ts";

/** `enum bpf_link_type`. */
export const LINK_TYPE = {
  raw_tracepoint: 1,
  tracing: 2,
  cgroup: 3,
  iter: 4,
  netns: 5,
  xdp: 6,
  perf_event: 7,
  kprobe_multi: 8,
  struct_ops: 9,
  netfilter: 10,
  tcx: 11,
  uprobe_multi: 12,
  netkit: 13,
  sockmap: 14,
} as const;

/** `enum bpf_perf_event_type`. */
export const PERF_EVENT_TYPE = { uprobe: 1, uretprobe: 2, kprobe: 3, kretprobe: 4, tracepoint: 5, event: 6 } as const;

export const LINK_INFO = {
  size: 64,
  u32: {
    type: 0,
    id: 4,
    prog_id: 8,
    "raw_tracepoint.tp_name_len": 24,
    "tracing.attach_type": 16,
    "tracing.target_obj_id": 20,
    "tracing.target_btf_id": 24,
    "cgroup.attach_type": 24,
    "iter.target_name_len": 24,
    "iter.map.map_id": 28,
    "iter.cgroup.order": 40,
    "iter.task.tid": 32,
    "iter.task.pid": 36,
    "netns.netns_ino": 16,
    "netns.attach_type": 20,
    "xdp.ifindex": 16,
    "struct_ops.map_id": 16,
    "netfilter.pf": 16,
    "netfilter.hooknum": 20,
    "netfilter.priority": 24,
    "netfilter.flags": 28,
    "kprobe_multi.count": 24,
    "kprobe_multi.flags": 28,
    "uprobe_multi.path_size": 48,
    "uprobe_multi.count": 52,
    "uprobe_multi.flags": 56,
    "uprobe_multi.pid": 60,
    "perf_event.type": 16,
    "perf_event.name_len": 32,
    "perf_event.offset": 36,
    "perf_event.event.type": 32,
    "tcx.ifindex": 16,
    "tcx.attach_type": 20,
    "sockmap.map_id": 16,
    "sockmap.attach_type": 20,
  },
  u64: {
    "raw_tracepoint.cookie": 32,
    "tracing.cookie": 32,
    "cgroup.cgroup_id": 16,
    "iter.cgroup.cgroup_id": 32,
    "kprobe_multi.missed": 32,
    "perf_event.uprobe.cookie": 40,
    "perf_event.uprobe.ref_ctr_offset": 48,
    "perf_event.kprobe.addr": 40,
    "perf_event.kprobe.missed": 48,
    "perf_event.kprobe.cookie": 56,
    "perf_event.tracepoint.cookie": 40,
    "perf_event.event.config": 24,
    "perf_event.event.cookie": 40,
  },
  pointer: {
    "raw_tracepoint.tp_name": 16,
    "iter.target_name": 16,
    "kprobe_multi.addrs": 16,
    "kprobe_multi.cookies": 40,
    "uprobe_multi.path": 16,
    "uprobe_multi.offsets": 24,
    "uprobe_multi.ref_ctr_offsets": 32,
    "uprobe_multi.cookies": 40,
    /** Of a uprobe's file, a kprobe's function, a tracepoint. */
    "perf_event.name": 24,
  },
  text: {},
} as const satisfies InfoLayout;
