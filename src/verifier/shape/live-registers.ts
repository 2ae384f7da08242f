/**
 * Which registers may be read before they are written again: `compute_live_registers` of kernel/bpf/verifier.c (6.15). States
 * are compared by these alone. Earlier kernels find the same while they walk, and never more exactly than this is right.
 */

import type { Program } from "../program.ts";
import type { HelperPrototype } from "../target.ts";
import {
  CLASS_ALU,
  CLASS_ALU64,
  CLASS_JMP,
  CLASS_JMP32,
  CLASS_LD,
  CLASS_LDX,
  CLASS_ST,
  LD_IMM64,
  MAY_GOTO,
  OP_CALL,
  OP_EXIT,
  OP_JA,
  PSEUDO_KFUNC_CALL,
} from "./opcodes.ts";
import type { Successors } from "./successors.ts";

const R0 = 1;
const CALLER_SAVED = 0b11_1111;
const ARGUMENTS = 0b11_1110;
const ALL = 0x7ff;
const MODE_ATOMIC = 0xc0;
const OP_NEG = 0x80;
const OP_MOV = 0xb0;
const OP_END = 0xd0;
const FETCH = 1;
const CMPXCHG = 0xf1;
const LOAD_ACQUIRE = 0x100;
const STORE_RELEASE = 0x110;

/** @param orders slots of each function in postorder. */
export function liveRegisters(program: Program, { next, jump }: Successors, orders: readonly Int32Array[]): Uint16Array {
  const { length } = program.code;
  const before = new Uint16Array(length);
  const reads = new Uint16Array(length);
  const writes = new Uint16Array(length);
  for (const order of orders) {
    for (let index = 0; index < order.length; index++) usage(program, order[index]!, reads, writes);
    for (let changed = true; changed; ) {
      changed = false;
      for (let index = 0; index < order.length; index++) {
        const slot = order[index]!;
        const to = next[slot]!;
        const target = jump[slot]!;
        const after = (to >= 0 && to < length ? before[to]! : 0) | (target >= 0 && target < length ? before[target]! : 0);
        const live = (after & ~writes[slot]!) | reads[slot]!;
        if (live === before[slot]) continue;
        before[slot] = live;
        changed = true;
      }
    }
  }
  return before;
}

function usage(program: Program, slot: number, reads: Uint16Array, writes: Uint16Array): void {
  const { code } = program;
  const opcode = code.opcode[slot]!;
  const dst = 1 << code.dst[slot]!;
  const src = 1 << code.src[slot]!;
  const byRegister = (opcode & 8) !== 0;
  let read = ALL;
  let write = 0;
  switch (opcode & 7) {
    case CLASS_LD:
      if (opcode === LD_IMM64) {
        read = 0;
        write = dst;
      }
      break;
    case CLASS_LDX:
      read = src;
      write = dst;
      break;
    case CLASS_ST:
      read = dst;
      break;
    case CLASS_ALU:
    case CLASS_ALU64: {
      const operation = opcode & 0xf0;
      write = dst;
      if (operation === OP_NEG || operation === OP_END) read = dst;
      else if (operation === OP_MOV) read = byRegister ? src : 0;
      else read = byRegister ? dst | src : dst;
      break;
    }
    case CLASS_JMP:
    case CLASS_JMP32:
      switch (opcode & 0xf0) {
        case OP_JA:
          read = 0;
          break;
        case OP_EXIT:
          read = R0;
          break;
        case OP_CALL:
          write = CALLER_SAVED;
          read = argumentsOf(program, slot);
          break;
        default:
          if (opcode === MAY_GOTO) read = 0;
          else read = byRegister ? dst | src : dst;
      }
      break;
    default: {
      // STX
      const imm = code.imm[slot]!;
      read = dst | src;
      if ((opcode & 0xe0) !== MODE_ATOMIC) break;
      if (imm === CMPXCHG) {
        read |= R0;
        write = R0;
      } else if (imm === LOAD_ACQUIRE) {
        read = src;
        write = dst;
      } else if (imm !== STORE_RELEASE && (imm & FETCH) !== 0) write = src;
    }
  }
  reads[slot] = read;
  writes[slot] = write;
}

/** What is called says how many it takes, if it is known. */
function argumentsOf(program: Program, slot: number): number {
  const { code, target, type, attachType, kernelTypes } = program;
  const src = code.src[slot]!;
  if (src === 0) {
    const prototype = target.helper(code.imm[slot]!, type, attachType, program);
    return typeof prototype === "string" ? ARGUMENTS : firstArguments(countOf(prototype));
  }
  const referent = program.referents.get(slot);
  if (src !== PSEUDO_KFUNC_CALL || referent?.kind !== "kfunc" || kernelTypes === null) return ARGUMENTS;
  if (target.kfunc(referent.name)?.offeredTo(type, attachType) !== true) return ARGUMENTS;
  const func = kernelTypes.type(referent.btfId);
  const prototype = func.kind === "function" ? kernelTypes.type(func.type) : null;
  return prototype?.kind === "prototype" ? firstArguments(prototype.parameters.length) : ARGUMENTS;
}

function countOf({ arguments: list }: HelperPrototype): number {
  const end = list.findIndex((argument) => argument.class === "dontcare");
  return end < 0 ? list.length : end;
}

/** r1 … rN. */
function firstArguments(count: number): number {
  return ((1 << (Math.min(count, 5) + 1)) - 1) & ~R0;
}
