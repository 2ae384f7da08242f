/**
 * Random programs for holding engines against each other: every instruction but those that need a kernel, jumps forward, back and
 * into the middle of loops, functions that call each other, all registers in memory at the end. Stack and registers are written
 * before they are read, so that nothing depends on what memory held; loops may be endless, accesses are good.
 */

import type { Instruction } from "../../src/isa/instruction.ts";
import { slots } from "../../src/isa/instruction.ts";
import * as make from "../../src/isa/make.ts";
import type { AluOp, AtomicOp, JumpCondition, Size } from "../../src/isa/opcodes.ts";
import { ALU_OPS, JUMP_CONDITIONS } from "../../src/isa/opcodes.ts";
import { Random } from "../support/random.ts";

/** Bytes that r1 of a program points at. The last 80 take the registers. */
export const MEMORY_SIZE = 144;
const DATA = 64;
/** Bytes of stack that a function uses. */
const STACK = 48;

export const HELPERS = {
  1: (a: bigint, b: bigint) => a * 31n + b,
  2: () => 0xffff_ffff_8000_0001n,
  3: (a: bigint, b: bigint, c: bigint, d: bigint, e: bigint) => a ^ (b << 7n) ^ (c << 14n) ^ d ^ e,
};

const ALU = Object.keys(ALU_OPS) as AluOp[];
const CONDITIONS = Object.keys(JUMP_CONDITIONS) as JumpCondition[];
const ATOMICS = ["add", "or", "and", "xor", "xchg", "cmpxchg"] as const satisfies readonly AtomicOp[];

/** A jump or call whose distance is not known yet: `to` is an index in the same list, or a function. */
interface Pending {
  readonly at: number;
  readonly to: number;
}

/** The program that a seed stands for. */
export function randomProgram(seed: number): Instruction[] {
  return new Generator(seed).run();
}

class Generator {
  readonly #random: Random;
  /** The stack is only accessed as whole slots of 8 bytes. */
  #tidy = false;
  readonly #code: Instruction[] = [];
  readonly #jumps: Pending[] = [];
  readonly #calls: Pending[] = [];
  readonly #starts: number[] = [];
  /** Indexes that nothing jumps to: the address that they use is computed before. */
  readonly #inner = new Set<number>();

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  run(): Instruction[] {
    const functions = this.#below(3) === 0 ? 1 + this.#below(4) : 1;
    for (let index = 0; index < functions; index++) this.#function(index, functions);
    return this.#link();
  }

