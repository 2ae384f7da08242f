/** Arguments of iterators, tracepoints with types and functions: which are pointers, which of those may be null. */

import { Rules } from "../case.ts";

const RETURN = "; r0 = 0; exit";

/** An argument, and what it points to. */
const followed = (argument: number) => `r6 = *(u64 *)(r1 +${8 * argument}); r7 = *(u64 *)(r6 +0)${RETURN}`;
const checked = (argument: number) =>
  `r6 = *(u64 *)(r1 +${8 * argument}); if r6 == 0 goto out; r7 = *(u64 *)(r6 +0); out: r0 = 0; exit`;
const written = (argument: number) =>
  `r6 = *(u64 *)(r1 +${8 * argument}); if r6 == 0 goto out; r7 = 0; *(u64 *)(r6 +0) = r7; out: r0 = 0; exit`;

/** `2 and why` for argument 2. */
function each(text: (argument: number) => string, what: string, list: string): Readonly<Record<string, string>> {
  return list === "" ? {} : Object.fromEntries([...list].map((argument) => [`${argument} ${what}`, text(Number(argument))]));
}

export const hooks = new Rules("btf", { type: "tracing" });

/** How many arguments an iterator has, and which of them are pointers to structs: all of these may be null. */
const ITERATORS: Readonly<Record<string, readonly [count: number, structs: string]>> = {
  task: [2, "1"],
  task_file: [4, "1"],
  task_vma: [3, "12"],
  bpf_map: [2, "1"],
  bpf_prog: [2, ""],
  bpf_link: [2, "1"],
  tcp: [3, "1"],
  udp: [4, "1"],
  unix: [3, "1"],
  netlink: [2, "1"],
  ipv6_route: [2, "1"],
  ksym: [2, "1"],
  cgroup: [2, "1"],
  bpf_sk_storage_map: [4, "123"],
  sockmap: [4, "123"],
  kmem_cache: [2, "1"],
  dmabuf: [2, "1"],
};
for (const [target, [count, structs]] of Object.entries(ITERATORS)) {
  const others = "1234".slice(0, count - 1).replaceAll(new RegExp(`[${structs || " "}]`, "g"), "");
  hooks.rule(
    `iterators of ${target}`,
    {
      "0 twice followed": `r6 = *(u64 *)(r1 +0); r7 = *(u64 *)(r6 +0); r8 = *(u64 *)(r6 +8)${RETURN}`,
      ...each(checked, "checked", structs),
    },
    {
      ...each(followed, "not checked", structs),
      ...each(checked, "checked, no struct", others),
      ...each(written, "written", structs.slice(0, 1)),
      [`${count}, one too many`]: `r6 = *(u64 *)(r1 +${8 * count})${RETURN}`,
    },
    { attachType: "trace_iter", target },
  );
}

/** Which arguments of tracepoints point to structs that are there, and which do not, on 6.18. */
const TRACEPOINTS: Readonly<Record<string, readonly [there: string, not: string]>> = {
  kfree_skb: ["0", "13"],
  sched_pi_setprio: ["0", "12"],
  tcp_send_reset: ["", "012"],
  signal_generate: ["2", "013"],
  mm_page_alloc: ["", "01"],
  sys_enter: ["0", "1"],
  sched_switch: ["12", "034"],
  netif_receive_skb: ["0", "1"],
  xdp_exception: ["0", "12"],
  cgroup_mkdir: ["0", "12"],
  sched_process_wait: ["", "01"],
  block_rq_issue: ["0", "1"],
  writeback_dirty_folio: ["0", "12"],
};
for (const [target, [there, not]] of Object.entries(TRACEPOINTS)) {
  hooks.rule(`arguments of ${target}`, each(followed, "followed", there), each(followed, "followed", not), {
    attachType: "trace_raw_tp",
    target,
  });
}

/** The same of functions. Numbers, and pointers to numbers and texts, are none. */
const FUNCTIONS: Readonly<Record<string, readonly [there: string, not: string]>> = {
  vfs_read: ["0", "123"],
  do_sys_openat2: ["2", "013"],
  vfs_getattr: ["0", "13"],
  tcp_sendmsg: ["01", "23"],
  kernel_clone: ["0", "1"],
  bpf_prog_load: ["0", "1"],
  security_file_open: ["0", "1"],
  vfs_writev: ["01", "2"],
  poll_select_set_timeout: ["0", "12"],
  sched_setaffinity: ["1", "02"],
  bpf_fentry_test1: ["", "01"],
  bpf_fentry_test7: ["0", "1"],
  bpf_modify_return_test: ["", "012"],
  call_usermodehelper: ["", "013"],
  kobject_uevent_env: ["0", "12"],
  kthread_create_on_node: ["", "012"],
  argv_split: ["", "012"],
  filp_open: ["", "012"],
  ktime_get_ts64: ["0", "1"],
};
for (const [target, [there, not]] of Object.entries(FUNCTIONS)) {
  hooks.rule(`arguments of ${target}`, each(followed, "followed", there), each(followed, "followed", not), {
    attachType: "trace_fentry",
    target,
  });
}
