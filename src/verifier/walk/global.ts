/** Global functions: called by their signature, walked by themselves. */

import { checkArgumentOffset } from "../calls/offsets.ts";
import { invalidatePacketPointers } from "../calls/references.ts";
import { checkConstDynptrArgument, checkMemoryArgument, checkObjectArgument } from "../calls/signature-arguments.ts";
import { isZero } from "../numbers/bounds.ts";
import { Refused, refuse } from "../refusal.ts";
import { pointer, type Reg, UNKNOWN_SCALAR } from "../state/register.ts";
import {
  CONST_PTR_TO_DYNPTR,
  DYNPTR_TYPE_LOCAL,
  mayBeNull,
  PTR_MAYBE_NULL,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_CTX,
  PTR_TO_MEM,
  PTR_UNTRUSTED,
  SCALAR,
} from "../state/types.ts";
import { type SignatureArgument, signatureOf } from "./signature.ts";
import type { Walk } from "./walk.ts";

/** A call that is not followed: the arguments fit, and the result is some number. */
export function checkGlobalCall(walk: Walk, index: number): void {
  const { facts } = walk;
  const named = walk.era < 608 ? "" : ` ('${walk.program.subprograms[index]!.name}')`;
  const refusal = argumentsRefused(walk, index);
  const flow = walk.flow.subprograms[index]!;
  checkGlobalAllowed(walk, flow.mightSleep);
  if (refusal !== null) {
    walk.log?.text(refusal.message);
    refuse(`${refusal.message}\nCaller passes invalid args into func#${index}${named}`, refusal.code);
  }
  walk.log?.text(`Func#${index}${named} is global and ${walk.era < 608 ? "valid. Skipping" : "assumed valid"}.`);
  if (flow.changesPacket) invalidatePacketPointers(walk);
  // One that was walked already stays so: functions that call each other are not walked for ever.
  if (facts.called[index] === 0) facts.called[index] = 1;
  walk.clearCallerSaved();
  walk.setUnknown(0);
}

/** Whoever walks the function by itself knows nothing of locks and sections around the call. */
function checkGlobalAllowed({ state, era }: Walk, mightSleep: boolean): void {
  const { activeLocks, activePreemptLocks, activeIrqId, activeRcuLocks, inSleepable } = state;
  const refuseWhile = (what: string): never =>
    refuse(`global function calls are not allowed ${what},\nuse static function instead`, "EINVAL");
  if (activeLocks > 0) refuseWhile("while holding a lock");
  if (era < 615) {
    if (activePreemptLocks > 0) refuseWhile("with preemption disabled");
    if (activeIrqId !== 0) refuseWhile("with IRQs disabled");
  } else if (mightSleep && (activeRcuLocks > 0 || activePreemptLocks > 0 || activeIrqId !== 0 || !inSleepable))
    refuse(
      "global functions that may sleep are not allowed in non-sleepable context,\ni.e., in a RCU/IRQ/preempt-disabled section, or in\na non-sleepable BPF program context",
      "EINVAL",
    );
}

function argumentsRefused(walk: Walk, index: number): Refused | null {
  try {
    signatureOf(walk.program, index).forEach((argument, at) => {
      checkArgument(walk, argument, at);
    });
    return null;
  } catch (error) {
    if (error instanceof Refused && error.code !== "EFAULT") return error;
    throw error;
  }
}

/** One argument of a call (`btf_check_func_arg_match`). */
function checkArgument(walk: Walk, argument: SignatureArgument, at: number): void {
  const index = at + 1;
  const reg = walk.reg(index);
  switch (argument.kind) {
    case "scalar":
      if (reg.type !== SCALAR) refuse(`R${index} is not a scalar`, "EINVAL");
      return;
    case "context":
      checkArgumentOffset(walk, reg, index, "dontcare", 0);
      if (reg.type !== PTR_TO_CTX) refuse(`arg#${at} expects pointer to ctx`, "EINVAL");
      return;
    case "memory":
      checkArgumentOffset(walk, reg, index, "dontcare", 0);
      // Untrusted memory may be anything: it is read with care.
      if ((argument.flags & PTR_UNTRUSTED) !== 0) return;
      checkMemoryArgument(walk, index, argument.size);
      if ((argument.flags & PTR_MAYBE_NULL) === 0 && mayBeNull(reg.type))
        refuse(`arg#${at} is expected to be non-NULL`, "EINVAL");
      return;
    case "arena":
      if (reg.type !== PTR_TO_ARENA && reg.type !== SCALAR) refuse(`R${index} is not a pointer to arena or scalar.`, "EINVAL");
      return;
    case "dynptr":
      checkConstDynptrArgument(walk, index);
      return;
    case "object":
      // Untrusted, it may be anything: it is read with care.
      if ((argument.flags & PTR_UNTRUSTED) !== 0) return;
      if (reg.type === SCALAR && isZero(reg.bounds) && mayBeNull(argument.flags)) return;
      checkObjectArgument(walk, index, argument.flags, argument.id);
  }
}

/** What a global function may count on: its registers at the start (`do_check_common`). */
export function entryRegisters(walk: Walk, index: number): void {
  const { program, frame } = walk;
  const signature = signatureOf(program, index);
  if (frame.inExceptionCallback && (signature.length !== 1 || signature[0]?.kind !== "scalar"))
    refuse("exception cb only supports single integer argument", "EINVAL");
  signature.forEach((argument, at) => {
    frame.regs[at + 1] = entryRegister(walk, argument);
  });
}

function entryRegister(walk: Walk, argument: SignatureArgument): Reg {
  switch (argument.kind) {
    case "scalar":
    case "arena":
      return UNKNOWN_SCALAR;
    case "context":
      return pointer(PTR_TO_CTX);
    case "dynptr": {
      const reg = pointer(CONST_PTR_TO_DYNPTR);
      reg.dynptrType = DYNPTR_TYPE_LOCAL;
      reg.firstSlot = true;
      reg.id = walk.nextId();
      return reg;
    }
    case "memory": {
      const reg = pointer(PTR_TO_MEM | argument.flags);
      reg.memSize = argument.size;
      if ((argument.flags & PTR_UNTRUSTED) === 0) reg.id = walk.nextId();
      return reg;
    }
    case "object": {
      const reg = pointer(PTR_TO_BTF_ID | argument.flags);
      reg.btf = walk.program.kernelTypes;
      reg.btfId = argument.id;
      reg.id = walk.nextId();
      return reg;
    }
  }
}
