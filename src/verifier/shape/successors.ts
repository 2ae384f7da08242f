/** Where control goes after an instruction, within its function. */

import type { Code } from "../program.ts";
import { CLASS_JMP, CLASS_JMP32, JA, JA32, LD_IMM64, OP_CALL, OP_EXIT, OP_JA } from "./opcodes.ts";

/** Columns by slot; -1: nowhere. */
export interface Successors {
  /** The next instruction. */
  readonly next: Int32Array;
  /** Where it jumps. */
  readonly jump: Int32Array;
}

/** @param code whose jumps were checked. */
export function successorsOf(code: Code): Successors {
  const { length, opcode, offset, imm } = code;
  const next = new Int32Array(length);
  const jump = new Int32Array(length).fill(-1);
  for (let slot = 0; slot < length; slot++) {
    const operation = opcode[slot]!;
    const operationClass = operation & 7;
    if (operationClass !== CLASS_JMP && operationClass !== CLASS_JMP32) {
      next[slot] = slot + (operation === LD_IMM64 ? 2 : 1);
      continue;
    }
    const kind = operation & 0xf0;
    next[slot] = kind === OP_EXIT || operation === JA || operation === JA32 ? -1 : slot + 1;
    if (kind === OP_EXIT || kind === OP_CALL) continue;
    jump[slot] = slot + 1 + (kind === OP_JA && operation === JA32 ? imm[slot]! : offset[slot]!);
  }
  return { next, jump };
}

/** Slots of a function's instructions, each after those that it leads to where there is no loop. */
export function postorder({ next, jump }: Successors, start: number, end: number): Int32Array {
  const order = new Int32Array(end - start);
  const state = new Uint8Array(end - start);
  const stack = new Int32Array(end - start);
  let count = 0;
  let top = 0;
  stack[top++] = start;
  state[0] = 1;
  while (top > 0) {
    const slot = stack[top - 1]!;
    let pushed = false;
    for (const to of [next[slot]!, jump[slot]!]) {
      if (to < start || to >= end || state[to - start] !== 0) continue;
      state[to - start] = 1;
      stack[top++] = to;
      pushed = true;
      break;
    }
    if (pushed) continue;
    order[count++] = slot;
    top--;
  }
  return order.subarray(0, count);
}
