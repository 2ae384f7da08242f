/**
 * Gathers constants: one instruction for each (type, value), at the beginning of the entry.
 *
 * Code generation makes constants where they are used, so this costs no register; and the other passes may take any constant to
 * be available everywhere, and a block that only compares with one to be empty.
 */

import type { Instruction, IrFunction, Type, Value } from "../ir.ts";
import { mapOperands, mapTerminator } from "../operands.ts";

type Constant = Extract<Instruction, { kind: "const" }>;

/** The constants of a function that `gatherConstants` went over: find one, or make it. */
export class ConstantPool {
  readonly #fn: IrFunction;
  readonly #values: Readonly<Record<Type, Map<bigint, Value>>> = { i32: new Map(), i64: new Map(), ptr: new Map() };
  readonly #numbers = new Map<Value, bigint>();

  constructor(fn: IrFunction) {
    this.#fn = fn;
    for (const instruction of fn.blocks[0]!.instructions) {
      if (instruction.kind !== "const") break;
      this.#add(instruction);
    }
  }

  /** The number that a value is, or null when it is no constant. */
  number(value: Value): bigint | null {
    return this.#numbers.get(value) ?? null;
  }

  /** A value that is the number, wrapped to the type. */
  value(type: Type, number: bigint): Value {
    const wrapped = BigInt.asUintN(type === "i32" ? 32 : 64, number);
    const known = this.#values[type].get(wrapped);
    if (known !== undefined) return known;
    const result = this.#fn.values.push(type) - 1;
    const constant: Constant = { kind: "const", result, value: wrapped, location: null };
    this.#fn.blocks[0]!.instructions.unshift(constant);
    this.#add(constant);
    return result;
  }

  #add(constant: Constant): void {
    this.#values[this.#fn.values[constant.result]!].set(constant.value, constant.result);
    this.#numbers.set(constant.result, constant.value);
  }
}

/** True when something changed. */
export function gatherConstants(fn: IrFunction): boolean {
  if (areGathered(fn)) return false;
  const first = new Map<string, Value>();
  const replacement = new Map<Value, Value>();
  const gathered: Constant[] = [];
  let moved = false;
  for (const [id, block] of fn.blocks.entries()) {
    let leading = id === 0;
    for (const instruction of block.instructions) {
      if (instruction.kind !== "const") {
        leading = false;
        continue;
      }
      const key = `${fn.values[instruction.result]} ${instruction.value}`;
      const known = first.get(key);
      if (known !== undefined) {
        replacement.set(instruction.result, known);
        continue;
      }
      first.set(key, instruction.result);
      // A constant has no place in the source any more.
      gathered.push({ ...instruction, location: null });
      if (!leading) moved = true;
    }
  }
  if (!moved && replacement.size === 0) return false;
  const resolve = (value: Value): Value => replacement.get(value) ?? value;
  for (const block of fn.blocks) {
    block.instructions = block.instructions
      .filter((instruction) => instruction.kind !== "const")
      .map((instruction) => mapOperands(instruction, resolve));
    block.terminator = mapTerminator(block.terminator, resolve);
  }
  fn.blocks[0]!.instructions.unshift(...gathered);
  return true;
}

/** Every constant stands in front of the entry, once. */
function areGathered(fn: IrFunction): boolean {
  const seen: Readonly<Record<Type, Set<bigint>>> = { i32: new Set(), i64: new Set(), ptr: new Set() };
  for (const [id, block] of fn.blocks.entries()) {
    let leading = id === 0;
    for (const instruction of block.instructions) {
      if (instruction.kind !== "const") {
        leading = false;
        continue;
      }
      const numbers = seen[fn.values[instruction.result]!];
      if (!leading || numbers.has(instruction.value)) return false;
      numbers.add(instruction.value);
    }
  }
  return true;
}
