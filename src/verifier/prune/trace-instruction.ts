/** One instruction backwards: where what is traced after it comes from before it (`backtrack_insn`). */

import { HELPER } from "../../uapi/helpers.ts";
import { refuse } from "../refusal.ts";
import type { Step } from "../state/state.ts";
import { STEP_DST_STACK, STEP_SRC_STACK, STEP_STACK, stepFrame, stepStackSlot } from "../walk/history.ts";
import type { Walk } from "../walk/walk.ts";
import type { Traced } from "./backtrack.ts";

const ARGUMENTS = 0x3e;
const FRAME_POINTER = 10;
const SOURCE_REGISTER = 0x08;
// Classes and operations of RFC 9669.
const LD = 0;
const LDX = 1;
const STX = 3;
const ALU64 = 7;
const JMP = 5;
const JMP32 = 6;
const MODE = 0xe0;
const ATOMIC = 0xc0;
const FETCH = 0x01;
const COMPARE_EXCHANGE = 0xf1;
const LOAD_ACQUIRE = 0x100;
const MOV = 0xb0;
const NEG = 0x80;
const END = 0xd0;
const CALL = 0x80;
const EXIT = 0x90;
const JA = 0x00;
const JCOND = 0xe0;
const LOCAL = 1;
const KERNEL = 2;

/** Number of the last frame there may be. */
const DEEPEST = 7;
/** Before, nothing was traced into or out of functions. */
const TRACES_CALLS = 605;
/** Since when a function that a packet load left is not entered on the way back (mended in 6.12's series, and later). */
const MISSES_EARLY_RETURNS = 618;

/** Helpers that call a function of the program before they return. */
const CALLING_BACK: ReadonlySet<number> = new Set([
  HELPER.bpf_for_each_map_elem,
  HELPER.bpf_find_vma,
  HELPER.bpf_loop,
  HELPER.bpf_user_ringbuf_drain,
]);

/** Whether a call at `slot` runs a function of the program as callback, at once. */
export function callsBack(walk: Walk, slot: number): boolean {
  const { code, referents } = walk.program;
  if (code.opcode[slot] !== 0x85) return false;
  if (code.src[slot] === 0) return CALLING_BACK.has(code.imm[slot]!);
  const called = referents.get(slot);
  return code.src[slot] === KERNEL && called?.kind === "kfunc" && called.name.startsWith("bpf_rbtree_add");
}

/**
 * @param subsequent the instruction that was walked after this one.
 * @returns false when it cannot be told where something comes from.
 */
export function traceInstruction(walk: Walk, traced: Traced, slot: number, subsequent: number, step: Step | null): boolean {
  const { code } = walk.program;
  const opcode = code.opcode[slot]!;
  // The second slot of a wide instruction.
  if (opcode === 0) return true;
  syncLinked(traced, step);
  const dst = code.dst[slot]!;
  const src = code.src[slot]!;
  switch (opcode & 7) {
    case 4:
    case ALU64:
      traceArithmetic(traced, opcode, dst, src);
      break;
    case LDX:
      traceLoad(traced, dst, step);
      break;
    case LD:
      return traceWide(walk.era, traced, opcode, slot, subsequent, dst);
    case JMP:
    case JMP32: {
      const traces = traceControl(walk, traced, slot, subsequent, step);
      if (traces !== null) return traces;
      break;
    }
    default:
      if ((opcode & 7) === STX && (opcode & MODE) === ATOMIC && loads(code.imm[slot]!)) {
        traceLoad(traced, loadedInto(code.imm[slot]!, dst, src), step);
        break;
      }
      if (!traceStore(traced, opcode, dst, src, step)) return false;
  }
  syncLinked(traced, step);
  return true;
}

function loads(imm: number): boolean {
  return imm === LOAD_ACQUIRE || ((imm & FETCH) !== 0 && imm < LOAD_ACQUIRE);
}

function loadedInto(imm: number, dst: number, src: number): number {
  if (imm === LOAD_ACQUIRE) return dst;
  return imm === COMPARE_EXCHANGE ? 0 : src;
}

/** All that was equal to one of them when it was refined came from the same. */
function syncLinked(traced: Traced, step: Step | null): void {
  if (step === null || step.linked === null) return;
  let any = false;
  for (const { isReg, frame, index } of step.linked) {
    any = isReg ? traced.hasReg(index, frame) : traced.hasSlot(index, frame);
    if (any) break;
  }
  if (!any) return;
  for (const { isReg, frame, index } of step.linked) {
    if (isReg) traced.setReg(index, frame);
    else traced.setSlot(index, frame);
  }
}

function traceArithmetic(traced: Traced, opcode: number, dst: number, src: number): void {
  if (!traced.hasReg(dst)) return;
  const operation = opcode & 0xf0;
  if (operation === NEG || operation === END) return;
  if (operation === MOV) traced.clearReg(dst);
  if ((opcode & SOURCE_REGISTER) !== 0 && src !== FRAME_POINTER) traced.setReg(src);
}

