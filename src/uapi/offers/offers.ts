/** Which helpers programs may call: `get_func_proto` of each program type, as measured (table.ts). */

import type { AttachType } from "../attach-types.ts";
import { HELPER } from "../helpers.ts";
import type { ProgramType } from "../program-types.ts";
import { HELPERS_OFFERED } from "./table.ts";
import { offerVariant } from "./variants.ts";

function add(to: Set<number>, ranges: string): void {
  if (ranges === "") return;
  for (const range of ranges.split(",")) {
    const [from = "", until = from] = range.split("-");
    for (let id = Number(from); id <= Number(until); id++) to.add(id);
  }
}

const sets = new Map<string, ReadonlySet<number>>();

function offered(era: number, variant: string): ReadonlySet<number> {
  const key = `${era} ${variant}`;
  let set = sets.get(key);
  if (set === undefined) {
    const table = HELPERS_OFFERED[era] ?? {};
    const own = table[variant] ?? "";
    const made = new Set<number>();
    add(made, table["all"] ?? "");
    add(made, own.startsWith("=") ? (table[own.slice(1)] ?? "") : own);
    set = made;
    sets.set(key, set);
  }
  return set;
}

/**
 * What a trampoline's programs have beside raw tracepoints': no kernel of the machines that were measured attaches any, so these
 * three lists are from its sources (`tracing_prog_func_proto`, `bpf_lsm_func_proto`).
 */
const TRAMPOLINE: readonly number[] = [
  HELPER.bpf_get_func_arg,
  HELPER.bpf_get_func_ret,
  HELPER.bpf_get_func_arg_cnt,
  HELPER.bpf_get_attach_cookie,
];
const TRAMPOLINES: ReadonlySet<AttachType> = new Set(["trace_fentry", "trace_fexit", "modify_return"]);
const LSM: readonly number[] = [
  HELPER.bpf_inode_storage_get,
  HELPER.bpf_inode_storage_delete,
  HELPER.bpf_spin_lock,
  HELPER.bpf_spin_unlock,
  HELPER.bpf_bprm_opts_set,
  HELPER.bpf_ima_inode_hash,
  HELPER.bpf_ima_file_hash,
];

/** And of a cgroup's LSM programs, at any hook and at few. */
const LSM_CGROUP: readonly number[] = [HELPER.bpf_get_local_storage, HELPER.bpf_get_retval, HELPER.bpf_set_retval];
const SOCKET_OPTIONS: readonly number[] = [HELPER.bpf_setsockopt, HELPER.bpf_getsockopt];

/** Where sockets' options came later than at hooks of the same kind. */
const LATE_SOCKET_OPTIONS: ReadonlySet<AttachType> = new Set(["cgroup_unix_getpeername", "cgroup_unix_getsockname"]);

/** @param at what it attaches to: a function's name, a hook's, or `struct.member`. */
export function isOffered(era: number, id: number, type: ProgramType, attachType: AttachType | null, at: string): boolean {
  if (era < 613 && attachType !== null && LATE_SOCKET_OPTIONS.has(attachType) && SOCKET_OPTIONS.includes(id)) return false;
  // Raw tracepoints have it, so that it is in the set; a cgroup's hooks have no trampoline.
  if (attachType === "lsm_cgroup" && id === HELPER.bpf_get_attach_cookie) return false;
  // Programs that only test struct_ops have no helpers at all.
  if (type === "struct_ops" && at.startsWith("bpf_dummy_ops.")) return false;
  if (offered(era, offerVariant(type, attachType)).has(id)) return true;
  // Congestion control that ends must not begin anew by its socket's options.
  if (type === "struct_ops") return TCP.includes(id) && !(SOCKET_OPTIONS.includes(id) && at === "tcp_congestion_ops.release");
  if (type === "tracing") {
    if (attachType === "trace_iter") return SOCKET_OPTIONS.includes(id) && iteratesOpenSockets(at);
    return attachType !== null && TRAMPOLINES.has(attachType) && TRAMPOLINE.includes(id);
  }
  if (type !== "lsm") return false;
  if (LSM.includes(id)) return true;
  if (attachType !== "lsm_cgroup") return TRAMPOLINE.includes(id);
  return LSM_CGROUP.includes(id) || (SOCKET_OPTIONS.includes(id) && GIVES_SOCKET_OPTIONS.has(at));
}

/** Hooks of cgroups whose socket is locked, and of those that nobody else knows yet: their options may be changed. */
const GIVES_SOCKET_OPTIONS: ReadonlySet<string> = new Set([
  "sock_graft",
  "inet_csk_clone",
  "inet_conn_established",
  "socket_post_create",
  "socket_socketpair",
]);

/** Iterators whose sockets are locked meanwhile, so that their options may be changed. */
function iteratesOpenSockets(name: string): boolean {
  return name === "tcp" || name === "unix";
}

/** What programs of `tcp_congestion_ops` have: others of struct_ops have no socket to give. */
const TCP: readonly number[] = [
  HELPER.bpf_tcp_send_ack,
  HELPER.bpf_sk_storage_get,
  HELPER.bpf_sk_storage_delete,
  ...SOCKET_OPTIONS,
];
