/** Arguments of kernel functions (`check_kfunc_args`). */

import { isNull } from "../calls/arguments.ts";
import { checkDynptrArgument, dynptrAt } from "../calls/dynptrs.ts";
import { checkLock } from "../calls/locks.ts";
import { checkMapField } from "../calls/map-arguments.ts";
import { checkArgumentOffset } from "../calls/offsets.ts";
import { checkMemoryArgument } from "../calls/signature-arguments.ts";
import { checkMemoryAndSize } from "../calls/size-arguments.ts";
import { checkConstantString } from "../calls/strings.ts";
import { matchesStruct } from "../calls/structs.ts";
import { isConstant } from "../numbers/bounds.ts";
import { typeName } from "../print/types.ts";
import { markPrecise } from "../prune/precision.ts";
import { Refused, refuse } from "../refusal.ts";
import { pointer, type Reg } from "../state/register.ts";
import {
  BASE_TYPE,
  CONST_PTR_TO_DYNPTR,
  DYNPTR_TYPE_SKB,
  DYNPTR_TYPE_SKB_META,
  DYNPTR_TYPE_XDP,
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  MEM_UNINIT,
  mayBeNull,
  NON_OWN_REF,
  OBJ_RELEASE,
  PTR_TO_BTF_ID,
  PTR_TO_CTX,
  PTR_TO_FUNC,
  PTR_TO_MAP_VALUE,
  PTR_TO_STACK,
  PTR_TRUSTED,
  SCALAR,
} from "../state/types.ts";
import { learnNotNull } from "../walk/nulls.ts";
import { fieldsOf, hasUnsafeFlags, isAllocatedObject, isTrusted } from "../walk/trust.ts";
import type { Walk } from "../walk/walk.ts";
import type { KfuncCall } from "./call.ts";
import { kernelContextOf } from "./contexts.ts";
import { checkNode, checkRoot, inTreeCallback } from "./graph.ts";
import { checkIrqFlag } from "./irq.ts";
import { checkIterator } from "./iterators.ts";
import { hasSuffix, isScalarType, type KfuncArgumentKind, kindOf, pointee, spellKind, structOf } from "./kinds.ts";

const MOST_ARGUMENTS = 5;
const VOUCHED = MEM_ALLOC | PTR_TRUSTED | NON_OWN_REF;

export function checkKfuncArguments(walk: Walk, call: KfuncCall): void {
  const { parameters, btf } = call;
  if (parameters.length > MOST_ARGUMENTS)
    refuse(`Function ${call.name} has ${parameters.length} > ${MOST_ARGUMENTS} args`, "EINVAL");
  for (let at = 0; at < parameters.length; at++) {
    const parameter = parameters[at]!;
    // What the kernel fills in itself is not looked at.
    if (hasSuffix(parameter, "__ign") || hasSuffix(parameter, "__prog")) continue;
    const type = btf.resolve(parameter.type);
    if (isScalarType(btf, type)) checkNumber(walk, call, at);
    else if (btf.kind(type) !== "pointer") refuse(`Unrecognized arg#${at} type ${spellKind(btf.kind(type))}`, "EINVAL");
    else if (checkPointer(walk, call, at)) at++;
  }
  if (call.flags.release && call.releaseReg === 0)
    refuse(`release kernel function ${call.name} expects refcounted PTR_TO_BTF_ID`, "EINVAL");
}

function checkNumber(walk: Walk, call: KfuncCall, at: number): void {
  const index = at + 1;
  const parameter = call.parameters[at]!;
  const reg = walk.reg(index);
  if (reg.type !== SCALAR) refuse(`R${index} is not a scalar`, "EINVAL");
  if (hasSuffix(parameter, "__k")) {
    if (call.constant !== null) refuse("verifier internal error: only one constant argument permitted", "EFAULT");
    if (!isConstant(reg.bounds)) refuse(`R${index} must be a known constant`, "EINVAL");
    markPrecise(walk, index);
    call.constant = { lo: reg.bounds.valueLo, hi: reg.bounds.valueHi };
    return;
  }
  const readOnly = parameter.name === "rdonly_buf_size";
  if (!readOnly && parameter.name !== "rdwr_buf_size") return;
  call.resultReadOnly ||= readOnly;
  if (call.resultSize !== 0) refuse("2 or more rdonly/rdwr_buf_size parameters for kfunc", "EINVAL");
  if (!isConstant(reg.bounds)) refuse(`R${index} is not a const`, "EINVAL");
  if (reg.bounds.valueHi !== 0) refuse(`R${index} rdonly/rdwr_buf_size exceeds u32 max`, "EINVAL");
  call.resultSize = reg.bounds.valueLo >>> 0;
  markPrecise(walk, index);
}

