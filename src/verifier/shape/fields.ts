/**
 * Fields that an instruction must not use. The kernel looks when its walk comes by, before registers are looked at, so
 * unreachable branches may hold anything (`do_check` of kernel/bpf/verifier.c). They do not change: the first time is enough.
 */

import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";
import {
  CLASS_ALU,
  CLASS_ALU64,
  CLASS_JMP,
  CLASS_JMP32,
  CLASS_LD,
  CLASS_LDX,
  CLASS_ST,
  CLASS_STX,
  LD_IMM64,
  MAY_GOTO,
  OP_CALL,
  OP_EXIT,
  OP_JA,
  PSEUDO_CALL,
  PSEUDO_KFUNC_CALL,
} from "./opcodes.ts";

const OP_DIV = 0x30;
const OP_NEG = 0x80;
const OP_MOD = 0x90;
const OP_MOV = 0xb0;
const OP_END = 0xd0;
const OP_MAY_GOTO = 0xe0;

const MODE_MEM = 0x60;
const MODE_ATOMIC = 0xc0;
const MODE_ABS = 0x20;
const SIZE_MASK = 0x18;
const SIZE_W = 0x00;
const SIZE_DW = 0x18;

/** CPU version 4: signed division, sign-extending moves, bswap. */
const VERSION_4 = 606;
const ARENA = 609;
/** `may_goto +0` is taken, and removed. */
const MAY_GOTO_NOWHERE = 615;
const LOAD_ACQUIRE_STORE_RELEASE = 615;
const LOAD_ACQUIRE = 0x100;
const STORE_RELEASE = 0x110;

/** @throws Refused as the kernel does before it looks at the registers that the instruction reads. */
export function checkFields(program: Program, slot: number): void {
  const { code, era } = program;
  const opcode = code.opcode[slot]!;
  switch (opcode & 7) {
    case CLASS_ALU:
    case CLASS_ALU64:
      checkAlu(program, slot, opcode);
      return;
    case CLASS_LDX:
      // Looked at before the walk.
      return;
    case CLASS_STX:
      if ((opcode & 0xe0) === MODE_ATOMIC) checkAtomic(code.imm[slot]!, opcode, era, slot);
      else if ((opcode & 0xe0) !== MODE_MEM || code.imm[slot] !== 0) refuse("BPF_STX uses reserved fields", "EINVAL", slot);
      return;
    case CLASS_ST:
      if ((opcode & 0xe0) !== MODE_MEM || code.src[slot] !== 0) refuse("BPF_ST uses reserved fields", "EINVAL", slot);
      return;
    case CLASS_JMP:
    case CLASS_JMP32:
      checkJump(program, slot, opcode);
      return;
    case CLASS_LD:
      checkLoad(program, slot, opcode);
      return;
  }
}

function checkAlu(program: Program, slot: number, opcode: number): void {
  const { code, era } = program;
  const operation = opcode & 0xf0;
  const byRegister = (opcode & 8) !== 0;
  const src = code.src[slot]!;
  const offset = code.offset[slot]!;
  const imm = code.imm[slot]!;
  const is64 = (opcode & 7) === CLASS_ALU64;
  switch (operation) {
    case OP_NEG:
      if (byRegister || src !== 0 || offset !== 0 || imm !== 0) refuse("BPF_NEG uses reserved fields", "EINVAL", slot);
      return;
    case OP_END:
      if (src !== 0 || offset !== 0 || (imm !== 16 && imm !== 32 && imm !== 64) || (is64 && (byRegister || era < VERSION_4)))
        refuse("BPF_END uses reserved fields", "EINVAL", slot);
      return;
    case OP_MOV:
      if (!byRegister) {
        if (src !== 0 || offset !== 0) refuse("BPF_MOV uses reserved fields", "EINVAL", slot);
      } else if (era < VERSION_4) {
        if (imm !== 0 || offset !== 0) refuse("BPF_MOV uses reserved fields", "EINVAL", slot);
      } else if (is64 && offset === 1 && era >= ARENA) {
        if (imm !== 1 && imm !== 0x10000)
          refuse("addr_space_cast insn can only convert between address space 1 and 0", "EINVAL", slot);
        if (!program.maps.some(({ type }) => type === "arena"))
          refuse("addr_space_cast insn can only be used in a program that has an associated arena", "EINVAL", slot);
      } else if ((offset !== 0 && offset !== 8 && offset !== 16 && !(is64 && offset === 32)) || imm !== 0)
        refuse("BPF_MOV uses reserved fields", "EINVAL", slot);
      return;
    default: {
      if (operation > OP_END) refuse(`invalid BPF_ALU opcode ${operation.toString(16)}`, "EINVAL", slot);
      const signed = offset === 1 && (operation === OP_DIV || operation === OP_MOD) && era >= VERSION_4;
      if ((byRegister ? imm : src) !== 0 || (offset !== 0 && !signed)) refuse("BPF_ALU uses reserved fields", "EINVAL", slot);
    }
  }
}

