/**
 * What is in a kernel, as data: what `KernelInspector` returns. Numbers (`id`) are the kernel's own, the same that bpftool shows. Names of types
 * are the kernel's, in lower case without prefix; what is newer than this table is its number as text.
 */

import type { Instruction } from "../../../isa/instruction.ts";
import type { FunctionInfo, LineInfo } from "../../../object/spec.ts";
import type { AttachType } from "../../../uapi/attach-types.ts";
import type { MapType } from "../../../uapi/map-types.ts";
import type { ProgramType } from "../../../uapi/program-types.ts";
import type { Named } from "../objects/names.ts";

export type { BtfInfo } from "../objects/btf.ts";
export type { Named } from "../objects/names.ts";

export interface ProgramInfo {
  readonly kind: "program";
  readonly id: number;
  /** Whole, where the program has types; else its first 15 bytes, or empty (before 4.15, or it has none). */
  readonly name: string;
  readonly type: Named<ProgramType>;
  /** A digest of the instructions, 16 hexadecimal digits: the same program has the same tag. */
  readonly tag: string;
  readonly gplCompatible: boolean;
  /** Null when /proc does not tell when the machine started. */
  readonly loadedAt: Date | null;
  /** The user that loaded it. */
  readonly uid: number;
  /** Instructions in the kernel's form, after the verifier: bytes, 8 a slot. 0 when this process may not see them. */
  readonly translatedBytes: number;
  /** Machine code, in bytes; 0 when there is none (an interpreter runs it), or this process may not see it. */
  readonly jitedBytes: number;
  /** Memory that it takes, in bytes; null when /proc does not tell. */
  readonly memory: number | null;
  /** Functions, the main one included. */
  readonly functions: number;
  /** Instructions that the verifier went through (5.16); null when not told. */
  readonly verifiedInstructions: number | null;
  /** Numbers of the maps that it uses. */
  readonly maps: readonly number[];
  /** Number of its types; null when it was loaded without (5.0). */
  readonly btf: number | null;
  /** What it is made for, of programs on kernel functions or other programs (6.0): a type `type` of the BTF object `btf`. Else null. */
  readonly target: { readonly btf: number; readonly type: number } | null;
  /** The device that runs it, of programs that were handed to one (4.16). Else null. */
  readonly device: OffloadDevice | null;
  readonly statistics: RunStatistics;
}

/** Counted only while somebody has switched statistics on (`enableStatistics`, or sysctl kernel.bpf_stats_enabled); from when it was loaded. */
export interface RunStatistics {
  /** Nanoseconds on all CPUs together (5.1); beyond 2^53, rounded. */
  readonly runTime: number;
  readonly runCount: number;
  /** Times that it was not run because it was running on that CPU already (5.12). Counted always. */
  readonly recursionMisses: number;
}

/** A network interface that runs programs or holds maps itself. */
export interface OffloadDevice {
  /** Index of the interface in its network namespace. */
  readonly interface: number;
  /** OffloadDevice and inode of that namespace. */
  readonly namespace: { readonly device: bigint; readonly inode: bigint };
}

export interface MapInfo {
  readonly kind: "map";
  readonly id: number;
  /** Its first 15 bytes; empty before 4.15. */
  readonly name: string;
  readonly type: Named<MapType>;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes; per-CPU kinds hold as much for each CPU. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** `BPF_F_*` of linux/bpf.h. */
  readonly flags: number;
  /** `map_extra` (5.16): hash functions of a bloom filter, the address of an arena. Else 0. */
  readonly extra: bigint;
  /** User space can no longer write it (5.2). */
  readonly frozen: boolean;
  /** Memory that it takes now, in bytes; null when /proc does not tell. */
  readonly memory: number | null;
  /** Of maps of programs: what programs in it have in common. Null while it was never filled. */
  readonly owner: { readonly type: Named<ProgramType>; readonly jited: boolean } | null;
  /** Number of its types, and which of them keys and values have (0: none). Null when it has none. */
  readonly types: { readonly btf: number; readonly key: number; readonly value: number } | null;
  /** Of struct_ops maps: the kernel's type of the value, and the BTF object that has it (0: the kernel's own, or not told, before 6.9). Else null. */
  readonly kernelType: { readonly btf: number; readonly value: number } | null;
  readonly device: OffloadDevice | null;
}

/** What is at one key of a map of programs or of maps. */
export interface MapReference {
  readonly key: unknown;
  readonly kind: "program" | "map";
  readonly id: number;
}

export interface RingFill {
  /** Bytes that there is room for. */
  readonly size: number;
  /** Bytes that nobody took out yet, headers and padding included. */
  readonly unread: number;
}

/** A name in a bpf file system. */
export interface PinnedObject {
  readonly path: string;
  readonly kind: "program" | "map" | "link";
  readonly id: number;
}

/** A descriptor that a process holds of an object. */
export interface ObjectHolder {
  readonly kind: "program" | "map" | "link" | "btf";
  readonly id: number;
  /** The process, and what it is called: at most 15 bytes. */
  readonly pid: number;
  readonly command: string;
  readonly fd: number;
}

