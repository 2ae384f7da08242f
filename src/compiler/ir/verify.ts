/** Checks every rule of `ir.ts`. Runs in tests after every pass, and before code generation. */

import { graphOf } from "./canonical.ts";
import { Dominance } from "./dominance.ts";
import { IrError } from "./errors.ts";
import type { BlockId, Condition, Instruction, IrFunction, Target, Terminator, Type, Value } from "./ir.ts";
import { binaryType, forEachOperand, forEachTerminatorOperand, resultOf, targets } from "./operands.ts";
import { printInstruction } from "./print.ts";

/** @throws IrError with every rule that is broken. */
export function verifyFunction(fn: IrFunction): void {
  const problems = findProblems(fn);
  if (problems.length > 0) throw new IrError(fn.name, problems);
}

/**
 * Verifies a program with its sub-programs, and what they say of each other: functions that are called or whose address is taken are there, and
 * get and give what they declare.
 *
 * `verify` checks each function by itself. Gives the functions that the program reaches: itself first, the others in the order given.
 * @throws IrError with every rule that the first function breaks that breaks any.
 */
export function verifyProgram(main: IrFunction, subprograms: readonly IrFunction[], verify = verifyFunction): IrFunction[] {
  const byName = new Map(subprograms.map((fn) => [fn.name, fn]));
  if (byName.size < subprograms.length) throw new IrError(main.name, ["two sub-programs have one name"]);
  const reached = new Set([main]);
  for (const fn of reached) {
    verify(fn);
    const problems: string[] = [];
    for (const [id, block] of fn.blocks.entries()) {
      for (const instruction of block.instructions) {
        const name =
          instruction.kind === "function-address"
            ? instruction.function
            : instruction.kind === "call" && instruction.callee.kind === "function"
              ? instruction.callee.name
              : null;
        if (name === null) continue;
        const callee = byName.get(name);
        if (callee === undefined) problems.push(`b${id}, ${printInstruction(instruction)}: there is no such function`);
        else reached.add(callee);
        if (callee === undefined || instruction.kind !== "call") continue;
        const given = instruction.arguments.map((argument) => fn.values[argument]);
        const taken = callee.parameters.map((parameter) => callee.values[parameter]);
        const where = `b${id}, ${printInstruction(instruction)}`;
        if (given.join() !== taken.join())
          problems.push(`${where}: passes (${given.join(", ")}) where (${taken.join(", ")}) is declared`);
        const gives = instruction.result === null ? null : fn.values[instruction.result];
        if (gives !== null && gives !== callee.result)
          problems.push(`${where}: takes ${gives}, and it returns ${callee.result ?? "nothing"}`);
      }
    }
    if (problems.length > 0) throw new IrError(fn.name, problems);
  }
  return [main, ...subprograms.filter((fn) => reached.has(fn))];
}

/** What is wrong, one line each; empty when nothing is. */
export function findProblems(fn: IrFunction): string[] {
  const check = new Check(fn);
  check.run();
  return check.problems;
}

/** Where a value comes from: position -1 is the block's parameters. */
interface Definition {
  readonly block: BlockId;
  readonly position: number;
}

class Check {
  readonly problems: string[] = [];
  readonly #fn: IrFunction;
  readonly #definitions = new Map<Value, Definition>();

  constructor(fn: IrFunction) {
    this.#fn = fn;
  }

