/**
 * Constant folding and algebra: each instruction alone, with the definitions of its operands in view.
 *
 * Everything is exact for eBPF's arithmetic. Pointers are left alone but for the addition of 0: a verifier follows how each was
 * made. Comparisons of pointers are folded only with themselves.
 */

import { evaluateBinary, evaluateCondition, evaluateExtend, evaluateToBig, INVERSE, MIRROR } from "../arithmetic.ts";
import { graphOf } from "../canonical.ts";
import { GIVES_MAP_VALUE } from "../effects.ts";
import { reversePostorder } from "../graph.ts";
import type { BinaryOp, Condition, Instruction, IrFunction, Terminator, Value } from "../ir.ts";
import {
  branchOf,
  forEachOperand,
  forEachTerminatorOperand,
  isRemovable,
  mapOperands,
  mapTerminator,
  resultOf,
} from "../operands.ts";
import { ConstantPool, gatherConstants } from "./constants.ts";

/** True when something changed. Constants are gathered afterwards. */
export function simplify(fn: IrFunction): boolean {
  const gathered = gatherConstants(fn);
  return new Simplifier(fn).run() || gathered;
}

type Binary = Extract<Instruction, { kind: "binary" }>;
type Extend = Extract<Instruction, { kind: "extend" }>;
type Branch = Extract<Terminator, { kind: "branch" }>;
interface Comparison {
  readonly condition: Condition;
  readonly left: Value;
  readonly right: Value;
}

const COMMUTATIVE: ReadonlySet<BinaryOp> = new Set<BinaryOp>(["add", "mul", "and", "or", "xor"]);

class Simplifier {
  readonly #fn: IrFunction;
  readonly #constants: ConstantPool;
  readonly #definitions: (Instruction | undefined)[];
  readonly #replacement = new Map<Value, Value>();
  readonly #uses: Uint32Array;
  /** Instructions so far that may have changed memory, and beginnings of blocks; of loads, how many there were. */
  #effects = 0;
  readonly #loadedAt = new Map<Value, number>();

  constructor(fn: IrFunction) {
    this.#fn = fn;
    this.#constants = new ConstantPool(fn);
    this.#uses = new Uint32Array(fn.values.length);
    this.#definitions = new Array<Instruction | undefined>(fn.values.length).fill(undefined);
    const use = (value: Value): void => {
      this.#uses[value]!++;
    };
    for (const block of fn.blocks) {
      for (const instruction of block.instructions) forEachOperand(instruction, use);
      forEachTerminatorOperand(block.terminator, use);
    }
  }