/** Numbers keep what is known of them only in the stack. */
function traceLoad(traced: Traced, reg: number, step: Step | null): void {
  if (!traced.hasReg(reg)) return;
  traced.clearReg(reg);
  if (step !== null && (step.flags & STEP_STACK) !== 0) traced.setSlot(stepStackSlot(step.flags), stepFrame(step.flags));
}

/** False: a number that is traced was used as address, which only a difference of pointers may be. */
function traceStore(traced: Traced, opcode: number, dst: number, src: number, step: Step | null): boolean {
  if (traced.hasReg(dst)) return false;
  if (step === null || (step.flags & STEP_STACK) === 0) return true;
  const frame = stepFrame(step.flags);
  const index = stepStackSlot(step.flags);
  if (!traced.hasSlot(index, frame)) return true;
  traced.clearSlot(index, frame);
  if ((opcode & 7) === STX) traced.setReg(src);
  return true;
}

function traceWide(era: number, traced: Traced, opcode: number, slot: number, subsequent: number, dst: number): boolean {
  if ((opcode & MODE) === 0) {
    traced.clearReg(dst);
    return true;
  }
  // LD_ABS: r0 came from the packet; or the packet was too short and the function was left, which 6.18 misses.
  if (traced.hasReg(0)) return false;
  if (subsequent !== slot + 1 && era < MISSES_EARLY_RETURNS) traced.frame++;
  return true;
}

/** Null: the rest of the rules holds. */
function traceControl(walk: Walk, traced: Traced, slot: number, subsequent: number, step: Step | null): boolean | null {
  const { code } = walk.program;
  const opcode = code.opcode[slot]!;
  switch (opcode & 0xf0) {
    case CALL:
      return traceCall(walk, traced, slot, subsequent);
    case EXIT: {
      // A subprogram returns right after its call, a callback to the call itself.
      const fromCall = subsequent > 0 && code.opcode[subsequent - 1] === 0x85 && code.src[subsequent - 1] === LOCAL;
      if (fromCall && (traced.regs() & ARGUMENTS) !== 0) return false;
      const result = fromCall && traced.hasReg(0);
      traced.clearReg(0);
      traced.frame++;
      if (traced.frame > DEEPEST) return false;
      if (result) traced.setReg(0);
      return true;
    }
    case JA:
    case JCOND:
      return true;
    default: {
      if ((opcode & SOURCE_REGISTER) === 0) return null;
      const dst = code.dst[slot]!;
      const src = code.src[slot]!;
      if (!traced.hasReg(dst) && !traced.hasReg(src)) return true;
      const flags = step?.flags ?? 0;
      if ((flags & STEP_SRC_STACK) === 0) traced.setReg(src);
      if ((flags & STEP_DST_STACK) === 0) traced.setReg(dst);
      return null;
    }
  }
}

function traceCall(walk: Walk, traced: Traced, slot: number, subsequent: number): boolean {
  const { code, subprograms } = walk.program;
  if (code.src[slot] === LOCAL) {
    const callee = walk.subprogramAt(slot + code.imm[slot]! + 1);
    if (subprograms[callee]!.linkage === "global") return traceResult(traced);
    // Into the caller: only arguments come from there.
    if (walk.era >= TRACES_CALLS) refuseLeftover(walk, traced, "static subprog");
    if ((traced.regs() & ~ARGUMENTS) !== 0 || traced.hasSlots() || traced.frame === 0) return false;
    for (let index = 1; index <= 5; index++) {
      if (!traced.hasReg(index)) continue;
      traced.clearReg(index);
      traced.setReg(index, traced.frame - 1);
    }
    traced.frame--;
    return true;
  }
  if (subsequent !== slot + 1 && callsBack(walk, slot)) {
    // Out of a callback, whose arguments are the helper's.
    if (walk.era >= TRACES_CALLS) refuseLeftover(walk, traced, "callback");
    if ((traced.regs() & ~ARGUMENTS) !== 0 || traced.hasSlots() || traced.frame === 0) return false;
    for (let index = 1; index <= 5; index++) traced.clearReg(index);
    traced.frame--;
    return true;
  }
  if (!traceResult(traced)) return false;
  // Where a tail call succeeded, the function was left (6.18).
  const tailCall = code.src[slot] === 0 && code.imm[slot] === HELPER.bpf_tail_call;
  if (tailCall && subsequent !== slot + 1) traced.frame++;
  return traced.frame <= DEEPEST;
}

/** What a function did not get from its caller cannot have come from before it: kernels take that for a bug of their own. */
function refuseLeftover(walk: Walk, traced: Traced, what: string): void {
  const regs = traced.regs();
  if ((regs & ~ARGUMENTS) !== 0) {
    const hex = regs.toString(16);
    refuse(walk.era >= 617 ? `verifier bug: ${what} unexpected regs ${hex}` : `BUG regs ${hex}`, "EFAULT");
  }
  if (traced.hasSlots()) refuse(`verifier bug: ${what} leftover stack slots`, "EFAULT");
}

/** r0 is the call's; its arguments are lost after it. */
function traceResult(traced: Traced): boolean {
  traced.clearReg(0);
  return (traced.regs() & ARGUMENTS) === 0;
}
