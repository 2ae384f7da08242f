/**
 * What there is where a program will run, as data: a kernel, or the embedded engine. The verifier knows nothing else of it.
 *
 * Tables of kernels are in targets/; an engine brings its own.
 */

import type { Btf } from "../btf/btf.ts";
import type { Spec } from "../object/spec.ts";
import type { AttachType } from "../uapi/attach-types.ts";
import type { MapType } from "../uapi/map-types.ts";
import type { ProgramType } from "../uapi/program-types.ts";

export interface Target {
  /** As `--kernel` takes it: `6.1`, `6.12`, `6.18`, `embedded`. */
  readonly name: string;
  /**
   * Which verifier's rules hold: the kernel's version, major * 100 + minor (601, 612, 618). A rule that differs between kernels
   * compares it, at the rule.
   */
  readonly era: number;
  /**
   * True: what the rounds of a callback rely on is carried around as in loops, so that none is taken for another too early.
   * The kernels up to 6.18 do not, and accept a little more for it.
   */
  readonly callbacksAreLoops: boolean;
  /** The kernel's types, or null when nobody has them: programs that need them are refused by name. */
  readonly types: Btf | null;
  /** Null: this target has no such program type. */
  readonly programType: (type: ProgramType, attachType: AttachType | null) => ProgramRules | null;
  /** Whether maps of that type can be made. */
  readonly hasMapType: (type: MapType) => boolean;
  /**
   * A helper's prototype for a program type; `unknown`: no such helper at all, `refused`: not for this type of program,
   * `not-here`: not where this program attaches.
   */
  readonly helper: (
    id: number,
    type: ProgramType,
    attachType: AttachType | null,
    program: HelperAsker,
  ) => HelperPrototype | "unknown" | "refused" | "not-here";
  /** A kernel function, or null when there is none of that name. */
  readonly kfunc: (name: string) => KfuncFacts | null;
  /** Whether programs may ask what a device knows of a packet without being loaded for that device. Default: they may not, as in kernels. */
  readonly deviceBound?: boolean;
  /** What iterators go through. Default: what kernels of that era do. */
  readonly iterates?: (name: string) => boolean;
  /** What a load through PTR_TO_SOCKET, PTR_TO_SOCK_COMMON, PTR_TO_TCP_SOCK or PTR_TO_XDP_SOCK gives; null refuses it. Nothing may be written. */
  readonly socketAccess: (type: number, offset: number, size: number) => ContextAccess | null;
}

/** What of a program decides which helpers it has, beside its type. */
export interface HelperAsker {
  readonly sleepable: boolean;
  readonly gpl: boolean;
  /** What it attaches to, as it says itself. */
  readonly source?: { readonly name?: string; readonly target?: string };
  /** And what else says it: the maps of struct_ops. */
  readonly spec?: Pick<Spec, "maps">;
}

/** What holds for programs of one type and attach type. */
export interface ProgramRules {
  /** Type of the context as C has it, e.g. `__sk_buff`, `xdp_md`, or empty when it is an array of u64 or a BTF struct. */
  readonly contextName: string;
  /**
   * Who says what the context holds: `access`; or the kernel's types, because it is an array of u64 with the arguments of a
   * kernel function, a tracepoint or an LSM hook, or with an iterator's or struct_ops' members (`btf_ctx_access`).
   */
  readonly context: "table" | "btf-arguments";
  /** What an access of the context gives; null refuses it. Any offset ≥ 0, size 1, 2, 4 or 8. Not asked for `btf-arguments`. */
  readonly access: (offset: number, size: number, write: boolean) => ContextAccess | null;
  /** Lowest and highest r0 at exit, signed 64-bit as safe integers; null: any. */
  readonly returns: ReturnRange | null;
  /** What it implements returns nothing (LSM hooks and struct_ops members): r0 is not looked at. */
  readonly returnsVoid?: boolean;
  /**
   * Packet pointers may be given to helpers whose prototype has `packetAccess` (`may_access_direct_pkt_data`). Loads through
   * them are allowed wherever `access` gives them: sock_ops has those, and no `directPacketAccess`.
   */
  readonly directPacketAccess: boolean;
  /** Packets may be written, by the program and by helpers. */
  readonly directPacketWrite: boolean;
  /** Helpers take packet pointers whatever their prototype says (cgroup_sockopt, whose "packet" is the option's value). */
  readonly packetsForAllHelpers: boolean;
  /** LD_ABS and LD_IND work. */
  readonly legacyPacketAccess: boolean;
  /** Whether programs of this type may be sleepable; `must`: none is loaded that is not. */
  readonly sleepable: "never" | "may" | "must";
}

export interface ReturnRange {
  readonly min: number;
  readonly max: number;
  /** The lower 32 bits count, as an int (LSM). */
  readonly narrow?: boolean;
}

