/**
 * Instruction selection: from the IR to machine code on virtual registers.
 *
 * Constants, frame addresses and maps are made where they are used; constant offsets fold into memory accesses; an i32 is
 * kept zero-extended, so widening it costs nothing. Each operation follows the order of the IR: nothing that a verifier learns
 * from a check is moved away from it.
 */

import type { CpuVersion } from "../../isa/opcodes.ts";
import type { CoreAccess, Instruction, IrFunction, Target, Terminator, Value } from "../ir/ir.ts";
import { resultOf } from "../ir/operands.ts";
import { selectBinary, selectExtend } from "./arithmetic.ts";
import { CodegenError } from "./errors.ts";
import type { Address, MachineFunction, Move, Operand, Operation, Register, Source } from "./machine.ts";
import { FIRST_VIRTUAL } from "./machine.ts";
import { selectTest } from "./tests.ts";
import { ValueFacts } from "./values.ts";

/** `isMain`: the function is a program, not called by one. */
export function select(fn: IrFunction, cpu: CpuVersion, isMain: boolean): MachineFunction {
  return new Selector(fn, cpu, isMain).run();
}

/** What the selection of single operations needs; `arithmetic.ts` and `tests.ts` are written against it. */
export class Selector {
  readonly fn: IrFunction;
  readonly cpu: CpuVersion;
  readonly facts: ValueFacts;
  readonly #machine: MachineFunction;
  readonly #registers: Int32Array;
  #block = 0;
  #location: Instruction["location"] = null;

  readonly #isMain: boolean;

