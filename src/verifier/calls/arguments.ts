/** The arguments of a helper, one by one (`check_func_arg`). */

import { HELPER } from "../../uapi/helpers.ts";
import { inTreeCallback } from "../kfuncs/graph.ts";
import { checkHelperMemory, checkPointerAlignment } from "../memory/region.ts";
import { isConstant, isZero } from "../numbers/bounds.ts";
import { markPrecise } from "../prune/precision.ts";
import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import {
  isPacketPointer,
  MEM_ALIGNED,
  MEM_FIXED_SIZE,
  MEM_UNINIT,
  MEM_WRITE,
  OBJ_RELEASE,
  PTR_MAYBE_NULL,
  PTR_TO_STACK,
  SCALAR,
} from "../state/types.ts";
import type { ArgClass, HelperArgument } from "../target.ts";
import type { Walk } from "../walk/walk.ts";
import { checkRegisterType } from "./argument-registers.ts";
import type { Call } from "./call.ts";
import { checkDynptrArgument, checkOldDynptrArgument, dynptrAt } from "./dynptrs.ts";
import { checkKptrPlace } from "./kptrs.ts";
import { checkLock } from "./locks.ts";
import { checkMapKey, checkMapValue, checkTimer, mapValueClass, takeMap } from "./map-arguments.ts";
import { checkArgumentOffset } from "./offsets.ts";
import { checkMemoryAndSize } from "./size-arguments.ts";
import { checkConstantString } from "./strings.ts";

/** Zero, which stands for NULL where that is allowed. */
export function isNull(reg: Reg): boolean {
  return reg.type === SCALAR && isZero(reg.bounds);
}

export function checkArgument(walk: Walk, number: number, call: Call): void {
  const argument = call.prototype.arguments[number]!;
  if (argument.class === "dontcare") return;
  const index = number + 1;
  const reg = walk.read(index);
  if (argument.class === "anything") return;
  if (isPacketPointer(reg.type) && !takesPackets(walk, call)) refuse("helper access to the packet is not allowed");
  const class_ = argument.class === "map-value" ? mapValueClass(call, argument.flags) : argument.class;
  const { flags } = argument;
  if (isNull(reg) && (flags & PTR_MAYBE_NULL) !== 0) {
    if (walk.era >= 608) markPrecise(walk, index);
  } else {
    checkRegisterType(walk, index, class_, flags, argument.struct, call);
    checkArgumentOffset(walk, reg, index, class_, flags);
  }
  if ((flags & OBJ_RELEASE) !== 0) checkReleased(walk, reg, index, class_, call);
  if (reg.refId !== 0 && (class_ !== "kptr-xchg-dest" || walk.era < 612)) {
    if (call.refId !== 0) {
      const text = `more than one arg with ref_obj_id R${index} ${reg.refId} ${call.refId}`;
      if (walk.era >= 616) refuse(text);
      refuse(`verifier internal error: ${text}`, "EFAULT");
    }
    call.refId = reg.refId;
  }
  checkByClass(walk, reg, index, class_, argument, call);
}

/** `may_access_direct_pkt_data`, for reading. */
function takesPackets(walk: Walk, call: Call): boolean {
  const { rules } = walk.program;
  return rules.packetsForAllHelpers || (rules.directPacketAccess && call.prototype.packetAccess);
}

function checkReleased(walk: Walk, reg: Reg, index: number, class_: ArgClass, call: Call): void {
  if (class_ === "dynptr") {
    if (reg.type !== PTR_TO_STACK && walk.era >= 603) refuse("cannot release unowned const bpf_dynptr", "EINVAL");
    const dynptr = dynptrAt(walk, reg);
    if (dynptr === null || dynptr.refId === 0) refuse(`arg ${index} is an unacquired reference`, "EINVAL");
  } else if (reg.refId === 0 && !isNull(reg)) {
    refuse(`R${index} must be referenced when passed to release function`, "EINVAL");
  }
  call.releaseReg = index;
}

function checkByClass(walk: Walk, reg: Reg, index: number, class_: ArgClass, argument: HelperArgument, call: Call): void {
  const { flags } = argument;
  switch (class_) {
    case "const-map-ptr":
      takeMap(call, reg);
      return;
    case "map-key":
      checkMapKey(walk, index, call);
      return;
    case "map-value":
      if ((flags & PTR_MAYBE_NULL) === 0 || !isNull(reg)) checkMapValue(walk, index, flags, call);
      return;
    case "mem":
      call.rawMode = (flags & MEM_UNINIT) !== 0;
      if ((flags & MEM_FIXED_SIZE) === 0) return;
      checkHelperMemory(walk, index, argument.size, (flags & MEM_WRITE) !== 0, false, call);
      if ((flags & MEM_ALIGNED) !== 0) checkPointerAlignment(walk, reg, 0, argument.size, true);
      return;
    case "const-size":
    case "const-size-or-zero":
      checkSize(walk, reg, index, class_ === "const-size-or-zero", call);
      return;
    case "const-alloc-size-or-zero":
      if (!isConstant(reg.bounds)) refuse(`R${index} is not a known constant'`);
      call.memSize = reg.bounds.valueLo;
      markPrecise(walk, index);
      return;
    case "percpu-btf-id":
      if (reg.btfId === 0) refuse(`Helper has invalid btf_id in R${index}`);
      call.resultBtf = reg.btf;
      call.resultBtfId = reg.btfId;
      return;
    case "func":
      call.subprogram = reg.subprogram;
      return;
    case "const-str":
      checkConstantString(walk, index);
      return;
    case "spin-lock":
      if (walk.era >= 602 && inTreeCallback(walk)) refuse("can't spin_{lock,unlock} in rbtree cb");
      checkLock(walk, index, call.prototype.id === HELPER.bpf_spin_lock, "lock");
      return;
    case "timer":
      checkTimer(walk, index, call);
      return;
    case "kptr-xchg-dest":
      checkKptrPlace(walk, index, call);
      return;
    case "dynptr":
      if (walk.era >= 602) checkDynptrArgument(walk, index, flags, 0);
      else {
        checkOldDynptrArgument(walk, index, flags);
        if ((flags & MEM_UNINIT) !== 0 && reg.type === PTR_TO_STACK) call.newDynptrReg = index;
      }
  }
}

/** How many bytes the memory before it has; what the helper may write is what the argument before it says. */
function checkSize(walk: Walk, reg: Reg, index: number, zeroAllowed: boolean, call: Call): void {
  const memory = call.prototype.arguments[index - 2]!;
  call.mostWritten = reg.bounds;
  checkMemoryAndSize(walk, index, (memory.flags & MEM_WRITE) !== 0, zeroAllowed, call);
}
