/** Conditional jumps: which way they go, and what is known after each. */

import { type Bounds, isConstant, isZero, signedConstant } from "../numbers/bounds.ts";
import { branchTaken } from "../numbers/compare.ts";
import { refine } from "../numbers/refine.ts";
import { markPrecise } from "../prune/precision.ts";
import { refuse } from "../refusal.ts";
import { type Reg, scalar } from "../state/register.ts";
import type { State } from "../state/state.ts";
import {
  baseType,
  CONST_PTR_TO_MAP,
  isAnyPacketPointer,
  isSocketPointer,
  mayBeNull,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_STACK,
  PTR_TO_TCP_SOCK,
  SCALAR,
} from "../state/types.ts";
import { pushStep, STEP_DST_STACK, STEP_SRC_STACK } from "./history.ts";
import { collectLinked, syncLinked } from "./linked.ts";
import { learnIfNull, learnNotNull } from "./nulls.ts";
import { matchPacketPointers, packetBranchTaken } from "./packets.ts";
import { FARTHEST } from "./pointer-arithmetic.ts";
import { isTrusted } from "./trust.ts";
import type { Walk } from "./walk.ts";

export const JEQ = 0x10;
export const JGT = 0x20;
export const JGE = 0x30;
export const JNE = 0x50;
export const JLT = 0xa0;
export const JLE = 0xb0;
const SOURCE_REGISTER = 0x08;
const JMP32 = 0x06;

/** One conditional jump. Leaves `walk.next` where this path goes on. */
export function checkJump(walk: Walk): void {
  const { code } = walk.program;
  const { slot } = walk;
  const opcode = code.opcode[slot]!;
  const condition = opcode & 0xf0;
  const narrow = (opcode & 7) === JMP32;
  const register = (opcode & SOURCE_REGISTER) !== 0;
  const dst = code.dst[slot]!;
  const src = code.src[slot]!;
  const target = slot + code.offset[slot]! + 1;

  const left = walk.read(dst);
  if ((register ? code.imm[slot] : src) !== 0) refuse("BPF_JMP/JMP32 uses reserved fields", "EINVAL");
  const right = register ? walk.read(src) : scalar(signedConstant(code.imm[slot]!));
  const flags =
    (left.type === PTR_TO_STACK ? STEP_DST_STACK : 0) | (register && right.type === PTR_TO_STACK ? STEP_SRC_STACK : 0);
  if (flags !== 0) pushStep(walk, flags, null);

  const taken = whichWay(left, right, condition, narrow, walk.era);
  if (taken >= 0) {
    if (left.type === SCALAR) markPrecise(walk, dst);
    if (register && right.type === SCALAR) markPrecise(walk, src);
    walk.next = taken === 1 ? target : slot + 1;
    return;
  }

  // Written down before the paths part, so that both share it.
  const linked = collectLinked(walk, register ? right : null, left);
  if (linked !== null && linked.length > 1) pushStep(walk, 0, linked);

  const here = walk.state;
  const there = walk.push(target, slot);
  const thereRegs = there.frame.regs;
  const hereRegs = here.frame.regs;
  if (left.type === SCALAR && right.type === SCALAR) {
    const same = register && dst === src;
    const yes = refine(condition, left.bounds, right.bounds, narrow, true, walk.era, same);
    const no = refine(condition, left.bounds, right.bounds, narrow, false, walk.era, same);
    thereRegs[dst] = withBounds(thereRegs[dst]!, yes.dst);
    hereRegs[dst] = withBounds(hereRegs[dst]!, no.dst);
    if (register && !same) {
      thereRegs[src] = withBounds(thereRegs[src]!, yes.src);
      hereRegs[src] = withBounds(hereRegs[src]!, no.src);
    }
    walk.touch(dst);
  }
  if (linked !== null) {
    if (register && right.type === SCALAR && right.id !== 0) {
      syncLinked(walk, here, hereRegs[src]!, src, linked);
      syncLinked(walk, there, thereRegs[src]!, src, linked);
    }
    if (left.type === SCALAR && left.id !== 0) {
      syncLinked(walk, here, hereRegs[dst]!, dst, linked);
      syncLinked(walk, there, thereRegs[dst]!, dst, linked);
    }
  }
  if (register && !narrow && left.type !== SCALAR && right.type !== SCALAR) liftNull(walk, condition, left, right, here, there);

  const imm = register ? 1 : code.imm[slot]!;
  if (!narrow && imm === 0 && (condition === JEQ || condition === JNE) && mayBeNull(left.type)) {
    learnIfNull(walk, here, dst, condition === JNE);
    learnIfNull(walk, there, dst, condition === JEQ);
  } else if (register && !narrow) matchPacketPointers(condition, dst, src, here, there);
  walk.next = slot + 1;
}