function checkAtomic(imm: number, opcode: number, era: number, slot: number): void {
  switch (imm) {
    // add, or, and, xor with or without fetch, xchg, cmpxchg
    case 0x00:
    case 0x01:
    case 0x40:
    case 0x41:
    case 0x50:
    case 0x51:
    case 0xa0:
    case 0xa1:
    case 0xe1:
    case 0xf1: {
      const size = opcode & SIZE_MASK;
      if (size !== SIZE_W && size !== SIZE_DW) refuse("invalid atomic operand size", "EINVAL", slot);
      return;
    }
    case LOAD_ACQUIRE:
    case STORE_RELEASE:
      if (era >= LOAD_ACQUIRE_STORE_RELEASE) return;
  }
  const text = (imm >>> 0).toString(16).padStart(2, "0");
  refuse(`BPF_ATOMIC uses invalid atomic opcode ${text}`, "EINVAL", slot);
}

function checkJump({ code, era, referents }: Program, slot: number, opcode: number): void {
  const src = code.src[slot]!;
  const dst = code.dst[slot]!;
  const offset = code.offset[slot]!;
  const imm = code.imm[slot]!;
  const byRegister = (opcode & 8) !== 0;
  const is32 = (opcode & 7) === CLASS_JMP32;
  switch (opcode & 0xf0) {
    case OP_CALL:
      if (
        byRegister ||
        is32 ||
        dst !== 0 ||
        (src !== PSEUDO_KFUNC_CALL && offset !== 0) ||
        (src !== 0 && src !== PSEUDO_CALL && src !== PSEUDO_KFUNC_CALL)
      )
        refuse("BPF_CALL uses reserved fields", "EINVAL", slot);
      // Nothing to call: what is never reached may stand there.
      if (src === PSEUDO_KFUNC_CALL && imm === 0 && !referents.has(slot))
        refuse("invalid kernel function call not eliminated in verifier pass", "EINVAL", slot);
      return;
    case OP_JA:
      if (byRegister || src !== 0 || dst !== 0 || (is32 ? offset : imm) !== 0)
        refuse("BPF_JA uses reserved fields", "EINVAL", slot);
      return;
    case OP_EXIT:
      if (byRegister || is32 || imm !== 0 || src !== 0 || dst !== 0) refuse("BPF_EXIT uses reserved fields", "EINVAL", slot);
      return;
    default: {
      const operation = opcode & 0xf0;
      if (operation > OP_MAY_GOTO || (operation === OP_MAY_GOTO && era < ARENA))
        refuse(`invalid BPF_JMP/JMP32 opcode ${operation.toString(16)}`, "EINVAL", slot);
      if (operation === OP_MAY_GOTO) {
        const goesNowhere = offset === 0 && era < MAY_GOTO_NOWHERE;
        if (opcode !== MAY_GOTO || src !== 0 || dst !== 0 || imm !== 0 || goesNowhere) {
          const text = era < MAY_GOTO_NOWHERE ? `off ${offset} imm ${imm}` : `imm ${imm}`;
          refuse(`invalid may_goto ${text}`, "EINVAL", slot);
        }
      }
      // Those of other jumps are looked at once the register that they test is.
    }
  }
}

function checkLoad({ code, rules }: Program, slot: number, opcode: number): void {
  const mode = opcode & 0xe0;
  if (mode === 0) {
    if (opcode !== LD_IMM64) refuse("invalid BPF_LD_IMM insn", "EINVAL", slot);
    if (code.offset[slot] !== 0) refuse("BPF_LD_IMM64 uses reserved fields", "EINVAL", slot);
    return;
  }
  if (mode !== MODE_ABS && mode !== 0x40) refuse("invalid BPF_LD mode", "EINVAL", slot);
  if (!rules.legacyPacketAccess) refuse("BPF_LD_[ABS|IND] instructions not allowed for this program type", "EINVAL", slot);
  if (
    code.dst[slot] !== 0 ||
    code.offset[slot] !== 0 ||
    (opcode & SIZE_MASK) === SIZE_DW ||
    (mode === MODE_ABS && code.src[slot] !== 0)
  )
    refuse("BPF_LD_[ABS|IND] uses reserved fields", "EINVAL", slot);
}
