/**
 * What is known of values at one point of a function: ranges of integers, how pairs of values compare, and how far a packet
 * reaches, from the branches on the way there. The walk that asks enters a block before what it dominates, and leaves it after.
 *
 * Ranges grow only from what a kernel's verifier follows, too: a check that is dropped because of what is known here is one that the verifier
 * does not miss. So a quotient, a remainder or swapped bytes may be anything, although they may not.
 */

import type { Condition, Instruction, IrFunction, Type, Value } from "./ir.ts";
import type { MemoryFacts } from "./memory.ts";

/** Unsigned, both ends included. */
export interface Range {
  readonly low: bigint;
  readonly high: bigint;
}

/** How left may compare with right: bits for less, equal, greater; without and with sign. */
interface Relation {
  readonly unsigned: number;
  readonly signed: number;
}

const LESS = 1;
const EQUAL = 2;
const GREATER = 4;
const ANY = LESS | EQUAL | GREATER;

const FULL32: Range = { low: 0n, high: 0xffff_ffffn };
const FULL64: Range = { low: 0n, high: 0xffff_ffff_ffff_ffffn };

const OUTCOMES: Readonly<
  Record<Exclude<Condition, "set">, { readonly of: "both" | "unsigned" | "signed"; readonly outcomes: number }>
> = {
  eq: { of: "both", outcomes: EQUAL },
  ne: { of: "both", outcomes: LESS | GREATER },
  ult: { of: "unsigned", outcomes: LESS },
  ule: { of: "unsigned", outcomes: LESS | EQUAL },
  ugt: { of: "unsigned", outcomes: GREATER },
  uge: { of: "unsigned", outcomes: GREATER | EQUAL },
  slt: { of: "signed", outcomes: LESS },
  sle: { of: "signed", outcomes: LESS | EQUAL },
  sgt: { of: "signed", outcomes: GREATER },
  sge: { of: "signed", outcomes: GREATER | EQUAL },
};

export class Knowledge {
  readonly #fn: IrFunction;
  readonly #facts: MemoryFacts;
  readonly #ranges = new Map<Value, Range>();
  /** By pair of values, the smaller first (`pairOf`). */
  readonly #relations = new Map<number, Relation>();
  /** How far beyond a pointer a packet is known to reach, and not to reach, by pointer and end. */
  readonly #ends = new Map<number, { readonly reaches: number; readonly fails: number }>();
  /** Undoes what was learnt since each `enter`. */
  readonly #undo: (() => void)[][] = [];

  constructor(fn: IrFunction, facts: MemoryFacts) {
    this.#fn = fn;
    this.#facts = facts;
  }

  enter(): void {
    this.#undo.push([]);
  }

  leave(): void {
    for (const undo of (this.#undo.pop() ?? []).reverse()) undo();
  }

  range(value: Value): Range {
    return this.#ranges.get(value) ?? full(this.#fn.values[value]!);
  }

  setRange(value: Value, range: Range): void {
    const before = this.#ranges.get(value);
    this.#ranges.set(value, range);
    this.#undo.at(-1)?.push(() => {
      if (before === undefined) this.#ranges.delete(value);
      else this.#ranges.set(value, before);
    });
  }

  /** Computes the range of what an instruction gives. */
  define(instruction: Instruction): void {
    const range = this.#computed(instruction);
    if (range !== null) this.setRange(range.value, range.range);
  }

  /** The comparison holds, or does not, from here on. */
  learn(condition: Condition, left: Value, right: Value, holds: boolean): void {
    if (condition === "set") return;
    const { of, outcomes } = OUTCOMES[condition];
    const possible = holds ? outcomes : ANY & ~outcomes;
    const relation = this.#relation(left, right);
    let unsigned = of === "signed" ? relation.unsigned : relation.unsigned & possible;
    let signed = of === "unsigned" ? relation.signed : relation.signed & possible;
    // What is equal is so with and without sign.
    if (unsigned === EQUAL || signed === EQUAL) unsigned = signed = EQUAL;
    if ((unsigned & EQUAL) === 0 || (signed & EQUAL) === 0) {
      unsigned &= ~EQUAL;
      signed &= ~EQUAL;
    }
    this.#setRelation(left, right, { unsigned, signed });
    if (this.#fn.values[left] === "ptr") {
      this.#learnEnd(condition, left, right, holds);
      return;
    }
    this.#narrow(left, right, unsigned);
    this.#narrow(right, left, swap(unsigned));
    this.#narrowSigned(left, right, signed);
    this.#narrowSigned(right, left, swap(signed));
  }

