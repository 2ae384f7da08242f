/**
 * Functions on dynptrs, and sections that the kernel wants closed. Source: linux/bpf.h for helpers; kernel/bpf/helpers.c and net/core/filter.c
 * for functions of the kernel.
 */

import type { HelperName } from "../../../uapi/helpers.ts";
import type { StructType } from "../types.ts";

/** Two words in the frame that only the kernel looks into. */
export const DYNPTR: StructType = {
  kind: "struct",
  name: "bpf_dynptr",
  size: 16,
  align: 8,
  fields: [],
  special: "bpf_dynptr",
};

/**
 * What an argument is. `new dynptr`: one that is made here. `source`, `target`: memory, whose length follows, read or written. `mapped`: memory
 * of a map, as a source. `buffer`: the same as `target`, or null; it says what the result is of. `ring`: a ring buffer.
 * `kptr`: a field that holds a pointer. `owned`: what it is to hold, or null.
 */
export type ObjectParameter =
  | "dynptr"
  | "new dynptr"
  | "context"
  | "u32"
  | "u64"
  | "optional u64"
  | "source"
  | "target"
  | "mapped"
  | "buffer"
  | "ring"
  | "kptr"
  | "owned";

/** `data`: the address of what the type argument says, or null; `constant data`: of what is only read. `held`: what the field held, or null. */
export type ObjectResult = "void" | "i64" | "i32" | "u32" | "bool" | "data" | "constant data" | "held";

export interface ObjectFunction {
  readonly name: string;
  readonly callee: { readonly helper: HelperName } | { readonly kfunc: string };
  readonly parameters: readonly ObjectParameter[];
  readonly result: ObjectResult;
  readonly signature: string;
}

const helper = (name: HelperName, parameters: readonly ObjectParameter[], result: ObjectResult, signature: string) =>
  [name, { helper: name }, parameters, result, signature] as const;

const kfunc = (name: string, parameters: readonly ObjectParameter[], result: ObjectResult, signature: string) =>
  [name, { kfunc: name }, parameters, result, signature] as const;

export const OBJECT_FUNCTIONS: ReadonlyMap<string, ObjectFunction> = new Map(
  [
    helper("bpf_dynptr_from_mem", ["mapped", "u64", "new dynptr"], "i64", "(value.bytes, 0, dynptr)"),
    helper("bpf_ringbuf_reserve_dynptr", ["ring", "u32", "u64", "new dynptr"], "i64", "(events, size, 0, dynptr)"),
    helper("bpf_ringbuf_submit_dynptr", ["dynptr", "optional u64"], "void", "(dynptr)"),
    helper("bpf_ringbuf_discard_dynptr", ["dynptr", "optional u64"], "void", "(dynptr)"),
    helper("bpf_dynptr_read", ["target", "dynptr", "u64", "optional u64"], "i64", "(to, dynptr, offset)"),
    helper("bpf_dynptr_write", ["dynptr", "u64", "source", "optional u64"], "i64", "(dynptr, offset, from)"),
    helper("bpf_dynptr_data", ["dynptr", "u64"], "data", "<Type>(dynptr, offset)"),
    helper("bpf_kptr_xchg", ["kptr", "owned"], "held", "(value.task, task)"),
    kfunc("bpf_dynptr_from_skb", ["context", "u64", "new dynptr"], "i32", "(ctx, 0, dynptr)"),
    kfunc("bpf_dynptr_from_xdp", ["context", "u64", "new dynptr"], "i32", "(ctx, 0, dynptr)"),
    kfunc("bpf_dynptr_slice", ["dynptr", "u32", "buffer"], "constant data", "<Type>(dynptr, offset, buffer)"),
    kfunc("bpf_dynptr_slice_rdwr", ["dynptr", "u32", "buffer"], "data", "<Type>(dynptr, offset, buffer)"),
    kfunc("bpf_dynptr_adjust", ["dynptr", "u32", "u32"], "i32", "(dynptr, start, end)"),
    kfunc("bpf_dynptr_size", ["dynptr"], "u32", "(dynptr)"),
    kfunc("bpf_dynptr_clone", ["dynptr", "new dynptr"], "i32", "(dynptr, other)"),
    kfunc("bpf_dynptr_is_null", ["dynptr"], "bool", "(dynptr)"),
    kfunc("bpf_dynptr_is_rdonly", ["dynptr"], "bool", "(dynptr)"),
    kfunc("bpf_rcu_read_lock", [], "void", "()"),
    kfunc("bpf_rcu_read_unlock", [], "void", "()"),
    kfunc("bpf_preempt_disable", [], "void", "()"),
    kfunc("bpf_preempt_enable", [], "void", "()"),
  ].map(([name, callee, parameters, result, signature]) => [
    name,
    { name, callee, parameters, result, signature: `${name}${signature}` },
  ]),
);
