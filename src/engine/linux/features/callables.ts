/** What programs of each type may call: helpers, and functions of the kernel. */

import type { AttachType } from "../../../uapi/attach-types.ts";
import { HELPER, type HelperName } from "../../../uapi/helpers.ts";
import { isOffered } from "../../../uapi/offers/offers.ts";
import { PROGRAM_TYPE, type ProgramType } from "../../../uapi/program-types.ts";
import { helperSince } from "../../../uapi/since.ts";
import { atLeast } from "../release.ts";
import { ERRNO } from "../sys/system-error.ts";
import { type Asker, isSilent, type ProgramQuestion } from "./ask.ts";
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
export function helpersOf(groups: readonly ProgramGroup[], sources: Sources, all: boolean): readonly Callables[] {
  const { witness, asker } = sources;
  const there = (Object.entries(HELPER) as [HelperName, number][]).filter(([name, id]) => exists(witness, name, id));
  // What programs may write into processes with, any lockdown forbids (5.15).
  const lockdownAllows = sources.lockdown === null ? null : sources.lockdown === "none";
  return groups.map((group) => {
    const available: string[] = [];
    const unknown: string[] = [];
    const question = questionOf(group.type, group.attachType ?? undefined, sources);
    // A type that does not load has no helpers to be asked about; the tables know them all the same.
    const ask = questions(asker, question);
    const { known, ever } = measurements(group, witness.release);
    for (const [name, id] of there) {
      const measured = id === HELPER.bpf_probe_write_user && ever(id) ? lockdownAllows : known(id);
      const open = !byHook(group, id) && (all || (!NOISY.has(name) && (measured === null || (VARIES.has(name) && ever(id)))));
      const answer = (open ? ask(id, 0) : null) ?? measured;
      if (answer === null) unknown.push(name);
      else if (answer) available.push(name);
    }
    return { programs: groupName(group), available, unknown };
  });
}

/** Helpers that the configuration takes away from kernels that have them. */
const VARIES: ReadonlySet<HelperName> = new Set(["bpf_override_return", "bpf_probe_read", "bpf_probe_read_str"]);

/** To ask for these is told in the kernel's log, or changes how it traces: that is done when everything is to be asked. */
const NOISY: ReadonlySet<HelperName> = new Set(["bpf_probe_write_user", "bpf_trace_printk", "bpf_trace_vprintk"]);

function exists(witness: Witness, name: HelperName, id: number): boolean {
  const declared = witness.enumerator("bpf_func_id", `BPF_FUNC_${name.slice(4)}`);
  const since = helperSince(id);
  return declared ?? (since === null || atLeast(witness.release, since));
}

/** What measurements say of a group's helpers by number; `known` is null where they say nothing, `ever` true where one kernel has it. */
function measurements(
  { type, attachType }: ProgramGroup,
  release: string,
): { readonly known: (id: number) => boolean | null; readonly ever: (id: number) => boolean } {
  const era = eraOf(release);
  const offered = (at: number, id: number): boolean => isOffered(at, id, type, attachType, "");
  const exact = MEASURED.includes(era);
  const older = MEASURED.filter((at) => at < era).at(-1);
  const newer = MEASURED.find((at) => at > era);
  return {
    ever: (id) => MEASURED.some((at) => offered(at, id)),
    known(id) {
      if (!usable(type, attachType, id)) return false;
      if (exact) return offered(era, id);
      // Helpers are given to more and more programs, and not taken away.
      if (older !== undefined && offered(older, id)) return true;
      if (newer !== undefined && !offered(newer, id)) return false;
      return null;
    },
  };
}

/** Of programs on functions it depends on the function: some may call it, and the one that is asked for is none of those. */
function byHook({ type, attachType }: ProgramGroup, id: number): boolean {
  return (type === "lsm" || (type === "tracing" && attachType === "trace_fentry")) && id === HELPER.bpf_d_path;
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

/** Whether programs may call something: asked of the kernel, where programs of that type load at all. That is looked at when it matters. */
function questions(asker: Asker | null, question: ProgramQuestion | null): (id: number, source: 0 | 2) => boolean | null {
  let loads: boolean | undefined;
  return (id, source) => {
    if (asker === null || question === null) return null;
    loads ??= asker.program(question).result >= 0;
    return loads ? mayCall(asker, question, id, source) : null;
  };
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
  if (isSilent(result)) return null;
  // The verifier got as far as looking at arguments, or beyond.
  if (result === -ERRNO.EACCES && source === 0) return true;
  const told = asker.program(calls, true);
  return isSilent(told.result) ? null : !REFUSALS.test(told.log);
}

/** Tagged as the rest, and for no program to call: the kernel's tests attach programs to them. */
const FOR_TESTS: ReadonlySet<string> = new Set(["bpf_fentry_test1", "bpf_modify_return_test", "bpf_modify_return_test2"]);

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
  const listed = functions.filter((name) => !FOR_TESTS.has(name)).map((name) => ({ name, about: kfuncFacts(era, name, null) }));
  return groups.map((group) => {
    const question = questionOf(group.type, group.attachType ?? undefined, sources);
    const ask = questions(asker, question);
    const available: string[] = [];
    const unknown: string[] = [];
    for (const { name, about } of listed) {
      const offered = about?.offeredTo(group.type, group.attachType) ?? null;
      // These are for programs that are bound to a device when they are loaded.
      const known = name.startsWith("bpf_xdp_metadata_") ? false : offered;
      const asked = all || known === null ? ask(witness.typeId("function", name), 2) : null;
      const answer = asked ?? known;
      if (answer === null) unknown.push(name);
      else if (answer) available.push(name);
    }
    return { programs: groupName(group), available, unknown };
  });
}