  run(): boolean {
    const fn = this.#fn;
    let changed = false;
    const resolve = (value: Value): Value => {
      let end = value;
      for (let next = this.#replacement.get(end); next !== undefined; next = this.#replacement.get(end)) end = next;
      return end;
    };
    // In reverse postorder every operand but those around loops has been seen before its use.
    const order = reversePostorder(graphOf(fn));
    for (const id of order) {
      const block = fn.blocks[id]!;
      // New constants are put in front of the entry meanwhile, so its list is rebuilt around them.
      const before = block.instructions.slice();
      const after: Instruction[] = [];
      this.#effects++;
      for (const original of before) {
        const instruction = mapOperands(original, resolve);
        if (instruction.kind === "const") continue;
        if (instruction.kind === "load") this.#loadedAt.set(instruction.result, this.#effects);
        else if (!isRemovable(instruction)) this.#effects++;
        const simpler = this.#simplify(instruction);
        if (typeof simpler === "number") {
          this.#replacement.set(resultOf(instruction)!, simpler);
          changed = true;
          continue;
        }
        if (simpler !== instruction) changed = true;
        const result = resultOf(simpler);
        if (result !== null) this.#definitions[result] = simpler;
        after.push(simpler);
      }
      block.instructions = [...block.instructions.filter((instruction) => instruction.kind === "const"), ...after];
      const terminator = mapTerminator(block.terminator, resolve);
      block.terminator = terminator.kind === "branch" ? this.#branch(terminator) : terminator;
      if (block.terminator !== terminator) changed = true;
    }
    if (this.#replacement.size === 0) return changed;
    // Arguments that go around loops were resolved before what they name was.
    for (const id of order) {
      const block = fn.blocks[id]!;
      block.instructions = block.instructions.map((instruction) => mapOperands(instruction, resolve));
      block.terminator = mapTerminator(block.terminator, resolve);
    }
    return true;
  }

  /** Another instruction with the same result, or the value that it always is, or itself. */
  #simplify(instruction: Instruction): Instruction | Value {
    switch (instruction.kind) {
      case "binary":
        return this.#binary(instruction);
      case "extend":
        return this.#extend(instruction);
      case "compare": {
        const { condition, left, right } = this.#comparison(instruction.condition, instruction.left, instruction.right);
        const known = this.#decide(condition, left, right);
        if (known !== null) return this.#constants.value("i32", known ? 1n : 0n);
        const inner = this.#comparedWithZero(condition, left, right) ?? this.#comparedWithConstant(condition, left, right);
        if (inner !== null) return { ...instruction, ...inner };
        const same = condition === instruction.condition && left === instruction.left && right === instruction.right;
        return same ? instruction : { ...instruction, condition, left, right };
      }
      case "to-big": {
        const operand = this.#constants.number(instruction.operand);
        if (operand !== null) {
          return this.#constants.value(this.#type(instruction.operand), evaluateToBig(instruction.bits, operand));
        }
        // What is above the bits that are swapped is cut off. Turned around twice it is what it was, if that had no bits above.
        const low = this.#lowBytes(instruction.operand, instruction.bits);
        const inner = this.#definitions[low];
        const isTwice = inner?.kind === "to-big" && inner.bits === instruction.bits;
        if (
          isTwice &&
          this.#possibleBits(inner.operand) >> BigInt(inner.bits) === 0n &&
          this.#type(inner.operand) === this.#type(low)
        ) {
          return this.#type(low) === this.#type(instruction.operand) ? inner.operand : instruction;
        }
        const same = low === instruction.operand || this.#type(low) !== this.#type(instruction.operand);
        return same ? instruction : { ...instruction, operand: low };
      }
      case "store": {
        // What is above the bytes that are stored does not matter.
        const value = this.#lowBytes(instruction.value, instruction.width * 8);
        return value === instruction.value ? instruction : { ...instruction, value };
      }
      default:
        return instruction;
    }
  }

  /** A value whose low bits are the same, with less done to the bits above. */
  #lowBytes(given: Value, bits: number): Value {
    let value = given;
    for (;;) {
      const definition = this.#definitions[value];
      if (definition?.kind === "extend" && definition.from >= bits) value = definition.operand;
      else if (definition?.kind === "binary" && definition.op === "and" && bits < 64) {
        const low = (1n << BigInt(bits)) - 1n;
        const mask = this.#constants.number(definition.right);
        if (mask === null || (mask & low) !== low) return value;
        value = definition.left;
      } else return value;
    }
  }

