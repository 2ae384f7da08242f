/** What programs of each type may call: helpers, and functions of the kernel. */

import type { AttachType } from "../../../uapi/attach-types.ts";
import { HELPER, type HelperName } from "../../../uapi/helpers.ts";
import { isOffered } from "../../../uapi/offers/offers.ts";
import { PROGRAM_TYPE, type ProgramType } from "../../../uapi/program-types.ts";
import { helperSince } from "../../../uapi/since.ts";
import { atLeast } from "../release.ts";
import { ERRNO } from "../sys/system-error.ts";
import type { Asker, ProgramQuestion } from "./ask.ts";
import { code, EXIT } from "./code.ts";
import type { Callables } from "./feature.ts";
import { questionOf } from "./rows/questions.ts";
import type { Sources } from "./rows/sources.ts";
import type { Witness } from "./witness.ts";

/** A kind of program as the kernel tells them apart when it decides what they may call. */
export interface ProgramGroup {
  readonly type: ProgramType;
  readonly attachType: AttachType | null;
}

/** Of types whose programs may not all call the same: one group for each attach type that makes a difference. */
const APART: { readonly [Type in ProgramType]?: readonly AttachType[] } = {
  cgroup_skb: ["cgroup_inet_ingress", "cgroup_inet_egress"],
  cgroup_sock: ["cgroup_inet_sock_create", "cgroup_inet4_post_bind"],
  cgroup_sock_addr: [
    "cgroup_inet4_bind",
    "cgroup_inet4_connect",
    "cgroup_udp4_sendmsg",
    "cgroup_udp4_recvmsg",
    "cgroup_inet4_getpeername",
    "cgroup_unix_connect",
  ],
  cgroup_sockopt: ["cgroup_getsockopt", "cgroup_setsockopt"],
  tracing: ["trace_raw_tp", "trace_iter", "trace_fentry"],
  lsm: ["lsm_mac", "lsm_cgroup"],
};

export const GROUPS: readonly ProgramGroup[] = (Object.keys(PROGRAM_TYPE) as ProgramType[])
  // Of freplace programs the function that they replace decides.
  .filter((type) => type !== "unspec" && type !== "ext")
  .flatMap((type): ProgramGroup[] => APART[type]?.map((attachType) => ({ type, attachType })) ?? [{ type, attachType: null }]);

/** Kernels that were measured (uapi/offers/table.ts), by `major * 100 + minor`. */
const MEASURED = [601, 612, 618];

export function groupName({ type, attachType }: ProgramGroup): string {
  return attachType === null ? type : `${type}/${attachType}`;
}

/** `major * 100 + minor` of a release. */
export function eraOf(release: string): number {
  const [major = 0, minor = 0] = release.split(/[^\d]+/).map(Number);
  return major * 100 + minor;
}

/**
 * From measurements of kernels, where those say: of this very version; of an older and a newer one that agree. What they leave open is
 * asked of the kernel, and with `all` everything is.
 */
export function helpersOf(group: ProgramGroup, sources: Sources, all: boolean): Callables {
  const { witness, asker } = sources;
  const available: string[] = [];
  const unknown: string[] = [];
  const question = questionOf(group.type, group.attachType ?? undefined, sources);
  // A type that does not load has no helpers to be asked about; the tables know them all the same.
  const ready = asker !== null && question !== null && canAsk(asker, question);
  for (const [name, id] of Object.entries(HELPER) as [HelperName, number][]) {
    if (!exists(witness, name, id)) continue;
    const known = measured(group, id, witness.release);
    const asked = ready && (all || known === null || VARIES.has(name)) ? mayCall(asker, question, id, 0) : null;
    const answer = asked ?? known;
    if (answer === null) unknown.push(name);
    else if (answer) available.push(name);
  }
  return { programs: groupName(group), available, unknown };
}

/** Helpers that lockdown or the configuration takes away from kernels that have them. */
const VARIES: ReadonlySet<HelperName> = new Set([
  "bpf_probe_write_user",
  "bpf_override_return",
  "bpf_probe_read",
  "bpf_probe_read_str",
]);