  /** Whether the comparison holds here, or null. */
  decide(condition: Condition, left: Value, right: Value): boolean | null {
    if (condition === "set") return null;
    const { of, outcomes } = OUTCOMES[condition];
    if (left === right) return (outcomes & EQUAL) !== 0;
    const relation = this.#relation(left, right);
    for (const kind of ["unsigned", "signed"] as const) {
      if (of !== "both" && of !== kind) continue;
      // Of what has no sign bit, both orders are one.
      const ranged = kind === "unsigned" || (this.#isPositive(left) && this.#isPositive(right));
      const possible = relation[kind] & (ranged ? this.#byRange(left, right) : ANY);
      if ((possible & ~outcomes) === 0) return true;
      if ((possible & outcomes) === 0) return false;
    }
    if (this.#facts.isNull(right) && this.#facts.isAddress(left) && of === "both") return condition === "ne";
    const end = this.#end(condition, left, right);
    const limits = end === null ? undefined : this.#ends.get(end.key);
    if (end === null || limits === undefined) return null;
    if (end.offset <= limits.reaches) return !end.beyond;
    return end.offset >= limits.fails ? end.beyond : null;
  }

  #learnEnd(condition: Condition, left: Value, right: Value, holds: boolean): void {
    const end = this.#end(condition, left, right);
    if (end === null) return;
    const { key, offset } = end;
    const before = this.#ends.get(key);
    const { reaches, fails } = before ?? { reaches: Number.NEGATIVE_INFINITY, fails: Number.POSITIVE_INFINITY };
    if (holds === end.beyond) this.#ends.set(key, { reaches, fails: Math.min(fails, offset) });
    else this.#ends.set(key, { reaches: Math.max(reaches, offset), fails });
    this.#undo.at(-1)?.push(() => {
      if (before === undefined) this.#ends.delete(key);
      else this.#ends.set(key, before);
    });
  }

  /** A comparison of a pointer plus a constant with the end of the packet: `p + offset > end` (beyond), or its opposite. */
  #end(condition: Condition, left: Value, right: Value): { key: number; offset: number; beyond: boolean } | null {
    if (this.#fn.values[left] !== "ptr" || (condition !== "ugt" && condition !== "ule")) return null;
    const end = this.#facts.definition(right);
    if (end?.kind !== "load" || end.width !== 4 || this.#facts.origin(left).kind !== "packet") return null;
    const { root, offset } = this.#facts.base(left);
    return { key: pairOf(root, right), offset, beyond: condition === "ugt" };
  }

  #byRange(left: Value, right: Value): number {
    if (this.#fn.values[left] === "ptr") return ANY;
    const a = this.range(left);
    const b = this.range(right);
    let possible = 0;
    if (a.low < b.high) possible |= LESS;
    if (a.high > b.low) possible |= GREATER;
    if (a.low <= b.high && b.low <= a.high) possible |= EQUAL;
    return possible;
  }

  /** `value` compares with `other` in one of these ways. */
  #narrow(value: Value, other: Value, possible: number): void {
    const range = this.range(value);
    const limit = this.range(other);
    let { low, high } = range;
    if ((possible & GREATER) === 0) high = min(high, (possible & EQUAL) === 0 ? limit.high - 1n : limit.high);
    if ((possible & LESS) === 0) low = max(low, (possible & EQUAL) === 0 ? limit.low + 1n : limit.low);
    if (possible === (LESS | GREATER) && limit.low === limit.high) {
      if (low === limit.low) low++;
      if (high === limit.high) high--;
    }
    // Nothing gets here; what is known of it does not matter.
    if (low > high || (low === range.low && high === range.high)) return;
    this.setRange(value, { low, high });
  }

