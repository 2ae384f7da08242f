/** What values an integer expression can have, as far as its types, masks, the bounds of loops and conditions tell. */

import type { Condition } from "../ir/ir.ts";
import { maximum, meaning, minimum } from "./numbers.ts";
import type { FunctionState } from "./state.ts";
import type { Expression, Local } from "./tree.ts";
import { INTS, type IntType } from "./types.ts";

/** Both ends inclusive. */
export interface Range {
  readonly min: bigint;
  readonly max: bigint;
}

/** Ranges of constants and loop counters, while they are in scope. */
const known = new WeakMap<Local, Range>();

export function setRange(local: Local, range: Range | null): void {
  if (range === null) known.delete(local);
  else known.set(local, range);
}

/** What a condition proved of a local that nothing assigns. */
export interface Bounds {
  readonly bounded: Local;
  readonly range: Range;
}

/** What `i < 64` says of i, when it is true or when it is not; null where it says nothing that lasts. */
export function boundsOf(test: Extract<Expression, { kind: "compare" }>, outcome: boolean): Bounds | null {
  const { left, right } = test;
  const condition = outcome ? test.condition : OPPOSITE[test.condition];
  if (condition === undefined) return null;
  if (right.kind === "constant") return boundsBy(left, condition, right);
  return left.kind === "constant" ? boundsBy(right, MIRRORED[condition] ?? condition, left) : null;
}

function boundsBy(value: Expression, condition: Condition, { value: bits, type }: ConstantExpression): Bounds | null {
  if (condition === "ne" || condition === "set" || type.kind !== "int" || value.type.kind !== "int") return null;
  const local = value.kind === "convert" ? value.operand : value;
  if (local.kind !== "local" || local.type.kind !== "int") return null;
  const before = known.get(local.local) ?? ofType(local.type);
  // A counter is assigned between two rounds only, where its bounds are not asked for.
  if (local.local.mutable && !known.has(local.local)) return null;
  const compared = ofType(value.type);
  if (before.min < compared.min || before.max > compared.max) return null;
  // Signed numbers that are compared as unsigned ones, or the other way round.
  const signed = condition.startsWith("s");
  if (condition !== "eq" && signed !== value.type.signed && (before.min < 0n || before.max > maximum(INTS.i64))) return null;
  const bound = meaning(bits, type);
  const range = {
    min: condition === "eq" || condition.endsWith("ge") ? bound : condition.endsWith("gt") ? bound + 1n : before.min,
    max: condition === "eq" || condition.endsWith("le") ? bound : condition.endsWith("lt") ? bound - 1n : before.max,
  };
  return { bounded: local.local, range };
}

/** Where a comparison does not hold, this one does. Of what is not here nothing follows. */
const OPPOSITE: Partial<Record<Condition, Condition>> = {
  ne: "eq",
  ult: "uge",
  ule: "ugt",
  ugt: "ule",
  uge: "ult",
  slt: "sge",
  sle: "sgt",
  sgt: "sle",
  sge: "slt",
};

/** The same comparison with its sides exchanged. */
const MIRRORED: Partial<Record<Condition, Condition>> = {
  ult: "ugt",
  ule: "uge",
  ugt: "ult",
  uge: "ule",
  slt: "sgt",
  sle: "sge",
  sgt: "slt",
  sge: "sle",
};

/** A local's range by its type or declaration, and by the conditions that hold here. */
function ofLocal(fn: FunctionState, local: Local, all: Range): Range {
  let { min, max } = known.get(local) ?? all;
  for (const fact of fn.facts) {
    if (!("bounded" in fact) || fact.bounded !== local) continue;
    min = greater(min, fact.range.min);
    max = lesser(max, fact.range.max);
  }
  // Where they contradict each other nothing ever runs.
  return min <= max ? { min, max } : all;
}

export function rangeOf(fn: FunctionState, value: Expression): Range {
  return fn.nested({}, WHOLE, () => compute(fn, value));
}

type ConstantExpression = Extract<Expression, { kind: "constant" }>;

const WHOLE: Range = { min: -(1n << 63n), max: (1n << 64n) - 1n };

function ofType(type: IntType): Range {
  return { min: minimum(type), max: maximum(type) };
}

function compute(fn: FunctionState, value: Expression): Range {
  if (value.kind === "literal") return { min: value.value, max: value.value };
  if (value.type.kind !== "int") return WHOLE;
  const type = value.type;
  const all = ofType(type);
  switch (value.kind) {
    case "constant": {
      const exact = meaning(value.value, type);
      return { min: exact, max: exact };
    }
    case "local":
      return ofLocal(fn, value.local, all);
    case "convert": {
      if (value.operand.type.kind !== "int") return { min: 0n, max: 1n };
      const inner = rangeOf(fn, value.operand);
      return inner.min >= all.min && inner.max <= all.max ? inner : all;
    }
    case "member":
      return value.stored.kind === "int" ? ofType(value.stored) : all;
    case "bits": {
      const { bits, scale } = value.field;
      if (type.signed) return { min: -(1n << BigInt(bits - 1)), max: (1n << BigInt(bits - 1)) - 1n };
      return { min: 0n, max: ((1n << BigInt(bits)) - 1n) * BigInt(scale) };
    }
    case "conditional": {
      const [a, b] = [rangeOf(fn, value.then), rangeOf(fn, value.otherwise)];
      return { min: lesser(a.min, b.min), max: greater(a.max, b.max) };
    }
    case "extreme": {
      const [a, b] = [rangeOf(fn, value.left), rangeOf(fn, value.right)];
      const pick = value.op === "min" ? lesser : greater;
      return { min: pick(a.min, b.min), max: pick(a.max, b.max) };
    }
    case "binary":
      return ofOperation(value.op, rangeOf(fn, value.left), rangeOf(fn, value.right), all);
    default:
      return all;
  }
}

// Math.min takes no bigint.
function lesser(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

function greater(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

function ofOperation(op: string, a: Range, b: Range, all: Range): Range {
  const within = (range: Range) => (range.min >= all.min && range.max <= all.max ? range : all);
  const positive = a.min >= 0n && b.min >= 0n;
  switch (op) {
    case "add":
      return within({ min: a.min + b.min, max: a.max + b.max });
    case "sub":
      return within({ min: a.min - b.max, max: a.max - b.min });
    case "and":
      // The result has no bit that a positive operand lacks.
      if (b.min >= 0n) return { min: 0n, max: a.min >= 0n ? lesser(a.max, b.max) : b.max };
      return a.min >= 0n ? { min: 0n, max: a.max } : all;
    case "mul":
      return positive ? within({ min: a.min * b.min, max: a.max * b.max }) : all;
    case "umod":
      // Modulo zero gives the dividend.
      return b.min > 0n ? { min: 0n, max: lesser(a.max, b.max - 1n) } : { min: 0n, max: a.max };
    case "udiv":
      return b.min > 0n ? { min: 0n, max: a.max / b.min } : { min: 0n, max: a.max };
    case "lshr":
      return b.min === b.max && a.min >= 0n && b.min < 64n
        ? { min: a.min >> b.min, max: a.max >> b.min }
        : a.min >= 0n
          ? { min: 0n, max: a.max }
          : all;
    default:
      return all;
  }
}
