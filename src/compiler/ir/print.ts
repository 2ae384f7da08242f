/**
 * The IR as text, which `parse.ts` reads back: for `--emit ir`, for messages, and for tests of passes.
 *
 *     function firewall(v0: ptr) -> i32 {
 *       slot 0: 8 align 4 "key of blocked.get"
 *     b0:
 *       v1: i64 = const 14
 *       v2: ptr = load.u32 [v0 + 0] @3:7
 *       v3: ptr = add v2, v1
 *       branch.ugt v3, v4 ? b1(v5) : b2
 *     …
 */

import type { CoreAccess, Instruction, IrFunction, Location, Target, Terminator, Type, Value } from "./ir.ts";
import { resultOf } from "./operands.ts";

export function printFunction(fn: IrFunction): string {
  const typed = (value: Value): string => `v${value}: ${fn.values[value] ?? "?"}`;
  const list = (values: readonly Value[]): string => values.map(typed).join(", ");
  const result: Type | null = fn.result;
  const lines = [`function ${fn.name}(${list(fn.parameters)})${result === null ? "" : ` -> ${result}`} {`];
  for (const [index, slot] of fn.slots.entries()) {
    lines.push(`  slot ${index}: ${slot.size} align ${slot.align} ${JSON.stringify(slot.name)}${at(slot.location)}`);
  }
  for (const [id, block] of fn.blocks.entries()) {
    lines.push(`b${id}${block.parameters.length > 0 ? `(${list(block.parameters)})` : ""}:`);
    for (const instruction of block.instructions) {
      const value = resultOf(instruction);
      lines.push(`  ${value === null ? "" : `${typed(value)} = `}${printInstruction(instruction)}${at(instruction.location)}`);
    }
    lines.push(`  ${printTerminator(block.terminator)}${at(block.terminator.location)}`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

/** Without result and location. */
export function printInstruction(instruction: Instruction): string {
  switch (instruction.kind) {
    case "const":
      return `const ${instruction.value}`;
    case "binary":
      return `${instruction.op} v${instruction.left}, v${instruction.right}`;
    case "to-big":
      return `be${instruction.bits} v${instruction.operand}`;
    case "extend":
      return `extend.${instruction.sign ? "s" : "u"}${instruction.from} v${instruction.operand}`;
    case "compare":
      return `compare.${instruction.condition} v${instruction.left}, v${instruction.right}`;
    case "load":
      return `load.${instruction.sign ? "s" : "u"}${instruction.width * 8} ${memory(instruction.address, instruction.offset)}${core(instruction.core)}`;
    case "store":
      return `store.u${instruction.width * 8} ${memory(instruction.address, instruction.offset)}, v${instruction.value}${core(instruction.core)}`;
    case "atomic": {
      const { op, width, address, offset, value, expected } = instruction;
      const operands = expected === undefined ? [value] : [value, expected];
      return `atomic.${op}.u${width * 8} ${memory(address, offset)}, ${values(operands)}`;
    }
    case "slot":
      return `slot ${instruction.slot}`;
    case "map":
      return `map ${instruction.map}`;
    case "map-value":
      return `map-value ${instruction.map} + ${instruction.offset}`;
    case "field-address":
      return `field-address ${memory(instruction.address, instruction.offset)}${core(instruction.core)}`;
    case "core-value":
      return `core-value.${instruction.what} ${instruction.value}${core(instruction.core)}`;
    case "function-address":
      return `function-address ${instruction.function}`;
    case "ksym":
      return `ksym${instruction.typed ? "" : ".untyped"} ${instruction.name}`;
    case "address-space-cast":
      return `address-space-cast.${instruction.to} v${instruction.operand}`;
    case "loop-budget":
      return "loop-budget";
    case "call": {
      const { callee } = instruction;
      return `call ${callee.name}#${callee.kind === "helper" ? callee.helper : callee.kind}(${values(instruction.arguments)})`;
    }
  }
}

function printTerminator(terminator: Terminator): string {
  switch (terminator.kind) {
    case "jump":
      return `jump ${printTarget(terminator.target)}`;
    case "branch": {
      const { condition, left, right, then: taken, else: other } = terminator;
      return `branch.${condition} v${left}, v${right} ? ${printTarget(taken)} : ${printTarget(other)}`;
    }
    case "return":
      return terminator.value === null ? "return" : `return v${terminator.value}`;
  }
}

function printTarget(target: Target): string {
  return `b${target.block}${target.arguments.length > 0 ? `(${values(target.arguments)})` : ""}`;
}

function memory(address: Value, offset: number): string {
  return `[v${address} ${offset < 0 ? "-" : "+"} ${Math.abs(offset)}]`;
}

function core(access: CoreAccess | undefined): string {
  return access === undefined ? "" : ` core ${access.type} ${access.access}`;
}

function values(list: readonly Value[]): string {
  return list.map((value) => `v${value}`).join(", ");
}

function at(location: Location | null): string {
  if (location === null) return "";
  const { file, line, column } = location;
  return ` @${file === undefined ? "" : `${file}:`}${line}:${column}`;
}
