/** Random functions of the IR, for properties: every construct that code generation handles, always ending, never at fault. */

import { FunctionBuilder, type Variable } from "../../src/compiler/ir/builder.ts";
import type { BinaryOp, Condition, IrFunction, Value, Width } from "../../src/compiler/ir/ir.ts";
import type { CpuVersion } from "../../src/isa/opcodes.ts";

/** Bytes of the memory that the function's two parameters describe: its address, and an arbitrary number. */
export const MEMORY_SIZE = 64;

/** Helpers that random functions call, and how many arguments they pass: any numbers, as no kernel looks at them. */
export const HELPERS = { bpf_ktime_get_ns: 0, bpf_get_prandom_u32: 2, bpf_csum_diff: 5 } as const;

const BINARY: readonly BinaryOp[] = [
  "add",
  "sub",
  "mul",
  "udiv",
  "sdiv",
  "umod",
  "smod",
  "and",
  "or",
  "xor",
  "shl",
  "lshr",
  "ashr", // biome-ignore format: a table
];
const CONDITIONS: readonly Condition[] = [
  "eq",
  "ne",
  "ult",
  "ule",
  "ugt",
  "uge",
  "slt",
  "sle",
  "sgt",
  "sge",
  "set", // biome-ignore format: a table
];
/** Where each width is in the slot of cells. */
const CELLS: Readonly<Record<Width, number>> = { 8: 0, 4: 8, 2: 12, 1: 14 };
const EDGES = [0n, 1n, 2n, 31n, 32n, 63n, 64n, 0xffn, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 63n, (1n << 64n) - 1n];

/**
 * The function that a tape of random numbers describes; when the tape ends, zeroes follow. Its outermost block has the given number of
 * statements, or a few.
 */
export function randomFunction(tape: readonly number[], cpu: CpuVersion, statements?: number): IrFunction {
  return new Generator(tape, cpu).run(statements);
}

/** A program with functions that it calls, and that call each other: what the tape describes. */
export interface RandomProgram {
  readonly main: IrFunction;
  readonly functions: readonly IrFunction[];
}

/** Small functions, so that the frames of a chain of calls fit into 512 bytes, mostly. */
export function randomProgram(tape: readonly number[], cpu: CpuVersion): RandomProgram {
  const [choice = 0, ...rest] = tape;
  const count = 1 + (choice % 3);
  const share = Math.floor(rest.length / (count + 1));
  const functions: IrFunction[] = [];
  for (let index = 0; index < count; index++) {
    const part = rest.slice(index * share, (index + 1) * share);
    const result = ((choice >>> (2 + index)) & 1) === 0 ? "i32" : "i64";
    functions.push(new Generator(part, cpu, { name: `f${index}`, result, callees: [...functions] }).run(3));
  }
  const main = new Generator(rest.slice(count * share), cpu, { name: "random", result: "i64", callees: functions }).run(5);
  return { main, functions };
}

interface Kind {
  readonly name: string;
  readonly result: "i32" | "i64";
  /** What it may call, with the memory's address and a number of each width. */
  readonly callees: readonly IrFunction[];
}

const ALONE: Kind = { name: "random", result: "i64", callees: [] };

class Generator {
  readonly #tape: readonly number[];
  readonly #cpu: CpuVersion;
  #at = 0;
  readonly #b: FunctionBuilder;
  readonly #kind: Kind;
  readonly #variables: Variable[] = [];
  readonly #memory: Value;
  #slot: Value = 0;
  /** A slot that is accessed at constant offsets only. */
  #cells: Value = 0;

  constructor(tape: readonly number[], cpu: CpuVersion, kind = ALONE) {
    this.#tape = tape;
    this.#cpu = cpu;
    this.#kind = kind;
    this.#b = new FunctionBuilder(kind.name, kind.name === "random" ? ["ptr", "i64"] : ["ptr", "i64", "i32"], kind.result);
    this.#memory = this.#b.parameters[0]!;
  }

