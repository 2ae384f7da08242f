/** Kernel functions that programs may call: their flags, and which programs have them (`bpf_prog_type_to_kfunc_hook`). */

import type { Btf } from "../../btf/btf.ts";
import type { AttachType } from "../../uapi/attach-types.ts";
import { KERNEL_FUNCTIONS } from "../../uapi/kernel-functions.ts";
import type { ProgramType } from "../../uapi/program-types.ts";
import type { KfuncFacts, KfuncFlags } from "../target.ts";

type Offered = (era: number, type: ProgramType, attachType: AttachType | null) => boolean;

/** Tracing: tracepoints and perf events since 6.12. Kprobes and raw tracepoints are no part of it. */
const tracing: Offered = (era, type) =>
  type === "tracing" || type === "lsm" || (era >= 612 && (type === "tracepoint" || type === "perf_event"));

/** Programs of cgroups share their sets, whatever a set is for; 6.1 has none for them. */
const cgroup: Offered = (era, type) => era >= 612 && (CGROUP.has(type) || (era >= 615 && type === "sock_ops"));
const CGROUP: ReadonlySet<ProgramType> = new Set([
  "cgroup_skb",
  "cgroup_sock",
  "cgroup_device",
  "cgroup_sock_addr",
  "cgroup_sockopt",
  "cgroup_sysctl",
]);

const SKB: ReadonlySet<ProgramType> = new Set([
  "sched_cls",
  "sched_act",
  "sk_skb",
  "socket_filter",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "lwt_seg6local",
  "netfilter",
]);

/** Those that a set names are not told apart from others of the same hook. */
const SETS: Readonly<Record<string, Offered>> = {
  common: () => true,
  generic: (era, type, attachType) =>
    type === "sched_cls" ||
    type === "xdp" ||
    type === "struct_ops" ||
    type === "syscall" ||
    tracing(era, type, attachType) ||
    cgroup(era, type, attachType),
  tracing,
  cpumask: (era, type, attachType) => tracing(era, type, attachType) || type === "struct_ops" || type === "syscall",
  test: (era, type, attachType) => type === "sched_cls" || tracing(era, type, attachType) || type === "syscall",
  skb: (era, type, attachType) => SKB.has(type) || tracing(era, type, attachType) || cgroup(era, type, attachType),
  "skb-meta": (_era, type) => type === "sched_cls" || type === "sched_act",
  xdp: (_era, type) => type === "xdp",
  conntrack: (_era, type) => type === "xdp" || type === "sched_cls",
  crypto: (_era, type) => type === "sched_cls" || type === "sched_act" || type === "xdp",
  syscall: (_era, type) => type === "syscall",
  sock_addr: cgroup,
  sock_ops: cgroup,
  sched_cls: (_era, type) => type === "sched_cls",
  iterator: (_era, type, attachType) => type === "tracing" && attachType === "trace_iter",
  session: (era, type, attachType) =>
    type === "kprobe" && (attachType === "trace_kprobe_session" || (era >= 613 && attachType === "trace_uprobe_session")),
  lsm: (_era, type) => type === "lsm",
  struct_ops: (_era, type) => type === "struct_ops",
};

interface Line {
  readonly set: string;
  readonly words: readonly string[];
  readonly since: number;
  readonly before: number;
}

let lines: Map<string, Line[]> | null = null;

function read(): Map<string, Line[]> {
  const byName = new Map<string, Line[]>();
  let set = "";
  for (const text of KERNEL_FUNCTIONS.split("\n")) {
    if (text === "") continue;
    if (text.startsWith("@")) {
      set = text.slice(1);
      continue;
    }
    const [what = "", condition = ""] = text.split(" | ");
    const [name = "", ...words] = what.split(" ");
    const since = /since (\d+)/.exec(condition)?.[1];
    const before = /before (\d+)/.exec(condition)?.[1];
    const line: Line = { set, words, since: Number(since ?? 0), before: Number(before ?? Number.POSITIVE_INFINITY) };
    const of = byName.get(name);
    if (of === undefined) byName.set(name, [line]);
    else of.push(line);
  }
  return byName;
}

/** Every function trusts its arguments, whatever its flags: the 6.18.44 that was asked does what mainline does since 7.0. */
const ALL_TRUST = 618;

function flags(words: readonly string[], era: number): KfuncFlags {
  return {
    acquire: words.includes("acquire"),
    release: words.includes("release"),
    returnsNull: words.includes("null"),
    trustedArguments: era >= ALL_TRUST || words.includes("trusted"),
    sleepable: words.includes("sleeps"),
    destructive: words.includes("destructive"),
    rcu: words.includes("rcu"),
    rcuProtected: words.includes("protected"),
    iteratorNew: words.includes("new"),
    iteratorNext: words.includes("next"),
    iteratorDestroy: words.includes("destroy"),
    arenaReturn: words.includes("returns-arena"),
    arenaArgument1: words.includes("arena1"),
    arenaArgument2: words.includes("arena2"),
    fastcall: words.includes("fastcall"),
  };
}

/** @param types which kernel functions this kernel was built with; null: all that its version has. */
export function kfuncFacts(era: number, name: string, types: Btf | null): KfuncFacts | null {
  lines ??= read();
  const line = lines.get(name)?.find(({ since, before }) => era >= since && era < before);
  if (line === undefined) return null;
  const btfId = types === null ? 0 : types.find(name, "function");
  if (btfId === undefined) return null;
  const offered = SETS[line.set] ?? (() => false);
  return { name, flags: flags(line.words, era), offeredTo: (type, attachType) => offered(era, type, attachType), btfId };
}
