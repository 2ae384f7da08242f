/**
 * What a program is given by what it is written for, as names of functions and of LSM hooks (without `bpf_lsm_`): sets of
 * kernel/bpf/bpf_lsm.c and kernel/trace/bpf_trace.c. Which it may be written for at all is in shape/attach-lists.ts.
 */

import type { AttachType } from "../../uapi/attach-types.ts";
import { HELPER } from "../../uapi/helpers.ts";
import type { ProgramType } from "../../uapi/program-types.ts";
import { isSleepableHook } from "../shape/attach-lists.ts";
import type { ReturnRange } from "../target.ts";

const MAX_ERRNO = 4095;

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** They answer yes or no; all others 0 or an error. */
const BOOLEAN = words("xfrm_state_pol_flow_match audit_rule_known inode_xattr_skipcap");

/** What programs at a hook that returns something may return, and what others have returned before; null: anything. Since 6.12. */
export function hookReturns(era: number, name: string): ReturnRange | null {
  if (era < 612) return null;
  return BOOLEAN.has(name) ? { min: 0, max: 1, narrow: true } : { min: -MAX_ERRNO, max: 0, narrow: true };
}

/** Functions in whose programs bpf_d_path is safe. */
const D_PATH = words(`
  security_file_permission security_inode_getattr security_file_open security_path_truncate vfs_truncate vfs_fallocate
  dentry_open vfs_getattr filp_close
`);

/** Where bpf_d_path may be called: iterators, LSM hooks that may sleep, and a few functions. */
function givesPaths(era: number, type: string, attachType: string | null, name: string): boolean {
  if (type === "lsm") return isSleepableHook(name, era);
  return (type === "tracing" && attachType === "trace_iter") || D_PATH.has(name);
}

/** Tracing programs have sockets' storage but where it is itself at work, or where results are changed (`bpf_sk_storage_tracing_allowed`). */
function givesSocketStorage(type: string, attachType: string | null, name: string): boolean {
  if (type !== "tracing") return type !== "syscall";
  if (attachType === "trace_iter" || attachType === "trace_raw_tp") return true;
  return (attachType === "trace_fentry" || attachType === "trace_fexit") && !name.startsWith("bpf_sk_storage");
}

/** Whether a helper that the type has may be called in a program there (`bpf_func_proto.allowed`). */
export function isAllowed(era: number, id: number, type: ProgramType, attachType: AttachType | null, at: string): boolean {
  if (id === HELPER.bpf_d_path) return givesPaths(era, type, attachType, at);
  if (id === HELPER.bpf_sk_storage_get || id === HELPER.bpf_sk_storage_delete) return givesSocketStorage(type, attachType, at);
  if (id === HELPER.bpf_ima_inode_hash || id === HELPER.bpf_ima_file_hash) return isSleepableHook(at, era);
  return true;
}
