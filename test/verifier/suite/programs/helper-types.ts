/** Which types of programs have which helpers: those that 6.18 gave to more of them, and those that few have. */

import type { ProgramType } from "../../../../src/uapi/program-types.ts";
import { Rules, type Setting } from "../case.ts";

const RECORD = "*(u64 *)(r10 -8) = 0; r4 = r10; r4 += -8; r5 = 8;";
const TEXT = "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8;";
const BUFFER = "r1 = r10; r1 += -16; r2 = 16;";

/** What is set before the call, by helper; types of programs that have it, and that have not (on 6.18). */
const HELPERS: Readonly<Record<string, readonly [before: string, has: string, hasNot: string]>> = {
  bpf_get_stackid: ["r2 = map stacks; r3 = 0;", "kprobe tracepoint perf_event raw_tracepoint", "xdp sched_cls syscall netfilter"],
  bpf_get_stack: ["r2 = r10; r2 += -8; r3 = 8; r4 = 0;", "kprobe tracepoint perf_event raw_tracepoint", "xdp"],
  bpf_get_func_ip: ["", "kprobe", "xdp tracepoint perf_event raw_tracepoint"],
  bpf_get_attach_cookie: ["", "kprobe tracepoint perf_event raw_tracepoint", "xdp"],
  bpf_perf_event_output: [
    `r2 = map events; r3 = 0; ${RECORD}`,
    "kprobe xdp perf_event sk_msg sock_ops",
    "syscall flow_dissector netfilter",
  ],
  bpf_perf_event_read: ["r1 = map events; r2 = 0;", "kprobe xdp netfilter sock_ops", "syscall"],
  bpf_perf_event_read_value: ["r1 = map events; r2 = 0; r3 = r10; r3 += -24; r4 = 24;", "kprobe xdp netfilter", "syscall"],
  bpf_current_task_under_cgroup: ["r1 = map cgroups; r2 = 0;", "kprobe xdp flow_dissector", "syscall"],
  bpf_get_current_comm: [BUFFER, "kprobe xdp syscall netfilter", ""],
  bpf_probe_read_user_str: [`${BUFFER} r3 = 0;`, "kprobe xdp syscall netfilter", ""],
  bpf_copy_from_user: [`${BUFFER} r3 = 0;`, "syscall", "kprobe xdp raw_tracepoint netfilter"],
  bpf_send_signal: ["r1 = 9;", "kprobe xdp syscall netfilter", ""],
  bpf_ktime_get_boot_ns: ["", "kprobe xdp netfilter", ""],
  bpf_jiffies64: ["", "kprobe netfilter", ""],
  bpf_get_numa_node_id: ["", "socket_filter netfilter", ""],
  bpf_tail_call: ["r2 = map programs; r3 = 0;", "kprobe flow_dissector netfilter", "syscall"],
  bpf_set_retval: ["r1 = 0;", "", "kprobe xdp cgroup_skb"],
  bpf_get_retval: ["", "", "kprobe syscall cgroup_skb"],
  bpf_override_return: ["r2 = 0;", "", "kprobe xdp tracepoint"],
  bpf_read_branch_records: ["r2 = r10; r2 += -24; r3 = 24; r4 = 0;", "perf_event", "kprobe xdp"],
  bpf_get_ns_current_pid_tgid: ["r1 = 0; r2 = 0; r3 = r10; r3 += -8; r4 = 8;", "kprobe xdp sock_ops netfilter", ""],
  bpf_skb_output: [`r2 = map events; r3 = 0; ${RECORD}`, "", "kprobe xdp syscall"],
  bpf_seq_printf: ["r2 = 0; r3 = 0; r4 = 0; r5 = 0;", "", "kprobe xdp"],
  bpf_trace_vprintk: [`${TEXT} r3 = 0; r4 = 0;`, "kprobe xdp netfilter", ""],
  bpf_ima_inode_hash: ["r2 = 0; r3 = 0;", "", "kprobe syscall"],
  bpf_sys_bpf: ["r1 = 0; r2 = r10; r2 += -8; r3 = 8;", "syscall", "kprobe xdp"],
  bpf_btf_find_by_name_kind: [`${TEXT} r3 = 0; r4 = 0;`, "syscall", "kprobe xdp"],
  bpf_get_func_arg: ["r2 = 0; r3 = r10; r3 += -8;", "", "kprobe raw_tracepoint"],
  bpf_get_func_ret: ["r2 = r10; r2 += -8;", "", "kprobe"],
  bpf_get_func_arg_cnt: ["", "", "raw_tracepoint"],
  bpf_kallsyms_lookup_name: [`${TEXT} r3 = 0; r4 = r10; r4 += -16;`, "syscall", "kprobe xdp"],
};

const SETTINGS: Readonly<Partial<Record<ProgramType, Setting>>> = {
  syscall: { flags: 16 },
  cgroup_skb: { attachType: "cgroup_inet_ingress" },
  sock_ops: { attachType: "cgroup_sock_ops" },
  sk_msg: { attachType: "sk_msg_verdict" },
  netfilter: { attachType: "netfilter" },
  flow_dissector: { attachType: "flow_dissector" },
};

export const helperTypes = new Rules("core");

for (const [helper, [before, has, hasNot]] of Object.entries(HELPERS)) {
  const text = `${before} call ${helper}; r0 = 0; exit`;
  for (const type of has.split(" ") as ProgramType[])
    if (has !== "") helperTypes.rule(helper, { [type]: text }, {}, { type, ...SETTINGS[type] });
  for (const type of hasNot.split(" ") as ProgramType[])
    if (hasNot !== "") helperTypes.rule(helper, {}, { [type]: text }, { type, ...SETTINGS[type] });
}
