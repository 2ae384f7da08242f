/**
 * What numbers registers can be at one point of a program: an interval of unsigned 64-bit values for each, and what arithmetic and
 * conditions make of it.
 *
 * Bounds are doubles: exact up to 2^53, and what may be beyond is `Infinity`.
 */

import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { FIRST_CONSTANT, registerOf } from "./effects.ts";

export const REGISTERS = 11;
/** The largest number without an upper half. */
export const SMALL = 2 ** 32 - 1;
export const EXACT = 2 ** 53;

export class Bounds {
  readonly #program: PreparedProgram;
  /** By register. */
  readonly low = new Float64Array(REGISTERS);
  readonly high = new Float64Array(REGISTERS);
  /** What `source` found. */
  sourceLow = 0;
  sourceHigh = 0;

  constructor(program: PreparedProgram) {
    this.#program = program;
  }

  /** The bounds of a register or constant. */
  source(word: number): void {
    const register = registerOf(word);
    if (register < FIRST_CONSTANT) {
      this.sourceLow = this.low[register]!;
      this.sourceHigh = this.high[register]!;
      return;
    }
    const { registers } = this.#program;
    const high = registers[word + 1]! >>> 0;
    if (high < 0x20_0000) this.sourceLow = this.sourceHigh = high * 2 ** 32 + (registers[word]! >>> 0);
    else {
      this.sourceLow = 0;
      this.sourceHigh = Number.POSITIVE_INFINITY;
    }
  }

  /** Below 0 or beyond 2^53: anything. */
  set(register: number, low: number, high: number): void {
    const known = low >= 0 && high <= EXACT;
    this.low[register] = known ? low : 0;
    this.high[register] = known ? high : Number.POSITIVE_INFINITY;
  }

