/**
 * The Spec: what every front end makes and every engine loads.
 *
 * Plain readonly data, made without a kernel and the same on every machine. It can be cloned with `structuredClone`,
 * sent to a worker, kept in a file. Everything that depends on where it runs (CO-RE, feature fallbacks, file
 * descriptors) happens when an engine loads it.
 *
 * Optional fields say what only some sources know, mostly object files; absent means what each says.
 */

import type { AttachType } from "../uapi/attach-types.ts";
import type { MapType } from "../uapi/map-types.ts";
import type { ProgramType } from "../uapi/program-types.ts";

/** Programs, maps and types that belong together: one `.bpf.ts` source or one object file. */
export interface Spec {
  /** Where it came from, for messages: the file's name without folders and extension, e.g. `firewall`. */
  readonly name: string;
  /** Licence the programs declare, e.g. `GPL` or `Apache-2.0`; the kernel offers some helpers to GPL-compatible ones only. */
  readonly license: string;
  /** BTF of maps, globals and functions: the raw bytes, little-endian, or null when the source carries no types. */
  readonly types: Uint8Array | null;
  readonly maps: readonly MapSpec[];
  readonly programs: readonly ProgramSpec[];
  /** Global and static variables, in ascending order of map and offset. Absent: none. */
  readonly globals?: readonly GlobalSpec[];
  /** What the kernel, or another object, must provide. Absent: nothing. */
  readonly externs?: readonly ExternSpec[];
  /**
   * `LINUX_VERSION_CODE` that a `version` section declares (major << 16 | minor << 8 | patch), which kernels before 5.0
   * compared for kprobes. Absent: not declared.
   */
  readonly kernelVersion?: number;
  /**
   * Byte order of the machine that the source was compiled for. Instructions and types are little-endian here whatever
   * this says; initial values of maps are as that machine reads them. Absent: little.
   */
  readonly byteOrder?: "little" | "big";
  /**
   * Sections of data that no loader reads, kept for the tools that do (libxdp's `xdp_metadata`, udev-hid-bpf's
   * `.hid_bpf_config`). In order of the file; names are unique. Absent: none.
   */
  readonly sections?: readonly SectionSpec[];
  /** What is odd about the source and was read all the same, one line each. Absent: nothing. */
  readonly notes?: readonly string[];
}

/** A map as declared: shape and size, and what it holds from the start. */
export interface MapSpec {
  /** A C identifier, or a section name for maps of variables; the kernel keeps its first 15 bytes. Unique in its Spec. */
  readonly name: string;
  readonly type: MapType;
  /** Bytes; 0 for kinds without keys. */
  readonly keySize: number;
  /** Bytes of one value; per-CPU kinds hold one for each CPU. */
  readonly valueSize: number;
  /** 0 in a perf event array: one entry a CPU. */
  readonly maxEntries: number;
  /** `BPF_F_*` creation flags of linux/bpf.h (an LPM trie needs `BPF_F_NO_PREALLOC` = 1). */
  readonly flags: number;
  /** BTF type ids in `Spec.types` of key and value; 0 when unknown. A map of variables has its DATASEC as value type. */
  readonly keyType: number;
  readonly valueType: number;
  /** ELF section it was declared in: `.maps`, `maps`, `.rodata`, `.data.hot`, `.struct_ops.link` … Absent: no object file. */
  readonly section?: string;
  /**
   * `name`: pinned in the bpf file system under its name, and found there by the next who loads it. A number from 2 on means
   * what the loader that it was written for makes of it (Cilium: 16). Absent: not pinned.
   */
  readonly pinning?: "name" | number;
  /** NUMA node of its memory. Absent: any. */
  readonly numaNode?: number;
  /** `map_extra`: hash functions of a bloom filter, user address of an arena. Absent: 0. */
  readonly extra?: bigint;
  /** What the maps in this map of maps look like; its name is this map's with `.inner`. Absent: said when it is filled. */
  readonly inner?: MapSpec;
  /** What it holds before the first program runs. Absent: nothing, or zeroes. */
  readonly contents?: MapContents;
  /** True: user space can no longer write it (`BPF_MAP_FREEZE`) once `contents` are in. Absent: false. */
  readonly frozen?: boolean;
  /** False: made only when asked for by name. Absent: true. */
  readonly autocreate?: boolean;
  /** A map of type `struct_ops`. */
  readonly structOps?: StructOpsSpec;
  /**
   * Places in `contents` that the compiler meant to hold addresses. No loader fills them in (libbpf leaves the offset
   * that is there), so a program that reads one gets no pointer. In ascending order of `offset`. Absent: none.
   */
  readonly pointers?: readonly DataPointer[];
}