/** A program's instructions as the verifier left them: helpers, maps and functions are what they became, and nothing unreachable is there. */
export interface TranslatedCode {
  /** As the kernel gives them, 8 a slot: the main function, then the others. */
  readonly bytes: Uint8Array;
  /** In ascending order of `slot`. Empty for programs that were loaded without types. */
  readonly functions: readonly FunctionInfo[];
  /** In ascending order of `slot`; each holds until the next. */
  readonly lines: readonly LineInfo[];
  readonly instructions: readonly TranslatedInstruction[];
}

export interface TranslatedInstruction {
  readonly slot: number;
  /** As the kernel gives it; `print(instruction, { translated: true })` knows the forms that programs do not have. */
  readonly instruction: Instruction;
  /** In the kernel's notation, with names of maps, kernel functions and the program's own functions: `r1 = map drops (id 11)`, `call pc+8 count`. */
  readonly text: string;
  /** The name of the function that begins here. */
  readonly function: string | null;
  /** The source line that begins here. */
  readonly line: LineInfo | null;
}

/** Machine code, as the JIT made it. */
export interface MachineCode {
  /** The main function first. */
  readonly functions: readonly MachineFunction[];
}

export interface MachineFunction {
  readonly name: string;
  /** As /proc/kallsyms and profilers have it: `bpf_prog_123456789abcdef0_count`. */
  readonly symbol: string;
  /** Null where the kernel shows no addresses. */
  readonly address: bigint | null;
  readonly bytes: Uint8Array;
  /** Where in `bytes` source lines begin, in ascending order. Empty where there are none, or the kernel shows no addresses. */
  readonly lines: readonly { readonly offset: number; readonly line: LineInfo }[];
}

/** What programs did between two looks. */
export interface LoadSample {
  readonly time: Date;
  /** The busiest first. Programs that came meanwhile are in the next sample. */
  readonly programs: readonly ProgramLoad[];
}

export interface ProgramLoad {
  readonly program: ProgramInfo;
  /** Between the two looks at this program: nanoseconds. */
  readonly interval: number;
  /** Nanoseconds that it ran, on all CPUs together. */
  readonly runTime: number;
  readonly runCount: number;
  readonly recursionMisses: number;
  /** How many CPUs it kept busy: 0.01 is a hundredth of one. */
  readonly cpu: number;
}

/** A program at the network of a namespace. */
export interface NetworkAttachment {
  /** `tc_…`: a filter of a queueing discipline, or the action of one; `tcx_…` and `netkit_…`: without (6.6, 6.7). */
  readonly hook:
    | "xdp"
    | "netkit_primary"
    | "netkit_peer"
    | "tcx_ingress"
    | "tcx_egress"
    | "tc_ingress"
    | "tc_egress"
    | "tc_action"
    | "flow_dissector"
    | "sk_lookup"
    | "netfilter";
  /** Null: the namespace itself. Of netfilter, kernels do not tell which namespace. */
  readonly interface: { readonly name: string; readonly index: number } | null;
  readonly program: number;
  /** The link that it is attached by. Null: none, or not told (but for tcx and netkit, links are for CAP_SYS_ADMIN). */
  readonly link: number | null;
  /** XDP: where it runs. */
  readonly mode: "native" | "generic" | "offloaded" | null;
  /** tc: the kind of the discipline (`clsact`), and what the filter is called. */
  readonly discipline: string | null;
  readonly filter: string | null;
  /** netfilter: where, among how many; lower priorities run first. */
  readonly netfilter: { readonly family: string; readonly hook: string; readonly priority: number } | null;
  /** Of the list of tcx or netkit programs that it is in: counts its changes. 0: not told. */
  readonly revision: bigint;
}

/** What is attached to a control group, or runs for it, at one hook. */
export interface CgroupAttachment {
  /** From the root of the hierarchy: `/web/api`. */
  readonly cgroup: string;
  readonly attachType: AttachType;
  /** Who else may attach: `multi` everybody; `override` groups below, in place of it; `exclusive` nobody below. Null of what is effective. */
  readonly mode: "multi" | "override" | "exclusive" | null;
  /** In the order in which they run, with the `BPF_F_*` that they were attached with (6.0; of what is effective, 0). */
  readonly programs: readonly { readonly program: number; readonly flags: number }[];
  /** Counts the changes of that list (6.17). 0: not told. */
  readonly revision: bigint;
}

/** A program that a process has on a perf event or a raw tracepoint, by a descriptor of it. */
export interface PerfAttachment {
  readonly pid: number;
  /** What the process is called. */
  readonly command: string;
  readonly fd: number;
  readonly program: number;
  readonly type: "raw_tracepoint" | "tracepoint" | "kprobe" | "kretprobe" | "uprobe" | "uretprobe";
  /** Of the tracepoint, the kernel's function (empty: `address` says it) or the file. */
  readonly name: string;
  /** Of probes: within the function or file. Else null. */
  readonly offset: bigint | null;
  /** Of probes on the kernel without a name: where. Else 0, or null. */
  readonly address: bigint | null;
}