function exists(witness: Witness, name: HelperName, id: number): boolean {
  const declared = witness.enumerator("bpf_func_id", `BPF_FUNC_${name.slice(4)}`);
  const since = helperSince(id);
  return declared ?? (since === null || atLeast(witness.release, since));
}

function measured({ type, attachType }: ProgramGroup, id: number, release: string): boolean | null {
  const era = eraOf(release);
  const offered = (at: number): boolean => isOffered(at, id, type, attachType, "");
  if (!usable(type, attachType, id)) return false;
  if (MEASURED.includes(era)) return offered(era);
  const older = MEASURED.filter((at) => at < era).at(-1);
  const newer = MEASURED.find((at) => at > era);
  // Helpers are given to more and more programs, and not taken away.
  if (older !== undefined && offered(older)) return true;
  if (newer !== undefined && !offered(newer)) return false;
  return null;
}

/** Helpers that some programs are offered, and refused whenever they call one: what is looked at is the program, not the call. */
function usable(type: ProgramType, attachType: AttachType | null, id: number): boolean {
  switch (id) {
    case HELPER.bpf_get_func_ip:
      return type === "kprobe" || (type === "tracing" && attachType === "trace_fentry");
    case HELPER.bpf_d_path:
      return type === "lsm" || (type === "tracing" && attachType !== "trace_raw_tp");
    case HELPER.bpf_sk_storage_get:
    case HELPER.bpf_sk_storage_delete:
      return type !== "syscall";
    default:
      return true;
  }
}

function canAsk(asker: Asker, question: ProgramQuestion): boolean {
  return asker.program(question).result >= 0;
}

/** What verifiers have said of a call that a program may not make, whatever it passes (4.1 to 6.18). */
const REFUSALS =
  /unknown func|invalid func|cannot use helper|is not allowed|not supported for program|supported only for|metadata kfuncs require/;

/**
 * A program that calls it and then reads a register that holds nothing, so that no kernel takes it: what it is refused for tells.
 * @param source 0: a helper by its number; 2: a function of the kernel by its type.
 */
export function mayCall(asker: Asker, question: ProgramQuestion, id: number, source: 0 | 2): boolean | null {
  const calls = { ...question, code: code([0x85, 0, source, 0, id], [0xbf, 0, 1, 0, 0], EXIT) };
  const { result } = asker.program(calls);
  if (result === -ERRNO.EPERM || result === -ERRNO.ENOMEM) return null;
  // The verifier got as far as looking at arguments, or beyond.
  if (result === -ERRNO.EACCES && source === 0) return true;
  const { log } = asker.program(calls, true);
  return !REFUSALS.test(log);
}

/** Functions of the kernel, by its own list of them (types are tagged since 6.10), else by that of the versions that are known. */
export async function kernelFunctions(
  groups: readonly ProgramGroup[],
  sources: Sources,
  functions: readonly string[],
  all: boolean,
): Promise<readonly Callables[]> {
  const { kfuncFacts } = await import("../../../verifier/targets/kfuncs.ts");
  const { witness, asker } = sources;
  const era = eraOf(witness.release);
  return groups.map((group) => {
    const question = questionOf(group.type, group.attachType ?? undefined, sources);
    const ready = asker !== null && question !== null && canAsk(asker, question);
    const available: string[] = [];
    const unknown: string[] = [];
    for (const name of functions) {
      const offered = kfuncFacts(era, name, null)?.offeredTo(group.type, group.attachType) ?? null;
      // These are for programs that are bound to a device when they are loaded.
      const known = name.startsWith("bpf_xdp_metadata_") ? false : offered;
      const asked = ready && (all || known === null) ? mayCall(asker, question, witness.typeId("function", name), 2) : null;
      const answer = asked ?? known;
      if (answer === null) unknown.push(name);
      else if (answer) available.push(name);
    }
    return { programs: groupName(group), available, unknown };
  });
}
