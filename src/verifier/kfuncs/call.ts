/** What is found out about one call of a kernel function while its arguments are checked: `struct bpf_kfunc_call_arg_meta`. */

import type { Btf } from "../../btf/btf.ts";
import type { Parameter } from "../../btf/types.ts";
import type { MapFacts, SpecialField } from "../program.ts";
import type { KfuncFlags } from "../target.ts";

export class KfuncCall {
  /** The kernel's types. */
  readonly btf: Btf;
  readonly name: string;
  readonly btfId: number;
  readonly flags: KfuncFlags;
  readonly parameters: readonly Parameter[];
  /** Type id of what it returns. */
  readonly result: number;
  /** The reference that an argument came with, and the register to be released; 0: none. */
  refId = 0;
  releaseReg = 0;
  /** The size that `__k`, `__szk` and the like give; null: none. */
  constant: { readonly lo: number; readonly hi: number } | null = null;
  /** Bytes behind the pointer that is returned, and whether they may only be read. */
  resultSize = 0;
  resultReadOnly = false;
  /** The object of an argument that the result is made of. */
  argumentBtf: Btf | null = null;
  argumentBtfId = 0;
  /** `bpf_refcount_acquire` of an owning reference, which cannot fail. */
  owning = false;
  subprogram = -1;
  map: MapFacts | null = null;
  mapUid = 0;
  listHead: SpecialField | null = null;
  treeRoot: SpecialField | null = null;
  /** The dynptr that was given, if any: its id, type and reference. */
  dynptrId = 0;
  dynptrType = 0;
  dynptrRefId = 0;
  /** The iterator that was given: its first slot, and the frame that it lies in; -1: none. */
  iteratorSlot = -1;
  iteratorFrame = 0;
  /** `bpf_cast_to_kern_ctx`: the struct that the context is in the kernel. */
  contextStruct = 0;

  constructor(btf: Btf, name: string, btfId: number, flags: KfuncFlags) {
    this.btf = btf;
    this.name = name;
    this.btfId = btfId;
    this.flags = flags;
    const func = btf.type(btfId);
    const prototype = func.kind === "function" ? btf.type(func.type) : func;
    this.parameters = prototype.kind === "prototype" ? prototype.parameters : [];
    this.result = prototype.kind === "prototype" ? prototype.result : 0;
  }

  /** Whether it is one of these. */
  is(...names: readonly string[]): boolean {
    return names.includes(this.name);
  }

  /** Releasing functions trust their arguments without saying so. */
  get trusts(): boolean {
    return this.flags.trustedArguments || this.flags.release;
  }
}
