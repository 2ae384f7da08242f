/**
 * The kernel's own objects that some programs may write (`btf_struct_access` of their types): a few fields of sockets for
 * congestion control, of tasks for schedulers, of tracked connections for those that see packets.
 */

import type { Btf } from "../../btf/btf.ts";
import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";
import { structOpsMember } from "./attach-target.ts";
import { structAt } from "./btf-walk.ts";

/** Members by struct; those of members with dots. */
type Writable = Readonly<Record<string, readonly string[]>>;

const CONNECTION: Writable = { nf_conn: ["mark"], nf_conn___init: ["mark"] };

/** By the struct_ops that may. */
const BY_STRUCT_OPS: Readonly<Record<string, Writable>> = {
  tcp_congestion_ops: {
    tcp_sock: [
      "inet_conn.icsk_inet.sk.sk_pacing_rate",
      "inet_conn.icsk_inet.sk.sk_pacing_status",
      "inet_conn.icsk_ca_priv",
      "inet_conn.icsk_ack.pending",
      "snd_cwnd",
      "snd_cwnd_cnt",
      "snd_cwnd_stamp",
      "snd_ssthresh",
      "ecn_flags",
      "app_limited",
    ],
  },
  sched_ext_ops: { task_struct: ["scx.slice", "scx.dsq_vtime", "scx.disallow"] },
  bpf_dummy_ops: { bpf_dummy_ops_state: ["val"] },
};

/** Members that may be written since a later version. */
const SINCE: Readonly<Record<string, number>> = { snd_cwnd_stamp: 607, app_limited: 607 };

/** Whether programs of this type may write any of the kernel's objects. */
export function mayWriteKernel(program: Program): boolean {
  return writable(program) !== null;
}

function writable(program: Program): Writable | null {
  switch (program.type) {
    case "xdp":
    case "sched_cls":
    case "sched_act":
      return CONNECTION;
    case "struct_ops":
      return BY_STRUCT_OPS[structOpsMember(program.spec, program.source)?.struct ?? ""] ?? null;
    default:
      return null;
  }
}

/** Refuses writes of anything else. */
export function checkKernelWrite(program: Program, btf: Btf, id: number, off: number, size: number): void {
  const struct = btf.name(id);
  const members = writable(program)?.[struct];
  if (members === undefined) refuse("only read is supported");
  for (const path of members) {
    if (program.era < (SINCE[path] ?? 0)) continue;
    const place = memberAt(btf, id, path);
    if (place === null || off < place.off || off >= place.off + place.size) continue;
    // Only what a program keeps of its own is written in parts.
    if (off !== place.off && !path.endsWith("_priv") && struct !== "bpf_dummy_ops_state") continue;
    const end = place.off + place.size;
    if (off + size <= end) return;
    const beyond = struct === "bpf_dummy_ops_state" ? "" : ` beyond the member of ${struct} ended at ${end}`;
    refuse(`write access at off ${off} with size ${size}${beyond}`);
  }
  refuse(`no write support to ${struct} at off ${off}`);
}

function memberAt(btf: Btf, id: number, path: string): { readonly off: number; readonly size: number } | null {
  let off = 0;
  let type = id;
  for (const name of path.split(".")) {
    const member = structAt(btf, type)?.members.find((candidate) => candidate.name === name);
    if (member === undefined || member.bitSize !== 0) return null;
    off += member.bitOffset / 8;
    type = member.type;
  }
  return { off, size: btf.sizeOf(type) };
}
