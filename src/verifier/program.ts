/** A program as the passes of the verifier see it: columns of instructions, and what it refers to, looked up once. */

import type { Btf } from "../btf/btf.ts";
import type { LineInfo, MapSpec, ProgramSpec, Spec } from "../object/spec.ts";
import type { AttachType } from "../uapi/attach-types.ts";
import type { MapType } from "../uapi/map-types.ts";
import type { ProgramType } from "../uapi/program-types.ts";
import type { ProgramRules, Target } from "./target.ts";

/** Instructions by slot. The second slot of a wide instruction has opcode 0 and the upper half in `imm`. */
export interface Code {
  /** Slots. */
  readonly length: number;
  readonly opcode: Uint8Array;
  readonly dst: Uint8Array;
  readonly src: Uint8Array;
  readonly offset: Int16Array;
  readonly imm: Int32Array;
}

/** What may lie in map values and allocated objects beside plain data: `enum btf_field_type`. */
export type SpecialFieldKind =
  | "spin-lock"
  | "res-spin-lock"
  | "timer"
  | "work-queue"
  | "task-work"
  | "kptr-untrusted"
  | "kptr-ref"
  | "kptr-percpu"
  | "uptr"
  | "list-head"
  | "list-node"
  | "rb-root"
  | "rb-node"
  | "refcount";

export interface SpecialField {
  readonly kind: SpecialFieldKind;
  /** Bytes from the start. */
  readonly offset: number;
  readonly size: number;
  /** kptrs: whose type, and which it points at (the kernel's types, or the program's for objects of its own). Roots and heads: the element's. */
  readonly btf: Btf | null;
  readonly btfId: number;
  /** Roots and heads: where in the element its node is. */
  readonly nodeOffset: number;
}

/** A map that a program refers to. One object per map: compare by identity. */
export interface MapFacts {
  /** As it stands in `Spec.maps`. */
  readonly spec: MapSpec;
  readonly name: string;
  readonly type: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** The kernel has types of its keys and values: special fields are found by them. */
  readonly typed: boolean;
  /** In ascending order of offset. */
  readonly fields: readonly SpecialField[];
  /** Maps of maps: what the inner ones look like. */
  readonly inner: MapFacts | null;
  /** Read-only for programs and frozen: loads from it are constants of `contents`. */
  readonly contents: Uint8Array | null;
}

/** What an `ld_imm64` or a call refers to. */
export type Referent =
  | { readonly kind: "map"; readonly map: MapFacts }
  | { readonly kind: "map-value"; readonly map: MapFacts; readonly offset: number }
  /** A variable or address of the kernel; null type: only an address. */
  | { readonly kind: "ksym"; readonly name: string; readonly weak: boolean; readonly btf: Btf | null; readonly btfId: number }
  | { readonly kind: "kfunc"; readonly name: string; readonly weak: boolean; readonly btfId: number };

export interface Subprogram {
  readonly index: number;
  readonly start: number;
  /** After its last instruction. */
  readonly end: number;
  /** From the FUNC in the program's types; empty when there is none. */
  readonly name: string;
  /** BTF id of its FUNC in `Program.types`, or 0. */
  readonly func: number;
  readonly linkage: "static" | "global" | "extern";
}

export interface Program {
  readonly spec: Spec;
  readonly source: ProgramSpec;
  readonly target: Target;
  readonly era: number;
  readonly rules: ProgramRules;
  readonly name: string;
  readonly type: ProgramType;
  readonly attachType: AttachType | null;
  /** It takes the place of a function of a program of that type. */
  readonly replaces: boolean;
  readonly sleepable: boolean;
  readonly gpl: boolean;
  readonly code: Code;
  /** The first is the program itself, at slot 0; in ascending order of `start`. */
  readonly subprograms: readonly Subprogram[];
  /** By slot. */
  readonly referents: ReadonlyMap<number, Referent>;
  readonly maps: readonly MapFacts[];
  /** The types that came with it. */
  readonly types: Btf | null;
  /** Special fields of structs in `types` by id, of those that have some: what `bpf_obj_new` may make. */
  readonly objects: ReadonlyMap<number, readonly SpecialField[]>;
  /** The kernel's. */
  readonly kernelTypes: Btf | null;
  readonly lines: readonly LineInfo[];
  /** `BPF_F_STRICT_ALIGNMENT`. */
  readonly strictAlignment: boolean;
  /** `BPF_F_TEST_STATE_FREQ`: what is known is kept at every instruction where it may be. */
  readonly storesEachState: boolean;
}