  run(statements?: number): IrFunction {
    const b = this.#b;
    this.#slot = b.slot(16, 8, "scratch");
    for (let offset = 0; offset < 16; offset += 8) b.store(8, this.#slot, offset, b.constant("i64", 0x0123_4567_89ab_cdefn));
    this.#cells = b.slot(16, 8, "cells");
    for (let offset = 0; offset < 16; offset += 8) b.store(8, this.#cells, offset, b.constant("i64", offset));
    const count = 2 + this.#choose(this.#kind === ALONE ? 14 : 5);
    for (let index = 0; index < count; index++) {
      const type = this.#choose(2) === 0 ? "i32" : "i64";
      const variable = b.variable(type, `x${index}`);
      this.#variables.push(variable);
      const given = b.parameters[type === "i64" ? 1 : 2];
      b.write(variable, given !== undefined && (index === 0 || type === "i32") ? given : this.#value(type, true));
    }
    this.#statements(statements ?? 3 + this.#choose(12), 3);
    let result = b.constant("i64", 0);
    for (const variable of this.#variables) {
      const value = b.read(variable);
      const wide = variable.type === "i32" ? b.extend(this.#choose(2) === 0, 32, value, "i64") : value;
      result = b.binary("add", b.binary("mul", result, b.constant("i64", 31)), wide);
    }
    b.return(this.#result(result));
    return b.finish();
  }

  #result(value: Value): Value {
    return this.#kind.result === "i64" ? value : this.#b.extend(false, 32, value, "i32");
  }

  #choose(below: number): number {
    return (this.#tape[this.#at++] ?? 0) % below;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#choose(list.length)]!;
  }

  #value(type: "i32" | "i64", constant = false): Value {
    const b = this.#b;
    const known = this.#variables.filter((variable) => variable.type === type);
    if (!constant && known.length > 0 && this.#choose(4) > 0) return b.read(this.#pick(known));
    const edge = this.#choose(3) === 0 ? BigInt(this.#tape[this.#at++] ?? 0) : this.#pick(EDGES);
    return b.constant(type, edge);
  }

  #statements(count: number, depth: number): void {
    for (let index = 0; index < count; index++) this.#statement(depth);
  }

  #statement(depth: number): void {
    const kind = this.#choose(depth > 0 ? 13 : 9);
    if (kind >= 12) this.#nullable();
    else if (kind >= 11) this.#loop(depth);
    else if (kind >= 9) this.#if(depth);
    else if (kind === 8) this.#effect();
    else {
      const variable = this.#pick(this.#variables);
      this.#b.write(variable, this.#expression(variable.type === "i32" ? "i32" : "i64"));
    }
  }

  #expression(type: "i32" | "i64"): Value {
    const b = this.#b;
    const { callees } = this.#kind;
    switch (this.#choose(callees.length > 0 ? 12 : 10)) {
      case 10:
      case 11: {
        const callee = this.#pick(callees);
        const result = callee.result === "i32" ? "i32" : "i64";
        const called = b.callFunction(callee.name, [this.#memory, this.#value("i64"), this.#value("i32")], result);
        return result === type ? called : b.extend(false, 32, called, type);
      }
      case 0: {
        const from = this.#pick([8, 16, 32] as const);
        return b.extend(this.#choose(2) === 0, from, this.#value(this.#choose(2) === 0 ? "i32" : "i64"), type);
      }
      case 1: {
        const operand = this.#choose(2) === 0 ? "i32" : "i64";
        const holds = b.compare(this.#pick(CONDITIONS), this.#value(operand), this.#value(operand));
        return type === "i32" ? holds : b.extend(false, 32, holds, "i64");
      }
      case 2:
        return b.toBig(type === "i32" ? this.#pick([16, 32] as const) : this.#pick([16, 32, 64] as const), this.#value(type));
      case 3: {
        const width = this.#pick(type === "i32" ? ([1, 2, 4] as const) : ([1, 2, 4, 8] as const));
        const { address, offset } = this.#place(width);
        return b.load(type, width, this.#choose(2) === 0, address, offset);
      }
      case 4: {
        const name = this.#pick(["bpf_ktime_get_ns", "bpf_get_prandom_u32", "bpf_csum_diff"] as const);
        const args = Array.from({ length: HELPERS[name] }, () => this.#value(this.#choose(2) === 0 ? "i32" : "i64"));
        return b.call(name, args, type);
      }
      case 5: {
        if (this.#cpu < 3) return b.binary("sub", b.constant(type, 0), this.#value(type));
        const { address, offset } = this.#place(type === "i32" ? 4 : 8);
        const op = this.#pick(["add", "and", "or", "xor", "exchange"] as const);
        return b.atomic(op, type === "i32" ? 4 : 8, address, offset, this.#value(type), true)!;
      }
      default:
        return b.binary(this.#pick(BINARY), this.#value(type), this.#value(type));
    }
  }

  /** Somewhere in the memory or in the slot, directly, by a folded offset or by a computed one. */
  #place(width: Width): { address: Value; offset: number } {
    const b = this.#b;
    if (this.#choose(4) === 0) {
      // Mostly each width has its own bytes, so that some become values.
      if (this.#choose(8) > 0) return { address: this.#cells, offset: CELLS[width] };
      return { address: this.#cells, offset: this.#choose(16 / width) * width };
    }
    const [base, size] = this.#choose(2) === 0 ? [this.#memory, MEMORY_SIZE] : [this.#slot, 16];
    const offset = this.#choose(size / width) * width;
    switch (this.#choose(3)) {
      case 0:
        return { address: b.binary("add", base, b.constant("i64", offset)), offset: 0 };
      case 1: {
        const mask = b.constant("i64", size - width - ((size - width) % width));
        const index = b.binary("and", this.#value("i64"), b.binary("and", mask, b.constant("i64", -width)));
        return { address: b.binary("add", base, index), offset: 0 };
      }
      default:
        return { address: base, offset };
    }
  }

  #effect(): void {
    const b = this.#b;
    const width = this.#pick([1, 2, 4, 8] as const);
    const { address, offset } = this.#place(width);
    if (width >= 4 && this.#choose(3) === 0) {
      b.atomic("add", width === 4 ? 4 : 8, address, offset, this.#value(width === 4 ? "i32" : "i64"), false);
    } else {
      b.store(width, address, offset, this.#value(width === 8 || this.#choose(2) === 0 ? "i64" : "i32"));
    }
  }

  /** A pointer or null, checked for null before it is used: what a bounds-checked view becomes. */
  #nullable(): void {
    const b = this.#b;
    const pointer = b.variable("ptr", "view");
    const variable = this.#pick(this.#variables.filter(({ type }) => type === "i64").concat(this.#variables.slice(0, 1)));
    const [some, none, joined, use, after] = [b.block(), b.block(), b.block(), b.block(), b.block()];
    b.branch(this.#pick(CONDITIONS), this.#value("i64"), this.#value("i64"), some, none);
    b.seal(some);
    b.seal(none);
    b.switchTo(some);
    b.write(pointer, b.binary("add", this.#memory, b.constant("i64", this.#choose(MEMORY_SIZE / 2))));
    b.jump(joined);
    b.switchTo(none);
    b.write(pointer, b.constant("ptr", 0));
    b.jump(joined);
    b.seal(joined);
    b.switchTo(joined);
    if (this.#choose(2) === 0) b.branch("eq", b.read(pointer), b.constant("ptr", 0), after, use);
    else b.branch("ne", b.read(pointer), b.constant("ptr", 0), use, after);
    b.seal(use);
    b.switchTo(use);
    b.write(variable, b.load(variable.type, 1, false, b.read(pointer), this.#choose(8)));
    b.jump(after);
    b.seal(after);
    b.switchTo(after);
  }

  #if(depth: number): void {
    const b = this.#b;
    const [then, otherwise, after] = [b.block(), b.block(), b.block()];
    const type = this.#choose(2) === 0 ? "i32" : "i64";
    b.branch(this.#pick(CONDITIONS), this.#value(type), this.#value(type), then, otherwise);
    b.seal(then);
    b.seal(otherwise);
    b.switchTo(then);
    this.#statements(this.#choose(4), depth - 1);
    if (this.#choose(8) === 7) b.return(this.#result(this.#value("i64")));
    else b.jump(after);
    b.switchTo(otherwise);
    this.#statements(this.#choose(4), depth - 1);
    b.jump(after);
    b.seal(after);
    b.switchTo(after);
  }

  #loop(depth: number): void {
    const b = this.#b;
    const counter = b.variable("i32", "counter");
    b.write(counter, b.constant("i32", 0));
    const [head, body, after] = [b.block(), b.block(), b.block()];
    b.jump(head);
    b.switchTo(head);
    b.branch("ult", b.read(counter), b.constant("i32", 1 + this.#choose(4)), body, after);
    b.seal(body);
    b.switchTo(body);
    this.#statements(this.#choose(4), depth - 1);
    b.write(counter, b.binary("add", b.read(counter), b.constant("i32", 1)));
    if (this.#choose(3) === 0) {
      const type = this.#choose(2) === 0 ? "i32" : "i64";
      b.branch(this.#pick(CONDITIONS), this.#value(type), this.#value(type), head, after);
    } else {
      b.jump(head);
    }
    b.seal(head);
    b.seal(after);
    b.switchTo(after);
  }
}
