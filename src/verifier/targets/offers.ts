/** Which helpers programs may call: `get_func_proto` of each program type, as measured (tables/helpers-offered.ts). */

import type { AttachType } from "../../uapi/attach-types.ts";
import { HELPER } from "../../uapi/helpers.ts";
import type { ProgramType } from "../../uapi/program-types.ts";
import { HELPERS_OFFERED } from "./tables/helpers-offered.ts";
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

export function isOffered(era: number, id: number, type: ProgramType, attachType: AttachType | null): boolean {
  if (offered(era, offerVariant(type, attachType)).has(id)) return true;
  if (type === "tracing" && attachType !== null && TRAMPOLINES.has(attachType)) return TRAMPOLINE.includes(id);
  if (type === "lsm") return LSM.includes(id) || TRAMPOLINE.includes(id);
  return false;
}
