/**
 * The Spec: what every front end makes and every engine loads.
 *
 * Plain readonly data, made without a kernel and the same on every machine. It can be cloned with `structuredClone`,
 * sent to a worker, kept in a file. Everything that depends on where it runs (CO-RE, feature fallbacks, file
 * descriptors) happens when an engine loads it.
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
}

/** A map as declared: shape and size, no contents beyond `initial`. */
export interface MapSpec {
  /** A C identifier; the kernel keeps its first 15 bytes. Unique in its Spec. */
  readonly name: string;
  readonly type: MapType;
  /** Bytes; 0 for kinds without keys. */
  readonly keySize: number;
  /** Bytes of one value; per-CPU kinds hold one for each CPU. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** `BPF_F_*` creation flags of linux/bpf.h (an LPM trie needs `BPF_F_NO_PREALLOC` = 1). */
  readonly flags: number;
  /** BTF type ids in `Spec.types` of key and value; 0 when unknown. */
  readonly keyType: number;
  readonly valueType: number;
}

/** One program: verified as a whole, attached at one hook. */
export interface ProgramSpec {
  /** A C identifier; the kernel keeps its first 15 bytes. Unique in its Spec. */
  readonly name: string;
  /** ELF section name as libbpf spells it, e.g. `xdp`, `tracepoint/syscalls/sys_enter_openat`. */
  readonly section: string;
  readonly type: ProgramType;
  /** `expected_attach_type`, or null where the program type needs none. */
  readonly attachType: AttachType | null;
  /**
   * The instructions in the wire encoding of RFC 9669, 8 bytes a slot, little-endian. Subprograms follow the main
   * function. References to maps are left as zero and listed in `relocations`.
   */
  readonly code: Uint8Array;
  /** In ascending order of `slot`. */
  readonly relocations: readonly Relocation[];
  /** Every function in `code`, in ascending order of `slot`; the first is the program itself, at slot 0. */
  readonly functions: readonly FunctionInfo[];
  /** In ascending order of `slot`; each holds until the next. */
  readonly lines: readonly LineInfo[];
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