  /** The same with sign, as far as it says something of the range without. */
  #narrowSigned(value: Value, other: Value, possible: number): void {
    if (!this.#isPositive(other)) return;
    if ((possible & LESS) === 0) {
      const half = (full(this.#fn.values[value]!).high + 1n) / 2n;
      const range = this.range(value);
      const high = min(range.high, half - 1n);
      if (range.low <= high && high < range.high) this.setRange(value, { low: range.low, high });
    }
    if (this.#isPositive(value)) this.#narrow(value, other, possible);
  }

  #isPositive(value: Value): boolean {
    return this.#fn.values[value] !== "ptr" && this.range(value).high <= full(this.#fn.values[value]!).high / 2n;
  }

  #relation(left: Value, right: Value): Relation {
    const known = this.#relations.get(left < right ? pairOf(left, right) : pairOf(right, left)) ?? { unsigned: ANY, signed: ANY };
    return left < right ? known : { unsigned: swap(known.unsigned), signed: swap(known.signed) };
  }

  #setRelation(left: Value, right: Value, relation: Relation): void {
    const key = left < right ? pairOf(left, right) : pairOf(right, left);
    const before = this.#relations.get(key);
    this.#relations.set(key, left < right ? relation : { unsigned: swap(relation.unsigned), signed: swap(relation.signed) });
    this.#undo.at(-1)?.push(() => {
      if (before === undefined) this.#relations.delete(key);
      else this.#relations.set(key, before);
    });
  }

  #computed(instruction: Instruction): { value: Value; range: Range } | null {
    switch (instruction.kind) {
      case "const":
        return { value: instruction.result, range: { low: instruction.value, high: instruction.value } };
      case "compare":
        return { value: instruction.result, range: { low: 0n, high: 1n } };
      case "load":
        if (instruction.sign || this.#fn.values[instruction.result] === "ptr") return null;
        return { value: instruction.result, range: { low: 0n, high: (1n << BigInt(instruction.width * 8)) - 1n } };
      case "extend": {
        const operand = this.range(instruction.operand);
        const most = (1n << BigInt(instruction.from)) - 1n;
        // What has no sign bit is the same with and without sign.
        if (operand.high <= (instruction.sign ? most >> 1n : most)) return { value: instruction.result, range: operand };
        return instruction.sign ? null : { value: instruction.result, range: { low: 0n, high: most } };
      }
      case "binary": {
        const range = this.#binary(instruction);
        return range === null ? null : { value: instruction.result, range };
      }
      default:
        return null;
    }
  }

  #binary({ op, left, right }: Extract<Instruction, { kind: "binary" }>): Range | null {
    const type = this.#fn.values[left]!;
    if (type === "ptr") return null;
    const most = full(type).high;
    const a = this.range(left);
    const b = this.range(right);
    switch (op) {
      case "add":
        return a.high + b.high > most ? null : { low: a.low + b.low, high: a.high + b.high };
      case "sub":
        return a.low < b.high ? null : { low: a.low - b.high, high: a.high - b.low };
      case "mul":
        return a.high * b.high > most ? null : { low: a.low * b.low, high: a.high * b.high };
      case "and":
        return { low: 0n, high: min(a.high, b.high) };
      case "shl":
        if (b.low !== b.high || b.low > 63n || a.high << b.low > most) return null;
        return { low: a.low << b.low, high: a.high << b.low };
      case "lshr":
        if (b.low !== b.high || b.low > (type === "i32" ? 31n : 63n)) return null;
        return { low: a.low >> b.low, high: a.high >> b.low };
      default:
        return null;
    }
  }
}

/** Two values as one number: there are fewer than 2^26. */
function pairOf(a: Value, b: Value): number {
  return a * 0x400_0000 + b;
}

export function union(a: Range, b: Range): Range {
  return { low: min(a.low, b.low), high: max(a.high, b.high) };
}

export function full(type: Type): Range {
  return type === "i32" ? FULL32 : FULL64;
}

function swap(outcomes: number): number {
  return (outcomes & EQUAL) | ((outcomes & LESS) !== 0 ? GREATER : 0) | ((outcomes & GREATER) !== 0 ? LESS : 0);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
