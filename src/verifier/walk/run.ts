/** The walk itself: one instruction after the other, along every path. */

import { checkHelperCall } from "../calls/helpers.ts";
import { checkKfuncCall } from "../calls/kfuncs.ts";
import { checkLeaks } from "../calls/references.ts";
import { checkAtomic, checkMemory } from "../memory/access.ts";
import { findPreviousEntry, widenImprecise } from "../prune/loops.ts";
import { endPath, isVisited } from "../prune/visited.ts";
import { refuse } from "../refusal.ts";
import { checkFields } from "../shape/fields.ts";
import { baseType, PTR_TO_BTF_ID, PTR_TO_MEM, PTR_UNTRUSTED } from "../state/types.ts";
import { checkArithmetic } from "./arithmetic.ts";
import { checkJump } from "./branches.ts";
import { checkResult } from "./exit.ts";
import { pushStep } from "./history.ts";
import { checkLegacyLoad } from "./legacy-loads.ts";
import { checkWideLoad } from "./loads.ts";
import { mustKeepType } from "./pointer-types.ts";
import { checkSubprogramCall, leaveFunction } from "./subprograms.ts";
import { MOST_PROCESSED, type Walk } from "./walk.ts";

// Classes, modes and jumps of RFC 9669 §3.
const LD = 0;
const LDX = 1;
const ST = 2;
const STX = 3;
const ALU = 4;
const JMP = 5;
const JMP32 = 6;
const ALU64 = 7;
const MODE = 0xe0;
const ABSOLUTE = 0x20;
const INDIRECT = 0x40;
const SIGN_EXTENDED = 0x80;
const ATOMIC = 0xc0;
const JA = 0x00;
const CALL = 0x80;
const EXIT = 0x90;
const JCOND = 0xe0;
/** `src` of a call: another function of the program, or a kernel function. */
const LOCAL = 1;
const KERNEL = 2;
/** Bytes by the two bits of a size. */
const SIZES = [4, 2, 1, 8] as const;

/** What became of a path. */
type Step = "goes on" | "elsewhere" | "ends";

/**
 * Walks every path from `walk.slot` with `walk.state`. Returns when none is left.
 * @throws Refused, with the walk standing at the instruction.
 */
export function run(walk: Walk): void {
  const { program, flow, facts, touched, liveness } = walk;
  const { length } = program.code;
  let previous = -1;
  let fromElsewhere = false;
  touched.everything();
  for (;;) {
    if (walk.log === null) walk.openLog();
    const { slot, state, log } = walk;
    walk.previous = previous;
    walk.step = null;
    if (slot >= length) refuse(`invalid insn idx ${slot} insn_cnt ${length}`, "EFAULT");
    if (++facts.processed > MOST_PROCESSED) refuse(`BPF program is too large. Processed ${facts.processed} insn`, "E2BIG");
    state.lastSlot = previous;
    state.slot = slot;
    if (flow.prunePoint[slot] !== 0 && isVisited(walk)) {
      log?.safe(previous, slot, fromElsewhere);
      if (!resume(walk)) return;
      ({ previous } = walk);
      fromElsewhere = true;
      continue;
    }
    if (flow.jumpPoint[slot] !== 0) pushStep(walk, 0, null);
    if (log !== null) {
      if (fromElsewhere) log.from(previous, slot, state);
      if (touched.any) log.state(slot, state, touched);
      log.instruction(slot);
    }
    fromElsewhere = false;
    if (facts.visits[slot]!++ === 0) checkFields(program, slot);
    previous = slot;
    walk.next = slot + 1;
    const depth = state.frames.length;
    liveness.begin(state, slot);
    const step = checkInstruction(walk);
    // A call counts by what is called, a return by what was.
    if (state.frames.length === depth) liveness.commit();
    if (step === "ends") {
      if (!resume(walk)) return;
      ({ previous } = walk);
      fromElsewhere = true;
      continue;
    }
    if (step === "elsewhere") fromElsewhere = true;
    walk.slot = walk.next;
  }
}

/** Takes up the path that was put off last. False when there is none. */
function resume(walk: Walk): boolean {
  endPath(walk);
  walk.liveness.update(walk.state);
  walk.touched.everything();
  const pending = walk.pending.pop();
  if (pending === undefined) return false;
  walk.state = pending.state;
  walk.slot = pending.slot;
  walk.previous = pending.previous;
  return true;
}

function checkInstruction(walk: Walk): Step {
  const opcode = walk.program.code.opcode[walk.slot]!;
  switch (opcode & 7) {
    case ALU:
    case ALU64:
      checkArithmetic(walk);
      return "goes on";
    case LDX:
      checkLoad(walk, opcode);
      return "goes on";
    case ST:
    case STX:
      checkStore(walk, opcode);
      return "goes on";
    case JMP:
    case JMP32:
      return checkControl(walk, opcode);
    case LD:
      return checkLd(walk, opcode);
    default:
      return refuse(`unknown insn class ${opcode & 7}`, "EINVAL");
  }
}

