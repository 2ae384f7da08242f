/** A program that the kernel has: `struct bpf_prog_info`, and what /proc adds. */

import type { Facts } from "../facts.ts";
import type { Kernel } from "../kernel.ts";
import { typesIfShown } from "../objects/btf.ts";
import { inspectError } from "../objects/by-id.ts";
import { hexadecimal, Info } from "../objects/info.ts";
import { PROGRAM_INFO, PROGRAM_TAG } from "../objects/info-layouts.ts";
import { programTypeName } from "../objects/names.ts";
import { SystemError } from "../sys/system-error.ts";
import { DescriptorFacts } from "./fdinfo.ts";
import type { OffloadDevice, ProgramInfo, RunStatistics } from "./types.ts";

/** `BPF_OBJ_NAME_LEN - 1`: a name of that length may have been cut. */
const LONGEST_NAME = 15;
/** Maps that are asked for at first: most programs use fewer. */
const SOME_MAPS = 32;

/** @throws PrivilegeError */
export function readProgram(kernel: Kernel, { fd }: { readonly fd: number }): ProgramInfo {
  const { info, maps } = askWithMaps(kernel, fd);
  const facts = new DescriptorFacts(kernel.facts, fd);
  const btf = orNull(info.u32("btf_id"));
  return {
    kind: "program",
    id: info.u32("id"),
    name: programName(kernel, info, fd),
    type: programTypeName(info.u32("type")),
    tag: hexadecimal(info.bytes.subarray(PROGRAM_TAG.offset, PROGRAM_TAG.offset + PROGRAM_TAG.size)),
    gplCompatible: (info.u32("gpl_compatible") & 1) === 1,
    loadedAt: timeOf(kernel.facts, info.u64("load_time")),
    uid: info.u32("created_by_uid"),
    translatedBytes: info.u32("xlated_prog_len"),
    jitedBytes: info.u32("jited_prog_len"),
    memory: facts.number("memlock"),
    functions: Math.max(1, info.u32("nr_jited_func_lens"), info.u32("nr_func_info")),
    verifiedInstructions: orNull(info.u32("verified_insns")),
    maps,
    btf,
    target: info.u32("attach_btf_id") === 0 ? null : { btf: info.u32("attach_btf_obj_id"), type: info.u32("attach_btf_id") },
    device: deviceOf(info),
    statistics: statisticsOf(info),
  };
}

/** What changes while it runs, in one system call. Null when it cannot be read. */
export function readStatistics(kernel: Kernel, { fd }: { readonly fd: number }): RunStatistics | null {
  const info = new Info(kernel, PROGRAM_INFO);
  return info.ask(fd) < 0 ? null : statisticsOf(info);
}

/** Filled, with the numbers of all maps. Maps can be added to a program that is loaded (BPF_PROG_BIND_MAP), also just now. */
function askWithMaps(kernel: Kernel, fd: number): { readonly info: Info<typeof PROGRAM_INFO>; readonly maps: readonly number[] } {
  for (let room = SOME_MAPS; ; ) {
    const ids = new Uint32Array(room);
    const info = new Info(kernel, PROGRAM_INFO).set("nr_map_ids", room).point("map_ids", new Uint8Array(ids.buffer));
    ask(kernel, info, fd);
    const count = info.u32("nr_map_ids");
    if (count <= room) return { info, maps: [...ids.subarray(0, count)] };
    room = count;
  }
}

export function ask(kernel: Kernel, info: Info<typeof PROGRAM_INFO>, fd: number): void {
  const result = info.ask(fd);
  if (result < 0) throw inspectError(kernel, "program", "reading a program", new SystemError("bpf(obj_get_info_by_fd)", -result));
}

/** The kernel's 15 bytes, or the whole name of the program's first function. */
function programName(kernel: Kernel, info: Info<typeof PROGRAM_INFO>, fd: number): string {
  const name = info.text("name");
  const btf = info.u32("btf_id");
  if (name.length < LONGEST_NAME || btf === 0 || info.u32("nr_func_info") === 0) return name;
  const types = typesIfShown(kernel, btf);
  if (types === null) return name;
  const record = new Uint8Array(info.u32("func_info_rec_size"));
  const first = new Info(kernel, PROGRAM_INFO)
    .set("nr_func_info", 1)
    .set("func_info_rec_size", record.length)
    .point("func_info", record);
  if (first.ask(fd) < 0 || first.u32("nr_func_info") === 0) return name;
  const whole = types.name(new DataView(record.buffer).getUint32(4, true));
  return whole.startsWith(name) ? whole : name;
}

function statisticsOf(info: Info<typeof PROGRAM_INFO>): RunStatistics {
  return {
    runTime: Number(info.u64("run_time_ns")),
    runCount: Number(info.u64("run_cnt")),
    recursionMisses: Number(info.u64("recursion_misses")),
  };
}

export function deviceOf(info: {
  u32(field: "ifindex"): number;
  u64(field: "netns_dev" | "netns_ino"): bigint;
}): OffloadDevice | null {
  const index = info.u32("ifindex");
  if (index === 0) return null;
  return { interface: index, namespace: { device: info.u64("netns_dev"), inode: info.u64("netns_ino") } };
}

/** From nanoseconds since the machine started, which /proc/uptime counts in hundredths of seconds. */
function timeOf(facts: Facts, nanoseconds: bigint): Date | null {
  const uptime = Number.parseFloat(facts.read("/proc/uptime") ?? "");
  return Number.isNaN(uptime) ? null : new Date(Date.now() - uptime * 1000 + Number(nanoseconds) / 1e6);
}

const orNull = (number: number): number | null => (number === 0 ? null : number);