/** @returns whether the next argument, its size, was checked with it. */
function checkPointer(walk: Walk, call: KfuncCall, at: number): boolean {
  const index = at + 1;
  const parameter = call.parameters[at]!;
  const reg = walk.reg(index);
  const trusts = call.trusts || call.flags.rcu;
  const mayBeAbsent = hasSuffix(parameter, "__nullable") || hasSuffix(parameter, "__opt");
  if (trusts && (isNull(reg) || mayBeNull(reg.type)) && !mayBeAbsent) refuse(`Possibly NULL pointer passed to trusted arg${at}`);
  if (reg.refId !== 0) {
    if (call.flags.release && call.refId !== 0)
      refuse(`more than one arg with ref_obj_id R${index} ${reg.refId} ${call.refId}`, "EFAULT");
    call.refId = reg.refId;
    if (call.flags.release) call.releaseReg = index;
  }
  const kind = kindOf(walk, call, at);
  if (kind === "null") return false;
  if (kind === "map") takeMap(call, reg, index);
  // Objects, and a map as one, are vouched for.
  if ((kind === "map" || kind === "allocated" || kind === "object") && trusts && !isTrusted(reg)) {
    if (!call.flags.rcu) refuse(`R${index} must be referenced or trusted`, "EINVAL");
    if ((reg.type & MEM_RCU) === 0) refuse(`R${index} must be a rcu pointer`, "EINVAL");
  }
  checkArgumentOffset(walk, reg, index, "dontcare", call.flags.release && reg.refId !== 0 ? OBJ_RELEASE : 0);
  return checkByKind(walk, call, at, kind);
}

function takeMap(call: KfuncCall, reg: Reg, index: number): void {
  if (reg.map === null) refuse(`pointer in R${index} isn't map pointer`, "EINVAL");
  if (call.map !== null && (call.map !== reg.map || call.mapUid !== reg.mapUid)) {
    const { fields } = reg.map;
    // What kernels do here is crash.
    if (fields.length === 0) refuse(`map in R${index} has no special fields`, "EINVAL");
    const mismatch = (what: string): never =>
      refuse(
        `${what} pointer in R${index - 1} map_uid=${call.mapUid} doesn't match map pointer in R${index} map_uid=${reg.mapUid}`,
        "EINVAL",
      );
    if (fields.some(({ kind }) => kind === "task-work")) mismatch("bpf_task_work");
    if (fields.some(({ kind }) => kind === "work-queue")) mismatch("workqueue");
  }
  call.map = reg.map;
  call.mapUid = reg.mapUid;
}