  #below(limit: number): number {
    return this.#random.below(limit);
  }

  #pick<T>(list: readonly T[]): T {
    return this.#random.pick(list);
  }

  #value(): bigint {
    return this.#random.number();
  }

  #imm(): number {
    return this.#random.imm();
  }

  /** r9 holds the memory's address everywhere; nothing writes it. */
  #register(): number {
    return this.#below(9);
  }

  #function(index: number, count: number): void {
    const code = this.#code;
    const start = code.length;
    this.#starts.push(start);
    this.#tidy = this.#below(2) === 0;
    if (index === 0) code.push(make.movReg(64, 9, 1));
    for (let register = index === 0 ? 0 : 6; register < 9; register++) {
      if (this.#below(4) === 0) code.push(make.movImm(64, register, this.#imm()));
      else code.push(make.loadImm64(register, this.#value()));
    }
    for (let at = -STACK; at < 0; at += 8) code.push(make.store(8, 10, at, this.#below(9)));
    const first = code.length;
    const length = 4 + this.#below(40);
    const jumps = this.#jumps.length;
    for (let n = 0; n < length; n++) this.#instruction(first, index, count);
    const end = code.length;
    for (let at = jumps; at < this.#jumps.length; at++) {
      const jump = this.#jumps[at]!;
      this.#jumps[at] = { ...jump, to: Math.min(jump.to, end) };
    }
    if (index === 0) for (let register = 0; register < 9; register++) code.push(make.store(8, 9, DATA + register * 8, register));
    code.push(make.exit());
  }

  #jump(first: number): number {
    const at = this.#code.length;
    if (this.#below(6) === 0 && at > first) return first + this.#below(at - first);
    return at + 1 + this.#below(8);
  }

  #instruction(first: number, index: number, functions: number): void {
    const code = this.#code;
    const [d, s] = [this.#register(), this.#register()];
    const width = this.#pick([32, 64] as const);
    const size = this.#pick([1, 2, 4, 8] as const);
    const jumpTo = (instruction: Instruction): void => {
      this.#jumps.push({ at: code.length, to: this.#jump(first) });
      code.push(instruction);
    };
    switch (this.#below(27)) {
      case 0:
      case 1:
      case 2:
      case 3:
        code.push(make.aluReg(width, this.#pick(ALU), d, s));
        return;
      case 4:
      case 5:
      case 6:
        code.push(make.aluImm(width, this.#pick(ALU), d, this.#imm()));
        return;
      case 7:
        code.push(this.#below(3) === 0 ? make.loadImm64(d, this.#value()) : make.movReg(width, d, s));
        return;
      case 8: {
        const from = this.#pick([8, 16, 32] as const);
        code.push(from >= width ? make.neg(width, d) : make.movSignExtend(width, from, d, s));
        return;
      }
      case 9:
        // With a shift behind it, as compilers take fields of headers apart.
        if (this.#below(3) === 0) {
          code.push(make.endian("be", 64, d), make.aluImm(64, "rsh", d, this.#pick([8, 24, 32, 40, 48, 56])));
          return;
        }
        code.push(make.endian(this.#pick(["le", "be", "swap"] as const), this.#pick([16, 32, 64] as const), d));
        return;
      case 10:
      case 11:
      case 12:
        this.#access(size, d, s);
        return;
      case 13:
        this.#atomic(this.#pick([4, 8] as const), s);
        return;
      case 14:
      case 15:
      case 16:
        jumpTo(make.jumpReg(width, this.#pick(CONDITIONS), d, s, 0));
        return;
      case 17:
      case 18:
        jumpTo(make.jumpImm(width, this.#pick(CONDITIONS), d, this.#imm(), 0));
        return;
      case 19:
        jumpTo(this.#below(2) === 0 ? make.jump(0) : make.jumpLong(0));
        return;
      case 20:
        code.push(make.callHelper(this.#pick([1, 2, 3])));
        return;
      case 21:
        if (d === s) code.push(make.neg(width, d));
        else this.#loop(d, s);
        return;
      case 22: {
        // A part of a register, as processors without 32-bit arithmetic extend it.
        const by = this.#pick([8, 31, 32, 40, 48, 56]);
        code.push(make.aluImm(64, "lsh", d, by), make.aluImm(64, this.#pick(["rsh", "arsh"] as const), d, by));
        return;
      }
      case 23: {
        if (d === s) {
          code.push(make.endian("swap", 64, d));
          return;
        }
        const by = 1 + this.#below(width - 1);
        code.push(make.movReg(width, s, d), make.aluImm(width, "lsh", d, by), make.aluImm(width, "rsh", s, width - by));
        code.push(make.aluReg(width, this.#pick(["or", "add", "xor"] as const), d, s));
        return;
      }
      case 25:
        this.#machine();
        return;
      case 24:
        // As packets are held against their ends.
        code.push(make.movReg(64, d, 9), make.aluImm(64, "add", d, this.#below(200)), make.movReg(64, s, 9));
        code.push(make.aluImm(64, "add", s, this.#below(200)));
        this.#jumps.push({ at: code.length, to: code.length + 1 + this.#below(8) });
        code.push(make.jumpReg(64, this.#pick(["gt", "le", "lt", "ge"] as const), d, s, 0));
        return;
      default:
        if (index + 1 < functions) {
          this.#calls.push({ at: code.length, to: index + 1 + this.#below(functions - index - 1) });
          if (this.#below(5) > 0) code.push(make.callLocal(0));
          else {
            this.#inner.add(code.length + 1);
            code.push(make.loadPseudo(d, "function", 0), make.callRegister(d));
          }
        } else if (this.#below(4) === 0) code.push(make.exit());
        else code.push(make.store(this.#tidy ? 8 : size, 10, this.#tidy ? -8 : -size, d));
    }
  }

  /** Somewhere in the memory or in the stack, through r9, r10 or a copy. */
  #access(anySize: Size, d: number, s: number): void {
    const code = this.#code;
    const stack = this.#below(2) === 0;
    const size = stack && this.#tidy ? 8 : anySize;
    let base = stack ? 10 : 9;
    let offset = this.#below((stack ? STACK : DATA) - size + 1) - (stack ? STACK : 0);
    if (stack && (this.#tidy || this.#below(2) === 0)) offset &= -size;
    if (this.#below(4) === 0 && s !== d) {
      const shift = this.#below(64) - 32;
      code.push(make.movReg(64, s, base), make.aluImm(64, "add", s, shift));
      this.#inner.add(code.length - 1).add(code.length);
      base = s;
      offset -= shift;
    }
    switch (this.#below(6)) {
      case 0:
        code.push(make.storeImm(size, base, offset, this.#imm()));
        return;
      case 1:
      case 2:
        code.push(make.store(size, base, offset, d));
        return;
      case 3:
        code.push(size === 8 ? make.load(8, d, base, offset) : make.loadSigned(size, d, base, offset));
        return;
      default:
        code.push(make.load(size, d, base, offset));
    }
  }

  /** A loop that counts with `i`, up or down, and reaches memory by it. Nothing jumps into it: the counter would be anything. */
  #loop(i: number, other: number): void {
    const code = this.#code;
    const start = code.length;
    const width = this.#pick([32, 64] as const);
    const step = this.#pick([1, 2, 4]);
    const low = this.#below(9);
    const high = low + step * (1 + this.#below(10));
    const up = this.#below(3) > 0;
    code.push(make.movImm(width, i, up ? low : high));
    const top = code.length;
    const leaves: number[] = [];
    const rest = [0, 1, 2, 3, 4, 5, 6, 7, 8].filter((register) => register !== i && register !== other);
    for (let n = this.#below(4); n >= 0; n--) {
      const [d, s] = [this.#pick(rest), this.#pick(rest)];
      switch (this.#below(4)) {
        case 0:
          code.push(make.aluReg(this.#pick([32, 64] as const), this.#pick(["add", "xor", "mul", "sub"] as const), d, s));
          break;
        case 1:
          leaves.push(code.length);
          code.push(make.jumpImm(this.#pick([32, 64] as const), this.#pick(CONDITIONS), d, this.#imm(), 0));
          break;
        case 2:
          code.push(make.aluReg(64, "add", d, i));
          break;
        default: {
          const size = this.#pick([1, 2, 4, 8] as const);
          const [first, second] = this.#below(2) === 0 ? [9, i] : [i, 9];
          code.push(make.movReg(64, other, first), make.aluReg(64, "add", other, second));
          const offset = this.#below(17 - size);
          code.push(this.#below(2) === 0 ? make.load(size, d, other, offset) : make.store(size, other, offset, d));
        }
      }
    }
    const copies = up && this.#below(2) === 0;
    if (copies) code.push(make.movReg(64, other, i));
    code.push(make.aluImm(width, up ? "add" : "sub", i, step));
    const bound = up ? (copies ? high - step : high) : low;
    const [condition, at] = this.#pick<readonly [JumpCondition, number]>(
      up
        ? [
            ["ne", bound],
            ["lt", bound],
            ["le", bound - 1],
            ["slt", bound],
            ["sle", bound - 1],
          ]
        : [
            ["ne", bound],
            ["gt", bound],
            ["ge", bound + 1],
            ["sgt", bound],
          ],
    );
    // Below 0 a comparison without sign would be one with a large number.
    const safe = at < 0 ? "slt" : condition;
    code.push(make.jumpImm(this.#pick([32, 64] as const), safe, copies ? other : i, at, top - code.length - 1));
    for (const leave of leaves) code[leave] = { ...code[leave]!, offset: code.length - leave - 1 };
    for (let index = start + 1; index < code.length; index++) this.#inner.add(index);
  }

  /** A state machine over the memory: a loop that finds by its state what to do with a byte, and says what the state is next. */
  #machine(): void {
    const code = this.#code;
    const start = code.length;
    const [i, state, byte, copy, sum] = this.#shuffled().slice(0, 5) as [number, number, number, number, number];
    const width = this.#pick([32, 64] as const);
    const states = 2 + this.#below(4);
    const rounds = 1 + this.#below(60);
    code.push(make.movImm(width, i, 0), make.movImm(width, state, this.#below(states)));
    const top = code.length;
    code.push(make.movReg(64, byte, 9), make.aluReg(64, "add", byte, i), make.load(1, byte, byte, 0));
    const asked = this.#below(2) === 0 ? copy : state;
    if (asked === copy) code.push(make.movReg(width, copy, state));
    const tests: number[] = [];
    for (let n = 0; n + 1 < states; n++) {
      tests.push(code.length);
      code.push(make.jumpImm(width, "eq", asked, n, 0));
    }
    const ends: number[] = [];
    const leave = (instruction: Instruction): void => {
      ends.push(code.length);
      code.push(instruction);
    };
    for (let n = states - 1; n >= 0; n--) {
      const test = tests[n];
      if (test !== undefined) code[test] = { ...code[test]!, offset: code.length - test - 1 };
      for (let k = this.#below(4); k >= 0; k--) {
        if (this.#below(3) > 0) code.push(make.movImm(width, state, this.#below(states)));
        if (this.#below(3) === 0)
          code.push(make.aluReg(64, this.#pick(["add", "xor"] as const), sum, this.#pick([byte, state, i])));
        if (this.#below(8) > 0)
          leave(make.jumpImm(width, this.#pick(["lt", "gt", "eq", "ne", "set"] as const), byte, this.#below(256), 0));
      }
      leave(make.jump(0));
    }
    for (const end of ends) code[end] = { ...code[end]!, offset: code.length - end - 1 };
    code.push(make.aluImm(width, "add", i, 1), make.jumpImm(width, "ne", i, rounds, top - code.length - 2));
    for (let index = start + 1; index < code.length; index++) this.#inner.add(index);
  }

  /** The registers from 0 to 8 in some order. */
  #shuffled(): number[] {
    const list = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    for (let at = list.length - 1; at > 0; at--) {
      const other = this.#below(at + 1);
      [list[at], list[other]] = [list[other]!, list[at]!];
    }
    return list;
  }

  #atomic(size: 4 | 8, s: number): void {
    const stack = !this.#tidy && this.#below(2) === 0;
    const offset = this.#below((stack ? STACK : DATA) / size) * size - (stack ? STACK : 0);
    const base = stack ? 10 : 9;
    switch (this.#below(4)) {
      case 0:
        this.#code.push(make.loadAcquire(size, s, base, offset));
        return;
      case 1:
        this.#code.push(make.storeRelease(size, base, offset, s));
        return;
      default: {
        const op = this.#pick(ATOMICS);
        this.#code.push(make.atomic(op, size, base, offset, s, op === "xchg" || op === "cmpxchg" || this.#below(2) === 0));
      }
    }
  }

  /** Fills in distances, which count slots. */
  #link(): Instruction[] {
    const code = this.#code;
    const slot: number[] = [];
    let next = 0;
    for (const instruction of code) {
      slot.push(next);
      next += slots(instruction);
    }
    for (const { at, to: wanted } of this.#jumps) {
      let to = wanted;
      // Backward it stays backward: a jump to itself would end nothing.
      const way = wanted <= at ? -1 : 1;
      while (this.#inner.has(to)) to += way;
      const distance = slot[to]! - slot[at]! - 1;
      const field = code[at]!.opcode === 0x06 ? "imm" : "offset";
      code[at] = { ...code[at]!, [field]: distance };
    }
    for (const { at, to } of this.#calls) code[at] = { ...code[at]!, imm: slot[this.#starts[to]!]! - slot[at]! - 1 };
    return code;
  }
}
