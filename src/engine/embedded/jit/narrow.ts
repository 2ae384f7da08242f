/** Which operations on 64 bits may be done on the lower halves: those whose result is the same, as far as anybody reads it. */

import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { FIRST_CONSTANT, registerOf } from "./effects.ts";
import { FACT } from "./ranges.ts";

/** Both operands have no upper half. */
const BOTH_SMALL = FACT.smallDst | FACT.smallSrc;

/**
 * @param facts of the instruction at `slot`, of `Ranges`.
 * @param wanted whether somebody reads the upper half of its result.
 */
export function isNarrow(program: PreparedProgram, slot: number, facts: number, wanted: boolean): boolean {
  const operation = program.operation[slot]!;
  const free = !wanted || (facts & FACT.smallResult) !== 0;
  switch (operation) {
    case OPERATION.add64:
    case OPERATION.sub64:
    case OPERATION.mul64:
    case OPERATION.and64:
    case OPERATION.or64:
    case OPERATION.xor64:
    case OPERATION.neg64:
    case OPERATION.mov64:
    case OPERATION.wide:
    case OPERATION.extend8to64:
    case OPERATION.extend16to64:
    case OPERATION.extend32to64:
      return free;
    case OPERATION.swap64:
      return false;
    case OPERATION.lsh64:
      return free && shiftOf(program, slot) < 32;
    case OPERATION.rsh64:
    case OPERATION.arsh64:
      return (facts & FACT.smallDst) !== 0 && shiftOf(program, slot) < 32;
    case OPERATION.div64:
    case OPERATION.mod64:
      return (facts & BOTH_SMALL) === BOTH_SMALL;
    default:
      // Signed division on 64 bits comes before, the rest of what is on 32 bits behind.
      return operation >= OPERATION.add32 && operation < OPERATION.load1;
  }
}

/** Whether a condition can be decided by the lower halves. */
export function isNarrowBranch(operation: number, facts: number): boolean {
  if (operation >= OPERATION.jeq32) return true;
  // An `and` with something small is small.
  if (operation === OPERATION.jset64) return (facts & BOTH_SMALL) !== 0;
  return (facts & BOTH_SMALL) === BOTH_SMALL;
}

/** Bits by which a shift on 64 bits shifts; 64 when that is not known. */
export function shiftOf({ src, registers }: PreparedProgram, slot: number): number {
  const word = src[slot]!;
  return registerOf(word) < FIRST_CONSTANT ? 64 : registers[word]! & 63;
}

/**
 * `r = be64 r` before `r >>= 32` or more, as compilers take a field of a header apart: only the lower half needs to be swapped. Both
 * instructions must be of one block.
 */
export function isHalfSwap({ operation, dst, src, registers }: PreparedProgram, slot: number): boolean {
  if (operation[slot] !== OPERATION.swap64 || operation[slot + 1] !== OPERATION.rsh64) return false;
  const by = src[slot + 1]!;
  return dst[slot + 1] === dst[slot] && registerOf(by) >= FIRST_CONSTANT && (registers[by]! & 63) >= 32;
}

/**
 * `r <<= n` before `r >>= n` or `r s>>= n`, from 32 on: how compilers for old processors extend what is narrower than 64 bits. The
 * bits that are left, below 0 where the sign is extended; 0 where it is no such pair. Both must be of one block.
 */
export function extendedBits({ operation, dst, src, registers }: PreparedProgram, slot: number): number {
  if (operation[slot] !== OPERATION.lsh64) return 0;
  const next = operation[slot + 1];
  const signed = next === OPERATION.arsh64;
  const by = src[slot]!;
  if (
    !(signed || next === OPERATION.rsh64) ||
    dst[slot + 1] !== dst[slot] ||
    src[slot + 1] !== by ||
    registerOf(by) < FIRST_CONSTANT
  )
    return 0;
  const left = 64 - (registers[by]! & 63);
  if (!signed) return left <= 32 ? left : 0;
  return left === 32 || left === 16 || left === 8 ? -left : 0;
}