  run(): void {
    const fn = this.#fn;
    if (fn.parameters.length > 5) this.#report("", `has ${fn.parameters.length} parameters; the convention passes five`);
    if (fn.blocks.length === 0) {
      this.#report("", "has no blocks");
      return;
    }
    if (fn.blocks[0]!.parameters.length > 0) this.#report("b0", "the entry has no parameters");
    for (const [index, slot] of fn.slots.entries()) {
      if (!Number.isInteger(slot.size) || slot.size < 1) this.#report("", `slot ${index} has ${slot.size} bytes`);
      if (![1, 2, 4, 8].includes(slot.align)) this.#report("", `slot ${index} is aligned to ${slot.align}`);
    }
    if (!this.#targetsExist()) return;
    this.#define();
    const dominance = new Dominance(graphOf(fn));
    for (const [id, block] of fn.blocks.entries()) {
      if (!dominance.isReachable(id)) this.#report(`b${id}`, "is unreachable");
      for (const [position, instruction] of block.instructions.entries()) {
        const where = `b${id}, ${printInstruction(instruction)}`;
        forEachOperand(instruction, (value) => this.#use(where, value, id, position, dominance));
        this.#instruction(where, instruction);
      }
      const where = `b${id}, ${block.terminator.kind}`;
      forEachTerminatorOperand(block.terminator, (value) => this.#use(where, value, id, block.instructions.length, dominance));
      this.#terminator(where, block.terminator);
    }
  }

  #targetsExist(): boolean {
    const before = this.problems.length;
    for (const [id, block] of this.#fn.blocks.entries()) {
      for (const target of targets(block.terminator)) {
        if (this.#fn.blocks[target.block] === undefined) this.#report(`b${id}`, `goes to b${target.block}, which does not exist`);
        else if (target.block === 0) this.#report(`b${id}`, "goes to the entry, which has no predecessors");
      }
    }
    return this.problems.length === before;
  }

  #define(): void {
    const define = (value: Value, block: BlockId, position: number): void => {
      if (this.#fn.values[value] === undefined) this.#report(`b${block}`, `v${value} has no type`);
      if (this.#definitions.has(value)) this.#report(`b${block}`, `v${value} is defined twice`);
      this.#definitions.set(value, { block, position });
    };
    for (const parameter of this.#fn.parameters) define(parameter, 0, -1);
    for (const [id, block] of this.#fn.blocks.entries()) {
      for (const parameter of block.parameters) define(parameter, id, -1);
      for (const [position, instruction] of block.instructions.entries()) {
        const result = resultOf(instruction);
        if (result !== null) define(result, id, position);
      }
    }
  }

  #use(where: string, value: Value, block: BlockId, position: number, dominance: Dominance): void {
    const definition = this.#definitions.get(value);
    if (definition === undefined) {
      this.#report(where, `v${value} is not defined`);
      return;
    }
    if (!dominance.isReachable(block)) return;
    const reaches = definition.block === block ? definition.position < position : dominance.dominates(definition.block, block);
    if (!reaches) this.#report(where, `v${value} is not defined on every path that leads here`);
  }

  #instruction(where: string, instruction: Instruction): void {
    const type = (value: Value): Type | undefined => this.#fn.values[value];
    const result = resultOf(instruction);
    const gives = result === null ? null : type(result);
    const expect = (holds: boolean, rule: string): void => {
      if (!holds) this.#report(where, rule);
    };
    switch (instruction.kind) {
      case "const": {
        const limit = gives === "i32" ? 1n << 32n : 1n << 64n;
        expect(instruction.value >= 0n && instruction.value < limit, `a constant is the unsigned value of its width`);
        expect(gives !== "ptr" || instruction.value === 0n, "a constant pointer is null");
        return;
      }
      case "binary": {
        const left = type(instruction.left);
        const right = type(instruction.right);
        if (left === undefined || right === undefined) return;
        expect(binaryType(instruction.op, left, right) === gives, `does not take ${left} and ${right} and give ${gives}`);
        return;
      }
      case "to-big":
        expect(gives === type(instruction.operand) && gives !== "ptr", "operand and result have one integer type");
        expect(instruction.bits < 64 || gives === "i64", "64 bits are an i64");
        return;
      case "extend":
        expect(type(instruction.operand) !== "ptr" && gives !== "ptr", "operand and result are integers");
        return;
      case "compare":
        expect(gives === "i32", "a comparison gives i32");
        this.#comparison(where, instruction.condition, instruction.left, instruction.right);
        return;
      case "load":
        this.#access(where, instruction.address, instruction.offset);
        expect(gives !== "i32" || instruction.width <= 4, "an i32 is loaded from at most four bytes");
        expect(gives !== "ptr" || (instruction.width >= 4 && !instruction.sign), "a pointer is loaded from four or eight bytes");
        return;
      case "store":
        this.#access(where, instruction.address, instruction.offset);
        expect(type(instruction.value) !== "i32" || instruction.width <= 4, "an i32 is stored to at most four bytes");
        expect(type(instruction.value) !== "ptr" || instruction.width === 8, "a pointer is stored whole");
        return;
      case "atomic": {
        this.#access(where, instruction.address, instruction.offset);
        const swaps = instruction.op === "exchange" || instruction.op === "compare-exchange";
        const isPointer = swaps && instruction.width === 8 && type(instruction.value) === "ptr";
        const wanted = isPointer ? "ptr" : instruction.width === 4 ? "i32" : "i64";
        expect(type(instruction.value) === wanted, `an atomic operation of ${instruction.width} bytes takes an ${wanted}`);
        expect(gives === null || gives === wanted, `an atomic operation of ${instruction.width} bytes gives an ${wanted}`);
        const compares = instruction.op === "compare-exchange";
        expect(compares === (instruction.expected !== undefined), "compare-exchange, and it alone, says what is expected");
        if (instruction.expected !== undefined) expect(type(instruction.expected) === wanted, `what is expected is an ${wanted}`);
        return;
      }
      case "field-address":
        this.#access(where, instruction.address, instruction.offset);
        expect(gives === "ptr", "gives a pointer");
        return;
      case "core-value": {
        const limit = gives === "i32" ? 1n << 32n : 1n << 64n;
        expect(gives !== "ptr", "gives an integer");
        expect(instruction.value >= 0n && instruction.value < limit, "a number is the unsigned value of its width");
        return;
      }
      case "loop-budget":
        expect(gives === "i32", "gives an i32");
        return;
      case "address-space-cast":
        expect(type(instruction.operand) !== "i32", "an address has 64 bits");
        expect(gives === "ptr", "gives a pointer");
        return;
      case "slot":
        expect(this.#fn.slots[instruction.slot] !== undefined, "the slot does not exist");
        expect(gives === "ptr", "gives a pointer");
        return;
      case "map":
      case "map-value":
      case "function-address":
      case "ksym":
        expect(gives === "ptr", "gives a pointer");
        return;
      case "call":
        expect(instruction.arguments.length <= 5, "a call has at most five arguments");
        return;
    }
  }

  #terminator(where: string, terminator: Terminator): void {
    for (const target of targets(terminator)) this.#target(where, target);
    if (terminator.kind === "branch") this.#comparison(where, terminator.condition, terminator.left, terminator.right);
    if (terminator.kind !== "return") return;
    const found = terminator.value === null ? null : this.#fn.values[terminator.value];
    if (found !== this.#fn.result) this.#report(where, `returns ${found ?? "nothing"}, not ${this.#fn.result ?? "nothing"}`);
  }

  #target(where: string, target: Target): void {
    const { parameters } = this.#fn.blocks[target.block]!;
    if (parameters.length !== target.arguments.length) {
      this.#report(where, `passes ${target.arguments.length} arguments to b${target.block}, which takes ${parameters.length}`);
    }
    for (const [index, parameter] of parameters.entries()) {
      const argument = target.arguments[index];
      if (argument === undefined || this.#fn.values[argument] === this.#fn.values[parameter]) continue;
      this.#report(where, `passes ${this.#fn.values[argument]} to v${parameter}, which is ${this.#fn.values[parameter]}`);
    }
  }

  #comparison(where: string, condition: Condition, left: Value, right: Value): void {
    const type = this.#fn.values[left];
    if (type !== this.#fn.values[right]) this.#report(where, `compares ${type} with ${this.#fn.values[right]}`);
    if (type === "ptr" && (condition.startsWith("s") || condition === "set")) this.#report(where, "pointers are unsigned");
  }

  #access(where: string, address: Value, offset: number): void {
    if (this.#fn.values[address] !== "ptr") this.#report(where, `v${address} is no pointer`);
    if (!Number.isInteger(offset) || Math.abs(offset) >= 1 << 29) this.#report(where, `the offset ${offset} is out of range`);
  }

  #report(where: string, problem: string): void {
    this.problems.push(where === "" ? problem : `${where}: ${problem}`);
  }
}
