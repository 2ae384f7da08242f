/** Calls of helpers: what they may be given, what they give, what they change. */

import { HELPER } from "../../uapi/helpers.ts";
import { PROGRAM_TYPE } from "../../uapi/program-types.ts";
import { checkMemory } from "../memory/access.ts";
import { typeName } from "../print/types.ts";
import { markPrecise } from "../prune/precision.ts";
import { refuse } from "../refusal.ts";
import { UNKNOWN_SCALAR } from "../state/register.ts";
import { DYNPTR_TYPE_SKB, DYNPTR_TYPE_SKB_META, MEM_ALLOC, MEM_PERCPU, MEM_RCU, PTR_TO_MAP_VALUE } from "../state/types.ts";
import { leaveFunction } from "../walk/subprograms.ts";
import type { Walk } from "../walk/walk.ts";
import { checkArgument, isNull } from "./arguments.ts";
import { Call } from "./call.ts";
import { checkCallbacks, enterCallback } from "./callbacks.ts";
import { dynptrAt, makeDynptr, releaseDynptr, writeSlots } from "./dynptrs.ts";
import { checkMapWritable } from "./map-arguments.ts";
import { checkMapCompatibility } from "./map-compatibility.ts";
import { checkLeaks, dropReference, invalidatePacketPointers, releaseReference } from "./references.ts";
import { checkCallAllowed, checkLocksAllow, prototypeOf } from "./restrictions.ts";
import { returnedBy } from "./returns.ts";
import { checkFormatCall } from "./strings.ts";

/** Checks the call at `walk.slot` and leaves the registers as it leaves them (`check_helper_call`). Throws Refused. */
export function checkHelperCall(walk: Walk): void {
  const id = walk.program.code.imm[walk.slot]!;
  checkLocksAllow(walk, id);
  const prototype = prototypeOf(walk.program, id);
  checkCallAllowed(walk, prototype);
  const call = new Call(prototype);
  const { length } = prototype.arguments;
  for (let number = 0; number < length; number++) checkArgument(walk, number, call);
  checkMapWritable(call);
  if (prototype.id === HELPER.bpf_tail_call) checkTailCallIndex(walk, call);
  writeRawMemory(walk, call);
  if (call.newDynptrReg !== 0) {
    writeSlots(walk, call.newDynptrReg);
    makeDynptr(walk, walk.reg(call.newDynptrReg), prototype.arguments[call.newDynptrReg - 1]!.flags, 0);
  }
  if (call.releaseReg !== 0) release(walk, call);
  const perCpuObject = checkByHelper(walk, call);
  const changesPacket = changesPacketHere(walk, call);
  const callee = call.subprogram < 0 ? null : checkCallbacks(walk, call);
  walk.clearCallerSaved();
  walk.setReg(0, returnedBy(walk, call, perCpuObject));
  checkMapCompatibility(walk, call);
  if (prototype.id === HELPER.bpf_get_func_ip) checkFunctionAddress(walk);
  if (changesPacket) invalidatePacketPointers(walk);
  if (callee !== null) enterCallback(walk, callee);
  if (id === HELPER.bpf_tail_call && walk.era >= 618 && walk.state.frames.length > 1) leaveByTailCall(walk);
}

/** A tail call that succeeds is the end of the function it is in, with whatever the other program returns. Else it goes on. */
function leaveByTailCall(walk: Walk): void {
  // What r0 was cannot be traced back beyond a callback's start, which the kernel takes for a bug of its own.
  if (walk.frame.inCallback) refuse("verifier bug: callback unexpected regs 1", "EFAULT");
  walk.push(walk.slot + 1, walk.slot);
  invalidatePacketPointers(walk);
  walk.setReg(0, UNKNOWN_SCALAR);
  leaveFunction(walk);
}

/** A constant index is remembered, so that the kernel can jump directly (`record_func_key`). */
function checkTailCallIndex(walk: Walk, call: Call): void {
  if (call.map?.type !== "prog_array") {
    refuse(walk.era < 613 ? "kernel subsystem misconfigured verifier" : "expected prog array map for tail call", "EINVAL");
  }
  const { bounds } = walk.reg(3);
  const constant = (bounds.maskLo | bounds.maskHi) === 0;
  if (constant && bounds.valueHi === 0 && bounds.valueLo >>> 0 < call.map.maxEntries) markPrecise(walk, 3);
}