  /** As `#set`, of 32 bits. */
  #set32(register: number, low: number, high: number): void {
    const known = low >= 0 && high <= SMALL;
    this.low[register] = known ? low : 0;
    this.high[register] = known ? high : SMALL;
  }

  #put(wide: boolean, register: number, low: number, high: number): void {
    if (wide) this.set(register, low, high);
    else this.#set32(register, low, high);
  }

  move(operation: number, d: number): void {
    const low = this.sourceLow;
    const high = this.sourceHigh;
    switch (operation) {
      case OPERATION.mov64:
      case OPERATION.wide:
        this.low[d] = low;
        this.high[d] = high;
        return;
      case OPERATION.mov32:
        this.#set32(d, low, high);
        return;
      case OPERATION.extend8to64:
      case OPERATION.extend16to64:
      case OPERATION.extend32to64: {
        const bits = operation === OPERATION.extend8to64 ? 7 : operation === OPERATION.extend16to64 ? 15 : 31;
        if (high < 2 ** bits) this.set(d, low, high);
        else this.set(d, 0, Number.POSITIVE_INFINITY);
        return;
      }
      default:
        this.set(d, 0, SMALL);
    }
  }

  unary(operation: number, d: number): void {
    switch (operation) {
      case OPERATION.mov32Self:
        this.#set32(d, this.low[d]!, this.high[d]!);
        return;
      case OPERATION.truncate16:
        if (this.high[d]! > 0xffff) this.set(d, 0, 0xffff);
        return;
      case OPERATION.swap16:
        this.set(d, 0, 0xffff);
        return;
      case OPERATION.swap32:
      case OPERATION.neg32:
        this.set(d, 0, SMALL);
        return;
      default:
        this.set(d, 0, Number.POSITIVE_INFINITY);
    }
  }

  binary(operation: number, d: number, s: number): void {
    const wide = operation <= OPERATION.mov64;
    const constant = registerOf(s) >= FIRST_CONSTANT;
    let a = this.low[d]!;
    let b = this.high[d]!;
    this.source(s);
    let low = this.sourceLow;
    let high = this.sourceHigh;
    if (!wide) {
      // The lower halves.
      if (b > SMALL) {
        a = 0;
        b = SMALL;
      }
      if (constant) low = high = this.#program.registers[s]! >>> 0;
      else if (high > SMALL) {
        low = 0;
        high = SMALL;
      }
    }
    switch (operation) {
      case OPERATION.add64:
      case OPERATION.add32: {
        const by = constant ? this.#negative(s, wide) : 0;
        if (by < 0) this.#put(wide, d, a + by, b + by);
        else this.#put(wide, d, a + low, b + high);
        return;
      }
      case OPERATION.sub64:
      case OPERATION.sub32:
        this.#put(wide, d, a - high, b - low);
        return;
      case OPERATION.mul64:
      case OPERATION.mul32:
        this.#put(wide, d, a * low, b * high);
        return;
      case OPERATION.div64:
      case OPERATION.div32:
        // By 0: 0. The quotient of large numbers may be rounded up.
        this.#put(wide, d, low === 0 || a > SMALL ? 0 : Math.floor(a / high), low === 0 ? b : Math.floor(b / low));
        return;
      case OPERATION.mod64:
      case OPERATION.mod32:
        // By 0: as it is.
        this.#put(wide, d, 0, low === 0 ? b : Math.min(b, high - 1));
        return;
      case OPERATION.and64:
      case OPERATION.and32:
        this.#put(wide, d, 0, Math.min(b, high));
        return;
      case OPERATION.or64:
      case OPERATION.or32:
        this.#put(wide, d, Math.max(a, low), bits(Math.max(b, high)));
        return;
      case OPERATION.xor64:
      case OPERATION.xor32:
        this.#put(wide, d, 0, bits(Math.max(b, high)));
        return;
      case OPERATION.lsh64:
      case OPERATION.lsh32: {
        const by = 2 ** (this.#program.registers[s]! & (wide ? 63 : 31));
        if (constant) this.#put(wide, d, a * by, b * by);
        else this.#put(wide, d, 0, Number.POSITIVE_INFINITY);
        return;
      }
      case OPERATION.rsh64:
      case OPERATION.rsh32:
      case OPERATION.arsh64:
      case OPERATION.arsh32: {
        const logical = operation === OPERATION.rsh64 || operation === OPERATION.rsh32;
        if (!logical && b > (wide ? EXACT : SMALL >>> 1)) {
          this.#put(wide, d, 0, Number.POSITIVE_INFINITY);
          return;
        }
        const by = constant ? 2 ** (this.#program.registers[s]! & (wide ? 63 : 31)) : 1;
        const most = b === Number.POSITIVE_INFINITY ? Math.ceil(2 ** 64 / by) - 1 : Math.floor(b / by);
        this.#put(wide, d, constant ? Math.floor(a / by) : 0, most);
        return;
      }
      default:
        this.#put(wide, d, 0, Number.POSITIVE_INFINITY);
    }
  }

  /** A constant as a number below 0, where it is one that is at least -2^31; else 0. */
  #negative(word: number, wide: boolean): number {
    const { registers } = this.#program;
    const low = registers[word]!;
    return low < 0 && (!wide || registers[word + 1] === -1) ? low : 0;
  }

  /** What a condition that holds, or does not, says of its operands. */
  refine(operation: number, d: number, s: number, holds: boolean): void {
    const wide = operation <= OPERATION.jset64;
    this.source(s);
    const constant = registerOf(s) >= FIRST_CONSTANT;
    let low = this.sourceLow;
    let high = this.sourceHigh;
    const name = wide ? operation : operation - OPERATION.jeq32 + OPERATION.jeq64;
    const signed = name >= OPERATION.jsgt64 && name <= OPERATION.jsle64;
    if (!wide) {
      if (this.high[d]! > SMALL) return;
      if (constant) low = high = this.#program.registers[s]! >>> 0;
      else if (high > SMALL) return;
    }
    if (signed) {
      const most = wide ? EXACT : SMALL >>> 1;
      if (this.high[d]! > most || high > most) return;
    }
    const a = this.low[d]!;
    const b = this.high[d]!;
    let dl = a;
    let dh = b;
    let sl = low;
    let sh = high;
    switch (name) {
      case OPERATION.jeq64:
      case OPERATION.jne64:
        if ((name === OPERATION.jeq64) === holds) {
          dl = sl = Math.max(a, low);
          dh = sh = Math.min(b, high);
        } else if (low === high) {
          if (a === low) dl++;
          if (b === low) dh--;
        }
        break;
      case OPERATION.jgt64:
      case OPERATION.jsgt64:
        if (holds) {
          dl = Math.max(a, low + 1);
          sh = Math.min(high, b - 1);
        } else {
          dh = Math.min(b, high);
          sl = Math.max(low, a);
        }
        break;
      case OPERATION.jge64:
      case OPERATION.jsge64:
        if (holds) {
          dl = Math.max(a, low);
          sh = Math.min(high, b);
        } else {
          dh = Math.min(b, high - 1);
          sl = Math.max(low, a + 1);
        }
        break;
      case OPERATION.jlt64:
      case OPERATION.jslt64:
        if (holds) {
          dh = Math.min(b, high - 1);
          sl = Math.max(low, a + 1);
        } else {
          dl = Math.max(a, low);
          sh = Math.min(high, b);
        }
        break;
      case OPERATION.jle64:
      case OPERATION.jsle64:
        if (holds) {
          dh = Math.min(b, high);
          sl = Math.max(low, a);
        } else {
          dl = Math.max(a, low + 1);
          sh = Math.min(high, b - 1);
        }
        break;
      default:
        return;
    }
    // A way that is never taken tells nothing.
    if (dl > dh || sl > sh || dl > EXACT || sl > EXACT) return;
    this.low[d] = dl;
    this.high[d] = dh;
    if (constant) return;
    this.low[registerOf(s)] = sl;
    this.high[registerOf(s)] = sh;
  }
}

/** The largest number with as many bits. */
function bits(value: number): number {
  if (value <= SMALL) return value === 0 ? 0 : 2 ** (32 - Math.clz32(value)) - 1;
  return value <= EXACT ? EXACT : Number.POSITIVE_INFINITY;
}