function checkLoad(walk: Walk, opcode: number): void {
  const { code } = walk.program;
  const { slot } = walk;
  const reg = code.src[slot]!;
  const value = code.dst[slot]!;
  const { type } = walk.read(reg);
  walk.write(value);
  checkMemory(walk, {
    reg,
    off: code.offset[slot]!,
    size: SIZES[((opcode >> 3) & 3) as 0 | 1 | 2 | 3],
    write: false,
    value,
    strict: false,
    signExtend: (opcode & MODE) === SIGN_EXTENDED,
  });
  holdPointerType(walk, type, true);
}

function checkStore(walk: Walk, opcode: number): void {
  const { code } = walk.program;
  const { slot } = walk;
  const register = (opcode & 7) === STX;
  if (register && (opcode & MODE) === ATOMIC) {
    checkAtomic(walk);
    return;
  }
  const value = register ? code.src[slot]! : -1;
  if (register) walk.read(value);
  const reg = code.dst[slot]!;
  const { type } = walk.read(reg);
  checkMemory(walk, {
    reg,
    off: code.offset[slot]!,
    size: SIZES[((opcode >> 3) & 3) as 0 | 1 | 2 | 3],
    write: true,
    value,
    strict: false,
    signExtend: false,
  });
  holdPointerType(walk, type, false);
}

/** An instruction is translated once, so all paths must come to it with the same kind of pointer (`save_aux_ptr_type`). */
function holdPointerType(walk: Walk, type: number, mayDiffer: boolean): void {
  const { pointerType } = walk.facts;
  const before = pointerType[walk.slot]!;
  if (before === 0) {
    pointerType[walk.slot] = type;
    return;
  }
  if (before === type || (!mustKeepType(before) && !mustKeepType(type))) return;
  if (!mayDiffer || !mayBeMerged(before, walk.era) || !mayBeMerged(type, walk.era))
    refuse("same insn cannot be used with different pointers", "EINVAL");
  // Trusted on one path, untrusted on another: translated as untrusted.
  const memory = baseType(type) === PTR_TO_MEM || baseType(before) === PTR_TO_MEM;
  pointerType[walk.slot] = (memory ? PTR_TO_MEM : PTR_TO_BTF_ID) | PTR_UNTRUSTED;
}

/** Objects of the kernel (6.4), and memory, which untrusted pointers may lead to as well (6.17). */
function mayBeMerged(type: number, era: number): boolean {
  const base = baseType(type);
  return era >= 604 && (base === PTR_TO_BTF_ID || (era >= 617 && base === PTR_TO_MEM));
}

function checkLd(walk: Walk, opcode: number): Step {
  const mode = opcode & MODE;
  if (mode === ABSOLUTE || mode === INDIRECT) {
    const { frames } = walk.state;
    const depth = frames.length;
    checkLegacyLoad(walk);
    return frames.length < depth ? "elsewhere" : "goes on";
  }
  if (mode !== 0) refuse("invalid BPF_LD mode", "EINVAL");
  checkWideLoad(walk);
  walk.next = walk.slot + 2;
  return "goes on";
}

function checkControl(walk: Walk, opcode: number): Step {
  const { code } = walk.program;
  const { slot } = walk;
  walk.facts.jumps++;
  switch (opcode & 0xf0) {
    case CALL:
      return checkCall(walk);
    case JA:
      walk.next = slot + 1 + ((opcode & 7) === JMP ? code.offset[slot]! : code.imm[slot]!);
      return "goes on";
    case EXIT:
      return checkExit(walk, false);
    case JCOND:
      mayGo(walk);
      return "goes on";
    default:
      checkJump(walk);
      if (walk.log !== null && walk.touched.any) walk.log.state(slot, walk.state, walk.touched);
      return "goes on";
  }
}

function checkCall(walk: Walk): Step {
  const { code, referents } = walk.program;
  const { slot } = walk;
  const src = code.src[slot]!;
  if (src === LOCAL) checkSubprogramCall(walk);
  else if (src === KERNEL) {
    checkKfuncCall(walk);
    const called = referents.get(slot);
    if (called?.kind === "kfunc" && called.name === "bpf_throw") return checkExit(walk, true);
  } else checkHelperCall(walk);
  walk.touch(0);
  return "goes on";
}

/** The end of a function, or of all of them (`bpf_throw`). */
function checkExit(walk: Walk, exception: boolean): Step {
  checkLeaks(walk, exception, exception ? "bpf_throw" : "BPF_EXIT instruction in main prog");
  if (exception) return "ends";
  if (walk.state.frames.length > 1) {
    leaveFunction(walk);
    return "elsewhere";
  }
  checkResult(walk, 0);
  return "ends";
}

/** `may_goto`: a loop that the kernel ends when it takes too long. Both ways are possible, and what changes in it is anything. */
function mayGo(walk: Walk): void {
  const { code } = walk.program;
  const { slot, state } = walk;
  const entry = state.parent === null ? null : findPreviousEntry(walk, state.parent, slot);
  const other = walk.push(slot + 1, slot);
  other.mayGotoDepth++;
  if (entry !== null) widenImprecise(walk, entry, other);
  walk.next = slot + 1 + code.offset[slot]!;
}