function withBounds(reg: Reg, bounds: Bounds): Reg {
  if (reg.bounds === bounds) return reg;
  const to = reg.copy();
  to.bounds = bounds;
  return to;
}

/** 1: always taken, 0: never, -1: both ways are possible. */
function whichWay(left: Reg, right: Reg, condition: number, narrow: boolean, era: number): number {
  if (left.type === SCALAR && right.type === SCALAR) return branchTaken(condition, left.bounds, right.bounds, narrow, era);
  if (!narrow && isAnyPacketPointer(left.type) && isAnyPacketPointer(right.type))
    return packetBranchTaken(left, right, condition);
  // A pointer that is not null against zero. The lower half of one may well be zero.
  if (narrow || (condition !== JEQ && condition !== JNE)) return -1;
  const number = isNumber(right) ? right : isNumber(left) ? left : null;
  const pointer = number === right ? left : right;
  if (number === null || !isNotNull(pointer, era) || !isZero(number.bounds)) return -1;
  if (era < SWAPS && pointer === right) return -1;
  return condition === JNE ? 1 : 0;
}

function isNumber(reg: Reg): boolean {
  return reg.type === SCALAR && isConstant(reg.bounds);
}

/** Since when it is the same which side of a comparison the pointer is. */
const SWAPS = 608;

/** Pointers whose start is not null, and that were not moved so far that they might wrap to it (`reg_not_null`). */
function isNotNull(reg: Reg, era: number): boolean {
  if (mayBeNull(reg.type)) return false;
  if (era < 602) return NOT_NULL_61.has(reg.type);
  const { bounds } = reg;
  if (signedAtMost(bounds.sminLo, bounds.sminHi, -FARTHEST) || signedAtLeast(bounds.smaxLo, bounds.smaxHi, FARTHEST))
    return false;
  switch (baseType(reg.type)) {
    case PTR_TO_BUF:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MAP_KEY:
    case PTR_TO_MEM:
    case CONST_PTR_TO_MAP:
      return true;
    case PTR_TO_BTF_ID:
      return isTrusted(reg);
    default:
      return isSocketPointer(reg.type);
  }
}

/** `reg_type_not_null` of 6.1: without flags. */
const NOT_NULL_61: ReadonlySet<number> = new Set([
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  PTR_TO_SOCK_COMMON,
  PTR_TO_MAP_VALUE,
  PTR_TO_MAP_KEY,
]);

function signedAtMost(lo: number, hi: number, limit: number): boolean {
  return hi * 0x1_0000_0000 + (lo >>> 0) <= limit;
}

function signedAtLeast(lo: number, hi: number, limit: number): boolean {
  return hi * 0x1_0000_0000 + (lo >>> 0) >= limit;
}

/** Of two equal pointers, one of which is not null, neither is (since 6.2). Pointers to kernel objects may be null without saying so. */
function liftNull(walk: Walk, condition: number, left: Reg, right: Reg, here: State, there: State): void {
  if (walk.era < 602 || baseType(left.type) === PTR_TO_BTF_ID || baseType(right.type) === PTR_TO_BTF_ID) return;
  const equal = condition === JEQ ? there : condition === JNE ? here : null;
  if (equal === null) return;
  const { regs } = equal.frame;
  const { code } = walk.program;
  // 6.18 asks no more of the other than that its type does not say that it may be null.
  const known = walk.era >= 618 ? (reg: Reg) => !mayBeNull(reg.type) : (reg: Reg) => isNotNull(reg, walk.era);
  if (known(left) && (right.type & PTR_MAYBE_NULL) !== 0) {
    const src = code.src[walk.slot]!;
    regs[src] = learnNotNull(regs[src]!);
  }
  if (known(right) && (left.type & PTR_MAYBE_NULL) !== 0) {
    const dst = code.dst[walk.slot]!;
    regs[dst] = learnNotNull(regs[dst]!);
  }
}