export type MapContents =
  /**
   * Values of the keys 0, 1, … of an array, one after the other (`valueSize` bytes each); in an arena, its bytes from
   * `offset` on.
   */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly offset?: number }
  /** A map of maps: names of maps of the same Spec by key, in ascending order. */
  | { readonly kind: "maps"; readonly entries: readonly { readonly key: number; readonly map: string }[] }
  /** A program array: names of programs of the same Spec by key, in ascending order. */
  | { readonly kind: "programs"; readonly entries: readonly { readonly key: number; readonly program: string }[] };

/** A kernel interface implemented by programs, e.g. `struct tcp_congestion_ops`. Since Linux 5.6. */
export interface StructOpsSpec {
  /** BTF id in `Spec.types` of the struct, as the source declares it; its flavour (`___x`) names a variant. */
  readonly type: number;
  /** Name of that struct. */
  readonly typeName: string;
  /** True when it is attached by a link (`.struct_ops.link`, Linux 6.4), not by being registered. */
  readonly link: boolean;
  /** Which program implements which member. In ascending order of `offset`. */
  readonly functions: readonly { readonly member: string; readonly offset: number; readonly program: string }[];
}

export interface DataPointer {
  readonly offset: number;
  /** The symbol pointed to. */
  readonly symbol: string;
}

/** A variable in a map of variables. */
export interface GlobalSpec {
  readonly name: string;
  /** Name of a map of the same Spec. */
  readonly map: string;
  /** Bytes from the start of that map's value (in an arena, of its memory). */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** BTF type id in `Spec.types`; 0 when unknown. */
  readonly type: number;
  /** `static`, or hidden from other objects, or seen by them. */
  readonly linkage: "static" | "global";
}

/** A section of data that no map holds. */
export interface SectionSpec {
  readonly name: string;
  /** As the machine reads them that the source was compiled for. */
  readonly bytes: Uint8Array;
  /** Variables in it, in ascending order of offset. */
  readonly variables: readonly Omit<GlobalSpec, "map">[];
}

/** Something that programs use and the object does not have. */
export type ExternSpec = KconfigExtern | KsymExtern | UnlinkedExtern;

/** A value of the kernel's configuration (`__kconfig`), or one of libbpf's virtual ones (`LINUX_KERNEL_VERSION` …). */
export interface KconfigExtern {
  readonly kind: "kconfig";
  /** With `CONFIG_`, e.g. `CONFIG_HZ`. */
  readonly name: string;
  /** True: zero when the kernel does not say; false: loading fails. */
  readonly weak: boolean;
  /** BTF type id in `Spec.types`. */
  readonly type: number;
  readonly value: "bool" | "tristate" | "char" | "int" | "string";
  /** `int` only. */
  readonly signed: boolean;
  /** Name of the map that holds it, and where in its value. Bytes. */
  readonly map: string;
  readonly offset: number;
  readonly size: number;
}

/** A kernel function (`kfunc`) or variable (`ksym`). */
export interface KsymExtern {
  readonly kind: "kfunc" | "ksym";
  /** As declared; the kernel's name is this without flavour (`___x`). */
  readonly name: string;
  /** True: may be missing; a program sees the address 0. */
  readonly weak: boolean;
  /** BTF id in `Spec.types`: of a FUNC's prototype, or of a variable's type. 0: an address alone, from /proc/kallsyms. */
  readonly type: number;
}

/**
 * A function, variable or map that another object defines: the objects are to be linked before they are loaded. An engine
 * refuses a program that refers to one.
 */
export interface UnlinkedExtern {
  readonly kind: "unlinked";
  readonly name: string;
  /** True: the other object may leave it out. */
  readonly weak: boolean;
  /** BTF id in `Spec.types`: of a FUNC's prototype, or of a variable's type. */
  readonly type: number;
}