/** What a context field holds once it is in a register. */
export interface ContextAccess {
  /** A register type (state/types.ts): SCALAR, PTR_TO_PACKET, PTR_TO_SOCKET | PTR_MAYBE_NULL … */
  readonly type: number;
  /** Scalars: bytes that are known to matter; a load of that width is zero-extended. */
  readonly size: number;
  /** PTR_TO_BTF_ID: the struct's name in the kernel's types. */
  readonly struct: string | null;
  /** Scalars with limits of their own (retvals of LSM …): lowest and highest. */
  readonly range: { readonly min: number; readonly max: number } | null;
}

/** Classes of arguments: `enum bpf_arg_type` without its flags. */
export const ARG_CLASSES = [
  "dontcare",
  "const-map-ptr",
  "map-key",
  "map-value",
  "mem",
  "ptr-to-arena",
  "const-size",
  "const-size-or-zero",
  "const-alloc-size-or-zero",
  "ctx",
  "anything",
  // bpf_loop of 6.12: no pointer.
  "scalar",
  "spin-lock",
  "sock-common",
  "socket",
  "btf-id",
  "ringbuf-mem",
  "btf-id-sock-common",
  "percpu-btf-id",
  "func",
  "stack",
  "const-str",
  "timer",
  "kptr-xchg-dest",
  "dynptr",
] as const;
export type ArgClass = (typeof ARG_CLASSES)[number];

export interface HelperArgument {
  readonly class: ArgClass;
  /** PTR_MAYBE_NULL, MEM_UNINIT, MEM_RDONLY, MEM_WRITE, MEM_FIXED_SIZE, MEM_ALIGNED, OBJ_RELEASE, DYNPTR_TYPE_* … */
  readonly flags: number;
  /** MEM_FIXED_SIZE: bytes. */
  readonly size: number;
  /** btf-id: the struct's name. */
  readonly struct: string | null;
}

/** `enum bpf_return_type` without its flags. */
export type ReturnClass =
  | "integer"
  | "void"
  | "map-value"
  | "socket"
  | "tcp-sock"
  | "sock-common"
  | "mem"
  | "mem-or-btf-id"
  | "btf-id";

/** `struct bpf_func_proto`. */
export interface HelperPrototype {
  readonly id: number;
  /** With `bpf_`. */
  readonly name: string;
  /** At most five; those after the last are ignored. */
  readonly arguments: readonly HelperArgument[];
  readonly returns: ReturnClass;
  /** PTR_MAYBE_NULL, MEM_RINGBUF, PTR_TRUSTED, DYNPTR … */
  readonly returnFlags: number;
  /** btf-id: the struct's name. */
  readonly returnStruct: string | null;
  readonly gplOnly: boolean;
  /** May read and write packets directly (`pkt_access`): packet pointers are taken for memory. */
  readonly packetAccess: boolean;
  readonly mightSleep: boolean;
  /** It moves or changes the packet, so that packet pointers are lost (`bpf_helper_changes_pkt_data`). */
  readonly changesPacket: boolean;
  /** Callee saves r1 … r5 where spills follow `bpf_fastcall` (since 6.12). */
  readonly fastcall: boolean;
}

/** `KF_*` of linux/btf.h. */
export interface KfuncFlags {
  readonly acquire: boolean;
  readonly release: boolean;
  readonly returnsNull: boolean;
  readonly trustedArguments: boolean;
  readonly sleepable: boolean;
  readonly destructive: boolean;
  readonly rcu: boolean;
  readonly rcuProtected: boolean;
  readonly iteratorNew: boolean;
  readonly iteratorNext: boolean;
  readonly iteratorDestroy: boolean;
  readonly arenaReturn: boolean;
  readonly arenaArgument1: boolean;
  readonly arenaArgument2: boolean;
  readonly fastcall: boolean;
}

/** Of a function that is only called. */
export const NO_KFUNC_FLAGS: KfuncFlags = {
  acquire: false,
  release: false,
  returnsNull: false,
  trustedArguments: false,
  sleepable: false,
  destructive: false,
  rcu: false,
  rcuProtected: false,
  iteratorNew: false,
  iteratorNext: false,
  iteratorDestroy: false,
  arenaReturn: false,
  arenaArgument1: false,
  arenaArgument2: false,
  fastcall: false,
};

/** A kernel function; its prototype is in the target's types. */
export interface KfuncFacts {
  readonly name: string;
  readonly flags: KfuncFlags;
  /** Which types of programs may call it. */
  readonly offeredTo: (type: ProgramType, attachType: AttachType | null) => boolean;
  /** BTF id of its FUNC in `Target.types`, or 0 when there are no types. */
  readonly btfId: number;
}