/** What the helper fills that was not initialised before. */
function writeRawMemory(walk: Walk, call: Call): void {
  const { rawReg: reg, rawSize } = call;
  for (let off = 0; off < rawSize; off++) {
    checkMemory(walk, { reg, off, size: 1, write: true, value: -1, strict: false, signExtend: false });
  }
}

function release(walk: Walk, call: Call): void {
  const { prototype, releaseReg, refId } = call;
  const reg = walk.reg(releaseReg);
  let released: boolean;
  if (prototype.arguments[releaseReg - 1]!.class === "dynptr") released = releaseDynptr(walk, reg);
  else if (refId === 0) released = isNull(reg);
  else if (prototype.id === HELPER.bpf_kptr_xchg && walk.era >= 608) released = giveToMap(walk, refId);
  else released = releaseReference(walk, refId);
  if (!released) refuse(`func ${prototype.name}#${prototype.id} reference has not been acquired before`, "EINVAL");
}

/** A per-CPU object that goes into a map may still be read until the RCU section ends. */
function giveToMap(walk: Walk, refId: number): boolean {
  const { state } = walk;
  if (!dropReference(state, refId)) return false;
  const inRcu = state.activeRcuLocks > 0 || !state.inSleepable;
  walk.mapRegisters((reg) => {
    if (reg.refId !== refId) return reg;
    if (!inRcu || (reg.type & MEM_ALLOC) === 0 || (reg.type & MEM_PERCPU) === 0) return UNKNOWN_SCALAR;
    const to = reg.copy();
    to.refId = 0;
    to.type = (to.type & ~MEM_ALLOC) | MEM_RCU;
    return to;
  });
  return true;
}

/** What only some helpers ask. @returns whether per-CPU memory of the program's own is pointed at. */
function checkByHelper(walk: Walk, call: Call): boolean {
  switch (call.prototype.id) {
    case HELPER.bpf_tail_call:
      checkLeaks(walk, false, "tail_call");
      return false;
    case HELPER.bpf_get_local_storage:
      if (!isNull(walk.reg(2))) refuse("get_local_storage() doesn't support non-zero flags", "EINVAL");
      if (walk.era >= 608) markPrecise(walk, 2);
      return false;
    case HELPER.bpf_set_retval:
      if (walk.program.attachType === "lsm_cgroup" && walk.program.rules.returnsVoid === true) {
        refuse("BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!", "EINVAL");
      }
      return false;
    case HELPER.bpf_snprintf:
      checkFormatCall(walk);
      return false;
    case HELPER.bpf_dynptr_from_mem:
      if (walk.reg(1).type !== PTR_TO_MAP_VALUE) {
        refuse(`Unsupported reg type ${typeName(walk.reg(1).type, walk.era)} for bpf_dynptr_from_mem data`);
      }
      return false;
    case HELPER.bpf_dynptr_data: {
      const dynptr = dynptrAt(walk, walk.reg(1));
      call.dynptrId = dynptr?.id ?? 0;
      call.refId = dynptr?.refId ?? 0;
      return false;
    }
    case HELPER.bpf_per_cpu_ptr:
    case HELPER.bpf_this_cpu_ptr:
      return (walk.reg(1).type & MEM_RCU) !== 0;
  }
  return false;
}

/** Whether packet pointers and slices are lost where it goes on. */
function changesPacketHere(walk: Walk, call: Call): boolean {
  const { id, changesPacket } = call.prototype;
  // A tail call that comes back did nothing.
  if (id === HELPER.bpf_tail_call) return changesPacket && walk.era < 618;
  if (id !== HELPER.bpf_dynptr_write) return changesPacket;
  const type = dynptrAt(walk, walk.reg(1))?.dynptrType;
  return type === DYNPTR_TYPE_SKB || type === DYNPTR_TYPE_SKB_META;
}

/** `bpf_get_func_ip` needs to know where it is: kprobes and trampolines (`check_get_func_ip`). */
function checkFunctionAddress(walk: Walk): void {
  const { type, attachType } = walk.program;
  if (type === "kprobe") return;
  if (type !== "tracing") {
    refuse(`func bpf_get_func_ip#173 not supported for program type ${PROGRAM_TYPE[type]}`, "ENOTSUPP");
  }
  if (attachType === "trace_fentry" || attachType === "trace_fexit" || attachType === "modify_return") return;
  refuse("func bpf_get_func_ip#173 supported only for fentry/fexit/fmod_ret programs", "ENOTSUPP");
}
