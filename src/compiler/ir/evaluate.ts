/** Runs a function of the IR as it is written: slow, obvious, and the oracle that passes and code generation are held against. */

import { evaluateBinary, evaluateCondition, evaluateExtend, evaluateToBig } from "./arithmetic.ts";
import type { Callee, Condition, Instruction, IrFunction, Target, Value, Width } from "./ir.ts";
import { resultOf } from "./operands.ts";

/** The world of a run. Addresses and values are unsigned integers of 64 bits. */
export interface Environment {
  /** Little-endian. */
  read(address: bigint, width: Width): bigint;
  write(address: bigint, width: Width, value: bigint): void;
  /** Address of a stack slot: the same one for every evaluation of it. */
  slot(index: number): bigint;
  map(name: string): bigint;
  mapValue(name: string, offset: number): bigint;
  functionAddress(name: string): bigint;
  ksym(name: string): bigint;
  call(callee: Callee, args: readonly bigint[]): bigint;
}

/**
 * The returned value, as the unsigned value of its type; null when the function returns nothing.
 * @throws RangeError after `fuel` instructions and jumps.
 */
export function evaluate(fn: IrFunction, args: readonly bigint[], world: Environment, fuel = 1_000_000): bigint | null {
  const values: bigint[] = new Array<bigint>(fn.values.length).fill(0n);
  const bits = (value: Value): 32 | 64 => (fn.values[value] === "i32" ? 32 : 64);
  const get = (value: Value): bigint => values[value]!;
  const set = (value: Value, result: bigint): void => {
    values[value] = BigInt.asUintN(bits(value), result);
  };
  for (const [index, parameter] of fn.parameters.entries()) set(parameter, args[index] ?? 0n);

  /** What the instruction gives, not yet wrapped to its type; null when it gives nothing. */
  const compute = (instruction: Instruction): bigint | null => {
    switch (instruction.kind) {
      case "const":
        return instruction.value;
      case "binary":
        return evaluateBinary(instruction.op, bits(instruction.left), get(instruction.left), get(instruction.right));
      case "to-big":
        return evaluateToBig(instruction.bits, get(instruction.operand));
      case "extend":
        return evaluateExtend(instruction.sign, instruction.from, bits(instruction.result), get(instruction.operand));
      case "compare":
        return holds(instruction) ? 1n : 0n;
      case "load": {
        const raw = world.read(address(instruction.address, instruction.offset), instruction.width);
        return instruction.sign ? BigInt.asIntN(instruction.width * 8, raw) : raw;
      }
      case "store": {
        const value = BigInt.asUintN(instruction.width * 8, get(instruction.value));
        world.write(address(instruction.address, instruction.offset), instruction.width, value);
        return null;
      }
      case "atomic": {
        const at = address(instruction.address, instruction.offset);
        const old = world.read(at, instruction.width);
        const operand = get(instruction.value);
        const { op, width, expected } = instruction;
        if (op === "compare-exchange") {
          if (expected !== undefined && old === get(expected)) world.write(at, width, operand);
          return old;
        }
        world.write(at, width, op === "exchange" ? operand : evaluateBinary(op, width === 4 ? 32 : 64, old, operand));
        return old;
      }
      case "slot":
        return world.slot(instruction.slot);
      case "map":
        return world.map(instruction.map);
      case "map-value":
        return world.mapValue(instruction.map, instruction.offset);
      // Types are as they are here: nothing is relocated.
      case "field-address":
        return address(instruction.address, instruction.offset);
      case "core-value":
        return instruction.value;
      case "function-address":
        return world.functionAddress(instruction.function);
      case "ksym":
        return world.ksym(instruction.name);
      // What it runs ends by its fuel.
      case "loop-budget":
        return 1n;
      case "address-space-cast":
        return get(instruction.operand);
      case "call":
        return world.call(instruction.callee, instruction.arguments.map(get));
    }
  };
  const holds = (test: { condition: Condition; left: Value; right: Value }): boolean =>
    evaluateCondition(test.condition, bits(test.left), get(test.left), get(test.right));
  const address = (base: Value, offset: number): bigint => BigInt.asUintN(64, get(base) + BigInt(offset));
  const enter = (target: Target): number => {
    // All arguments are read before any parameter is written: they may be each other's.
    const passed = target.arguments.map(get);
    for (const [index, parameter] of fn.blocks[target.block]!.parameters.entries()) set(parameter, passed[index]!);
    return target.block;
  };

  let left = fuel;
  for (let block = fn.blocks[0]!; ; ) {
    left -= block.instructions.length + 1;
    if (left < 0) throw new RangeError(`${fn.name} did not end within ${fuel} instructions`);
    for (const instruction of block.instructions) {
      const value = compute(instruction);
      const result = resultOf(instruction);
      if (result !== null && value !== null) set(result, value);
    }
    const terminator = block.terminator;
    if (terminator.kind === "return") return terminator.value === null ? null : get(terminator.value);
    if (terminator.kind === "jump") {
      block = fn.blocks[enter(terminator.target)]!;
      continue;
    }
    block = fn.blocks[enter(holds(terminator) ? terminator.then : terminator.else)]!;
  }
}
