/** Walks one path of a program of the table with `src/verifier/numbers`, the way a kernel's verifier does. */
import { alu32, alu64, assign, negate32, negate64, zeroOrMinusOne } from "../../../src/verifier/numbers/arithmetic.ts";
import { type Bounds, constant, isConstant, isZero, signedConstant, UNKNOWN } from "../../../src/verifier/numbers/bounds.ts";
import { byteSwap } from "../../../src/verifier/numbers/byte-swap.ts";
import { branchTaken } from "../../../src/verifier/numbers/compare.ts";
import { signExtend, truncate, zeroExtend32 } from "../../../src/verifier/numbers/extend.ts";
import { refine } from "../../../src/verifier/numbers/refine.ts";
import type { Instruction } from "./table.ts";

export type Registers = readonly Bounds[];

export interface Walked {
  /** By slot: all registers after that instruction, on the first path (of a branch, the one that does not jump). */
  readonly after: ReadonlyMap<number, Registers>;
  /** By slot: all registers where that branch jumps, if it may do either. */
  readonly jumped: ReadonlyMap<number, Registers>;
}

export function walk(program: readonly Instruction[], era: number): Walked {
  const slots: (Instruction | null)[] = program.flatMap((one) => (one.wide === undefined ? [one] : [one, null]));
  const after = new Map<number, Registers>();
  const jumped = new Map<number, Registers>();
  let stored = UNKNOWN;
  const registers: Bounds[] = new Array(11).fill(UNKNOWN);
  for (let slot = 0; slot < slots.length; slot++) {
    const one = slots[slot];
    if (one === null || one === undefined) continue;
    if (one.code === 0x95) break;
    const kind = one.code & 7;
    if (one.code === 0x85) {
      registers[0] = UNKNOWN;
    } else if (one.code === 0x7b) {
      stored = registers[one.src]!;
    } else if (kind === 1) {
      registers[one.dst] = reloaded(one.code, stored, era);
    } else if (one.code === 0x18) {
      registers[one.dst] = constant(one.imm, one.wide ?? 0);
    } else if (kind === 5 || kind === 6) {
      const dst = registers[one.dst]!;
      const src = operand(one, registers);
      const is32 = kind === 6;
      const same = (one.code & 8) !== 0 && one.dst === one.src;
      const op = one.code & 0xf0;
      const taken = branchTaken(op, dst, src, is32, era);
      if (taken === -1) {
        const jump = refine(op, dst, src, is32, true, era, same);
        const other = [...registers];
        other[one.dst] = jump.dst;
        if ((one.code & 8) !== 0) other[one.src] = jump.src;
        jumped.set(slot, other);
        const stay = refine(op, dst, src, is32, false, era, same);
        registers[one.dst] = stay.dst;
        if ((one.code & 8) !== 0) registers[one.src] = stay.src;
      }
      after.set(slot, [...registers]);
      if (taken === 1) slot += one.off;
      continue;
    } else {
      registers[one.dst] = computed(one, registers, era);
    }
    after.set(slot, [...registers]);
  }
  return { after, jumped };
}

function reloaded(code: number, stored: Bounds, era: number): Bounds {
  const bytes = code & 0x10 ? 1 : code & 0x08 ? 2 : 4;
  const known = era >= 608 || isZero(stored) ? stored : UNKNOWN;
  return (code & 0xe0) === 0x80 ? signExtend(known, bytes * 8, 64, era) : truncate(known, bytes, era);
}

function operand(one: Instruction, registers: Registers): Bounds {
  return (one.code & 8) !== 0 ? registers[one.src]! : signedConstant(one.imm);
}

function computed(one: Instruction, registers: Registers, era: number): Bounds {
  const op = one.code & 0xf0;
  const wide = (one.code & 7) === 7;
  let dst = registers[one.dst]!;
  const src = operand(one, registers);
  if (op === 0xd0) return byteSwap(dst, one.imm, (one.code & 7) === 7 || (one.code & 8) !== 0, era);
  if (op === 0x80) return wide ? negate64(dst, era) : negate32(dst, era);
  if (op === 0xb0) {
    if (one.off !== 0) return signExtend(src, one.off, wide ? 64 : 32, era);
    return wide ? src : zeroExtend32(src, era);
  }
  if (era >= 612 && (op === 0x40 || op === 0x50) && isConstant(src)) {
    // The kernel walks both; the path with -1 comes first.
    const width = zeroOrMinusOne(dst);
    if (width !== 0) dst = assign(dst, width, -1);
  }
  return wide ? alu64(op, dst, src, era) : alu32(op, dst, src, era);
}
