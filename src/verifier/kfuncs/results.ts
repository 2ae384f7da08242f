/** What kernel functions return. */

import { acquireReference } from "../calls/references.ts";
import { refuse } from "../refusal.ts";
import { pointer, type Reg, UNKNOWN_SCALAR, ZERO_SCALAR } from "../state/register.ts";
import {
  DYNPTR_TYPES,
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_MEM,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
} from "../state/types.ts";
import { mayHoldLock } from "../walk/trust.ts";
import type { Walk } from "../walk/walk.ts";
import type { KfuncCall } from "./call.ts";
import { nodeOf, nonOwning } from "./graph.ts";
import { iteratorOf } from "./iterators.ts";
import { isPlain, isScalarType, pointee, spellKind } from "./kinds.ts";

/** `BPF_GLOBAL_PERCPU_MA_MAX_SIZE`. */
const LARGEST_PER_CPU = 512;

/** Those that look without taking out (6.16 has more of them). */
const LOOKING = ["bpf_rbtree_first", "bpf_rbtree_root", "bpf_rbtree_left", "bpf_rbtree_right", "bpf_list_front", "bpf_list_back"];

/** Puts the result in r0. The arguments are gone. */
export function setResult(walk: Walk, call: KfuncCall): void {
  const { btf, flags } = call;
  const type = btf.resolve(call.result);
  const kind = btf.kind(type);
  if (kind === "void") return;
  if (isScalarType(btf, type)) {
    // Taking a lock failed on the other path.
    walk.setReg(0, call.is("bpf_res_spin_lock", "bpf_res_spin_lock_irqsave") ? ZERO_SCALAR : UNKNOWN_SCALAR);
    return;
  }
  if (kind !== "pointer") return;
  const reg = pointed(walk, call, pointee(btf, type));
  if (reg === null) {
    walk.setUnknown(0);
    return;
  }
  if (flags.returnsNull && !(call.name.startsWith("bpf_refcount_acquire") && call.owning)) {
    reg.type |= PTR_MAYBE_NULL;
    reg.id = walk.nextId();
  }
  if (flags.acquire) {
    const id = acquireReference(walk);
    if ((reg.type & PTR_MAYBE_NULL) !== 0) reg.id = id;
    reg.refId = id;
  }
  const result = !flags.acquire && LOOKING.includes(call.name) ? nonOwning(walk, reg) : reg;
  if (result.id === 0 && mayHoldLock(walk.program, withoutNull(result))) result.id = walk.nextId();
  walk.setReg(0, result);
}

function withoutNull(reg: Reg): Reg {
  if ((reg.type & PTR_MAYBE_NULL) === 0) return reg;
  const to = reg.copy();
  to.type &= ~PTR_MAYBE_NULL;
  return to;
}

/** A register that may be changed still; null: some number. */
function pointed(walk: Walk, call: KfuncCall, target: number): Reg | null {
  const { btf, name } = call;
  const special = specialResult(walk, call);
  if (special !== undefined) return special;
  const kind = btf.kind(target);
  if (kind === "void") return null;
  if (kind !== "struct" && kind !== "union") return memory(call, target, kind);
  const reg = pointer(PTR_TO_BTF_ID);
  reg.btf = btf;
  reg.btfId = target;
  if (name === "bpf_get_kmem_cache") reg.type |= PTR_UNTRUSTED;
  else if (call.flags.iteratorNext) {
    const iterator = iteratorOf(walk.state, call);
    reg.type |= (iterator.type & MEM_RCU) !== 0 ? MEM_RCU : PTR_TRUSTED;
  } else if (call.flags.rcuProtected && walk.era >= 618) reg.type |= MEM_RCU;
  return reg;
}

function memory(call: KfuncCall, target: number, kind: string): Reg {
  const { btf } = call;
  if (call.resultSize === 0 && kind !== "prototype" && kind !== "function" && kind !== "forward") {
    call.resultSize = btf.sizeOf(target);
    call.resultReadOnly = true;
  }
  if (call.resultSize === 0)
    refuse(`kernel function ${call.name} returns pointer type ${spellKind(kind)} ${btf.name(target)} is not supported`, "EINVAL");
  const reg = pointer(call.resultReadOnly ? PTR_TO_MEM | MEM_RDONLY : PTR_TO_MEM);
  reg.memSize = call.resultSize;
  // Once the object is released, what it held may not be read either.
  reg.refId = call.refId;
  return reg;
}