/** One program: verified as a whole, attached at one hook. */
export interface ProgramSpec {
  /** A C identifier; the kernel keeps its first 15 bytes. Unique in its Spec. */
  readonly name: string;
  /** ELF section name as libbpf spells it, e.g. `xdp`, `tracepoint/syscalls/sys_enter_openat`. */
  readonly section: string;
  /** `unspec` when the section name says nothing. */
  readonly type: ProgramType;
  /** `expected_attach_type`, or null where the program type needs none. */
  readonly attachType: AttachType | null;
  /**
   * The instructions in the wire encoding of RFC 9669, 8 bytes a slot, little-endian. Subprograms follow the main
   * function. References to maps and externs have their `src_reg` and zero as value, and are listed in `relocations` and
   * `externs`.
   */
  readonly code: Uint8Array;
  /** In ascending order of `slot`. */
  readonly relocations: readonly Relocation[];
  /** Every function in `code`, in ascending order of `slot`; the first is the program itself, at slot 0. */
  readonly functions: readonly FunctionInfo[];
  /** In ascending order of `slot`; each holds until the next. */
  readonly lines: readonly LineInfo[];
  /** What the section name says after the hook's kind, e.g. `syscalls/sys_enter_openat`. Absent: nothing. */
  readonly target?: string;
  /** `BPF_F_*` program flags: `BPF_F_SLEEPABLE` 16, `BPF_F_XDP_HAS_FRAGS` 32. Absent: 0. */
  readonly flags?: number;
  /** False: loaded only when asked for by name (`SEC("?…")`). Absent: true. */
  readonly autoload?: boolean;
  /** Uses of externs, in ascending order of `slot`. Absent: none. */
  readonly externs?: readonly ExternReference[];
  /** What to adapt to the kernel's types, in ascending order of `slot`. Absent: nothing. */
  readonly core?: readonly CoreRelocation[];
  /**
   * After relocation: instructions that need what the kernel does not have, in ascending order of `slot`. Each is a call of
   * a helper that does not exist (195896080), refused where it is reached. Absent: none.
   */
  readonly poisoned?: readonly PoisonedInstruction[];
}

/** A wide immediate load (`ld_imm64`, two slots) whose value the loader knows. */
export interface Relocation {
  /** The first of its two slots. */
  readonly slot: number;
  /** `map`: the map itself, for helpers (`src_reg` 1). `map-value`: the address of byte `offset` of its first value (`src_reg` 2). */
  readonly kind: "map" | "map-value";
  /** Name of a map of the same Spec. */
  readonly map: string;
  /** Bytes; 0 for `map`. */
  readonly offset: number;
}

/** An instruction that uses a kernel function or variable. (Kernel configuration is in a map: see `relocations`.) */
export interface ExternReference {
  readonly slot: number;
  /** `call`: a call of a kfunc (`src_reg` 2). `address`: a wide load of an address (a typed `ksym` has `src_reg` 3). */
  readonly kind: "call" | "address";
  /** Name of a `KsymExtern` or `UnlinkedExtern` of the same Spec. */
  readonly name: string;
}

/** `enum bpf_core_relo_kind` of linux/bpf.h, in the order of its numbers. */
export const CORE_KINDS = [
  "field_byte_offset",
  "field_byte_size",
  "field_exists",
  "field_signed",
  "field_lshift_u64",
  "field_rshift_u64",
  "type_id_local",
  "type_id_target",
  "type_exists",
  "type_size",
  "enumval_exists",
  "enumval_value",
  "type_matches",
] as const;

export type CoreKind = (typeof CORE_KINDS)[number];

/** An instruction whose immediate or offset depends on the layout of a kernel type. Source: `struct bpf_core_relo`. */
export interface CoreRelocation {
  readonly slot: number;
  readonly kind: CoreKind;
  /** BTF id in `Spec.types` of the type as the source knows it. */
  readonly type: number;
  /** Path from the type to what is meant, e.g. `0:1:2`. */
  readonly access: string;
}

export interface PoisonedInstruction {
  readonly slot: number;
  readonly kind: CoreKind;
  /** Path from the type to what was meant, e.g. `0:1:2`. */
  readonly access: string;
  /** What was meant, as C writes it, e.g. `struct task_struct.mm` or `enum bpf_map_type::BPF_MAP_TYPE_ARENA`. */
  readonly subject: string;
  /**
   * The kernel has no such `type`, or none with such a `member` (or enumerator, or element), or has it in a `width` in which
   * this instruction would read or write another value.
   */
  readonly reason: "type" | "member" | "width";
}

export interface FunctionInfo {
  readonly slot: number;
  readonly name: string;
  /** BTF id of its FUNC in `Spec.types`; 0 when unknown. */
  readonly type: number;
}

/** Where an instruction comes from. */
export interface LineInfo {
  readonly slot: number;
  /** As the compiler was given it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1; 0 when unknown. */
  readonly column: number;
  /** The source line's text without leading white space, or empty. */
  readonly text: string;
}