function checkByKind(walk: Walk, call: KfuncCall, at: number, kind: Exclude<KfuncArgumentKind, "null">): boolean {
  const index = at + 1;
  const reg = walk.reg(index);
  switch (kind) {
    case "context":
      if (reg.type !== PTR_TO_CTX) refuse(`arg#${at} expected pointer to ctx, but got ${typeName(reg.type, walk.era)}`, "EINVAL");
      if (call.name === "bpf_cast_to_kern_ctx") call.contextStruct = kernelContextOf(walk.program);
      break;
    case "allocated":
      checkAllocated(call, reg, at);
      break;
    case "dynptr":
      checkDynptr(walk, call, at);
      break;
    case "iterator":
      if (call.name === "bpf_iter_css_task_new" && !mayWalkTasks(walk))
        refuse("css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs", "EINVAL");
      checkIterator(walk, call, at);
      break;
    case "list-head":
    case "rb-root":
      if (reg.type !== PTR_TO_MAP_VALUE && reg.type !== (PTR_TO_BTF_ID | MEM_ALLOC))
        refuse(`arg#${at} expected pointer to map value or allocated object`, "EINVAL");
      if (reg.type === (PTR_TO_BTF_ID | MEM_ALLOC) && reg.refId === 0) refuse("allocated object must be referenced", "EINVAL");
      checkRoot(walk, reg, index, kind, call);
      break;
    case "list-node":
    case "rb-node":
      checkNodeOwner(walk, call, reg, at);
      checkNode(walk, reg, index, kind, call);
      break;
    case "map":
    case "object":
      checkObject(walk, call, at, kind);
      break;
    case "memory": {
      const target = pointee(call.btf, call.parameters[at]!.type);
      checkMemoryArgument(walk, index, call.btf.sizeOf(target));
      break;
    }
    case "memory-and-size":
      checkSizedMemory(walk, call, at);
      return true;
    case "callback":
      if (reg.type !== PTR_TO_FUNC) refuse(`arg${at} expected pointer to func`, "EINVAL");
      call.subprogram = reg.subprogram;
      break;
    case "refcounted":
      if (!isAllocatedObject(reg.type)) refuse(`arg#${at} is neither owning or non-owning ref`, "EINVAL");
      call.owning ||= (reg.type & NON_OWN_REF) === 0 && reg.refId !== 0;
      if (!fieldsOf(walk.program, reg).some((field) => field.kind === "refcount"))
        refuse(`arg#${at} doesn't point to a type with bpf_refcount field`, "EINVAL");
      call.argumentBtf = reg.btf;
      call.argumentBtfId = reg.btfId;
      break;
    case "string":
      if (reg.type !== PTR_TO_MAP_VALUE) refuse(`arg#${at} doesn't point to a const string`, "EINVAL");
      checkConstantString(walk, index);
      break;
    case "work-queue":
    case "task-work":
    case "timer":
      if (reg.type !== PTR_TO_MAP_VALUE) refuse(`arg#${at} doesn't point to a map value`, "EINVAL");
      call.map = checkMapField(walk, reg, index, kind, kind === "work-queue" ? "bpf_wq" : "bpf_task_work");
      call.mapUid = reg.mapUid;
      break;
    case "irq-flag":
      if (reg.type !== PTR_TO_STACK) refuse(`arg#${at} doesn't point to an irq flag on stack`, "EINVAL");
      checkIrqFlag(
        walk,
        index,
        call.is("bpf_local_irq_save", "bpf_res_spin_lock_irqsave"),
        call.name.startsWith("bpf_res") ? 1 : 0,
      );
      break;
    case "res-spin-lock":
      if (reg.type !== PTR_TO_MAP_VALUE && reg.type !== (PTR_TO_BTF_ID | MEM_ALLOC))
        refuse(`arg#${at} doesn't point to map value or allocated object`, "EINVAL");
      checkLock(
        walk,
        index,
        call.is("bpf_res_spin_lock", "bpf_res_spin_lock_irqsave"),
        call.name.includes("irq") ? "res-lock-irq" : "res-lock",
      );
  }
  return false;
}

function checkAllocated(call: KfuncCall, reg: Reg, at: number): void {
  if (reg.type === (PTR_TO_BTF_ID | MEM_ALLOC)) {
    if (call.name !== "bpf_obj_drop_impl") refuse(`arg#${at} expected for bpf_obj_drop_impl()`, "EINVAL");
  } else if (reg.type === (PTR_TO_BTF_ID | MEM_ALLOC | MEM_PERCPU)) {
    if (call.name !== "bpf_percpu_obj_drop_impl") refuse(`arg#${at} expected for bpf_percpu_obj_drop_impl()`, "EINVAL");
  } else refuse(`arg#${at} expected pointer to allocated object`, "EINVAL");
  if (reg.refId === 0) refuse("allocated object must be referenced", "EINVAL");
  call.argumentBtf = reg.btf;
  call.argumentBtfId = reg.btfId;
}

const MADE_OF: Readonly<Record<string, number>> = {
  bpf_dynptr_from_skb: DYNPTR_TYPE_SKB,
  bpf_dynptr_from_xdp: DYNPTR_TYPE_XDP,
  bpf_dynptr_from_skb_meta: DYNPTR_TYPE_SKB_META,
};

function checkDynptr(walk: Walk, call: KfuncCall, at: number): void {
  const index = at + 1;
  const reg = walk.reg(index);
  let flags = reg.type === CONST_PTR_TO_DYNPTR ? MEM_RDONLY : 0;
  let cloned = 0;
  if (hasSuffix(call.parameters[at], "__uninit")) flags |= MEM_UNINIT;
  flags |= MADE_OF[call.name] ?? 0;
  if (call.name === "bpf_dynptr_clone" && (flags & MEM_UNINIT) !== 0) {
    flags |= call.dynptrType;
    cloned = call.dynptrRefId;
  }
  checkDynptrArgument(walk, index, flags, cloned);
  if ((flags & MEM_UNINIT) !== 0) return;
  const given = dynptrAt(walk, walk.reg(index));
  call.dynptrId = given?.id ?? 0;
  call.dynptrType = given?.dynptrType ?? 0;
  call.dynptrRefId = given?.refId ?? 0;
}

/** Going through the tasks of a group takes a lock that not every hook may take. */
function mayWalkTasks({ program }: Walk): boolean {
  return program.type === "lsm" || program.attachType === "trace_iter" || program.sleepable;
}