/** Results that the verifier knows better than their type; undefined: it does not. */
function specialResult(walk: Walk, call: KfuncCall): Reg | undefined {
  switch (call.name) {
    case "bpf_obj_new_impl":
      return newObject(walk, call, false);
    case "bpf_percpu_obj_new_impl":
      return newObject(walk, call, true);
    case "bpf_refcount_acquire_impl": {
      const reg = pointer(PTR_TO_BTF_ID | MEM_ALLOC);
      reg.btf = call.argumentBtf;
      reg.btfId = call.argumentBtfId;
      return reg;
    }
    case "bpf_list_pop_front":
    case "bpf_list_pop_back":
    case "bpf_list_front":
    case "bpf_list_back":
      return call.listHead === null ? undefined : nodeOf(call.listHead);
    case "bpf_rbtree_remove":
    case "bpf_rbtree_first":
    case "bpf_rbtree_root":
    case "bpf_rbtree_left":
    case "bpf_rbtree_right":
      return call.treeRoot === null ? undefined : nodeOf(call.treeRoot);
    case "bpf_cast_to_kern_ctx": {
      const reg = pointer(PTR_TO_BTF_ID | PTR_TRUSTED);
      reg.btf = call.btf;
      reg.btfId = call.contextStruct;
      return reg;
    }
    case "bpf_rdonly_cast":
      return readOnlyCast(walk, call);
    case "bpf_dynptr_slice":
    case "bpf_dynptr_slice_rdwr":
      return slice(walk, call);
    default:
      return undefined;
  }
}

function newObject(walk: Walk, call: KfuncCall, perCpu: boolean): Reg {
  const { types, objects } = walk.program;
  const { lo, hi } = call.constant ?? { lo: 0, hi: 0 };
  if (hi !== 0) refuse("local type ID argument must be in range [0, U32_MAX]", "EINVAL");
  if (types === null) refuse("bpf_obj_new/bpf_percpu_obj_new requires prog BTF", "EINVAL");
  const id = lo >>> 0;
  const kind = id < types.count ? types.kind(id) : "void";
  if (kind !== "struct") refuse("bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct", "EINVAL");
  const reg = pointer(PTR_TO_BTF_ID | MEM_ALLOC);
  reg.btf = types;
  reg.btfId = id;
  if (!perCpu) return reg;
  const size = types.sizeOf(id);
  if (size > LARGEST_PER_CPU) refuse(`bpf_percpu_obj_new type size (${size}) is greater than ${LARGEST_PER_CPU}`, "EINVAL");
  if (!isPlain(types, id, 0)) refuse("bpf_percpu_obj_new type ID argument must be of a struct of scalars", "EINVAL");
  if (objects.has(id)) refuse("bpf_percpu_obj_new type ID argument must not contain special fields", "EINVAL");
  reg.type |= MEM_PERCPU;
  return reg;
}

function readOnlyCast(walk: Walk, call: KfuncCall): Reg {
  const { btf } = call;
  // Of 64 bits the kernel looks at the lower half.
  const id = call.constant === null ? -1 : call.constant.lo >>> 0;
  const known = id >= 0 && id < btf.count;
  if (!known && walk.era >= 617) refuse(`Unknown type ID ${id} passed to kfunc bpf_rdonly_cast`, "EINVAL");
  const kind = known ? btf.kind(id) : "void";
  if (kind === "struct" || kind === "union") {
    const reg = pointer(PTR_TO_BTF_ID | PTR_UNTRUSTED);
    reg.btf = btf;
    reg.btfId = id;
    return reg;
  }
  if (kind === "void" && walk.era >= 617) return pointer(PTR_TO_MEM | MEM_RDONLY | PTR_UNTRUSTED);
  return refuse(`kfunc bpf_rdonly_cast type ID argument must be of a struct${walk.era >= 617 ? " or void" : ""}`, "EINVAL");
}

function slice(walk: Walk, call: KfuncCall): Reg {
  const reg = pointer(PTR_TO_MEM | (call.dynptrType & DYNPTR_TYPES));
  if (call.constant === null) refuse("verifier internal error: bpf_dynptr_slice(_rdwr) no constant size", "EFAULT");
  reg.memSize = call.constant.lo >>> 0;
  if (call.name === "bpf_dynptr_slice") reg.type |= MEM_RDONLY;
  else if (!walk.program.rules.directPacketWrite) refuse("the prog does not allow writes to packet data", "EINVAL");
  reg.dynptrId = call.dynptrId;
  return reg;
}