  #binary(binary: Binary): Instruction | Value {
    const { op } = binary;
    let { left, right } = binary;
    const type = this.#type(left);
    if (type === "ptr") return this.#constants.number(right) === 0n && this.#type(right) === "i64" ? left : binary;
    const bits = type === "i32" ? 32 : 64;
    const constant = (number: bigint): Value => this.#constants.value(type, number);
    if (COMMUTATIVE.has(op) && this.#constants.number(left) !== null && this.#constants.number(right) === null) {
      [left, right] = [right, left];
    }
    const a = this.#constants.number(left);
    const b = this.#constants.number(right);
    if (a !== null && b !== null) return constant(evaluateBinary(op, bits, a, b));
    if (left === right) {
      if (op === "sub" || op === "xor") return constant(0n);
      if (op === "and" || op === "or") return left;
    }
    const build = (change: Partial<Pick<Binary, "op" | "left" | "right">>): Binary => ({ ...binary, left, right, ...change });
    if (b !== null) {
      const simpler = this.#withConstant(op, left, b, bits);
      if (typeof simpler === "number") return simpler;
      if (simpler !== null) return build({ op: simpler.op, left: simpler.left, right: constant(simpler.right) });
    }
    // 0 divided by, or shifted by, anything is 0.
    if (a === 0n && op !== "sub") return left;
    return left === binary.left ? binary : build({});
  }

  /** `left op number`: the value it is, or a simpler operation with a number. */
  #withConstant(
    op: BinaryOp,
    left: Value,
    number: bigint,
    bits: 32 | 64,
  ): Value | { op: BinaryOp; left: Value; right: bigint } | null {
    const ones = BigInt.asUintN(bits, -1n);
    const zero = (): Value => this.#constants.value(this.#type(left), 0n);
    const power = powerOfTwo(number);
    switch (op) {
      case "sub":
        // One form for both, so that sums of constants meet.
        return { op: "add", left, right: -number };
      case "add":
      case "xor":
        if (number === 0n) return left;
        break;
      case "or":
        if (number === 0n) return left;
        if (number === ones) return this.#constants.value(this.#type(left), ones);
        break;
      case "and":
        if (number === 0n) return zero();
        // Bits that are clear already need no mask: a verifier knows them from the same instruction.
        if ((this.#possibleBits(left) & ~number) === 0n) return left;
        break;
      case "mul":
        if (number === 0n) return zero();
        if (number === 1n) return left;
        if (power !== null) return { op: "shl", left, right: power };
        break;
      case "udiv":
        if (number === 0n) return zero();
        if (number === 1n) return left;
        if (power !== null) return { op: "lshr", left, right: power };
        break;
      case "umod":
        if (number === 0n) return left;
        if (power !== null) return { op: "and", left, right: number - 1n };
        break;
      case "sdiv":
        if (number === 0n) return zero();
        if (number === 1n) return left;
        break;
      case "smod":
        if (number === 0n) return left;
        if (number === 1n) return zero();
        break;
      case "shl":
      case "lshr":
      case "ashr": {
        const amount = number & BigInt(bits - 1);
        if (amount === 0n) return left;
        if (amount !== number) return { op, left, right: amount };
        break;
      }
    }
    return this.#chained(op, left, number, bits);
  }

  /** `(x op c) op d` is `x op (c ∘ d)` for integers. */
  #chained(op: BinaryOp, left: Value, number: bigint, bits: 32 | 64): { op: BinaryOp; left: Value; right: bigint } | null {
    const inner = this.#definitions[left];
    if (inner?.kind !== "binary" || inner.op !== op) return null;
    const other = this.#constants.number(inner.right);
    if (other === null) return null;
    if (op === "add" || op === "and" || op === "or" || op === "xor" || op === "mul") {
      return { op, left: inner.left, right: evaluateBinary(op, bits, other, number) };
    }
    if ((op === "shl" || op === "lshr" || op === "ashr") && other + number < BigInt(bits)) {
      return { op, left: inner.left, right: other + number };
    }
    return null;
  }

  #extend(extend: Extend): Instruction | Value {
    const { operand, sign, from } = extend;
    const to = this.#type(extend.result) === "i32" ? 32 : 64;
    const number = this.#constants.number(operand);
    if (number !== null) return this.#constants.value(this.#type(extend.result), evaluateExtend(sign, from, to, number));
    const bits = this.#type(operand) === "i32" ? 32 : 64;
    if (from === 32 && to === 32 && bits === 32) return operand;
    if (to === bits && !sign && this.#possibleBits(operand) < 1n << BigInt(from)) return operand;
    // What stays of a wider extension by a narrower one is the narrower one of the original.
    const inner = this.#definitions[operand];
    // What nobody reads of what is loaded need not be: of the frame and of maps, where any part may be.
    if (
      inner?.kind === "load" &&
      inner.width * 8 > from &&
      inner.core === undefined &&
      this.#uses[operand] === 1 &&
      this.#loadedAt.get(operand) === this.#effects &&
      this.#isOwnMemory(inner.address)
    ) {
      return { ...inner, result: extend.result, width: (from / 8) as 1 | 2 | 4, sign };
    }
    if (inner?.kind === "extend" && from <= inner.from) return { ...extend, operand: inner.operand };
    return extend;
  }

  #isOwnMemory(pointer: Value): boolean {
    const definition = this.#definitions[pointer];
    if (definition?.kind === "binary") return this.#isOwnMemory(definition.left);
    return (
      definition?.kind === "slot" ||
      definition?.kind === "map-value" ||
      (definition?.kind === "call" && GIVES_MAP_VALUE.has(definition.callee.name))
    );
  }

  #branch(branch: Branch): Terminator {
    const { condition, left, right } = this.#comparison(branch.condition, branch.left, branch.right);
    const { location } = branch;
    const known = this.#decide(condition, left, right);
    if (known !== null) return { kind: "jump", target: known ? branch.then : branch.else, location };
    const inner = this.#comparedWithZero(condition, left, right);
    if (inner !== null) return branchOf(inner.condition, inner.left, inner.right, branch.then, branch.else, location);
    const direct = this.#comparedWithConstant(condition, left, right);
    if (direct !== null) return branchOf(direct.condition, direct.left, direct.right, branch.then, branch.else, location);
    const negated = this.#definitionOfZeroTest(condition, left, right);
    if (negated !== null) return branchOf(negated.condition, negated.left, negated.right, branch.else, branch.then, location);
    if (condition === branch.condition && left === branch.left && right === branch.right) return branch;
    return branchOf(condition, left, right, branch.then, branch.else, location);
  }

  /** Constants stand on the right. */
  #comparison(condition: Condition, left: Value, right: Value): Comparison {
    if (this.#constants.number(left) === null || this.#constants.number(right) !== null) return { condition, left, right };
    return { condition: MIRROR[condition], left: right, right: left };
  }

  #decide(condition: Condition, left: Value, right: Value): boolean | null {
    if (left === right && condition !== "set") return evaluateCondition(condition, 64, 0n, 0n);
    const a = this.#constants.number(left);
    const b = this.#constants.number(right);
    if (a !== null && b !== null) return evaluateCondition(condition, this.#type(left) === "i32" ? 32 : 64, a, b);
    if (b === 0n && (condition === "eq" || condition === "ne") && this.#isAddress(left)) return condition === "ne";
    if (b === 0n && condition === "ult") return false;
    if (b === 0n && condition === "uge") return true;
    return null;
  }

  /** A pointer that cannot be null: of something that exists, or one that was added to, which only a checked pointer may be. */
  #isAddress(value: Value): boolean {
    if (this.#type(value) !== "ptr") return false;
    const kind = this.#definitions[value]?.kind;
    return kind === "binary" || kind === "slot" || kind === "map" || kind === "map-value";
  }

  /**
   * A comparison of what was made of a value with a constant, as one of the value itself: of swapped bytes with the constant swapped, of a sum, of
   * shifted bits, of a widened number.
   */
  #comparedWithConstant(condition: Condition, left: Value, right: Value): Comparison | null {
    const number = this.#constants.number(right);
    const inner = this.#definitions[left];
    if (number === null || inner === undefined) return null;
    const isEquality = condition === "eq" || condition === "ne";
    const compare = (value: Value, other: bigint): Comparison => ({
      condition,
      left: value,
      right: this.#constants.value(this.#type(value), other),
    });
    if (inner.kind === "extend" && this.#type(inner.operand) === "i32" && inner.from === 32 && this.#type(left) === "i64") {
      if (inner.sign) {
        const isSigned = isEquality || condition.startsWith("s");
        return isSigned && BigInt.asUintN(64, BigInt.asIntN(32, number)) === number ? compare(inner.operand, number) : null;
      }
      return !condition.startsWith("s") && number <= 0xffff_ffffn ? compare(inner.operand, number) : null;
    }
    if (inner.kind === "to-big") {
      // Only bits that are swapped may be set, on both sides.
      const mask = (1n << BigInt(inner.bits)) - 1n;
      if ((!isEquality && condition !== "set") || (number & ~mask) !== 0n) return null;
      if ((this.#possibleBits(inner.operand) & ~mask) !== 0n && isEquality) return null;
      return compare(inner.operand, evaluateToBig(inner.bits, number));
    }
    if (inner.kind !== "binary" || this.#type(left) === "ptr") return null;
    const amount = this.#constants.number(inner.right);
    if (amount === null) return null;
    const bits = this.#type(left) === "i32" ? 32 : 64;
    if (condition === "set") {
      // Bits of `x & mask` are bits of x.
      return inner.op === "and" ? compare(inner.left, number & amount) : null;
    }
    if (!isEquality) return null;
    if (inner.op === "add") return compare(inner.left, evaluateBinary("sub", bits, number, amount));
    if (inner.op === "xor") return compare(inner.left, number ^ amount);
    if (inner.op === "shl") {
      const shifted = this.#possibleBits(inner.left) << amount;
      if (amount >= BigInt(bits) || shifted >= 1n << BigInt(bits) || (number >> amount) << amount !== number) return null;
      return compare(inner.left, number >> amount);
    }
    return null;
  }

  /** `(a ? b) != 0`, where ? is a comparison or an `and`, is `a ? b` itself; `== 0` its opposite, where there is one. */
  #comparedWithZero(condition: Condition, left: Value, right: Value): Comparison | null {
    if (this.#constants.number(right) !== 0n || (condition !== "ne" && condition !== "eq")) return null;
    const inner = this.#definitions[left];
    if (inner?.kind === "compare") {
      if (condition === "ne") return { condition: inner.condition, left: inner.left, right: inner.right };
      return inner.condition === "set" ? null : { condition: INVERSE[inner.condition], left: inner.left, right: inner.right };
    }
    if (inner?.kind === "binary" && inner.op === "and" && condition === "ne") {
      return { condition: "set", left: inner.left, right: inner.right };
    }
    return null;
  }

  /** For `== 0` of what has no opposite: the test to branch on with its sides exchanged. */
  #definitionOfZeroTest(condition: Condition, left: Value, right: Value): Comparison | null {
    if (condition !== "eq" || this.#constants.number(right) !== 0n) return null;
    const inner = this.#definitions[left];
    if (inner?.kind === "compare" && inner.condition === "set") return { condition: "set", left: inner.left, right: inner.right };
    if (inner?.kind === "binary" && inner.op === "and") return { condition: "set", left: inner.left, right: inner.right };
    return null;
  }

  /** A mask of the bits that the value can have set, from its definition alone. */
  #possibleBits(value: Value): bigint {
    const all = this.#type(value) === "i32" ? 0xffff_ffffn : 0xffff_ffff_ffff_ffffn;
    const definition = this.#definitions[value];
    if (definition?.kind === "load" && !definition.sign) return all & ((1n << BigInt(definition.width * 8)) - 1n);
    if (definition?.kind === "compare") return 1n;
    if (definition?.kind === "extend" && !definition.sign) return all & ((1n << BigInt(definition.from)) - 1n);
    if (definition?.kind === "binary") {
      const number = this.#constants.number(definition.right);
      if (definition.op === "and" && number !== null) return number;
      if (definition.op === "lshr" && number !== null) return all >> number;
    }
    return all;
  }

  #type(value: Value): "i32" | "i64" | "ptr" {
    return this.#fn.values[value]!;
  }
}

/** The exponent, or null when the number is no power of two. */
function powerOfTwo(number: bigint): bigint | null {
  return number > 0n && (number & (number - 1n)) === 0n ? BigInt(number.toString(2).length - 1) : null;
}