/** What is added must be owned; what is taken out, or looked at from, must not be. Since 6.16 it may be both, where it is counted. */
function checkNodeOwner(walk: Walk, call: KfuncCall, reg: Reg, at: number): void {
  if (/^bpf_(list_push|rbtree_add)/.test(call.name)) {
    if (reg.type !== (PTR_TO_BTF_ID | MEM_ALLOC)) refuse(`arg#${at} expected pointer to allocated object`, "EINVAL");
    if (reg.refId === 0) refuse("allocated object must be referenced", "EINVAL");
    return;
  }
  const borrowed = (reg.type & NON_OWN_REF) !== 0;
  if (walk.era < 616) {
    if (!borrowed || reg.refId !== 0) refuse("rbtree_remove node input must be non-owning ref", "EINVAL");
    if (inTreeCallback(walk)) refuse("rbtree_remove not allowed in rbtree cb", "EINVAL");
    return;
  }
  if (!borrowed && reg.refId === 0) refuse(`${call.name} can only take non-owning or refcounted bpf_rb_node pointer`, "EINVAL");
  if (inTreeCallback(walk)) refuse(`${call.name} not allowed in rbtree cb`, "EINVAL");
}

/** A kernel object of the right struct (`process_kf_arg_ptr_to_btf_id`). */
function checkObject(walk: Walk, call: KfuncCall, at: number, kind: "map" | "object"): void {
  const { btf } = call;
  const reg = walk.reg(at + 1);
  const known = structOf(reg.type);
  const isObject = (reg.type & BASE_TYPE) === PTR_TO_BTF_ID;
  const unsafe = isObject && hasUnsafeFlags(reg.type) && (reg.type & MEM_RCU) === 0;
  if ((!isObject || unsafe) && known === undefined) {
    const expected = typeName((reg.type & BASE_TYPE) | (reg.type & VOUCHED), walk.era);
    refuse(`arg#${at} is ${typeName(reg.type, walk.era)} expected ${expected} or socket`, "EINVAL");
  }
  const wanted = kind === "map" ? (btf.find("bpf_map", "struct") ?? 0) : pointee(btf, call.parameters[at]!.type);
  const name = btf.name(wanted);
  const given = isObject ? reg : objectOf(btf, known!);
  const from = given.btf ?? btf;
  const own = from.resolve(given.btfId);
  const ownName = from.name(own);
  if (isProjection(name, ownName)) return;
  const strict = (call.flags.release && reg.refId !== 0) || isOtherState(name, ownName);
  if (matchesStruct(walk, given, btf, wanted, strict)) return;
  refuse(
    `kernel function ${call.name} args#${at} expected pointer to ${spellKind(btf.kind(wanted))} ${name} but R${at + 1} has a pointer to ${spellKind(from.kind(own))} ${ownName}`,
    "EINVAL",
  );
}

function objectOf(btf: KfuncCall["btf"], name: string): Reg {
  const reg = pointer(PTR_TO_BTF_ID);
  reg.btf = btf;
  reg.btfId = btf.find(name, "struct") ?? 0;
  return reg;
}

/** What programs see of a packet stands for what the kernel has. */
function isProjection(wanted: string, given: string): boolean {
  return (wanted === "__sk_buff" && given === "sk_buff") || (wanted === "xdp_md" && given === "xdp_buff");
}

/** `nf_conn___init` is an `nf_conn` that is not inserted yet, and no other. */
function isOtherState(wanted: string, given: string): boolean {
  const suffix = "___init";
  return wanted === given + suffix || given === wanted + suffix;
}

function checkSizedMemory(walk: Walk, call: KfuncCall, at: number): void {
  const index = at + 1;
  const buffer = walk.reg(index);
  const optional =
    hasSuffix(call.parameters[at], walk.era >= 614 ? "__nullable" : "__opt") || hasSuffix(call.parameters[at], "__opt");
  if (!isNull(buffer) || !optional) {
    try {
      if (mayBeNull(buffer.type)) walk.setReg(index, learnNotNull(buffer));
      checkMemoryAndSize(walk, index + 1, false, true, null);
      checkMemoryAndSize(walk, index + 1, true, true, null);
      walk.setReg(index, buffer);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      throw new Refused(
        `${error.message}\narg#${at} arg#${at + 1} memory, len pair leads to invalid memory access`,
        error.code,
        error.slot,
      );
    }
  }
  if (!hasSuffix(call.parameters[at + 1], "__szk")) return;
  const { bounds } = walk.reg(index + 1);
  if (call.constant !== null) refuse("verifier internal error: only one constant argument permitted", "EFAULT");
  if (!isConstant(bounds)) refuse(`R${index + 1} must be a known constant`, "EINVAL");
  call.constant = { lo: bounds.valueLo, hi: bounds.valueHi };
}