  constructor(fn: IrFunction, cpu: CpuVersion, isMain: boolean) {
    this.fn = fn;
    this.cpu = cpu;
    this.#isMain = isMain;
    this.facts = new ValueFacts(fn, cpu);
    this.#registers = new Int32Array(fn.values.length);
    this.#machine = {
      name: fn.name,
      cpu,
      blocks: fn.blocks.map(() => ({ code: [], end: { kind: "exit", returns: false, location: null } })),
      slots: fn.slots,
      registers: FIRST_VIRTUAL,
      spills: 0,
    };
  }

  run(): MachineFunction {
    const parameters = this.fn.parameters
      .map((value, index): Move => ({ to: this.define(value), from: { kind: "place", place: index + 1 } }))
      .filter((_, index) => this.facts.uses(this.fn.parameters[index]!) > 0);
    if (parameters.length > 0) this.emit({ kind: "move", moves: parameters });
    for (const [id, block] of this.fn.blocks.entries()) {
      this.#block = id;
      for (const instruction of block.instructions) {
        this.#location = instruction.location;
        this.#select(instruction);
      }
      this.#location = block.terminator.location;
      this.#end(block.terminator);
    }
    return this.#machine;
  }

  // ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The register that holds the value, which some instruction or block defines. */
  define(value: Value): Register {
    if (this.#registers[value] === 0) this.#registers[value] = this.fresh();
    return this.#registers[value]!;
  }

  fresh(): Register {
    return this.#machine.registers++;
  }

  /** How the value is had most cheaply. */
  source(value: Value): Source {
    const constant = this.facts.constant(value);
    if (constant !== null) return { kind: "integer", value: constant };
    const { root, offset } = this.facts.base(value);
    const definition = this.facts.definition(root);
    if (definition?.kind === "slot") return { kind: "frame", slot: definition.slot, offset };
    const own = this.facts.definition(value);
    if (own?.kind === "map") return { kind: "map", map: own.map, offset: null };
    if (own?.kind === "function-address") return { kind: "function", function: own.function };
    return { kind: "place", place: this.define(this.#holder(value)) };
  }

  /** The value in a register, to be read only. */
  register(value: Value): Register {
    const source = this.source(value);
    return source.kind === "place" ? source.place : this.copy(source);
  }

  /** A new register that begins as `source`, to be changed. */
  copy(source: Source): Register {
    const register = this.fresh();
    this.move(register, source);
    return register;
  }

  /** An immediate where the value is a constant that `fits` accepts, else a register. */
  operand(value: Value, fits: (constant: bigint) => number | null): Operand {
    const constant = this.facts.constant(value);
    const immediate = constant === null ? null : fits(constant);
    return immediate === null ? { kind: "register", register: this.register(value) } : { kind: "immediate", value: immediate };
  }

  /**
   * The value whose register holds this one too. Widening a zero-extended i32 changes nothing; truncating an i64 changes
   * nothing that anybody reads when the result may be dirty.
   */
  #holder(value: Value): Value {
    for (let holder = value; ; ) {
      const definition = this.facts.definition(holder);
      if (definition?.kind !== "extend" || !this.#isFree(definition)) return holder;
      holder = definition.operand;
    }
  }

  #isFree(extend: Extract<Instruction, { kind: "extend" }>): boolean {
    if (extend.from !== 32) return false;
    const from = this.fn.values[extend.operand]!;
    const to = this.fn.values[extend.result]!;
    if (to === "i64") return from === "i32" && !extend.sign && !this.facts.isDirty(extend.operand);
    // To i32, sign and zero extension of 32 bits are one.
    return from === "i64" ? this.facts.isDirty(extend.result) : !this.facts.isDirty(extend.operand);
  }

  // ── emission ──────────────────────────────────────────────────────────────────────────────────────────────────────

  emit(operation: Operation): void {
    this.#machine.blocks[this.#block]!.code.push({ ...operation, location: this.#location });
  }

  move(to: Register, from: Source): void {
    this.emit({ kind: "move", moves: [{ to, from }] });
  }

  /** `to` = the low 32 bits of `from`. */
  zeroExtend(to: Register, from: Register): void {
    if (this.cpu >= 3) {
      this.emit({ kind: "zero-extend", to, from });
      return;
    }
    this.move(to, { kind: "place", place: from });
    this.shift("lsh", 64, to, 32);
    this.shift("rsh", 64, to, 32);
  }

  shift(op: "lsh" | "rsh" | "arsh", width: 32 | 64, register: Register, amount: number): void {
    this.emit({ kind: "alu", op, width, register, operand: { kind: "immediate", value: amount } });
  }

  fail(problem: string): never {
    throw new CodegenError(this.fn.name, problem);
  }

  #select(instruction: Instruction): void {
    switch (instruction.kind) {
      case "const":
      case "slot":
      case "map":
      case "function-address":
        return; // made where they are used
      case "map-value": {
        const from: Source = { kind: "map", map: instruction.map, offset: instruction.offset };
        this.move(this.define(instruction.result), from);
        return;
      }
      case "ksym":
        this.move(this.define(instruction.result), { kind: "ksym", name: instruction.name, typed: instruction.typed });
        return;
      case "core-value": {
        const { what, core, value, result } = instruction;
        const bits = this.fn.values[result] === "i32" ? 32 : 64;
        const register = this.define(result);
        this.move(register, { kind: "core", what, core, bits, value });
        // Only an enumerator can be negative, and only a 64-bit move can be had here.
        if (bits === 32 && this.cpu < 3 && what === "enumval_value") this.zeroExtend(register, register);
        return;
      }
      case "field-address": {
        const register = this.define(instruction.result);
        this.move(register, this.source(instruction.address));
        this.emit({ kind: "add-field", register, offset: instruction.offset, core: instruction.core });
        return;
      }
      case "address-space-cast": {
        const from = this.register(instruction.operand);
        this.emit({ kind: "address-space-cast", space: instruction.to, to: this.define(instruction.result), from });
        return;
      }
      case "loop-budget":
        if (this.#isTested(instruction.result)) return;
        this.emit({ kind: "loop-budget", register: this.define(instruction.result) });
        return;
      case "binary":
        selectBinary(this, instruction);
        return;
      case "extend":
        if (!this.#isFree(instruction)) selectExtend(this, instruction);
        return;
      case "to-big": {
        const register = this.define(instruction.result);
        this.move(register, this.source(instruction.operand));
        this.emit({ kind: "to-big", bits: instruction.bits, register });
        return;
      }
      case "compare": {
        const { test, inverted } = selectTest(this, instruction.condition, instruction.left, instruction.right);
        const register = this.define(instruction.result);
        this.move(register, { kind: "integer", value: inverted ? 0n : 1n });
        this.emit({ kind: "set-unless", test, register, value: inverted ? 1 : 0 });
        return;
      }
      case "load":
        this.#load(instruction);
        return;
      case "store":
        this.#store(instruction);
        return;
      case "atomic":
        this.#atomic(instruction);
        return;
      case "call":
        this.#call(instruction);
        return;
    }
  }

  #load(load: Extract<Instruction, { kind: "load" }>): void {
    const { width, result } = load;
    const bits = this.fn.values[result] === "i32" ? 32 : 64;
    const core = load.core ?? null;
    const address = this.#access(load.address, load.offset, core);
    const to = this.define(result);
    // A sign extension to the width that is there already is none.
    const signed = load.sign && width * 8 < bits;
    // Of an arena no JIT extends signs before Linux 6.18, and kernels before that refuse it.
    if (!signed || (this.cpu >= 4 && !this.facts.isInArena(load.address))) {
      this.emit({ kind: "load", width, signed, to, address, core });
      if (signed && bits === 32 && !this.facts.isDirty(result)) this.zeroExtend(to, to);
      return;
    }
    const shifted: 32 | 64 = bits === 32 && this.cpu >= 3 ? 32 : 64;
    this.emit({ kind: "load", width, signed: false, to, address, core });
    this.shift("lsh", shifted, to, shifted - width * 8);
    this.shift("arsh", shifted, to, shifted - width * 8);
    if (shifted > bits) this.zeroExtend(to, to);
  }

  #store(store: Extract<Instruction, { kind: "store" }>): void {
    const { width } = store;
    const core = store.core ?? null;
    const address = this.#access(store.address, store.offset, core);
    // Kernels before 6.4 refuse immediate stores to a context.
    const toContext = this.fn.parameters.includes(this.facts.base(store.address).root);
    const value = this.operand(store.value, (constant) => {
      if (toContext) return null;
      return width === 8 ? fitsSigned32(constant) : Number(BigInt.asIntN(32, constant));
    });
    this.emit({ kind: "store", width, address, value, core });
  }

  #atomic(atomic: Extract<Instruction, { kind: "atomic" }>): void {
    if (atomic.op === "compare-exchange") {
      this.#compareExchange(atomic);
      return;
    }
    const op = atomic.op === "exchange" ? "xchg" : atomic.op;
    const fetch = op === "xchg" || (atomic.result !== null && this.facts.uses(atomic.result) > 0);
    if (this.cpu < 3 && (fetch || op !== "add")) {
      this.fail(`atomic ${atomic.op}${fetch ? " with its old value" : ""} needs cpu v3 (Linux 5.12), and this is v${this.cpu}`);
    }
    const address = this.#address(atomic.address, atomic.offset);
    let register: Register;
    if (!fetch) register = this.register(atomic.value);
    else {
      register = atomic.result === null ? this.fresh() : this.define(atomic.result);
      this.move(register, this.source(atomic.value));
    }
    this.emit({ kind: "atomic", op, width: atomic.width, fetch, address, register });
  }

  #compareExchange({ width, address, offset, value, expected, result }: Extract<Instruction, { kind: "atomic" }>): void {
    if (this.cpu < 3) this.fail(`atomic compare-exchange needs cpu v3 (Linux 5.12), and this is v${this.cpu}`);
    const at = this.#address(address, offset);
    const register = this.register(value);
    this.move(0, expected === undefined ? { kind: "integer", value: 0n } : this.source(expected));
    this.emit({ kind: "compare-exchange", width, address: at, register });
    if (result !== null && this.facts.uses(result) > 0) this.move(this.define(result), { kind: "place", place: 0 });
  }

  #call(call: Extract<Instruction, { kind: "call" }>): void {
    const moves = call.arguments.map((value, index): Move => ({ to: index + 1, from: this.source(value) }));
    if (moves.length > 0) this.emit({ kind: "move", moves });
    this.emit({ kind: "call", callee: call.callee, arguments: call.arguments.length });
    if (call.result === null || this.facts.uses(call.result) === 0) return;
    const result = this.define(call.result);
    if (this.fn.values[call.result] === "i32" && !this.facts.isDirty(call.result)) this.zeroExtend(result, 0);
    else this.move(result, { kind: "place", place: 0 });
  }

  /** A relocated offset stands alone in its instruction: what was added to the pointer before is added before. */
  #access(value: Value, offset: number, core: CoreAccess | null): Address {
    if (core === null) return this.#address(value, offset);
    if (!fitsSigned16(offset)) this.fail(`the field ${offset} bytes into a kernel type is too far for one access`);
    return { kind: "register", register: this.register(value), offset };
  }

  #address(value: Value, extra: number): Address {
    const { root, offset } = this.facts.base(value);
    const definition = this.facts.definition(root);
    const total = offset + extra;
    if (definition?.kind === "slot") return { kind: "frame", slot: definition.slot, offset: total };
    if (fitsSigned16(total)) return { kind: "register", register: this.register(root), offset: total };
    if (fitsSigned16(extra)) return { kind: "register", register: this.register(value), offset: extra };
    const register = this.copy(this.source(value));
    this.emit({ kind: "alu", op: "add", width: 64, register, operand: { kind: "immediate", value: extra } });
    return { kind: "register", register, offset: 0 };
  }

  /** Whether the end of this block asks for a loop's budget, and nobody else does: the jump is the question then. */
  #isTested(budget: Value): boolean {
    const { instructions, terminator } = this.fn.blocks[this.#block]!;
    if (terminator.kind !== "branch" || terminator.left !== budget || this.facts.constant(terminator.right) !== 0n) return false;
    if (terminator.condition !== "eq" && terminator.condition !== "ne") return false;
    return this.facts.uses(budget) === 1 && instructions.some((instruction) => resultOf(instruction) === budget);
  }

  #end(terminator: Terminator): void {
    const block = this.#machine.blocks[this.#block]!;
    const location = terminator.location;
    switch (terminator.kind) {
      case "return":
        // A program that returns nothing returns 0; who calls a function that returns nothing does not read r0.
        if (terminator.value !== null) this.move(0, this.source(terminator.value));
        else if (this.#isMain) this.move(0, { kind: "integer", value: 0n });
        block.end = { kind: "exit", returns: terminator.value !== null || this.#isMain, location };
        return;
      case "jump":
        this.#pass(terminator.target);
        block.end = { kind: "jump", target: terminator.target.block, location };
        return;
      case "branch": {
        const { condition, left } = terminator;
        if (this.facts.definition(left)?.kind === "loop-budget" && this.#isTested(left)) {
          const [more, exhausted] = condition === "ne" ? [terminator.then, terminator.else] : [terminator.else, terminator.then];
          const taken = this.#edge(exhausted);
          block.end = { kind: "branch", test: { condition: "exhausted" }, taken, other: this.#edge(more), location };
          return;
        }
        const { test, inverted } = selectTest(this, terminator.condition, terminator.left, terminator.right);
        const taken = this.#edge(terminator.then);
        const other = this.#edge(terminator.else);
        block.end = inverted
          ? { kind: "branch", test, taken: other, other: taken, location }
          : { kind: "branch", test, taken, other, location };
      }
    }
  }

  /** A branch that passes arguments gets a block of its own for the moves: its target has other predecessors. */
  #edge(target: Target): number {
    if (target.arguments.length === 0) return target.block;
    const from = this.#block;
    this.#machine.blocks.push({ code: [], end: { kind: "jump", target: target.block, location: this.#location } });
    this.#block = this.#machine.blocks.length - 1;
    const edge = this.#block;
    this.#pass(target);
    this.#block = from;
    return edge;
  }

  #pass(target: Target): void {
    const { parameters } = this.fn.blocks[target.block]!;
    const moves = target.arguments
      .map((value, index): Move => ({ to: this.define(parameters[index]!), from: this.source(value) }))
      .filter(({ to, from }) => from.kind !== "place" || from.place !== to);
    if (moves.length > 0) this.emit({ kind: "move", moves });
  }
}

/** The constant as the immediate whose sign extension it is, or null. */
export function fitsSigned32(constant: bigint): number | null {
  const signed = BigInt.asIntN(64, constant);
  return signed >= -(1n << 31n) && signed < 1n << 31n ? Number(signed) : null;
}

function fitsSigned16(offset: number): boolean {
  return offset >= -32768 && offset <= 32767;
}
